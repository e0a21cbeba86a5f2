"""The environment for processes that a test starts."""

import os


def clean_environment(**settings: object) -> dict[str, str]:
    """That of the tests, but with no POINTSMAN_* other than those given. No embedded server stays after a command, and
    no service takes another port for probes than it is told.
    """
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("POINTSMAN_")}
    ours = {"POINTSMAN_SERVER_STAYS": "0", "POINTSMAN_PROBES_PORT": "0"}
    return inherited | ours | {name: str(value) for name, value in settings.items()}
