"""Records with a sentence in every language of the installation: each language is a key of its own."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar, cast

import msgspec
from msgspec import UNSET, UnsetType

from engine.decide.order_record import Record
from rules.wording.catalogue import ENGLISH, FOLDER, available_languages

_Sentence = TypeVar("_Sentence", bound="SentenceRecord")


class SentenceRecord(Record, frozen=True):
    """Base of records that have a text in each language, beside the fields of their class."""

    def text(self, language: str) -> str:
        """Empty if the record was written before the language was added."""
        return getattr(self, language_field(language), UNSET) or ""


def in_every_language(record: type[_Sentence], folder: Path = FOLDER) -> type[_Sentence]:
    """The record with a text in each language that has a catalogue in `folder`. The reference language is always there;
    decisions that were made before another was added have no text in it.
    """
    extended = msgspec.defstruct(
        record.__name__,
        [_language_key(language) for language in available_languages(folder)],
        bases=(record,),
        module=record.__module__,
        namespace={"__doc__": record.__doc__},
        frozen=True,
        kw_only=True,
    )
    return cast("type[_Sentence]", extended)


def _language_key(language: str) -> tuple[str, Any, Any]:
    if language == ENGLISH:
        return language_field(language), str, msgspec.field(name=language)
    return language_field(language), str | UnsetType, msgspec.field(name=language, default=UNSET)


def language_field(language: str) -> str:
    """The name of the field that has the text in a language, whose code may have a hyphen in it."""
    return language.replace("-", "_")


def texts_by_field(texts: Mapping[str, str]) -> dict[str, Any]:
    """Texts by language, as the arguments of a record in every language."""
    return {language_field(language): text for language, text in texts.items()}
