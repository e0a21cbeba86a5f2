"""The login name of whoever runs a command."""

from getpass import getuser


def login_name() -> str | None:
    """None if the system has none: a container may run under a number that has no name."""
    try:
        return getuser()
    except (KeyError, OSError):  # KeyError until Python 3.12
        return None
