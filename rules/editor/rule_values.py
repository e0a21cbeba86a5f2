"""The values of a rule in the text of its YAML file: which ones a form can change, and the text with others in their
place. Comments, the order of lines and all else stay as they are.

A value has a path within its rule, written as a JSON Pointer (RFC 6901): `/then/prefer`, `/when/any/0/order.value`.
"""

import functools
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rules.conditions import Operator
from rules.errors import PolicyInvalid
from rules.syntax.yaml_document import LINES, Document, Node, Path, Place, Plain, read

OPTIONAL_KEYS = ("from", "until", "disabled")
"""They have a value in a form even if the rule does not have them yet."""
_SHOWN = ("because", "from", "until", "disabled", "hours", "weekdays", "when", "then")
_PLAIN = re.compile(r"(?![-?] |[-?]$)[\w.%+?*-](?:[\w.%+*?€£$/ -]|:(?=\w))*", re.UNICODE)
"""What needs no quotes, within braces and brackets as well."""
_NOT_WORDS = frozenset({"~", "null", "Null", "NULL", ""})
_QUOTED = {'"': re.compile(r'"(?:[^"\\]|\\.)*"'), "'": re.compile(r"'(?:[^']|'')*'")}
_MOST_LETTERS = 1_000
_OPERATORS = frozenset(operator.value for operator in Operator)


class ValueMistake(ValueError):
    """Why a value can't be put into the text, by its path in the rule."""

    def __init__(self, pointer: str, message: str) -> None:
        super().__init__(message)
        self.pointer = pointer


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleValue:
    """`keys` are those above it within the rule; `text` is empty if the rule does not have it yet."""

    keys: Path
    text: str

    @property
    def pointer(self) -> str:
        return pointer_of(self.keys)

    @property
    def subject(self) -> str:
        """The fact or the effect that it belongs to, or the key of the rule."""
        words = [str(key) for key in self.keys if isinstance(key, str)]
        if words[0] == "when":
            return next((word for word in words if "." in word), words[-1])
        return words[1] if words[0] == "then" and len(words) > 1 else words[0]

    @property
    def part(self) -> str:
        """The operator that compares the fact, the part of the effect, or the language; empty if there is none."""
        words = [str(key) for key in self.keys if isinstance(key, str)]
        if words[0] == "when":
            return next((word for word in reversed(words) if word in _OPERATORS), "")
        return words[-1] if words[-1] != self.subject else ""


def pointer_of(path: Path) -> str:
    """The path as a JSON Pointer (RFC 6901)."""
    return "".join(f"/{_escaped(str(key))}" for key in path)


def pointer_at(document: Document, rule: str, place: Place) -> str | None:
    """The path within a rule whose key or value begins at a place of the text, the innermost one; None if none does."""
    index = index_of_rule(document, rule)
    start: Path = ("rules", index if index is not None else -1)
    paths = [
        path
        for places in (document.keys, document.values)
        for path, its in places.items()
        if its == place and path[:2] == start
    ]
    return pointer_of(max(paths, key=len)[2:]) if paths else None


def values_of(document: Document, rule: str) -> list[RuleValue]:
    """Of the rule of this id, in the order of the text; those that stand on several lines are left out."""
    index = index_of_rule(document, rule)
    if index is None:
        return []
    tree = rules_of(document)[index]
    found = [
        RuleValue(keys=keys, text=text)
        for key in _SHOWN
        if key in tree
        for keys, text in _leaves(tree[key], (key,))
        if scalar_span(document, ("rules", index, *keys)) is not None
    ]
    absent = [RuleValue(keys=(key,), text="") for key in OPTIONAL_KEYS if key not in tree]
    return [*found, *absent]


def text_with(document: Document, rule: str, values: Mapping[str, str]) -> str:
    """The text of the file with these values, by their pointers; an empty one takes `from`, `until` or `disabled` away.
    Raises ValueMistake.
    """
    index = index_of_rule(document, rule)
    if index is None:
        raise ValueMistake("", f"the file {document.file} has no rule '{rule}'")
    known = {value.pointer: value for value in values_of(document, rule)}
    text = document.text
    for pointer, new in values.items():
        if pointer not in known:
            raise ValueMistake(pointer, "the rule has no such value that a form can change; change it in the text")
        if len(new) > _MOST_LETTERS or not new.isprintable():
            raise ValueMistake(pointer, f"write it on one line of at most {_MOST_LETTERS:,} letters")
        if new != known[pointer].text:
            # read anew, since the places behind it are others now
            text = _changed(read(document.file, text.encode()), index, known[pointer], new)
    return text


def _changed(document: Document, index: int, value: RuleValue, new: str) -> str:
    """With one other value; the text means the same but for it, or a ValueMistake is raised."""
    path: Path = ("rules", index, *value.keys)
    if not new and value.keys[0] not in OPTIONAL_KEYS:
        raise ValueMistake(value.pointer, "a value is missing here")
    if not value.text:
        text = _with_key(document, index, str(value.keys[0]), written_scalar(new))
    elif not new:
        text = _without_key(document, path, value)
    else:
        text = _replaced(document, path, new)
    if _tree(document.file, text, value) != _expected(document, index, value, new):
        raise ValueMistake(value.pointer, "it can't be put in its place there; change it in the text")
    return text


def _replaced(document: Document, path: Path, new: str) -> str:
    span = scalar_span(document, path)
    start, end = span or (0, 0)
    return document.text[:start] + written_scalar(new, quoted=document.text[start] in _QUOTED) + document.text[end:]


def _with_key(document: Document, index: int, key: str, written: str) -> str:
    """With a key of the rule behind its id: on a line of its own, or within its braces."""
    path: Path = ("rules", index, "id")
    span = scalar_span(document, path)
    if span is None:
        raise ValueMistake(f"/{key}", "it can't be put in its place there; change it in the text")
    text, end = document.text, span[1]
    if text[offset_of(text, document.values["rules", index])] == "{":
        return f"{text[:end]}, {key}: {written}{text[end:]}"
    column = document.keys[path][1]
    line_end = _line_end(text, end)
    line = f"{' ' * (column - 1)}{key}: {written}"
    return f"{text[:line_end]}\n{line}{text[line_end:]}"


def _without_key(document: Document, path: Path, value: RuleValue) -> str:
    """Without the line of the key, or without its part of the braces."""
    span = scalar_span(document, path)
    start = offset_of(document.text, document.keys[path])
    text, end = document.text, span[1] if span else 0
    begins = _line_start(text, start)
    if not text[begins:start].strip():
        return text[:begins] + text[_line_end(text, end) :].removeprefix("\r").removeprefix("\n")
    before = re.search(r",\s*\Z", text[:start])
    if before is None:
        raise ValueMistake(value.pointer, "it can't be taken out there; change it in the text")
    return text[: before.start()] + text[end:]


def _expected(document: Document, index: int, value: RuleValue, new: str) -> Any:
    root = json.loads(json.dumps(document.root))
    node = root["rules"][index]
    for key in value.keys[:-1]:
        node = node[key]
    if new:
        node[value.keys[-1]] = new
    else:
        del node[value.keys[-1]]
    return root


def _tree(file: str, text: str, value: RuleValue) -> Any:
    try:
        return json.loads(json.dumps(read(file, text.encode()).root))
    except PolicyInvalid:
        raise ValueMistake(value.pointer, "it can't be written there; change it in the text") from None


def written_scalar(value: str, *, quoted: bool = False) -> str:
    """As YAML: plain where that means the same anywhere."""
    if not quoted and _PLAIN.fullmatch(value) and value == value.strip() and value not in _NOT_WORDS:
        return value
    return json.dumps(value, ensure_ascii=False)


def _leaves(node: Node, keys: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(node, str):
        yield keys, str(node)
    elif isinstance(node, dict):
        for key, inner in node.items():
            yield from _leaves(inner, (*keys, key))
    elif isinstance(node, list):
        for place, inner in enumerate(node):
            yield from _leaves(inner, (*keys, place))


def scalar_span(document: Document, path: Path) -> tuple[int, int] | None:
    """Where the scalar at `path` begins and ends in the text; None if it is on several lines."""
    start = offset_of(document.text, document.values[path])
    node: Any = document.root
    for key in path:
        node = node[key]
    sign = document.text[start : start + 1]
    if sign in _QUOTED:
        match = _QUOTED[sign].match(document.text, start)
        return (start, match.end()) if match and not LINES.search(match[0]) else None
    if isinstance(node, Plain) and document.text.startswith(str(node), start):
        return start, start + len(node)
    return None


def rules_of(document: Document) -> list[Any]:
    rules = document.root.get("rules") if isinstance(document.root, dict) else None
    return rules if isinstance(rules, list) else []


def index_of_rule(document: Document, rule: str) -> int | None:
    """Which rule of the file it is; `rule` is its id without the policy."""
    return next(
        (i for i, raw in enumerate(rules_of(document)) if isinstance(raw, dict) and raw.get("id") == rule), None
    )


def rule_in(document: Document, rule: str) -> dict[str, Node]:
    """The rule of this id as its file has it; nothing if there is none."""
    index = index_of_rule(document, rule)
    return {} if index is None else rules_of(document)[index]


def offset_of(text: str, place: Place) -> int:
    line, column = place
    # a byte order mark is no letter to the parser
    start = 0 if line == 1 else _line_starts(text)[line - 2]
    return start + column - 1 + (1 if line == 1 and text.startswith("\ufeff") else 0)


@functools.lru_cache(maxsize=8)  # of each value of a text it is asked anew
def _line_starts(text: str) -> tuple[int, ...]:
    """Where each line but the first begins."""
    return tuple(match.end() for match in LINES.finditer(text))


def _line_start(text: str, offset: int) -> int:
    return max((match.end() for match in LINES.finditer(text, 0, offset)), default=0)


def _line_end(text: str, offset: int) -> int:
    match = LINES.search(text, offset)
    return match.start() if match else len(text)


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")
