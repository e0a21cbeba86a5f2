"""How events are written. Those of the standard library's loggers, gunicorn's among them, are written the same way."""

import logging
import os
import sys
from typing import Any, Literal

import orjson
import structlog
from structlog.types import EventDict, Processor, WrappedLogger

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
    renderer: list[Processor] = (
        [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), event_key="event", timestamp_key="time")]
        if text
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(serializer=_json)]
    )
    return structlog.stdlib.ProcessorFormatter(
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer],
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ExtraAdder(allow=_EXTRA),
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            _add_request,
        ],
    )


_EXTRA = (
    *("operation", "order", "network", "status", "milliseconds", "method"),
    *("connector", "file", "rows", "applied", "unchanged", "older", "repeated", "skipped", "bad"),
)
"""What an event may have besides its text, given as `extra`."""


def _add_request(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Who asked, and by which request, where a request is carried out."""
    for name, value in (("request_id", request_id()), ("caller", actor())):
        if value:
            event[name] = value
    return event


def _json(event: EventDict, **_: Any) -> str:
    return orjson.dumps(event, default=str).decode()
