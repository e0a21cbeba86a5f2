"""The scripts that the server runs."""

from engine.store.connection.client import SCRIPTS


def script_names() -> set[str]:
    """By the names that they are registered under; parts of scripts are none."""
    names = {str(path.relative_to(SCRIPTS).with_suffix("")) for path in SCRIPTS.rglob("*.lua")}
    return {name for name in names if not name.startswith("parts/")}
