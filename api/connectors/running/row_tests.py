"""Which rows count: `when` of a connector."""

import fnmatch
from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from api.connectors.fields.found import BadField
from api.connectors.language.connector import RowTest


def counts(tests: Sequence[RowTest], find: Callable[[str], Any]) -> bool:
    """Whether all tests hold; `find` answers the value at a path, or None."""
    return all(_holds(test, find(test.path)) for test in tests)


def verify(tests: Sequence[RowTest], find: Callable[[str], Any]) -> None:
    """Raises BadField of the first test that does not hold."""
    for test in tests:
        value = find(test.path)
        if not _holds(test, value):
            texts = ", ".join(
                text_of(item) for item in (value if isinstance(value, list) else [value]) if item is not None
            )
            wrong = f"'{texts}' is not what it must be ('must')"
            raise BadField(test.path, wrong if texts else "it is not there, and must be ('must')")


def _holds(test: RowTest, value: Any) -> bool:
    """Of several values at one path, one that passes is enough, and none may be one of those that are ruled out. Where
    nothing stands, an empty text is one of those that pass.
    """
    texts = [text_of(item) for item in (value if isinstance(value, list) else [value]) if item is not None]
    if test.known is not None and test.known != bool(texts):
        return False
    if test.one_of is not None and not any(text in test.one_of for text in texts or [""]):
        return False
    if test.none_of is not None and any(text in test.none_of for text in texts):
        return False
    if test.matches is not None and not any(fnmatch.fnmatchcase(text, glob) for text in texts for glob in test.matches):
        return False
    return _in_bounds(test, texts)


def _in_bounds(test: RowTest, texts: Sequence[str]) -> bool:
    bounds = (
        (test.at_least, lambda number, bound: number >= bound),
        (test.more_than, lambda number, bound: number > bound),
        (test.at_most, lambda number, bound: number <= bound),
        (test.less_than, lambda number, bound: number < bound),
    )
    asked = [(bound, holds) for bound, holds in bounds if bound is not None]
    if not asked:
        return True
    numbers = [number for text in texts if (number := _number(text)) is not None]
    return any(all(holds(number, bound) for bound, holds in asked) for number in numbers)


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text.replace(",", "."))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def text_of(value: Any) -> str:
    """As it is written in a connector's file: true and false are those words."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return format(value, "f") if isinstance(value, Decimal) else str(value)
