"""In which language people read what became of messages."""

from collections.abc import Callable
from dataclasses import dataclass

from rules.wording.catalogue import ENGLISH


def _as_it_is(text: str) -> str:
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """`message` says in the `language` what is said in English here, and `number` writes a number such as 1,234 as that
    language does. Whoever runs connectors gives them, as the catalogues are those of the command line.
    """

    language: str = ENGLISH
    message: Callable[[str], str] = _as_it_is
    number: Callable[[str], str] = _as_it_is


ENGLISH_WORDING = Wording()
