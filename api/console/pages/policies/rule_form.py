"""The form of a rule as a browser sends it: its rows read back, added and taken out."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from werkzeug.datastructures import MultiDict

from api.console.pages.policies.rule_controls import written_value
from api.console.pages.policies.rule_draft import RuleDraft, read_rule
from api.console.pages.policies.rule_effects import Effect, KeptEffect
from api.console.pages.policies.rule_rows import MATCHES, NEGATED, Condition, Group, Kept, Row, Term, rows_in
from api.console.pages.policies.rule_words import ATTRIBUTE_KINDS, ATTRIBUTES, Vocabulary, attribute_name
from api.language.catalogue import USUAL

MOST_ROWS = 300
"""Of conditions and groups, or of effects. A rule that has more than these keeps them, and none can be added to it."""
_MOST_NESTED = 28
"""Groups within groups: a policy file nests 32 deep."""
_MOST_VALUES = 50
_MOST_DIGITS = 6
"""Of how many rows there are."""
TERM = "is:"
"""Before the name of a term, in the list of what a condition can be about."""
_USUAL = "at_least"
"""How amounts and days are compared unless another operator is chosen: hardly anybody asks for just one amount."""


def read_form(
    form: MultiDict[str, str],
    vocabulary: Vocabulary,
    languages: tuple[str, ...],
    before: tuple[Mapping[str, Any], str] = ({}, USUAL),
) -> RuleDraft:
    """What was sent. Rows of facts and effects that there are not are left out. `before` is the rule that is changed,
    and the language of a reason without one.
    """
    old = read_rule(*before, vocabulary)
    reader = _Reader(form, vocabulary, old.rows)
    match = form.get("match", "all")
    rule = RuleDraft(
        policy=form.get("policy", ""),
        id=form.get("id", "").strip(),
        seen=form.get("seen", ""),
        because={
            language: " ".join(form.get(f"because-{language}", "").split())
            for language in dict.fromkeys((*old.because, *languages))
        },
        begins=written_value(form, "from", "instant"),
        until=written_value(form, "until", "instant"),
        weekdays=form.getlist("weekdays"),
        hours=[time for name in ("hours-from", "hours-to") if (time := form.get(name, "").strip())],
        overrides=list(dict.fromkeys(its for name in form.getlist("overrides") if (its := name.strip()))),
        conditions=Group(
            match=match if match in MATCHES else "all", parts=reader.rows(), was=old.conditions.was if before[0] else ""
        ),
        effects=list(_effects(form, vocabulary, old)),
        others={key: text for key, text in old.others.items() if key in form.getlist("others")},
    )
    rule.number_rows()
    return rule


def _rows(form: MultiDict[str, str], name: str, before: int) -> range:
    """The numbers of the rows that were sent; `before` is how many the rule has that is changed."""
    count = form.get(name, "")
    is_number = count.isascii() and count.isdigit() and len(count) <= _MOST_DIGITS
    return range(min(int(count), max(MOST_ROWS, before)) if is_number else 0)


class _Reader:
    """`before` are the rows of the rule that is changed."""

    def __init__(self, form: MultiDict[str, str], vocabulary: Vocabulary, before: Sequence[Row]) -> None:
        self._form = form
        self._vocabulary = vocabulary
        self._before = {row.was: row for row in before if row.was}
        self._numbers = _rows(form, "conditions", len(before))

    def rows(self) -> list[Row]:
        """Those that stand in no group; a row stands behind the group that it is in."""
        outermost: list[Row] = []
        groups: dict[str, tuple[Group, int]] = {}
        for number in self._numbers:
            place = f"c{number}"
            row = self._row(place)
            if row is None:
                continue
            group, depth = groups.get(self._form.get(f"{place}-in", ""), (None, 0))
            if isinstance(row, Group):
                if depth >= _MOST_NESTED:
                    continue
                groups[place] = (row, depth + 1)
            (group.parts if group else outermost).append(row)
        return outermost

    def _row(self, place: str) -> Row | None:
        was = self._form.get(f"{place}-was", "")
        before = self._before.get(was)
        was = was if before else ""
        match = self._form.get(f"{place}-match", "")
        if match in MATCHES:
            return Group(match=match, was=was, entry=before.entry if before else None)
        if self._form.get(f"{place}-kept"):
            return Kept(text=before.text, was=was, entry=before.entry) if isinstance(before, Kept) else None
        if f"{place}-term" in self._form:
            return Term(name=self._form[f"{place}-term"], was=was)
        fact = self._fact(place)
        return None if fact is None else self._condition(fact, place, was)

    def _fact(self, place: str) -> Mapping[str, Any] | None:
        word, kind = self._form.get(f"{place}-fact", ""), self._form.get(f"{place}-kind", "")
        if word not in ATTRIBUTES:
            return self._vocabulary.fact(word)
        name = attribute_name(self._form.get(f"{place}-attribute", ""))
        return self._vocabulary.attribute(word, name, kind if kind in ATTRIBUTE_KINDS else "word")

    def _condition(self, fact: Mapping[str, Any], place: str, was: str) -> Condition:
        operator = self._form.get(f"{place}-operator", "")
        word = operator.removeprefix(NEGATED)
        if not self._vocabulary.compares(fact, word):
            operator = word = fact["operators"][0]
        takes = self._vocabulary.takes(word, fact)
        row = Condition(fact=fact, operator=operator, takes=takes, values=[], place=place, was=was)
        names = (f"{place}-value{k}" for k in range(_MOST_VALUES))
        written = [written_value(self._form, name, row.kind) for name in names if name in self._form]
        lines = (line.strip() for line in self._form.get(f"{place}-lines", "").splitlines())
        values = list(dict.fromkeys(filter(None, (*self._form.getlist(f"{place}-word"), *written, *lines))))
        if takes == "two":
            values = [value for value in written if value][:2]
        row.values = values if takes in ("several", "two") else values[:1]
        return row


def _effects(form: MultiDict[str, str], vocabulary: Vocabulary, old: RuleDraft) -> Iterator[Effect | KeptEffect]:
    for number in _rows(form, "effects", len(old.effects)):
        place = f"e{number}"
        name = form.get(f"{place}-name", "")
        if form.get(f"{place}-kept"):
            yield from (its for its in old.effects if isinstance(its, KeptEffect) and its.name == name)
            continue
        word = vocabulary.effect(name)
        if word is None:
            continue
        way = form.get(f"{place}-way", "0")
        chosen = int(way) if way.isascii() and way.isdigit() and int(way) < len(word["ways"]) else 0
        effect = Effect(word=word, way=chosen, values={}, place=place)
        effect.values = {part["key"]: written_value(form, effect.name_of(part), part["kind"]) for part in effect.parts}
        for part in effect.parts:
            if part["closed"] and len(part["values"]) == 1 and not part["optional"]:
                effect.values[part["key"]] = part["values"][0]
        yield effect


def add_condition(rule: RuleDraft, vocabulary: Vocabulary, about: str, place: str = "") -> str:
    """An empty row behind the others, in the group at this place or in none; nothing for words that there are not.
    Answers its place.
    """
    row: Row | None = None
    if about.startswith(TERM):
        row = Term(name=about.removeprefix(TERM))
    elif about in MATCHES:
        row = Group(match=about)
    else:
        fact = vocabulary.attribute(about, "", "word") if about in ATTRIBUTES else vocabulary.fact(about)
        if fact is not None:
            operator = _USUAL if _USUAL in fact["operators"] else fact["operators"][0]
            row = Condition(fact=fact, operator=operator, takes=vocabulary.takes(operator, fact), values=[])
    groups = {its.place: its for its in rule.rows if isinstance(its, Group)}
    group = groups.get(place, rule.conditions)
    if row is None or len(rule.rows) >= MOST_ROWS or (isinstance(row, Group) and _depth(rule, group) >= _MOST_NESTED):
        return ""
    group.parts.append(row)
    rule.number_rows()
    return row.place


def _depth(rule: RuleDraft, group: Group) -> int:
    """How many groups it stands in, itself counted."""
    around = [its for its in rule.rows if isinstance(its, Group) and any(row is group for row in rows_in(its.parts))]
    return len(around) + (group is not rule.conditions)


def add_effect(rule: RuleDraft, vocabulary: Vocabulary, effect: str) -> str:
    """An empty row behind the others; nothing for an effect that is there already. Answers its place."""
    word = vocabulary.effect(effect)
    if word is None or len(rule.effects) >= MOST_ROWS:
        return ""
    if not word["repeated"] and any(other.name == effect for other in rule.effects):
        return ""
    values = {part["key"]: part["values"][0] for part in word["ways"][0] if part["closed"] and len(part["values"]) == 1}
    rule.effects.append(Effect(word=word, way=0, values=values))
    rule.number_rows()
    return rule.effects[-1].place


def remove_row(rule: RuleDraft, place: str) -> None:
    """Take out the row of this name, `c2` or `e0`, a group with all that is in it, or the key of this name; the rows
    behind it move up.
    """
    for group in (rule.conditions, *(its for its in rule.rows if isinstance(its, Group))):
        group.parts = [its for its in group.parts if its.place != place]
    rule.effects = [its for its in rule.effects if its.place != place]
    rule.others.pop(place, None)
    rule.number_rows()
