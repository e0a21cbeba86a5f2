"""Writes a policy without mistakes as a table: a column for each fact, effect and key that its rules use.

What no row can say is refused: conditions within `all`, `any` or `none`.
"""

from collections.abc import Iterator, Mapping, Sequence

from rules.errors import Finding, PolicyInvalid
from rules.syntax.condition_parser import COMBINATORS
from rules.syntax.yaml_document import Document, Node, Path
from rules.tables.cells import text_cell
from rules.tables.document import ALLOWED, GAPS, HIT_POLICY, TERM, TERM_FORMAT, TableDocument
from rules.tables.headings import ID, Column, column_at, heading_of, window_keys
from rules.tables.sheet import Sheet
from rules.wording.catalogue import ENGLISH

_RESERVES = ({"channel", "units"}, {"channel", "share"})


def table_of(document: Document, *, decimal_comma: bool = False) -> Sheet:
    """The table that is read into the same rules; raises PolicyInvalid with every rule that can't be a row of one."""
    root = document.root if isinstance(document.root, dict) else {}
    rules = [rule for rule in _items(root.get("rules")) if isinstance(rule, dict)]
    findings = list(_refusals(document, rules))
    if findings:
        raise PolicyInvalid(findings)
    values = [dict(_values(rule)) for rule in rules]
    columns = [column_at(path, decimal_comma=decimal_comma) for path in _ordered(_with_operators(values))]
    return Sheet(
        rows=(
            *_head(document, root),
            tuple(heading_of(column.path) for column in columns),
            *(tuple(_cell(column, its) for column in columns) for its in values),
        ),
        decimal_comma=decimal_comma,
    )


def _head(document: Document, root: Mapping[str, Node]) -> Iterator[tuple[str, str]]:
    for key, value in root.items():
        if key not in ("rules", "terms") and isinstance(value, str):
            yield key, text_cell(value)
    for name, condition in _entries(root.get("terms")):
        yield f"{TERM}{name}", TERM_FORMAT.write(condition)
    table = document if isinstance(document, TableDocument) else TableDocument(file="", text="")
    yield HIT_POLICY, table.hit_policy.value
    if table.gaps_allowed:
        yield GAPS, ALLOWED


def _refusals(document: Document, rules: Sequence[Mapping[str, Node]]) -> Iterator[Finding]:
    for index, rule in enumerate(rules):
        when = rule.get("when")
        for key in when if isinstance(when, dict) else ():
            if key in COMBINATORS and key != "is":
                message = f"rule '{rule.get(ID)}' can't be a row: a column is a fact, and '{key}' joins several"
                yield document.finding(("rules", index, "when", key), "not-a-row", message)


def _values(rule: Mapping[str, Node]) -> Iterator[tuple[Path, Node]]:
    """What a rule says, by its path."""
    yield (ID,), rule.get(ID)
    for start in ("when", "then"):
        for key, value in _entries(rule.get(start)):
            by_channel = _sizes_by_channel(value) if key == "protect" else {}
            for channel, size in by_channel.items():
                yield (start, key, channel), size
            if not by_channel:
                yield (start, key), value
    because = rule.get("because")
    if isinstance(because, str):
        yield ("because", ENGLISH), because
    for language, text in _entries(because):
        yield ("because", language), text
    for key in window_keys():
        if key in rule:
            yield (key,), rule[key]


def _with_operators(values: Sequence[dict[Path, Node]]) -> list[Path]:
    """The paths of all columns. Where each rule compares a fact with operators, and with plain values, each operator
    has a column; the values are moved there.
    """
    paths = list(dict.fromkeys(path for its in values for path in its))
    for path in [path for path in paths if path[0] == "when"]:
        nodes = [its[path] for its in values if path in its]
        if not all(isinstance(node, dict) and _is_flat(node) for node in nodes):
            continue
        operators = list(dict.fromkeys(operator for node in nodes for operator, _ in _entries(node)))
        for its in values:
            its |= {(*path, operator): value for operator, value in _entries(its.pop(path, None))}
        at = paths.index(path)
        paths[at : at + 1] = [(*path, operator) for operator in operators]
    return paths


def _is_flat(node: Mapping[str, Node]) -> bool:
    return not any(isinstance(value, dict) for value in node.values())


def _sizes_by_channel(node: Node) -> dict[str, Node]:
    """What is protected for each channel, if each can have a column: it is named once, by a word without blanks, with
    a size that tells units from a share. Empty otherwise.
    """
    sizes: dict[str, Node] = {}
    items = _items(node)
    for item in items:
        channel = item.get("channel") if isinstance(item, dict) and set(item) in _RESERVES else None
        if isinstance(channel, str) and len(channel.split()) == 1:
            size = item.get("units", item.get("share"))  # type: ignore[union-attr]  # a mapping, as above
            if str(size).endswith("%") is ("share" in item):  # type: ignore[operator]  # as above
                sizes[channel] = size
    return sizes if len(sizes) == len(items) else {}


def _ordered(paths: Sequence[Path]) -> list[Path]:
    """The id first, then conditions, effects, reasons and the rest, each in the order of the rules."""
    starts = (ID, "when", "then", "because")
    return sorted(paths, key=lambda path: starts.index(path[0]) if path[0] in starts else len(starts))


def _cell(column: Column, values: Mapping[Path, Node]) -> str:
    value = values.get(column.path)
    if value is None:
        return ""
    return column.format.write(value) if column.format else text_cell(str(value))


def _entries(node: Node) -> Iterator[tuple[str, Node]]:
    yield from node.items() if isinstance(node, dict) else ()


def _items(node: Node) -> list[Node]:
    return node if isinstance(node, list) else [node]
