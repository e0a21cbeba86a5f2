"""Hints about likely typing mistakes, as the end of an error message: each is empty or starts with "; "."""

import re

_UNUSUAL_SPACES = {
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
_OPERATORS = {
    ">=": "at_least",
    "=>": "at_least",
    "≥": "at_least",
    ">": "more_than",
    "<=": "at_most",
    "=<": "at_most",
    "≤": "at_most",
    "<": "less_than",
    "!=": "not",
    "<>": "not",
    "!": "not",
    "not": "not",
    "non": "not",
    "pas": "not",
    "sauf": "not",
}
"""What is written for the operators of the language."""
_OPERATOR = re.compile(r"\s*(>=|=>|≥|<=|=<|≤|<>|>|<|!=|!|(?:not|non|pas|sauf)(?=\s))(.+)", re.IGNORECASE | re.DOTALL)
MOST_LETTERS = 200
"""The part of a text that is searched for typing mistakes."""


def typo_hint(text: str) -> str:
    """A hint about unusual spaces, curly quotes, a decimal comma or a currency sign in a text that was refused."""
    short = text[:MOST_LETTERS]
    space = next((name for letter, name in _UNUSUAL_SPACES.items() if letter in short), "")
    if space:
        return f"; there is a {space} in it: write an ordinary one"
    if any(quote in short for quote in _QUOTES):
        return '; there are curly quotes in it: write straight ones, "..."'
    if _DECIMAL_COMMA.fullmatch(short):
        return "; write a point for the decimal comma"
    sign = next((letter for letter in _SIGNS if letter in short), "")
    return f"; write {_SIGNS[sign]} for {sign}, after the amount" if sign else ""


def missing_colon_hint(text: str, keys: frozenset[str]) -> str:
    """A hint for a text where a mapping is expected: no space after the colon, or no colon."""
    short = text[:MOST_LETTERS]
    joined = _KEY_AND_VALUE.match(short)
    if joined and (joined[1] in keys or "." in joined[1]):
        return f"; a space is missing after the colon: write '{joined[1]}: {joined[2].strip()}'"
    apart = _KEY_ALONE.match(short)
    if apart and apart[1] in keys:
        return f"; a colon is missing: write '{apart[1]}: {apart[2].strip()}'"
    return typo_hint(text)


def decimal_comma_hint(key: str, *, alone: bool) -> str:
    """A hint for a key of digits that is `alone`, without a value: {prefer: 4,00} has the keys `prefer` and `00`."""
    return "; write a point for the decimal comma before it" if alone and _DECIMALS.fullmatch(key) else typo_hint(key)


def is_negation(text: str) -> bool:
    """Whether a value reads as "not" something: a sign, or a word in small letters, as no name of a place has it."""
    match = _OPERATOR.match(text[:MOST_LETTERS])
    return match is not None and bool(match[2].strip()) and _OPERATORS.get(match[1]) == "not"


def operator_hint(text: str) -> str:
    """A hint for a value that begins with a word or a sign for an operator, as "> 60" or "not store"."""
    match = _OPERATOR.match(text[:MOST_LETTERS])
    if match is None:
        return ""
    operand = match[2].strip()
    return f"; write {{{_OPERATORS[match[1].lower()]}: {operand}}}" if operand else ""
