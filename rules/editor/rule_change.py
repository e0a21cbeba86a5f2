"""A rule made into another one in the text of its YAML file, by the smallest change: what is the same in both stays as
it is written, with its comments, quotes and order.

The text with the change is read anew: it means what was asked for, or a ValueMistake is raised.
"""

import difflib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

import yaml

from rules.editor.rule_text import NO_PLACE, block_of, newline_of, place_of, verified_text
from rules.editor.rule_values import ValueMistake, rules_of
from rules.editor.text_spans import Spans, spans_of
from rules.syntax.yaml_document import LINES, Document, Node, Path, Plain
from rules.tables.cells import double_quoted
from rules.tables.yaml_text import flow_text

_FIRST_KEYS = ("id", "because", "when", "then")
"""Of a rule, in this order; the others stand behind them."""
_GROUPS = frozenset({"all", "any", "none"})
_Change: TypeAlias = Callable[[Path, Node], None]


class _NoPlace(Exception):
    """The text is written in a way that a small change has no place in."""


def text_with_rule_as(document: Document, rule: str, new: Mapping[str, Node]) -> str:
    """The text with the rule of this id as `new` has it, which are its keys but for the id. Raises ValueMistake."""
    index, rules = place_of(document, rule), rules_of(document)
    old = rules[index]
    replacement = {"id": old["id"], **new}
    if replacement == old:
        return document.text
    expected = [*rules[:index], replacement, *rules[index + 1 :]]
    problem = ValueMistake("", NO_PLACE)
    for whole_keys in (False, True):
        try:
            return verified_text(document, _changed(document, index, old, replacement, whole_keys=whole_keys), expected)
        except _NoPlace:
            continue
        except ValueMistake as mistake:
            problem = mistake
    raise problem


def _changed(document: Document, index: int, old: dict[str, Node], new: dict[str, Node], *, whole_keys: bool) -> str:
    """`whole_keys` writes each key of the rule anew that differs, whatever is the same within it."""
    text = document.text
    try:
        start, end, _ = block_of(document, index)
        path: Path = (0,)
    except ValueMistake:  # its rules stand in brackets
        start, end, path = text.startswith("\ufeff"), len(text), ("rules", index)
    editor = _Editor(text[start:end], newline_of(text), path)
    if whole_keys:
        editor.change_entries(path, old, new, editor.replace)
    else:
        editor.change(path, old, new)
    return text[:start] + editor.text + text[end:]


class _Editor:
    """Changes values in a text, one after the other."""

    def __init__(self, text: str, newline: str, rule: Path) -> None:
        """`rule` is the path of the rule in the text."""
        self.text = text
        self._newline = newline
        self._rule = rule
        self._spans: Spans | None = None

    def change(self, path: Path, old: Node, new: Node) -> None:
        """Make what stands at the path into `new`."""
        if old == new:
            return
        if isinstance(old, dict) and isinstance(new, dict):
            old = self._renamed(path, old, new)
        if isinstance(old, dict) and isinstance(new, dict) and not old.keys().isdisjoint(new):
            self.change_entries(path, old, new, lambda inner, value: self.change(inner, old[str(inner[-1])], value))
        elif isinstance(old, list) and isinstance(new, list) and old and new:
            self._change_items(path, old, new)
        else:
            self.replace(path, new)

    def _renamed(self, path: Path, old: dict[str, Node], new: dict[str, Node]) -> dict[str, Node]:
        """The mapping as it is once keys have other names behind which the same stands, or another group of conditions;
        makes that of the text.
        """
        gone, added = ([key for key in one if key not in other] for one, other in ((old, new), (new, old)))
        for name in added:
            key = next((key for key in gone if old[key] == new[name] or {key, name} <= _GROUPS), None)
            if key is not None:
                gone.remove(key)
                span = self.spans.keys[*path, key]
                self._put(span.start, span.end, flow_text(Plain(name)))
                old = {name if its == key else its: value for its, value in old.items()}
        return old

    def change_entries(self, path: Path, old: Mapping[str, Node], new: Mapping[str, Node], change: _Change) -> None:
        for key in [key for key in old if key not in new]:
            self._remove((*path, key))
        for key in old:
            if key in new and old[key] != new[key]:
                change((*path, key), new[key])
        for key in new:
            if key not in old:
                self._add(path, key, new[key])

    def _change_items(self, path: Path, old: list[Node], new: list[Node]) -> None:
        """From the last to the first, so that the places before stay."""
        before, after = ([json.dumps(item, sort_keys=True) for item in items] for items in (old, new))
        steps = difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
        for kind, first, last, new_first, new_last in reversed(steps):
            if kind == "equal":
                continue
            both = min(last - first, new_last - new_first)
            for place in reversed(range(first + both, last)):
                self._remove((*path, place))
            for place in reversed(range(new_first + both, new_last)):
                self._insert(path, first + both, new[place])
            for offset in range(both):
                self.change((*path, first + offset), old[first + offset], new[new_first + offset])

    def replace(self, path: Path, new: Node) -> None:
        """Write the value at the path anew."""
        span, key = self.spans.values[path], self.spans.keys.get(path)
        start, before = span.start, ""
        if isinstance(new, str) and span.quoted:
            written = double_quoted(new)
        elif isinstance(new, dict) and path in self.spans.entries and self._is_block_mapping(path):
            column = self._column(self.spans.begin((*path, self.spans.entries[path][0])))
            written = f"{self._newline}{' ' * column}".join(_entry(name, value) for name, value in new.items())
        else:
            written = flow_text(new)
            colon = re.compile(r"\s*:\s*").match(self.text, key.end) if key else None
            if colon and colon.end() == start:
                start, before = key.end if key else start, ": "
        if not before and key and not self.text[self._line_start(start) : start].strip():
            # a list on lines may begin where its key does, other values stand behind that
            before = " " * max(0, self._column(key.start) + 2 - self._column(start))
        elif start and self.text[start - 1] in ":-":
            before = " "
        self._put(start, span.end, before + written)

    def _remove(self, path: Path) -> None:
        parent, place = path[:-1], self.spans.entries[path[:-1]].index(path[-1])
        names = self.spans.entries[parent]
        following = (*parent, names[place + 1]) if place + 1 < len(names) else None
        end = self.spans.values[path].end
        if self.spans.values[parent].flow:
            if place:
                self._put(self.spans.values[*parent, names[place - 1]].end, end, "")
            elif following:
                self._put(self.spans.begin(path), self.spans.begin(following), "")
            else:
                raise _NoPlace
            return
        start = self._beginning(path)
        line = self._line_start(start)
        if not self.text[line:start].strip():
            rest = LINES.search(self.text, end)
            if rest is None:  # the last line of the text: the end of the line before goes with it
                ends = [match.start() for match in LINES.finditer(self.text, 0, line)]
                self._put(ends[-1] if ends else line, len(self.text), "")
            else:
                self._put(line, rest.end(), "")
        elif following:
            upto = self._beginning(following)
            has_comment = "#" in self.text[end:upto]
            if has_comment and isinstance(path[-1], int):
                raise _NoPlace
            self._put(start, end if has_comment else upto, "")
        else:
            raise _NoPlace

    def _add(self, path: Path, key: str, value: Node) -> None:
        names = self.spans.entries[path]
        if not names:
            raise _NoPlace
        if self.spans.values[path].flow:
            end = self.spans.values[*path, names[-1]].end
            self._put(end, end, f", {_entry(key, value)}")
            return
        is_rule = path == self._rule
        end = self._line_end(self.spans.values[*path, _before(key, names) if is_rule else names[-1]].end)
        indent = " " * self._column(self.spans.begin((*path, names[0])))
        lines = (
            [f"{key}:", *(f"  {_entry(*its)}" for its in value.items())] if is_rule and isinstance(value, dict) else []
        )
        self._put(end, end, "".join(f"{self._newline}{indent}{line}" for line in lines or [_entry(key, value)]))

    def _insert(self, path: Path, place: int, value: Node) -> None:
        span, written = self.spans.values[path], flow_text(value)
        if span.flow:
            if place:
                end = self.spans.values[*path, place - 1].end
                self._put(end, end, f", {written}")
            else:
                start = self.spans.values[*path, 0].start
                self._put(start, start, f"{written}, ")
            return
        dash = self._beginning((*path, 0))
        indent = " " * self._column(dash)
        if place:
            end = self._line_end(self.spans.values[*path, place - 1].end)
            self._put(end, end, f"{self._newline}{indent}- {written}")
        else:
            self._put(dash, dash, f"- {written}{self._newline}{indent}")

    @property
    def spans(self) -> Spans:
        if self._spans is None:
            try:
                self._spans = spans_of(self.text)
            except yaml.YAMLError:
                raise _NoPlace from None
        return self._spans

    def _put(self, start: int, end: int, written: str) -> None:
        self.text = self.text[:start] + written + self.text[end:]
        self._spans = None

    def _is_block_mapping(self, path: Path) -> bool:
        entries = self.spans.entries[path]
        return bool(entries) and isinstance(entries[0], str) and not self.spans.values[path].flow

    def _beginning(self, path: Path) -> int:
        """Where a key begins or, of an item of a list on lines, its `-`."""
        start = self.spans.begin(path)
        if path in self.spans.keys:
            return start
        dash = re.search(r"-[ ]*\Z", self.text[self._line_start(start) : start])
        if dash is None:
            raise _NoPlace
        return self._line_start(start) + dash.start()

    def _line_start(self, offset: int) -> int:
        return max((match.end() for match in LINES.finditer(self.text, 0, offset)), default=0)

    def _line_end(self, offset: int) -> int:
        match = LINES.search(self.text, offset)
        return match.start() if match else len(self.text)

    def _column(self, offset: int) -> int:
        return offset - self._line_start(offset)


def _entry(key: str, value: Node) -> str:
    return f"{flow_text(Plain(key))}: {flow_text(value)}"


def _before(key: str, names: Sequence[str | int]) -> str | int:
    """Behind which key of a rule this one is to stand."""
    earlier = _FIRST_KEYS[: _FIRST_KEYS.index(key)] if key in _FIRST_KEYS else ()
    return next((name for name in reversed(earlier) if name in names), names[-1])
