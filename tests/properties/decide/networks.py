"""Random facts made possible: corrected where no network could have them."""

from hypothesis import strategies as st

from rules.vocabulary import RANKS, VOCABULARY, Facts, Kind, Stage, Value
from rules.windows import weekday
from tests.properties.rules import condition_trees

_BOUNDLESS = (Kind.WORD, Kind.CHOICE, Kind.FLAG, Kind.TAGS)


def possible(facts: Facts) -> Facts:
    """The same facts with words of lists on their list, amounts not below 0, and the weekday that of the date."""
    mended = {path: _mended(path, value) for path, value in facts.items()}
    for clock in ("now", "node"):
        day = mended.get(f"{clock}.date")
        if isinstance(day, int) and mended.get(f"{clock}.weekday") is not None:
            mended[f"{clock}.weekday"] = weekday(day)
    return mended


def _mended(path: str, value: Value | None) -> Value | None:
    fact = VOCABULARY.get(path)
    if fact is None or value is None:
        return value
    if fact.choices and value not in fact.choices:
        return fact.choices[len(str(value)) % len(fact.choices)]
    if fact.kind is Kind.TIME:
        return min(1_439, max(0, int(value)))
    if fact.kind in _BOUNDLESS or path == "stock.available":
        return value
    return max(1 if path in RANKS else 0, int(value))


def facts(stage: Stage) -> st.SearchStrategy[Facts]:
    return condition_trees.facts(stage).map(possible)
