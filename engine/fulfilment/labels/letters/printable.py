"""Texts as they are printed: in letters that the fonts have."""

import functools
import re
import unicodedata
from collections.abc import Iterator

from engine.errors import Mistake, NotPrintable
from engine.fulfilment.labels.letters.fonts import ALPHABETS, bold, regular
from engine.model.postal_address import PostalAddress

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_MOST_NAMED = 10
_BLANKS = re.compile(r"[^\S\xa0\u202f]+")
"""All but those at which no line ends."""
_MTAVRULI = {code: code - 0x1C90 + 0x10D0 for code in range(0x1C90, 0x1CC0)}
"""Georgian capitals, which few fonts have: they are the same letters in another style."""


def shown(text: str) -> str:
    """The text with blanks in place of tabs and line ends, and without what nobody sees, as marks of direction."""
    text = unicodedata.normalize("NFC", _BLANKS.sub(" ", text).strip()).translate(_MTAVRULI)
    return "".join(letter for letter in text if unicodedata.category(letter) not in {"Cf", "Cc"})


def missing_letters(text: str) -> str:
    """Letters of a text as it is shown that the fonts lack, each once."""
    return "".join(dict.fromkeys(letter for letter in text if ord(letter) not in _all_letters()))


def printable(text: str, field: str) -> str:
    """The text as it is shown; raises NotPrintable if the fonts lack letters of it."""
    text = shown(text)
    if missing := missing_letters(text):
        raise NotPrintable([_mistake(missing, field)])
    return text


def replaced(text: str) -> str:
    """The text with a mark that can be seen in place of each letter that the fonts lack."""
    text = shown(text)
    missing = missing_letters(text)
    return text.translate({ord(letter): REPLACEMENT for letter in missing}) if missing else text


def check_address(address: PostalAddress, field: str) -> None:
    """Raise NotPrintable, with all that is wrong, if an address can't stand on a label because of its letters."""
    mistakes = [_mistake(missing, name) for name, missing in _missing(address, field)]
    if mistakes:
        raise NotPrintable(mistakes)


def _missing(address: PostalAddress, field: str) -> Iterator[tuple[str, str]]:
    names = ("name", "company", "postcode", "town", "region", "phone")
    texts = [(name, getattr(address, name)) for name in names]
    texts += [(f"lines.{number}", line) for number, line in enumerate(address.lines)]
    for name, text in texts:
        if missing := missing_letters(shown(text)):
            yield f"{field}.{name}", missing


def _mistake(missing: str, field: str) -> Mistake:
    named = " ".join(missing[:_MOST_NAMED]) + (" and others" if len(missing) > _MOST_NAMED else "")
    message = f"labels can't show {named}: they have {ALPHABETS} letters; write it in one of these alphabets"
    return Mistake(field=field, message=message)


@functools.cache
def _all_letters() -> frozenset[int]:
    return frozenset(regular().advances) & frozenset(bold().advances)
