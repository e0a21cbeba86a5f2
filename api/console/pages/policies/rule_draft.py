"""A rule that is being written in a form: what was sent of it, and what POST /v1/policies/edit is given.

Its conditions and effects stand in rows: `conditions` and `effects` say how many there are, and the fields of the third
condition begin with `c2-`. Buttons add and take out rows; they send the whole form, and the page is drawn anew.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from werkzeug.datastructures import MultiDict

from api.console.pages.policies.rule_controls import Control, control, written_value

MOST_ROWS = 50
_USUAL = "at_least"
"""How amounts and days are compared unless another operator is chosen: hardly anybody asks for just one amount."""
MATCHES = ("all", "any", "none")
_BESIDE = 12
"""So many known words are shown to be ticked; of more, those that are wanted are written."""
_EMPTY = 2
"""Fields for further values."""
_MOST_ID = 64


@dataclass(slots=True, kw_only=True)
class Condition:
    """One row. `values` are as a policy file has them."""

    fact: Mapping[str, Any]
    operator: str
    takes: str
    values: list[str]
    place: str
    """What the names of its fields begin with."""

    @property
    def kind(self) -> str:
        return str(self.fact["kind"])

    @property
    def ticked(self) -> bool:
        """Whether its words are ticked: several of a few known ones."""
        return self.takes == "several" and 0 < len(self.fact["values"]) <= _BESIDE and self.operator != "matches"

    @property
    def closed(self) -> list[str]:
        """The only words that a single value may be; none: any."""
        if self.takes == "flag" or self.kind == "flag":
            return ["true", "false"]
        if self.takes == "fact":
            return list(self.fact["comparable"])
        return list(self.fact["values"]) if self.kind == "choice" and self.operator != "matches" else []

    @property
    def controls(self) -> list[Control]:
        """The fields to write its values into."""
        wanted = {"two": 2, "several": len(self.values) + _EMPTY}.get(self.takes, 1)
        written = [*self.values, *[""] * wanted][: max(1, wanted)]
        kind = "" if self.operator == "matches" or self.takes in ("flag", "fact") else self.kind
        return [control(kind, value) for value in written]

    @property
    def written(self) -> str:
        """How its values are written; nothing if one chooses them, from a calendar perhaps."""
        chosen = self.ticked or self.closed or self.controls[0].type in ("date", "instant", "time")
        return "" if chosen else str(self.fact["written"])

    @property
    def compared(self) -> Any:
        """What stands behind the fact in a policy file."""
        value: Any = self.values if self.takes == "two" or len(self.values) > 1 else next(iter(self.values), "")
        return value if self.operator == "equals" else {self.operator: value}


@dataclass(slots=True, kw_only=True)
class Effect:
    """One row; `values` by the keys of its way, "" for a value that stands alone."""

    word: Mapping[str, Any]
    way: int
    values: dict[str, str]
    place: str

    @property
    def parts(self) -> list[Mapping[str, Any]]:
        return list(self.word["ways"][self.way])

    @property
    def means(self) -> str:
        """What it does; without how a policy file writes it, if that is a mapping."""
        means = str(self.word["means"])
        return re.split(r"\s?[:;,.] ", means)[0] if "{" in means else means

    def control(self, part: Mapping[str, Any]) -> Control:
        return control(part["kind"], self.values.get(part["key"], ""))

    def name_of(self, part: Mapping[str, Any]) -> str:
        """Of its field."""
        return f"{self.place}-{part['key'] or 'value'}"

    @property
    def written(self) -> Any:
        if not self.parts[0]["key"]:
            return self.values.get("", "")
        return {key: value for key, value in self.values.items() if value}


@dataclass(slots=True, kw_only=True)
class RuleDraft:
    """Everything that the form holds. `mistakes` are by the name of the field or of the row."""

    policy: str = ""
    id: str = ""
    because: dict[str, str] = field(default_factory=dict)
    begins: str = ""
    until: str = ""
    match: str = "all"
    conditions: list[Condition] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    mistakes: dict[str, str] = field(default_factory=dict)

    def places(self) -> Iterator[tuple[str, str]]:
        """The path of each row within the rule, as a JSON Pointer, and the row or field that it is of."""
        for condition, path in zip(self.conditions, self._paths(), strict=True):
            yield f"/when/{path}", condition.place
        seen: dict[str, int] = {}
        for effect in self.effects:
            name = effect.word["word"]
            several = sum(its.word["word"] == name for its in self.effects) > 1
            index = seen[name] = seen.get(name, -1) + 1
            yield f"/then/{name}/{index}" if several else f"/then/{name}", effect.place
        yield from (("/id", "id"), ("/from", "from"), ("/until", "until"))
        yield from ((f"/because/{language}", f"because-{language}") for language in self.because)
        yield "/because", "because-en"

    def _paths(self) -> list[str]:
        facts = [condition.fact["word"] for condition in self.conditions]
        if self.match == "all" and len(set(facts)) == len(facts):
            return facts
        return [f"{self.match}/{number}/{fact}" for number, fact in enumerate(facts)]

    def tree(self) -> dict[str, Any]:
        """The rule but for its id, as POST /v1/policies/edit takes it."""
        rule: dict[str, Any] = {"because": {language: text for language, text in self.because.items() if text}}
        pairs = [{condition.fact["word"]: condition.compared} for condition in self.conditions]
        if pairs:
            alone = "/" not in "".join(self._paths())
            rule["when"] = {k: v for pair in pairs for k, v in pair.items()} if alone else {self.match: pairs}
        rule["then"] = self._effects()
        rule |= {key: value for key, value in (("from", self.begins), ("until", self.until)) if value}
        return rule

    def _effects(self) -> dict[str, Any]:
        then: dict[str, Any] = {}
        for effect in self.effects:
            name = effect.word["word"]
            if name not in then:
                then[name] = effect.written
            elif isinstance(then[name], list):
                then[name].append(effect.written)
            else:
                then[name] = [then[name], effect.written]
        return then


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What GET /v1/policies/vocabulary answered, by word."""

    answered: Mapping[str, Any]

    def fact(self, word: str) -> Mapping[str, Any] | None:
        return next((its for its in self.answered["facts"] if its["word"] == word), None)

    def effect(self, word: str) -> Mapping[str, Any] | None:
        return next((its for its in self.answered["effects"] if its["word"] == word), None)

    def takes(self, operator: str) -> str:
        if operator == "equals":
            return "several"
        return next((str(its["takes"]) for its in self.answered["operators"] if its["word"] == operator), "one")


def read_form(form: MultiDict[str, str], vocabulary: Vocabulary, languages: tuple[str, ...]) -> RuleDraft:
    """What was sent. Rows of facts and effects that there are not are left out."""
    match = form.get("match", "all")
    rule = RuleDraft(
        policy=form.get("policy", ""),
        id=form.get("id", "").strip(),
        because={language: " ".join(form.get(f"because-{language}", "").split()) for language in languages},
        begins=written_value(form, "from", "instant"),
        until=written_value(form, "until", "instant"),
        match=match if match in MATCHES else "all",
        conditions=list(_conditions(form, vocabulary)),
        effects=list(_effects(form, vocabulary)),
    )
    _number_rows(rule)
    return rule


def _rows(form: MultiDict[str, str], name: str) -> range:
    count = form.get(name, "")
    return range(min(int(count), MOST_ROWS) if count.isascii() and count.isdigit() and len(count) < 4 else 0)  # noqa: PLR2004  # fewer than 1,000


def _conditions(form: MultiDict[str, str], vocabulary: Vocabulary) -> Iterator[Condition]:
    for number in _rows(form, "conditions"):
        place = f"c{number}"
        fact = vocabulary.fact(form.get(f"{place}-fact", ""))
        if fact is not None:
            yield _condition(form, fact, place, vocabulary)


def _condition(form: MultiDict[str, str], fact: Mapping[str, Any], place: str, vocabulary: Vocabulary) -> Condition:
    operator = form.get(f"{place}-operator", "")
    if operator not in fact["operators"]:
        operator = fact["operators"][0]
    takes = vocabulary.takes(operator)
    kind = "" if operator == "matches" or takes in ("flag", "fact") else str(fact["kind"])
    names = (f"{place}-value{k}" for k in range(MOST_ROWS))
    written = [written_value(form, name, kind) for name in names if name in form]
    values = list(dict.fromkeys([*form.getlist(f"{place}-word"), *(value for value in written if value)]))
    if takes == "two":
        values = [value for value in written if value][:2]
    elif takes != "several":
        values = values[:1]
    if takes == "fact" and not set(values) <= set(fact["comparable"]):
        values = []
    return Condition(fact=fact, operator=operator, takes=takes, values=values, place=place)


def _effects(form: MultiDict[str, str], vocabulary: Vocabulary) -> Iterator[Effect]:
    for number in _rows(form, "effects"):
        place = f"e{number}"
        word = vocabulary.effect(form.get(f"{place}-name", ""))
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


def add_row(rule: RuleDraft, vocabulary: Vocabulary, *, fact: str = "", effect: str = "") -> None:
    """An empty row behind the others; nothing for words that there are not, or for an effect that is there already."""
    word = vocabulary.fact(fact)
    if word is not None and len(rule.conditions) < MOST_ROWS:
        operators = word["operators"]
        operator = _USUAL if _USUAL in operators else operators[0]
        place, takes = f"c{len(rule.conditions)}", vocabulary.takes(operator)
        rule.conditions.append(Condition(fact=word, operator=operator, takes=takes, values=[], place=place))
    its = vocabulary.effect(effect)
    if its is None or len(rule.effects) >= MOST_ROWS:
        return
    if its["repeated"] or all(other.word["word"] != effect for other in rule.effects):
        closed = {
            part["key"]: part["values"][0] for part in its["ways"][0] if part["closed"] and len(part["values"]) == 1
        }
        rule.effects.append(Effect(word=its, way=0, values=closed, place=f"e{len(rule.effects)}"))


def remove_row(rule: RuleDraft, row: str) -> None:
    """Take out the row of this name, `c2` or `e0`; those behind it move up."""
    rule.conditions = [its for its in rule.conditions if its.place != row]
    rule.effects = [its for its in rule.effects if its.place != row]
    _number_rows(rule)


def _number_rows(rule: RuleDraft) -> None:
    rows: tuple[tuple[str, Sequence[Condition | Effect]], ...] = (("c", rule.conditions), ("e", rule.effects))
    for letter, its_rows in rows:
        for number, its in enumerate(its_rows):
            its.place = f"{letter}{number}"


def proposed_id(reason: str, taken: set[str]) -> str:
    """An id of the first words of a reason that no rule of the policy has yet."""
    plain = unicodedata.normalize("NFKD", reason).encode("ascii", "ignore").decode().lower()
    words = [word for word in re.split(r"[^a-z0-9]+", plain) if word][:5]
    stem = "-".join(words)[: _MOST_ID - 4].strip("-") or "rule"
    if stem.isdigit():
        stem = f"rule-{stem}"
    numbers = (f"-{number}" if number > 1 else "" for number in range(1, len(taken) + 2))
    return next(f"{stem}{number}" for number in numbers if f"{stem}{number}" not in taken)
