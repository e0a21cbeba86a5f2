"""The extra attributes that network.yaml declares: reads their kinds, and their values from text."""

from collections.abc import Mapping

from rules.syntax import literals
from rules.vocabulary import ATTRIBUTE_KINDS, Kind, Value

_ATTRIBUTE_READERS = {
    Kind.FLAG: literals.flag,
    Kind.NUMBER: literals.number,
    Kind.WORD: str,
    Kind.TAGS: lambda text: frozenset(filter(None, text.split("|"))),
}


def kinds_of(attributes: Mapping[str, Mapping[str, str]]) -> dict[str, Kind]:
    """The kinds of the extra attributes by path (`product.attributes.hazmat`), as network.yaml declares them."""
    return {
        f"{group}.attributes.{name}": ATTRIBUTE_KINDS[kind]
        for group, kinds in attributes.items()
        for name, kind in kinds.items()
    }


def attribute_value(kind: Kind, text: str) -> Value:
    """The value that `text` stands for in an attribute of this kind; raises LiteralInvalid."""
    value: Value = _ATTRIBUTE_READERS[kind](text)
    return value
