"""Texts in each language that rules are shown in."""

from typing import NamedTuple

LANGUAGES = ("en", "fr")


class Said(NamedTuple):
    """One text in each of `LANGUAGES`."""

    en: str
    fr: str

    def to(self, language: str) -> str:
        return self.fr if language == "fr" else self.en
