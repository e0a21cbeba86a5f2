"""Sentences of HTTP as a page shows them: in the reader's language, with amounts that people pay."""

import decimal
import re
from collections.abc import Mapping

from markupsafe import Markup, escape

from api.console.shown import number
from api.language.catalogue import ENGLISH
from api.language.current import current_language, say_number

_AMOUNT = {
    point: re.compile(rf"(?P<whole>[+-]?[0-9][0-9,\s]*)\{point}(?P<part>[0-9]{{3,6}})(?=\s[A-Z]{{3}}\b)")
    for point in ".,"
}
"""Of a currency, with more decimals than it is paid in; by the sign before its decimals."""


def in_reader_language(texts: Mapping[str, str]) -> str:
    """Of texts by language that of the reader, or else the English one, or else the first; empty if there is none."""
    return texts.get(current_language()) or texts.get(ENGLISH) or next(iter(texts.values()), "")


def rounded(sentence: str) -> Markup:
    """A sentence whose amounts are rounded to cents; the exact ones are shown where one points at them."""
    point = say_number(".")
    shown, end = Markup(""), 0
    for found in _AMOUNT[point].finditer(sentence):
        exact = decimal.Decimal(re.sub(r"[,\s]", "", found["whole"]) + "." + found["part"])
        sign = "+" if found["whole"].startswith("+") else ""
        shown += escape(sentence[end : found.start()])
        shown += Markup('<span title="{}">{}</span>').format(found[0], sign + number(exact, 2))
        end = found.end()
    return shown + escape(sentence[end:])
