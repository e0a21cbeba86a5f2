"""Values as text of policy and test files, so that what is shown may be copied into one."""

from collections.abc import Mapping

from rules.vocabulary import Kind, Value
from rules.wording.source_text import value_text


def with_unit(kind: Kind, value: Value | None, currency: str = "") -> str:
    """The value with its unit, exact: money "6.20 EUR", a duration "48 h"; None is "unknown"."""
    if value is None:
        return "unknown"
    if not isinstance(value, int):
        return flow_style(value)
    text = value_text(kind, value)
    return f"{text} {currency}".rstrip() if kind is Kind.MONEY else text


def flow_style(value: object) -> str:
    """Nested mappings and lists of words in YAML's flow style, for people to read."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {flow_style(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(flow_style(item) for item in value) + "]"
    if isinstance(value, frozenset):
        return flow_style(sorted(value))
    return "~" if value is None else str(value)
