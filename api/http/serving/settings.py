"""The settings of `pointsman serve`, read once from environment variables."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Self

from engine.errors import BadSetting

_MOST = {
    "threads": 64,
    "streams": 1_000,
    "connections": 100_000,
    "worker_requests": 1_000_000_000,
    "probes_port": 65_535,
}
"""The largest value of each setting; of the others, which are seconds, a day's."""
_DAY = 24 * 60 * 60
_MAY_BE_ZERO = {"worker_requests", "probes_port"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ServingSettings:
    """The settings of one installation's server. Numbers of threads, streams and connections are of each worker.

    `threads` carry out ordinary requests; `streams` is how many long requests (see routes.py) are carried out at once,
    each by a thread of its own. A request that would wait for a thread longer than `queue_seconds` is refused at once.
    A request must have sent its header within `header_seconds`, and then an ordinary body within `body_seconds`; the
    body of a stream must not pause for so long. A request that is not answered within `request_seconds`, or a stream
    within `stream_seconds`, is ended. `stop_seconds` is how long what runs may take to finish once the service is told
    to stop. A worker gives way to a new one after `worker_requests` requests; 0: never. `probes_port` is a port on
    which only probes are answered, by a process of its own; 0: none; None: that after the service's, if it is free.
    """

    threads: int = 4
    streams: int = 16
    connections: int = 1_000
    queue_seconds: int = 5
    header_seconds: int = 10
    body_seconds: int = 30
    request_seconds: int = 300
    stream_seconds: int = 900
    stop_seconds: int = 30
    worker_requests: int = 0
    probes_port: int | None = None

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Self:
        """Read the variables POINTSMAN_*; an empty one counts as not set. Raises BadSetting."""
        variables = {name: value.strip() for name, value in environ.items() if value.strip()}
        names = {field.name: f"POINTSMAN_{field.name.upper()}" for field in fields(cls)}
        return cls(**{name: _number(name, variables[of]) for name, of in names.items() if of in variables})


def _number(name: str, value: str) -> int:
    least, most = 0 if name in _MAY_BE_ZERO else 1, _MOST.get(name, _DAY)
    if not (value.isascii() and value.isdigit()) or len(value) > len(str(most)) or not least <= int(value) <= most:
        allowed = f"a whole number from {least} to {most}"
        raise BadSetting(name=f"POINTSMAN_{name.upper()}", value=value, allowed=allowed)
    return int(value)
