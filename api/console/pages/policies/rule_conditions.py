"""The conditions of a rule between its policy file and the rows of its form: read from what stands under `when`, and
written so that what nobody changed stays as it was.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from api.console.pages.policies.rule_rows import MATCHES, NEGATED, Condition, Group, Kept, Row, Term, rows_in
from api.console.pages.policies.rule_words import Vocabulary, flow

_COMBINATORS = (*MATCHES, "is")
_OTHER_FLAG = {"true": "false", "false": "true"}


def read_conditions(when: Any, vocabulary: Vocabulary) -> Group:
    """As rows; the group that holds them all."""
    if when is None:
        return Group(match="all")
    if not isinstance(when, dict) or not when:
        return Group(match="all", parts=[Kept(text=flow(when), was="/", entry=("", when))])
    reader = _Reader(vocabulary)
    only = next(iter(when)) if len(when) == 1 else ""
    if only in MATCHES and _is_group(when[only]):
        return Group(match=only, parts=reader.items(when[only], f"/{only}"), was=f"/{only}", entry=(only, when[only]))
    return Group(match="all", parts=list(reader.entries(when, "")))


def _is_group(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) and item for item in value)


class _Reader:
    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary

    def items(self, items: Sequence[Mapping[str, Any]], at: str) -> list[Row]:
        """Each as one row."""
        rows = []
        for place, item in enumerate(items):
            where = f"{at}/{place}"
            parts = list(self.entries(item, where))
            rows.append(parts[0] if len(parts) == 1 else Group(match="all", parts=parts, was=where, entry=("", item)))
        return rows

    def entries(self, mapping: Mapping[str, Any], at: str) -> Iterator[Row]:
        for key, value in mapping.items():
            where = f"{at}/{key}"
            if key == "is":
                yield from self._terms(value, where)
            elif key in MATCHES and _is_group(value):
                yield Group(match=key, parts=self.items(value, where), was=where, entry=(key, value))
            else:
                yield from self._clause(key, value, where, (key,))

    def _terms(self, value: Any, where: str) -> Iterator[Row]:
        if isinstance(value, str):
            yield Term(name=value, was=where, entry=("is", value))
        elif isinstance(value, list) and value and all(isinstance(name, str) for name in value):
            for place, name in enumerate(value):
                yield Term(name=name, was=f"{where}/{place}", entry=("is", [name]))
        else:
            yield Kept(text=flow({"is": value}), was=where, entry=("is", value))

    def _clause(self, key: str, value: Any, where: str, words: tuple[str, ...]) -> Iterator[Row]:
        """`words` are those before the value: the fact, or the fact and `not`."""
        fact = self._vocabulary.fact(key, value) if key not in _COMBINATORS else None
        if fact is None or (isinstance(value, dict) and not value):
            yield self._kept(value, where, words)
        elif not isinstance(value, dict):
            yield self._row(fact, "equals" if len(words) == 1 else "not", value, where, words)
        elif len(words) > 1 and (len(value) > 1 or "not" in value):
            # not all of these, or not not
            parts = [row for word, its in value.items() for row in self._operation(key, fact, word, its, where)]
            whole = parts if len(parts) == 1 else [Group(match="all", parts=parts, was=f"{where}/")]
            yield Group(match="none", parts=whole, was=where, entry=_entry(words, value))
        else:
            for word, its in value.items():
                yield from self._operation(key, fact, word, its, where, negated=len(words) > 1)

    def _operation(
        self, key: str, fact: Mapping[str, Any], word: str, value: Any, at: str, *, negated: bool = False
    ) -> Iterator[Row]:
        where, words = f"{at}/{word}", (key, "not", word) if negated else (key, word)
        if word == "not":
            yield from self._clause(key, value, where, (key, "not"))
        elif self._vocabulary.compares(fact, word):
            yield self._row(fact, f"{NEGATED if negated else ''}{word}", value, where, words)
        else:
            yield self._kept(value, where, words)

    def _row(self, fact: Mapping[str, Any], operator: str, value: Any, where: str, words: tuple[str, ...]) -> Row:
        takes = self._vocabulary.takes(operator.removeprefix(NEGATED), fact)
        values = value if isinstance(value, list) else [value]
        most = {"several": len(values), "two": 2}.get(takes, 1)
        if not 0 < len(values) <= most or not all(_can_be_typed(its) for its in values):
            return self._kept(value, where, words)
        entry = _entry(words, value)
        if operator == f"{NEGATED}known" and values[0] in _OTHER_FLAG:
            operator, values = "known", [_OTHER_FLAG[values[0]]]
        return Condition(fact=fact, operator=operator, takes=takes, values=list(values), was=where, entry=entry)

    def _kept(self, value: Any, where: str, words: tuple[str, ...]) -> Kept:
        entry = _entry(words, value)
        return Kept(text=flow(dict([entry])), was=where, entry=entry)


def _entry(words: Sequence[str], value: Any) -> tuple[str, Any]:
    """The fact, and what stands behind it."""
    for word in reversed(words[1:]):
        value = {word: value}
    return words[0], value


def _can_be_typed(value: Any) -> bool:
    return isinstance(value, str) and bool(value) and value == value.strip() and value.isprintable()


def written_conditions(root: Group, before: Group, when: Any) -> Any:
    """What is to stand under `when`, if that was `when` with these rows `before`; None: nothing. Sets the `path` of
    each row.
    """
    writer = _Writer(before)
    if root.content == before.content:
        writer.at_their_old_places(root.parts, "", "")
        return when
    if not root.parts:
        return None
    if root.match == "all" and not root.was.startswith("/all"):
        return writer.mapping(root.parts, "")
    return {root.match: writer.items(root.parts, f"/{root.match}")}


class _Writer:
    def __init__(self, before: Group) -> None:
        self._before = {row.was: row for row in rows_in(before.parts)}

    def mapping(self, parts: Sequence[Row], at: str) -> dict[str, Any]:
        """All of them, as the entries of one mapping; what has no place in it beside the others, in a list of it."""
        written: dict[str, Any] = {}
        apart: list[Any] = []
        for part in parts:
            key = self._key(part)
            if isinstance(part, Group) and key in written:
                apart.append(self._item(part, f"{at}/all/{len(_listed(written.get('all', []))) + len(apart)}"))
                continue
            _, value = self._entry(part, at)
            if key not in written:
                written[key] = value
            elif key == "is":
                written[key] = [*_listed(written[key]), *_listed(value)]
                part.path = f"{at}/is/{len(written[key]) - 1}"
            elif _can_join(written[key], value):
                written[key] = {**written[key], **value}
            else:
                apart.append({key: value})
                self._entry(part, f"{at}/all/{len(_listed(written.get('all', []))) + len(apart) - 1}")
        return {**written, "all": [*written.get("all", []), *apart]} if apart else written

    def items(self, parts: Sequence[Row], at: str) -> list[Any]:
        return [self._item(part, f"{at}/{place}") for place, part in enumerate(parts)]

    def at_their_old_places(self, parts: Sequence[Row], old: str, new: str) -> None:
        """Of rows that stay as they were written, below a place that may be another one now."""
        for row in rows_in(parts):
            row.path = new + row.was.removeprefix(old)

    def _item(self, part: Row, at: str) -> Any:
        if isinstance(part, Group) and part.match == "all" and part.was.rpartition("/")[2] not in MATCHES:
            before = self._same(part)
            part.path = at
            if before and before.entry and not before.entry[0]:
                self.at_their_old_places(part.parts, part.was, at)
                return before.entry[1]
            return self.mapping(part.parts, at)
        return dict([self._entry(part, at)])

    def _key(self, part: Row) -> str:
        """What the row stands under."""
        before = self._same(part)
        if before is not None and before.entry and before.entry[0]:
            return before.entry[0]
        match part:
            case Condition():
                return str(part.fact["word"])
            case Group():
                return part.match
        return "is"

    def _same(self, part: Row) -> Row | None:
        """The row as it was, if nobody changed it."""
        before = self._before.get(part.was)
        same = before is not None and type(before) is type(part) and before.content == part.content
        return before if same else None

    def _entry(self, part: Row, at: str) -> tuple[str, Any]:
        """What the row stands under, and what stands there."""
        key, before = self._key(part), self._same(part)
        part.path = f"{at}/{key}"
        if before is not None and before.entry and before.entry[0]:
            if isinstance(part, Group):
                self.at_their_old_places(part.parts, part.was, f"{part.path}/not" if key not in MATCHES else part.path)
            value = before.entry[1]
        elif isinstance(part, Group):
            return key, self.items(part.parts, part.path)
        else:
            value = part.compared if isinstance(part, Condition) else part.name if isinstance(part, Term) else None
        if isinstance(part, Condition | Kept) and isinstance(value, dict) and value:
            part.path = f"{part.path}/{next(iter(value))}"
        return key, value


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _can_join(value: Any, other: Any) -> bool:
    """Whether two comparisons of one fact can stand in one mapping."""
    return isinstance(value, dict) and isinstance(other, dict) and value.keys().isdisjoint(other)
