"""What a slip of the keyboard looks like, said to who made it."""

import re

_ODD_SPACES = {
    "\u00a0": "no-break space",
    "\u202f": "narrow no-break space",
    "\u2007": "figure space",
    "\u2009": "thin space",
    "\u3000": "wide space",
    "\u200b": "space of no width",
    "\ufeff": "byte order mark",
}
_SIGNS = {"€": "EUR", "£": "GBP", "$": "USD"}
_QUOTES = "\u201c\u201d\u201e\u2018\u2019\u00ab\u00bb"
_DECIMAL_COMMA = re.compile(r"\s*[+-]?[0-9]+,[0-9]+\s*[A-Za-z%]*\s*", re.ASCII)
_DECIMALS = re.compile(r"[0-9]{1,9} *[A-Za-z%]{0,4}", re.ASCII)
_KEY_AND_VALUE = re.compile(r"([a-z_][a-z_.0-9]*):(\S.*)", re.ASCII | re.DOTALL)
_KEY_ALONE = re.compile(r"([a-z_][a-z_.0-9]*) +(\S.*)", re.ASCII | re.DOTALL)
MOST_LETTERS = 200
"""Of a text that is looked at."""


def slip(text: str) -> str:
    """What is odd about a word that is not what it should be, as the end of a sentence; nothing if nothing is."""
    short = text[:MOST_LETTERS]
    space = next((name for letter, name in _ODD_SPACES.items() if letter in short), "")
    if space:
        return f"; there is a {space} in it: write an ordinary one"
    if any(quote in short for quote in _QUOTES):
        return '; there are curly quotes in it: write straight ones, "..."'
    if _DECIMAL_COMMA.fullmatch(short):
        return "; write a point for the decimal comma"
    sign = next((letter for letter in _SIGNS if letter in short), "")
    return f"; write {_SIGNS[sign]} for {sign}, after the amount" if sign else ""


def missing_colon(text: str, keys: frozenset[str]) -> str:
    """What is odd about a text where a mapping belongs: a colon without its space, or none."""
    short = text[:MOST_LETTERS]
    joined = _KEY_AND_VALUE.match(short)
    if joined and (joined[1] in keys or "." in joined[1]):
        return f"; a space is missing after the colon: write '{joined[1]}: {joined[2].strip()}'"
    apart = _KEY_ALONE.match(short)
    if apart and apart[1] in keys:
        return f"; a colon is missing: write '{apart[1]}: {apart[2].strip()}'"
    return slip(text)


def lone_decimals(key: str, *, alone: bool) -> str:
    """What is odd about a key of digits with nothing after it, as {prefer: 4,00} has one, or {at_least: 2,5 kg}."""
    return "; write a point for the decimal comma before it" if alone and _DECIMALS.fullmatch(key) else slip(key)
