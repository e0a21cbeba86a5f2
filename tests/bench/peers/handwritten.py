"""The rules as a programmer would write them by hand: one function, each shared fact read once. No engine."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from rules.conditions import Condition
from rules.vocabulary import Facts
from tests.bench.option_sets import OptionSet
from tests.bench.peers.infix import Infix, name
from tests.bench.rulebook import mentioned
from tests.reference.rows import SHARED, VARYING

_PYTHON = Infix(literal=repr, listed="({})", between="{low} <= {value} <= {high}")


class Handwritten:
    engine = "hand-written Python"
    form = "one function"

    def __init__(self, conditions: Mapping[str, Condition]) -> None:
        text = "\n".join(_lines(conditions))
        made: dict[str, Callable[..., list[list[str]]]] = {}
        exec(compile(text, "<rules written out>", "exec"), made)
        self._fired = made["fired"]

    def shape(self, options: OptionSet) -> tuple[list[Facts], Sequence[tuple[Facts, ...]]]:
        return [options.fixed[group] for group in SHARED], options.options

    def match(self, shaped: tuple[list[Facts], Sequence[tuple[Facts, ...]]]) -> Any:
        fixed, options = shaped
        return self._fired(*fixed, options)

    def fired(self, answer: Any) -> list[set[str]]:
        return list(map(set, answer))


def _lines(conditions: Mapping[str, Condition]) -> Iterator[str]:
    facts = mentioned(conditions)
    yield f"def fired({', '.join(SHARED)}, options):"
    yield from (f"    {_read(fact.path)}" for fact in facts if fact.group in SHARED)
    yield "    found = []"
    yield f"    for {', '.join(VARYING)} in options:"
    yield from (f"        {_read(fact.path)}" for fact in facts if fact.group in VARYING)
    yield "        hits = []"
    for rule, condition in conditions.items():
        yield f"        if {_PYTHON.text_of(condition)}:"
        yield f"            hits.append({rule!r})"
    yield "        found.append(hits)"
    yield "    return found"


def _read(path: str) -> str:
    return f"{name(path)} = {path.partition('.')[0]}[{path!r}]"
