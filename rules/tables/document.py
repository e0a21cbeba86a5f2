"""Reads a table of rules into the document that a YAML file of the same rules would give.

    policy       safety
    term scarce  stock.on_hand: {less_than: 10}
    owner        stock team
    hit_policy   unique
    id           node.type   stock.on_hand at_least   keep   because en            because fr
    small-shop   store       4                        1      One stays in shops    Une reste en magasin

The head names the policy and says how its rows go together. Under the row of headings each row is a rule.
"""

import dataclasses
import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rules.errors import Finding, LiteralInvalid
from rules.syntax.condition_parser import Notes
from rules.syntax.policy_shapes import PolicyShape
from rules.syntax.yaml_document import Document, Node, Path, Place
from rules.tables.cells import CellFormat, read_text
from rules.tables.csv_text import read_sheet
from rules.tables.headings import ID, Column, read_headings
from rules.tables.sheet import Sheet
from rules.vocabulary import Kind

HIT_POLICY, GAPS = "hit_policy", "gaps"
ALLOWED, REPORTED = "allowed", "reported"
WORKBOOK = ".xlsx"
TERM = "term "
"""Before the name of a term, in the first cell of its row."""
TERM_FORMAT = CellFormat(kind=Kind.WORD)


class HitPolicy(enum.Enum):
    """What it means that several rows of a table apply (OMG DMN 1.5, 8.2.10 Hit policy)."""

    UNIQUE = "unique"
    """They never do: `policy check` names the rows that could apply together."""
    FIRST = "first"
    """Only the uppermost acts: it overrides those below it."""
    COLLECT = "collect"
    """All act, and their effects combine as those of any rules do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableDocument(Document):
    """A table as a document: places are rows and columns. `file` names a sheet of a workbook as a file in it,
    `safety.xlsx/stores.csv`; findings name the workbook, and the sheet in their message.
    """

    hit_policy: HitPolicy = HitPolicy.COLLECT
    gaps_allowed: bool = False
    rows: Sequence[int] = ()
    """The number of each rule's row."""
    head: Mapping[str, Place] = field(default_factory=dict)
    columns: Mapping[Path, int] = field(default_factory=dict)
    """By the path within a rule, the column that holds it."""

    def finding(self, path: Path, code: str, message: str, meant: str = "") -> Finding:
        return in_workbook(Document.finding(self, path, code, message, meant))

    def place(self, path: Path) -> Place:
        match path:
            case (int() as row, int() as column):
                return row, column
            case ("rules", int() as index, *rest):
                return self.rows[index], self._column(tuple(rest))
            case ("terms", str() as name, *_):
                return self.head.get(f"{TERM}{name}", (1, 1))
            case (str() as key, *_):
                return self.head.get(key, (1, 1))
        return 1, 1

    def _column(self, path: Path) -> int:
        """The column of the longest part of the path that has one, or of the first cell beneath it."""
        while path:
            if path in self.columns:
                return self.columns[path]
            beneath = [column for its, column in self.columns.items() if its[: len(path)] == path]
            if beneath:
                return min(beneath)
            path = path[:-1]
        return 1


def in_workbook(finding: Finding) -> Finding:
    """The finding, with the file of the workbook if it is of a sheet, and the sheet's name in the message."""
    workbook, sheet, name = finding.file.partition(f"{WORKBOOK}/")
    if not sheet:
        return finding
    message = f"sheet '{name.removesuffix('.csv')}': {finding.message}"
    return dataclasses.replace(finding, file=workbook + WORKBOOK, message=message)


def read_table(file: str, text: str) -> TableDocument:
    """The document of a table given as CSV. What can be skipped is, and becomes a finding of the document; raises
    PolicyInvalid for what can't.
    """
    return _Reader(file, text, read_sheet(file, text)).document()


class _Reader:
    """Reads one sheet."""

    def __init__(self, file: str, text: str, sheet: Sheet) -> None:
        self._sheet = sheet
        self._head: dict[str, Place] = {}
        self._notes = Notes(document=TableDocument(file=file, text=text, head=self._head))
        self._file, self._text = file, text

    def document(self) -> TableDocument:
        head, columns, rules, rows = dict[str, Node](), dict[int, Column | None](), list[Node](), list[int]()
        filled = self._sheet.filled_rows()
        for number, cells in filled:
            if cells[0] == ID:
                columns = read_headings(cells, number, self._notes, decimal_comma=self._sheet.decimal_comma)
                break
            self._head_row(number, cells, head)
        else:
            self._notes.add((1, 1), "missing-key", f"there is no row of headings; it starts with '{ID}' in column A")
        if not self._notes.findings:  # else each row would repeat what is wrong with a heading
            for number, cells in filled:
                rows.append(number)
                rules.append(self._rule(number, cells, columns))
        hit_policy, gaps_allowed = self._hit_policy(head), self._gaps(head)
        return TableDocument(
            file=self._file,
            text=self._text,
            root=head | {"rules": rules},
            findings=tuple(self._notes.findings),
            hit_policy=hit_policy,
            gaps_allowed=gaps_allowed,
            rows=rows,
            head=self._head,
            columns={column.path: number for number, column in columns.items() if column},
        )

    def _head_row(self, number: int, cells: tuple[str, ...], head: dict[str, Node]) -> None:
        key, value = cells[0], cells[1] if len(cells) > 1 else ""
        if any(cells[2:]):
            message = "a row above the headings is a word and its value; put # before notes"
            self._notes.add((number, 3), "wrong-type", message)
        if key in self._head:
            self._notes.add((number, 1), "duplicate-key", f"'{key}' stands here a second time")
        elif key.startswith(TERM):
            self._head[key] = (number, 1)
            self._term(number, key.removeprefix(TERM).strip(), value, head)
        elif key not in (*_head_keys(), HIT_POLICY, GAPS):
            message = f"unknown word '{key}' above the row of headings, which starts with '{ID}'"
            self._notes.add((number, 1), "unknown-key", message, (*_head_keys(), HIT_POLICY, GAPS, ID), key)
        else:
            self._head[key] = (number, 1)
            head[key] = read_text(value) or None

    def _term(self, number: int, name: str, cell: str, head: dict[str, Node]) -> None:
        terms = head.setdefault("terms", {})
        try:
            value = TERM_FORMAT.read(cell) if cell else None
        except LiteralInvalid as error:
            self._notes.add((number, 2), error.code, str(error))
            return
        terms[name] = value  # type: ignore[index,call-overload]  # made here

    def _hit_policy(self, head: dict[str, Node]) -> HitPolicy:
        words = [policy.value for policy in HitPolicy]
        word = self._chosen(head, HIT_POLICY, words)
        if word is None:
            message = f"'{HIT_POLICY}' is missing above the headings; say {', '.join(words[:-1])} or {words[-1]}"
            self._notes.add((1, 1), "missing-key", message)
        return HitPolicy(word) if word in words else HitPolicy.COLLECT

    def _gaps(self, head: dict[str, Node]) -> bool:
        return self._chosen(head, GAPS, [ALLOWED, REPORTED]) == ALLOWED

    def _chosen(self, head: dict[str, Node], key: str, words: Sequence[str]) -> str | None:
        """Takes one of the words out of the head; None if nothing is said."""
        if key not in head:
            return None
        word = str(head.pop(key) or "").lower()
        if word not in words:
            row, _ = self._head[key]
            self._notes.add((row, 2), "unknown-word", f"{key}: '{word}' is none of {', '.join(words)}", words, word)
        return word

    def _rule(self, row: int, cells: tuple[str, ...], columns: Mapping[int, Column | None]) -> dict[str, Node]:
        rule: dict[str, Node] = {}
        for number, cell in enumerate(cells, start=1):
            column = columns.get(number)
            if cell and number not in columns:
                self._notes.add((row, number), "unknown-heading", "the column of this cell has no heading")
            if not cell or not column:
                continue
            try:
                value = column.format.read(cell) if column.format else read_text(cell)
                _put(rule, column, value)
            except LiteralInvalid as error:
                self._notes.add((row, number), error.code, str(error))
        return rule


def _head_keys() -> list[str]:
    """The keys of a policy that have a row above the headings."""
    keys = (field.data_key or name for name, field in PolicyShape().fields.items())
    return [key for key in keys if key not in ("rules", "terms")]


def _put(rule: dict[str, Node], column: Column, value: Node) -> None:
    """Puts the value of a cell where it belongs in the rule; raises LiteralInvalid if something else is there."""
    start, *rest = column.path
    if start == "then" and len(rest) > 1:
        _put_protection(rule, str(rest[1]), value)
        return
    into = rule
    if rest:
        into = rule.setdefault(str(start), {})  # type: ignore[assignment]  # made here
        start, *rest = rest
    if column.listed:
        value = value if isinstance(value, list) else [value]
    for operator in reversed(rest):
        value = {str(operator): value}
    before = into.get(str(start))
    if before is None:
        into[str(start)] = value
    elif isinstance(before, dict) and isinstance(value, dict) and before.keys().isdisjoint(value):
        into[str(start)] = {**before, **value}
    else:
        raise LiteralInvalid(f"{start}: another cell of the row says something else of it; write both in one cell")


def _put_protection(rule: dict[str, Node], channel: str, size: Node) -> None:
    """A cell under `protect web`: 5 units, or a share of 20%."""
    then = rule.setdefault("then", {})
    key = "share" if isinstance(size, str) and size.endswith("%") else "units"
    then.setdefault("protect", []).append({"channel": channel, key: size})  # type: ignore[union-attr]  # made here
