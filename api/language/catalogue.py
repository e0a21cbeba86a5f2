"""What is said to a reader in other languages than English, in which texts are written in the code.

A language is a folder beside this file. Each entry of its files has a text as it stands in the code (`en`) and its
translation (`text`), with the same placeholders; a noun has the forms for one and for several. A text that no entry
has is shown in English.
"""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from rules.wording.catalogue import ENGLISH

FOLDER = Path(__file__).parent
LANGUAGES = (ENGLISH, *sorted(path.name for path in FOLDER.iterdir() if path.is_dir() and path.name != "__pycache__"))
USUAL = ENGLISH
"""The language where nobody says another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """By the English text, its translation. `messages` are those that rules and the engine say, whose placeholders have
    no names ({}); `nouns` have the forms for one and for several. `number_signs`, for str.translate, stand for the
    English ones in numbers; with `zero_is_one`, 0 takes the form for one.
    """

    texts: Mapping[str, str] = field(default_factory=dict)
    messages: Mapping[str, str] = field(default_factory=dict)
    nouns: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    number_signs: Mapping[int, str] = field(default_factory=dict)
    zero_is_one: bool = False


NO_TEXTS = Texts()


@functools.cache
def texts_of(language: str) -> Texts:
    """Those of a language's folder; none of English."""
    if language == ENGLISH:
        return NO_TEXTS
    entries = {path.stem: _entries(path) for path in sorted((FOLDER / language).glob("*.yaml"))}
    nouns = entries.pop("nouns", [])
    messages = [item for name in list(entries) if name.endswith("messages") for item in entries.pop(name)]
    signs = _texts(entries.pop("numbers", []))
    return Texts(
        texts=_texts([item for part in entries.values() for item in part]),
        messages=_texts(messages),
        nouns={item[ENGLISH]: (item["one"], item["several"]) for item in nouns},
        zero_is_one=signs.pop("zero", "") == "one",
        number_signs=str.maketrans(signs),
    )


def _texts(entries: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """By the English text, its translation."""
    return {item[ENGLISH]: item["text"] for item in entries}


def _entries(path: Path) -> list[dict[str, Any]]:
    # the base loader leaves every scalar the text it is
    return list(yaml.load(path.read_bytes(), Loader=yaml.CBaseLoader) or [])  # noqa: S506  # makes texts and lists only
