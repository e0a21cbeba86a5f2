"""The engines that are installed here, and why the others are not in the bench."""

import importlib

from tests.bench.peers.handwritten import Handwritten
from tests.bench.peers.peer import Peer

_FORMS = {
    "datalogic-py": ("datalogic", ("Batched", "Mapped")),
    "zen-engine": ("zen", ("Each", "Mapped")),
    "rule-engine": ("rule_engine", ("Listed",)),
    "clipspy": ("clips", ("Clips",)),
}
"""Distribution: the module here that uses it, and its classes."""

ENGINES = tuple(_FORMS)


def installed() -> tuple[list[type[Peer]], dict[str, str]]:
    """The classes of peers, hand-written Python first; and by engine that is not installed, why it is missing."""
    loaded = {engine: load(engine) for engine in ENGINES}
    missing = {engine: forms for engine, forms in loaded.items() if isinstance(forms, str)}
    classes = [form for forms in loaded.values() if not isinstance(forms, str) for form in forms]
    return [Handwritten, *classes], missing


def load(engine: str) -> list[type[Peer]] | str:
    """The engine in the forms that are timed; or why it can't be loaded."""
    module, forms = _FORMS[engine]
    try:
        loaded = importlib.import_module(f"tests.bench.peers.{module}")
    except ImportError as error:
        return f"{engine} is not installed ({error}); the extra `bench` has it"
    return [getattr(loaded, form) for form in forms]
