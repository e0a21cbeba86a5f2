"""Which files hold rules, and what they are read into: YAML, tables of rules as CSV, and Excel workbooks."""

from collections.abc import Iterator

from rules.errors import Finding, PolicyInvalid
from rules.syntax.yaml_document import MAX_BYTES, Document, read_leniently
from rules.tables.csv_text import csv_text, decoded
from rules.tables.document import WORKBOOK, in_workbook, read_table
from rules.tables.sheet import MOST_BYTES
from rules.tables.workbook import read_workbook

TABLE = ".csv"
YAML = ".yaml"
SUFFIXES = (YAML, TABLE, WORKBOOK)
NAMES = ", ".join(f"*{suffix}" for suffix in SUFFIXES)
_REFUSED = {
    ".yml": ("yml-file", "only files named *.yaml are read; rename it to {stem}.yaml"),
    ".xls": ("other-spreadsheet", "only workbooks named *.xlsx are read; save it as {stem}.xlsx"),
    ".xlsm": ("other-spreadsheet", "only workbooks without macros are read; save it as {stem}.xlsx"),
    ".xlsb": ("other-spreadsheet", "only workbooks named *.xlsx are read; save it as {stem}.xlsx"),
    ".ods": ("other-spreadsheet", "only workbooks named *.xlsx are read; save it as {stem}.xlsx"),
}
"""Endings of files whose authors believe that they count: each with a finding's code and message."""
_TESTS = "_test.yaml"
_LOCKS = ("~$", ".~lock.")
"""How the files begin that Excel and LibreOffice put beside one that is open."""


def is_policy_file(name: str) -> bool:
    """Whether a file in a policy folder holds rules: `*.yaml`, but not the tests beside them (`*_test.yaml`), `*.csv`
    and `*.xlsx`.
    """
    base = name.rpartition("/")[2]
    return name.endswith(SUFFIXES) and not name.endswith(_TESTS) and not base.startswith(_LOCKS)


def is_refused_file(name: str) -> bool:
    """Whether its author believes that it holds rules, but it is not read."""
    return name.endswith(tuple(_REFUSED)) and not name.rpartition("/")[2].startswith(_LOCKS)


def most_bytes(name: str) -> int:
    """How large a file of this name may be."""
    return MAX_BYTES if name.endswith(YAML) else MOST_BYTES


def read_documents(name: str, content: bytes) -> Iterator[Document]:
    """The documents in a file: one, or of a workbook one for each sheet. Raises PolicyInvalid."""
    stem, dot, ending = name.rpartition(".")
    if is_refused_file(name):
        code, message = _REFUSED[dot + ending]
        raise PolicyInvalid([Finding(file=name, line=1, column=1, code=code, message=message.format(stem=stem))])
    try:
        if name.endswith(WORKBOOK):
            for title, sheet in sorted(read_workbook(name, content).items()):
                yield read_table(f"{name}/{title}.csv", csv_text(sheet))
        elif name.endswith(TABLE):
            yield read_table(name, decoded(name, content))
        else:
            yield read_leniently(name, content)
    except PolicyInvalid as error:
        raise PolicyInvalid(map(in_workbook, error.findings)) from None


def read_document(name: str, text: str) -> Document:
    """The document of a published file without mistakes; raises PolicyInvalid."""
    (document,) = read_documents(name, text.encode())
    if document.findings:
        raise PolicyInvalid(document.findings)
    return document
