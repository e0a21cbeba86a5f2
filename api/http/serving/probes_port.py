"""Opens the port on which a process of its own answers probes."""

import socket
from collections.abc import Sequence

from api.http.serving.start_checks import CannotStart, listening

_HERE = "127.0.0.1"
_LAST_PORT = 65_535


def open_probes_port(port: int | None, *, host: str, binds: Sequence[str]) -> tuple[socket.socket | None, str]:
    """The socket that listens for probes, and what to say of it. `port` is that of the settings, on the service's own
    `host`; 0: there is none. None, which is the default: the one after the service's, for this machine alone, or none
    if that is taken. Raises CannotStart.
    """
    if port == 0:
        return None, ""
    if port is not None:
        return listening(host, port, "probes"), ""
    after = _port_after(binds)
    try:
        return (listening(_HERE, after, "probes"), "") if after else (None, "")
    except CannotStart as error:
        set_it = "Set POINTSMAN_PROBES_PORT to another port, or to 0 for none"
        return None, f"{error}; only the workers answer them. {set_it}"


def _port_after(binds: Sequence[str]) -> int | None:
    """The port after the last where the service listens; None if it listens at none, or at any that is free."""
    ports = [int(port) for _, _, port in (bind.rpartition(":") for bind in binds) if port.isdigit() and int(port)]
    return max(ports) + 1 if ports and max(ports) < _LAST_PORT else None
