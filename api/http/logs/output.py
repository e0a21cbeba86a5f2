"""How events are written. Those of the standard library's loggers, gunicorn's among them, are written the same way."""

import datetime
import logging
import os
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
            "event": record.getMessage(),
            "level": record.levelname.lower(),
            "logger": record.name,
            **_details(record),
            "time": _time_of(record),
            **_request(),
        }
        if record.exc_info:
            event["exception"] = self.formatException(record.exc_info)
        return orjson.dumps(event, default=str).decode()


class TextFormatter(logging.Formatter):
    """A line for people, then the traceback, if there is one. `colours` are those of a terminal, for the level."""

    def __init__(self, *, colours: bool) -> None:
        super().__init__()
        self._colours = colours

    def format(self, record: logging.LogRecord) -> str:
        level = f"[{record.levelname.lower():<8}]"
        if self._colours:
            level = f"\x1b[{_COLOURS.get(record.levelname, _GREEN)}m{level}\x1b[0m"
        details = [f"{name}={value}" for name, value in (_details(record) | _request()).items()]
        line = " ".join([_time_of(record), level, record.getMessage(), f"[{record.name}]", *details])
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


_GREEN = 32
_COLOURS = {"WARNING": 33, "ERROR": 31, "CRITICAL": 31}
"""Yellow and red, by their numbers among the colours of a terminal (ECMA-48)."""


def _time_of(record: logging.LogRecord) -> str:
    moment = datetime.datetime.fromtimestamp(record.created, datetime.UTC)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _details(record: logging.LogRecord) -> dict[str, Any]:
    given = vars(record)
    return {name: given[name] for name in _EXTRA if name in given}


def _request() -> dict[str, str]:
    """Who asked, and by which request, where a request is carried out."""
    return {name: value for name, value in (("request_id", request_id()), ("caller", actor())) if value}
