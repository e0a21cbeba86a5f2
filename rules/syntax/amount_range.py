"""The range of amounts that an effect accepts."""

from dataclasses import dataclass

from rules.errors import LiteralInvalid
from rules.syntax.condition_parser import PARSERS
from rules.syntax.yaml_document import Node
from rules.vocabulary import Kind, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """The amounts that an effect accepts, in the unit of `kind`; `bounds` says the same for the author."""

    kind: Kind
    low: int
    high: int | None = None
    bounds: str

    def parse(self, text: str) -> int:
        """The amount in `text`; raises LiteralInvalid."""
        return self.within(PARSERS[self.kind](text), text)

    def within(self, value: Value, text: str) -> int:
        """The amount that `text` was read as; raises LiteralInvalid if it is out of the range."""
        if not isinstance(value, int) or value < self.low or (self.high is not None and value > self.high):
            raise LiteralInvalid(f"'{text}' is out of range; it must be {self.bounds}", code="out-of-range")
        return value


UNITS = Range(kind=Kind.COUNT, low=0, bounds="at least 0")


def single_value(raw: Node) -> str:
    """A value that is neither a list nor a mapping; raises LiteralInvalid."""
    if not isinstance(raw, str):
        raise LiteralInvalid("a single value is expected")
    return raw
