"""Opens the port on which a process of its own answers probes."""

import os
import socket
from collections.abc import Sequence

_HERE = "127.0.0.1"
_LAST_PORT = 65_535


class ProbesPortTaken(Exception):
    """The port that was asked for can't be had."""


def open_probes_port(port: int | None, *, host: str, binds: Sequence[str]) -> tuple[socket.socket | None, str]:
    """The socket that listens for probes, and what to say of it. `port` is that of the settings, on the service's own
    `host`; 0: there is none. None, which is the default: the one after the service's, for this machine alone, or none
    if that is taken. Raises ProbesPortTaken.
    """
    if port == 0:
        return None, ""
    if port is not None:
        return _open(host, port), ""
    after = _port_after(binds)
    try:
        return (_open(_HERE, after), "") if after else (None, "")
    except ProbesPortTaken as error:
        set_it = "Set POINTSMAN_PROBES_PORT to another port, or to 0 for none"
        return None, f"{error}; only the workers answer them. {set_it}"


def _open(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise ProbesPortTaken(f"probes can't be answered at {host}:{port}: {reason}") from None


def _port_after(binds: Sequence[str]) -> int | None:
    """The port after the last where the service listens; None if it listens at none, or at any that is free."""
    ports = [int(port) for _, _, port in (bind.rpartition(":") for bind in binds) if port.isdigit() and int(port)]
    return max(ports) + 1 if ports and max(ports) < _LAST_PORT else None
