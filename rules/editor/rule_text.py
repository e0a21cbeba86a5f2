"""Rules added to the text of a YAML file, copied in it, and taken out of it. All else of the text stays as it is.

A rule stands in its file from its `-` up to the next line that is not indented more than that sign; comments that end
it belong to it if they are indented more. The text with the change is read anew: it means what was asked for, or a
ValueMistake is raised.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from rules.editor.rule_values import (
    ValueMistake,
    index_of_rule,
    offset_of,
    rules_of,
    scalar_span,
    written_scalar,
)
from rules.errors import PolicyInvalid
from rules.syntax.yaml_document import LINES, Document, Node, read
from rules.tables.yaml_text import rule_lines

NO_PLACE = "it can't be put in its place there; change it in the text"
_NO_RULES = re.compile(r"\[\s*\]")


def text_with_rule(document: Document, rule: Mapping[str, Node]) -> str:
    """The text with this rule, which has its `id`, behind the others. Raises ValueMistake."""
    _verify_new(document, str(rule["id"]))
    rules = rules_of(document)
    if rules:
        _, end, dash = block_of(document, len(rules) - 1)
        text = _inserted(document.text, end, _block_lines(rule, dash))
    else:
        text = _with_first(document, _block_lines(rule, 2))
    return verified_text(document, text, [*rules, dict(rule)])


def text_with_copy(document: Document, rule: str, new_id: str) -> str:
    """The text with a copy of a rule behind it, under another id; its comments are copied, too. Raises ValueMistake."""
    index = place_of(document, rule)
    _verify_new(document, new_id)
    start, end, _ = block_of(document, index)
    span = scalar_span(document, ("rules", index, "id"))
    if span is None or not start <= span[0] < span[1] <= end:
        raise ValueMistake("/id", NO_PLACE)
    text = document.text
    copied = text[start : span[0]] + written_scalar(new_id) + text[span[1] : end]
    rules = rules_of(document)
    expected = [*rules[: index + 1], {**rules[index], "id": new_id}, *rules[index + 1 :]]
    return verified_text(document, _inserted(text, end, LINES.split(copied)), expected)


def text_without_rule(document: Document, rule: str) -> str:
    """The text without a rule of it. Raises ValueMistake."""
    index, rules = place_of(document, rule), rules_of(document)
    start, end, _ = block_of(document, index)
    text = document.text
    if len(rules) == 1:
        key = offset_of(text, document.keys["rules",])
        text = f"{text[:key]}rules: []{text[end:]}"
    else:
        text = text[:start] + text[end:].removeprefix("\r").removeprefix("\n")
    return verified_text(document, text, [*rules[:index], *rules[index + 1 :]])


def lines_of_rule(document: Document, rule: str) -> tuple[int, int]:
    """The first and the last line of a rule, from 1; of one that stands in brackets, the line on which it begins."""
    index = place_of(document, rule)
    try:
        start, end, _ = block_of(document, index)
    except ValueMistake:
        line = document.values["rules", index][0]
        return line, line
    first = len(LINES.findall(document.text, 0, start)) + 1
    return first, first + len(LINES.findall(document.text, start, end))


def place_of(document: Document, rule: str) -> int:
    index = index_of_rule(document, rule)
    if index is None:
        raise ValueMistake("", f"the file {document.file} has no rule '{rule}'")
    return index


def _verify_new(document: Document, rule: str) -> None:
    if index_of_rule(document, rule) is not None:
        raise ValueMistake("/id", f"the policy has a rule '{rule}' already; choose another id")


def block_of(document: Document, index: int) -> tuple[int, int, int]:
    """Where the lines of a rule begin, where they end (without the end of the last one), and how far its `-` is
    indented.
    """
    text = document.text
    first = offset_of(text, document.values["rules", index])
    start = max((match.end() for match in LINES.finditer(text, 0, first)), default=0)
    before = text[start:first].rstrip(" ")
    if not before.endswith("-") or before.strip(" \ufeff") != "-":
        raise ValueMistake("", "its rules stand in brackets; change them in the text")
    dash = len(before) - 1
    end = position = _line_end(text, first)
    while position < len(text):
        begins = LINES.match(text, position)
        next_end = _line_end(text, begins.end() if begins else position)
        line = text[begins.end() if begins else position : next_end]
        if line.strip():
            if len(line) - len(line.lstrip(" ")) > dash:
                end = next_end
            elif not line.lstrip(" ").startswith("#"):  # a comment may stand anywhere within the rule
                break
        position = next_end
    return start, end, dash


def _line_end(text: str, offset: int) -> int:
    match = LINES.search(text, offset)
    return match.start() if match else len(text)


def _with_first(document: Document, lines: list[str]) -> str:
    """With the first rule in the place of `rules: []`."""
    place = document.values.get(("rules",))
    start = offset_of(document.text, place) if place else -1
    empty = _NO_RULES.match(document.text, start) if place else None
    if empty is None:
        raise ValueMistake("", NO_PLACE)
    newline = newline_of(document.text)
    text = document.text
    # what follows the brackets on their line, a comment perhaps, stays there
    end = _line_end(text, empty.end())
    return text[:start].rstrip(" ") + text[empty.end() : end] + newline + newline.join(lines) + text[end:]


def _inserted(text: str, at: int, lines: list[str]) -> str:
    newline = newline_of(text)
    return text[:at] + newline + newline.join(lines) + text[at:]


def newline_of(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _block_lines(rule: Mapping[str, Node], dash: int) -> list[str]:
    return [f"{' ' * dash}{line}" for line in rule_lines(rule)]


def verified_text(document: Document, text: str, rules: list[Any]) -> str:
    """The text, if it is read as the document with these rules."""
    root = document.root if isinstance(document.root, dict) else {}
    try:
        found = read(document.file, text.encode()).root
    except PolicyInvalid:
        raise ValueMistake("", NO_PLACE) from None
    # words compare alike, whether they know of quotes or not
    if json.loads(json.dumps(found)) != json.loads(json.dumps({**root, "rules": rules})):
        raise ValueMistake("", NO_PLACE)
    return text
