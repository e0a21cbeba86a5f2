"""The words that a rule's form is built from, by what GET /v1/policies/vocabulary answered."""

import json
import re
from collections.abc import Mapping
from typing import Any

from api.language.current import say

ATTRIBUTES = ("product.attributes.", "node.attributes.")
"""What the paths of extra attributes begin with."""
ATTRIBUTE_KINDS = ("flag", "number", "word", "tags")
_OPERATORS: Mapping[str, tuple[str, ...]] = {
    "flag": ("equals", "not", "known"),
    "number": ("equals", "not", "at_least", "more_than", "at_most", "less_than", "between", "known"),
    "word": ("equals", "not", "matches", "known"),
    "tags": ("has", "has_any", "has_all", "known"),
}
"""The operators of an attribute that the network does not have, by its kind."""
_ORDERED = frozenset({"at_least", "more_than", "at_most", "less_than", "between"})
_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?", re.ASCII)
_MOST_NAME = 64


class Vocabulary:
    """The facts, effects and operators, each found by its word."""

    def __init__(self, answered: Mapping[str, Any]) -> None:
        self.answered = answered
        self._facts = {its["word"]: its for its in answered["facts"]}
        self._effects = {its["word"]: its for its in answered["effects"]}
        self._takes = {its["word"]: str(its["takes"]) for its in answered["operators"]}

    def fact(self, word: str, compared: Any = None) -> Mapping[str, Any] | None:
        """None if there is none; an extra attribute that the network does not have is of the kind with which it is
        `compared`.
        """
        if word in self._facts:
            return self._facts[word]
        start = next((start for start in ATTRIBUTES if word.startswith(start)), "")
        name = word.removeprefix(start)
        return self.attribute(start, name, _kind(compared)) if start and name and "." not in name else None

    def attribute(self, start: str, name: str, kind: str) -> Mapping[str, Any]:
        """An extra attribute as the network has it or, if it has none, as it is written; `name` may be empty yet."""
        declared = self._facts.get(f"{start}{name}")
        if declared is not None:
            return declared
        of_article = start == ATTRIBUTES[0]
        return {
            "word": f"{start}{name}",
            "start": start,
            "name": name,
            "means": say("another attribute of the article") if of_article else say("another attribute of the place"),
            "kind": kind,
            "written": "",
            "values": [],
            "value_names": {},
            "operators": list(_OPERATORS[kind]),
            "comparable": [],
        }

    def effect(self, word: str) -> Mapping[str, Any] | None:
        return self._effects.get(word)

    def takes(self, operator: str, fact: Mapping[str, Any]) -> str:
        """What stands behind it."""
        if fact["kind"] == "flag" and operator in ("equals", "not"):
            return "one"
        return "several" if operator == "equals" else self._takes.get(operator, "one")

    def compares(self, fact: Mapping[str, Any], operator: str) -> bool:
        """Whether the fact can be compared so; two facts, by `same_as`, also where it is not offered."""
        return operator in fact["operators"] or self._takes.get(operator) == "fact"


def _kind(compared: Any) -> str:
    """The kind of an attribute, judging by the way it is compared."""
    if isinstance(compared, dict):
        words = set(compared)
        if words & {"has", "has_any", "has_all"}:
            return "tags"
        if words & _ORDERED:
            return "number"
        return _kind(compared.get("not")) if "not" in words else "word"
    first = next(iter(compared), "") if isinstance(compared, list) else compared
    if first in ("true", "false"):
        return "flag"
    return "number" if isinstance(first, str) and _NUMBER.fullmatch(first) else "word"


def attribute_name(written: str) -> str:
    """As a policy file can have it: without what ends a word there."""
    return re.sub(r"[^\w-]+", "_", written.strip(), flags=re.UNICODE)[:_MOST_NAME].strip("_")


def flow(node: Any) -> str:
    """What stays as it is written, as one line."""
    if isinstance(node, dict):
        return ", ".join(f"{key}: {_inner(value)}" for key, value in node.items())
    return _inner(node)


def _inner(node: Any) -> str:
    if isinstance(node, dict):
        return "{" + flow(node) + "}"
    if isinstance(node, list):
        return "[" + ", ".join(map(_inner, node)) + "]"
    return json.dumps(node, ensure_ascii=False) if node is None or not str(node).isprintable() else str(node)
