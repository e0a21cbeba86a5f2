"""Policy files as an editor sees them: scalars by the core schema of YAML 1.2, judged by the JSON Schema we write."""

import re
from typing import Any

from jsonschema import Draft7Validator

from rules.editor.json_schema import policy_schema
from rules.syntax.yaml_document import Node, Plain

_TRUTHS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = re.compile(r"[-+]?[0-9]+", re.ASCII)
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", re.ASCII)
_ENDLESS = re.compile(r"([-+]?)\.(?:inf|Inf|INF)|\.nan|\.NaN|\.NAN")


def core(text: str) -> Any:
    """What a plain scalar is in YAML 1.2 (chapter 10.3): `012` is 12, `no` and `1:30` are themselves."""
    if text in _TRUTHS:
        return _TRUTHS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    for digits, base in (("0o([0-7]+)", 8), ("0x([0-9a-fA-F]+)", 16)):
        if found := re.fullmatch(digits, text):
            return int(found[1], base)
    if _FLOAT.fullmatch(text):
        return float(text)
    if found := _ENDLESS.fullmatch(text):
        return float("nan") if found[1] is None else float(f"{found[1]}inf")
    return text


def seen(node: Node) -> Any:
    """A document of `rules.syntax.yaml_document` as an editor's parser would have made it."""
    if isinstance(node, dict):
        return {key: seen(value) for key, value in node.items()}
    if isinstance(node, list):
        return [seen(item) for item in node]
    return core(node) if isinstance(node, Plain) else node


def _to_the_end(schema: Any) -> Any:
    """Patterns as ECMAScript means them: `$` is the end, and not the newline before it."""
    if isinstance(schema, dict):
        return {_ended(key): _ended(value) if key == "pattern" else _to_the_end(value) for key, value in schema.items()}
    return [_to_the_end(item) for item in schema] if isinstance(schema, list) else schema


def _ended(pattern: str) -> str:
    return pattern.removesuffix("$") + r"\Z" if pattern.startswith("^") else pattern


EDITOR = Draft7Validator(_to_the_end(policy_schema()))


def squiggles(node: Node) -> list[str]:
    """What an editor would underline, by the schema."""
    return [f"{error.json_path}: {error.message}" for error in EDITOR.iter_errors(seen(node))]
