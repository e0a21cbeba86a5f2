"""Checks policy files as an editor does: scalars by the core schema of YAML 1.2, then our JSON Schema."""

import re
from typing import Any

from jsonschema import Draft7Validator

from rules.editor.json_schema import policy_schema
from rules.syntax.yaml_document import Node, Plain
from rules.wording.catalogue import load_catalogues

_TRUTHS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = re.compile(r"[-+]?[0-9]+", re.ASCII)
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", re.ASCII)
_INFINITE = re.compile(r"([-+]?)\.(?:inf|Inf|INF)|\.nan|\.NaN|\.NAN")


def core(text: str) -> Any:
    """The value of a plain scalar in YAML 1.2 (chapter 10.3): `012` is 12, `no` and `1:30` are strings."""
    if text in _TRUTHS:
        return _TRUTHS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    for digits, base in (("0o([0-7]+)", 8), ("0x([0-9a-fA-F]+)", 16)):
        if match := re.fullmatch(digits, text):
            return int(match[1], base)
    if _FLOAT.fullmatch(text):
        return float(text)
    if match := _INFINITE.fullmatch(text):
        return float("nan") if match[1] is None else float(f"{match[1]}inf")
    return text


def seen(node: Node) -> Any:
    """A document of `rules.syntax.yaml_document` as an editor's parser would have made it."""
    if isinstance(node, dict):
        return {key: seen(value) for key, value in node.items()}
    if isinstance(node, list):
        return [seen(item) for item in node]
    return core(node) if isinstance(node, Plain) else node


def _as_ecmascript(schema: Any) -> Any:
    """Rewrite patterns to what they mean in ECMAScript: `$` matches at the end only, not before a last newline."""
    if isinstance(schema, dict):
        return {
            _end_only(key): _end_only(value) if key == "pattern" else _as_ecmascript(value)
            for key, value in schema.items()
        }
    return [_as_ecmascript(item) for item in schema] if isinstance(schema, list) else schema


def _end_only(pattern: str) -> str:
    return pattern.removesuffix("$") + r"\Z" if pattern.startswith("^") else pattern


EDITOR = Draft7Validator(_as_ecmascript(policy_schema(load_catalogues())))


def squiggles(node: Node) -> list[str]:
    """The errors that an editor would underline, by the schema."""
    return [f"{error.json_path}: {error.message}" for error in EDITOR.iter_errors(seen(node))]
