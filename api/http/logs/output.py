"""How events are written. Those of the standard library's loggers, gunicorn's among them, are written the same way."""

import datetime
import json
import logging
import os
import re
import sys
from typing import Any, Literal

import orjson

from engine.actor import actor, request_id
from engine.errors import BadSetting

LogFormat = Literal["json", "text"]
VARIABLE = "POINTSMAN_LOG_FORMAT"


def log_format(value: str) -> LogFormat:
    """The format by its name; without one, text in a terminal and else JSON. Raises BadSetting."""
    match value.strip():
        case "":
            return "text" if sys.stderr.isatty() else "json"
        case "json":
            return "json"
        case "text":
            return "text"
    raise BadSetting(name=VARIABLE, value=value, allowed="json or text")


def log_settings() -> dict[str, Any]:
    """For logging.config.dictConfig: everything goes to stderr, in the format that the environment names."""
    handlers = {"stderr": {"class": "logging.StreamHandler", "formatter": "events", "stream": "ext://sys.stderr"}}
    formatters = {"events": {"()": formatter}}
    root = {"level": "INFO", "handlers": ["stderr"]}
    # gunicorn gives its logger a handler of its own unless it is named here
    own = {"gunicorn.error": {"handlers": [], "propagate": True}}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": formatters,
        "handlers": handlers,
        "loggers": own,
        "root": root,
    }


def formatter() -> logging.Formatter:
    """Writes an event of any logger."""
    text = log_format(os.environ.get(VARIABLE, "")) == "text"
    return TextFormatter(colours=sys.stderr.isatty()) if text else JsonFormatter()


_EXTRA = (
    *("operation", "order", "network", "status", "milliseconds", "method"),
    *("connector", "file", "rows", "applied", "unchanged", "older", "repeated", "skipped", "bad"),
)
"""What an event may have besides its text, given as `extra`."""


class JsonFormatter(logging.Formatter):
    """A line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        event = {
            "event": _message(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            **_details(record),
            "time": _time_of(record),
            **_request(),
        }
        if _has_exception(record):
            event["exception"] = self.formatException(record.exc_info)
        if record.stack_info:
            event["stack_info"] = record.stack_info
        try:
            return _json(event)
        except orjson.JSONEncodeError:  # the event must not be lost for one value
            return _json({name: _as_json_has_it(value) for name, value in event.items()})


class TextFormatter(logging.Formatter):
    """A line for people, then the traceback and the stack, if there are any. `colours` are those of a terminal, for the
    level. What others wrote forges no field or line, and does nothing to the terminal.
    """

    def __init__(self, *, colours: bool) -> None:
        super().__init__()
        self._colours = colours

    def format(self, record: logging.LogRecord) -> str:
        level = f"[{record.levelname.lower():<8}]"
        if self._colours:
            level = f"\x1b[{_COLOURS.get(record.levelname, _GREEN)}m{level}\x1b[0m"
        details = [f"{name}={_quoted(_text(value))}" for name, value in (_details(record) | _request()).items()]
        message, logger = _escaped(_message(record)), _escaped(record.name)
        parts = [" ".join([_time_of(record), level, message, f"[{logger}]", *details])]
        if _has_exception(record):
            parts.append(self.formatException(record.exc_info))
        if record.stack_info:
            parts.append(record.stack_info)
        return "\n".join(parts)


_GREEN = 32
_COLOURS = {"WARNING": 33, "ERROR": 31, "CRITICAL": 31}
"""Yellow and red, by their numbers among the colours of a terminal (ECMA-48)."""


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001  # the event must not be lost for a mistake in its text
        return f"{_text(record.msg)} {_text(record.args)}"


def _text(value: object) -> str:
    try:
        return str(value)
    except Exception:  # noqa: BLE001  # whatever a value's own class raises
        return object.__repr__(value)


_PLAIN = re.compile(r"""[^\s"'=]+""")


def _quoted(text: str) -> str:
    """As it is, if that can't be mistaken for anything else; else as a string of JSON."""
    if _PLAIN.fullmatch(text) and text.isprintable():
        return text
    return _escaped(json.dumps(text, ensure_ascii=False))


def _escaped(text: str) -> str:
    """With control characters, ends of lines and whatever else is invisible written as JSON escapes them."""
    return "".join(letter if letter.isprintable() else json.dumps(letter)[1:-1] for letter in text)


def _json(value: Any) -> str:
    return orjson.dumps(value, default=_text, option=orjson.OPT_NON_STR_KEYS).decode()


def _as_json_has_it(value: Any) -> Any:
    """Itself, unless JSON has no form for it; then its text, in which what is no Unicode is escaped."""
    try:
        _json(value)
    except orjson.JSONEncodeError:
        return _text(value).encode("utf-8", "backslashreplace").decode()
    return value


def _has_exception(record: logging.LogRecord) -> bool:
    """Also `exc_info=True` where no exception is handled makes a record with exc_info: three times None."""
    return record.exc_info is not None and record.exc_info[0] is not None


def _time_of(record: logging.LogRecord) -> str:
    moment = datetime.datetime.fromtimestamp(record.created, datetime.UTC)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _details(record: logging.LogRecord) -> dict[str, Any]:
    given = vars(record)
    return {name: given[name] for name in _EXTRA if name in given}


def _request() -> dict[str, str]:
    """Who asked, and by which request, where a request is carried out."""
    return {name: value for name, value in (("request_id", request_id()), ("caller", actor())) if value}
