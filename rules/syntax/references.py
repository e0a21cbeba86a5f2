"""Finds every value in a policy file with its place: operands of comparisons, and values of effects."""

from collections.abc import Iterator
from dataclasses import dataclass

from rules.conditions import Operator
from rules.errors import Finding
from rules.syntax.yaml_document import Document, Node, Path

_BRANCHES = ("all", "any", "none")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """One value as written; `subject` is the path of the fact it is compared with, or the effect it belongs to."""

    document: Document
    path: Path
    subject: str
    operator: Operator
    text: str

    def finding(self, code: str, message: str, meant: str = "") -> Finding:
        return self.document.finding(self.path, code, message, meant)


def references(document: Document) -> Iterator[Reference]:
    """Every value in a file without mistakes. The subject of a channel under `protect` is `protect.channel`."""
    root = document.root
    terms, rules = (root.get("terms"), root.get("rules")) if isinstance(root, dict) else (None, None)
    for name, raw in _entries(terms):
        yield from _condition(document, raw, ("terms", name))
    for index, rule in enumerate(rules if isinstance(rules, list) else []):
        if isinstance(rule, dict):
            yield from _condition(document, rule.get("when"), ("rules", index, "when"))
            for name, raw in _entries(rule.get("then")):
                yield from _effect(document, name, raw, ("rules", index, "then", name))


def _entries(raw: Node) -> Iterator[tuple[str, Node]]:
    yield from raw.items() if isinstance(raw, dict) else ()


def _condition(document: Document, raw: Node, path: Path) -> Iterator[Reference]:
    for key, inner in _entries(raw):
        if key in _BRANCHES:
            for index, part in enumerate(inner if isinstance(inner, list) else []):
                yield from _condition(document, part, (*path, key, index))
        elif key != "is":
            yield from _clause(document, key, inner, (*path, key))


def _clause(document: Document, subject: str, raw: Node, path: Path) -> Iterator[Reference]:
    if not isinstance(raw, dict):
        yield from _values(document, subject, Operator.EQUALS, raw, path)
    for key, inner in _entries(raw):
        if key == "not":
            yield from _clause(document, subject, inner, (*path, key))
        else:
            yield from _values(document, subject, Operator(key), inner, (*path, key))


def _effect(document: Document, name: str, raw: Node, path: Path) -> Iterator[Reference]:
    for index, item in enumerate(raw if isinstance(raw, list) else [raw]):
        where = (*path, index) if isinstance(raw, list) else path
        for key, inner in _entries(item):
            yield from _values(document, f"{name}.{key}", Operator.EQUALS, inner, (*where, key))
        if not isinstance(item, dict):
            yield from _values(document, name, Operator.EQUALS, item, where)


def _values(document: Document, subject: str, operator: Operator, raw: Node, path: Path) -> Iterator[Reference]:
    for index, item in enumerate(raw if isinstance(raw, list) else [raw]):
        if isinstance(item, str):
            where = (*path, index) if isinstance(raw, list) else path
            yield Reference(document=document, path=where, subject=subject, operator=operator, text=str(item))
