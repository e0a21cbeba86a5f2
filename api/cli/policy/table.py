"""`pointsman policy table`: writes policies as tables for spreadsheets, and tables as YAML."""

from pathlib import Path

import click

from api.files.file_content import read_content, write_content
from api.language.current import counted, say
from rules.errors import PolicyInvalid
from rules.loader import ParsedFile, parse_files
from rules.policy_documents import TABLE, YAML
from rules.tables.csv_text import csv_text
from rules.tables.document import WORKBOOK, TableDocument
from rules.tables.export import table_of
from rules.tables.workbook import LONGEST_NAME, write_workbook
from rules.tables.yaml_text import comment_lines, yaml_of

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_OUTPUT = click.Path(dir_okay=False, path_type=Path)
_BOM = "\ufeff"
"""With it, Excel reads a CSV file as UTF-8."""


@click.group("table")
def table() -> None:
    """Write policies as tables for spreadsheets, and tables as YAML."""


@table.command("export")
@click.argument("path", metavar="FILE", type=_FILE)
@click.option("--output", "-o", type=_OUTPUT, help="The file to write, .csv or .xlsx. Default: print CSV.")
@click.option(
    "--semicolon", is_flag=True, help="Write CSV with semicolons and decimal commas, as Excel in France does."
)
def export_table(path: Path, output: Path | None, *, semicolon: bool) -> None:
    """Write the policy in FILE as a table: a row for each rule.

    A rule whose conditions stand within all, any or none can't be a row; nothing is written then, and each such rule is
    named. Comments are left out.

    Example: pointsman policy table export policies/safety.yaml --output safety.xlsx
    """
    ending = output.suffix if output else TABLE
    if ending not in (TABLE, WORKBOOK):
        raise click.UsageError(
            say(
                "a table is a {table} or a {workbook} file, not {output}", table=TABLE, workbook=WORKBOOK, output=output
            )
        )
    parsed = _parsed(path)
    if ending == TABLE and len(parsed) > 1:
        raise click.UsageError(
            say(
                "{path} has {count} tables; write them to a {workbook} file",
                path=path,
                count=len(parsed),
                workbook=WORKBOOK,
            )
        )
    sheets = {
        file.policy.id[:LONGEST_NAME]: table_of(file.document, decimal_comma=semicolon and ending == TABLE)
        for file in parsed
        if file.document and file.policy
    }
    comments = sum(comment_lines(file.document.text) for file in parsed if file.document)
    if comments and path.suffix == YAML:
        click.echo(say("{lines} of comments left out", lines=counted(comments, "line")), err=True)
    if output is None:
        click.echo(csv_text(next(iter(sheets.values()))), nl=False)
    elif ending == TABLE:
        write_content(output, (_BOM + csv_text(next(iter(sheets.values())))).encode())
    else:
        write_content(output, write_workbook(sheets))


@table.command("import")
@click.argument("path", metavar="FILE", type=_FILE)
@click.option("--sheet", help="The sheet to take, of a workbook that has several.")
@click.option("--output", "-o", type=_OUTPUT, help="The file to write. Default: print it.")
def import_table(path: Path, sheet: str | None, output: Path | None) -> None:
    """Write the table in FILE as a YAML policy.

    FILE is a .csv or a .xlsx file; the rules stay the same. What the hit policy first means is written out: each rule
    overrides those below it that may apply together with it.

    Example: pointsman policy table import safety.xlsx --output policies/safety.yaml
    """
    tables = {
        file.name: (file.document, file.policy)
        for file in _parsed(path)
        if isinstance(file.document, TableDocument) and file.policy
    }
    if sheet is not None:
        tables = {name: its for name, its in tables.items() if name == f"{path.name}/{sheet}{TABLE}"}
    if not tables:
        raise click.UsageError(
            say("{path} has no table", path=path) + (say(" named {sheet}", sheet=sheet) if sheet else "")
        )
    if len(tables) > 1:
        names = ", ".join(Path(name).stem for name in tables)
        raise click.UsageError(
            say("{path} has several tables; choose one with --sheet: {names}", path=path, names=names)
        )
    ((document, policy),) = tables.values()
    text = yaml_of(document, policy)
    if output is None:
        click.echo(text, nl=False)
    else:
        write_content(output, text.encode())


def _parsed(path: Path) -> list[ParsedFile]:
    """The policies in a file; raises PolicyInvalid with every mistake."""
    parsed = parse_files({path.name: read_content(path)})
    findings = [finding for file in parsed for finding in file.findings]
    if findings:
        raise PolicyInvalid(findings)
    return parsed
