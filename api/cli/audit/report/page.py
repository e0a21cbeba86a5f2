"""An evidence report as one page of HTML: nothing else is loaded, and it can be printed."""

from collections.abc import Iterator, Sequence
from html import escape

from api.cli.audit.report.cells import Cells, Row, Section
from api.language.current import current_language, say
from engine.audit.evidence.record import EvidenceReportRecord

MOST_ROWS = 500
"""Of a table on the page; JSON and CSV have them all."""
_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1a1a1a; margin: 2rem auto; max-width: 78rem; padding: 0 1.5rem }
h1 { font-size: 1.6rem; margin: 0 0 .5rem }
h2 { font-size: 1.2rem; margin: 2.5rem 0 .5rem; border-top: 1px solid #c8c8c8; padding-top: 1rem }
p { max-width: 60rem; margin: .4rem 0 }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1.5rem; margin: 1rem 0 }
dt { color: #555 } dd { margin: 0; overflow-wrap: anywhere }
pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; font-size: .8rem }
.wide { overflow-x: auto }
table { border-collapse: collapse; margin: .8rem 0; font-size: .85rem; font-variant-numeric: tabular-nums }
th { text-align: left; vertical-align: bottom; border-bottom: 2px solid #555; padding: .3rem .6rem; font-weight: 600 }
td { vertical-align: top; border-bottom: 1px solid #ddd; padding: .3rem .6rem; white-space: pre-line;
  overflow-wrap: break-word; max-width: 46rem }
td:first-child { white-space: nowrap }
th.number, td.number { text-align: right }
tfoot td { border-bottom: 0; border-top: 2px solid #555; font-weight: 600 }
@media print {
  body { margin: 0; max-width: none; font-size: 9pt; padding: 0 }
  table { font-size: 7.5pt } .wide { overflow: visible } td, th { padding: 2pt 4pt } tr { break-inside: avoid }
  h2 { break-after: avoid }
}
@page { size: A4 landscape; margin: 14mm }
"""


def page(report: EvidenceReportRecord, sections: Sequence[Section], cells: Cells) -> Iterator[str]:
    """The lines of the page."""
    title = say("Evidence report of {network}", network=report.network)
    yield f'<!doctype html>\n<html lang="{current_language()}">\n<head>\n<meta charset="utf-8">\n'
    yield f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{escape(title)}</title>\n'
    yield f"<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{escape(title)}</h1>\n"
    yield from _head(report, cells)
    for section in sections:
        yield from _section(section, cells)
    yield "</main>\n</body>\n</html>\n"


def facts(report: EvidenceReportRecord, cells: Cells) -> list[tuple[str, str]]:
    """What the report is of and how it was made, each by its name."""
    period = say("{start} to {end}", start=cells.instant(report.start), end=cells.instant(report.end))
    named = [
        (say("period, by the server's clock"), period),
        (say("made"), cells.instant(report.made_at)),
        (say("by"), f"Pointsman {report.release}"),
        (say("entries of the log"), cells.number(report.entries)),
        (say("decisions"), cells.number(report.decisions)),
    ]
    if report.unreadable:
        named.append((say("entries that can't be read and are in no figure"), ", ".join(report.unreadable)))
    if report.not_as_sealed:
        name = say(
            "entries that are missing or not what was sealed ({count})", count=cells.number(len(report.not_as_sealed))
        )
        named.append((name, ", ".join(report.not_as_sealed[:MOST_ROWS])))
    return named


def _head(report: EvidenceReportRecord, cells: Cells) -> Iterator[str]:
    yield "<dl>\n"
    for name, value in facts(report, cells):
        yield f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>\n"
    if report.checkpoint:
        yield f"<dt>{escape(say('sealed by'))}</dt><dd><pre>{escape(report.checkpoint)}</pre></dd>\n"
    yield "</dl>\n"


def _section(section: Section, cells: Cells) -> Iterator[str]:
    yield f"<section>\n<h2>{escape(section.title)}</h2>\n"
    for remark in section.remarks:
        yield f"<p>{escape(remark)}</p>\n"
    if not section.rows:
        yield f"<p>{escape(say('None in this period.'))}</p>\n</section>\n"
        return
    yield '<div class="wide"><table>\n<thead><tr>'
    for number, heading in enumerate(section.headings):
        yield f'<th scope="col"{_class(section, number)}>{escape(heading)}</th>'
    yield "</tr></thead>\n<tbody>\n"
    for row in section.rows[:MOST_ROWS]:
        yield _row(section, row)
    yield "</tbody>\n"
    if section.total:
        yield f"<tfoot>{_row(section, section.total)}</tfoot>\n"
    yield "</table></div>\n"
    if len(section.rows) > MOST_ROWS:
        more = say("{count} more rows are in the CSV and JSON.", count=cells.number(len(section.rows) - MOST_ROWS))
        yield f"<p>{escape(more)}</p>\n"
    yield "</section>\n"


def _row(section: Section, row: Row) -> str:
    cells = (f"<td{_class(section, number)}>{escape(cell)}</td>" for number, cell in enumerate(row))
    return f"<tr>{''.join(cells)}</tr>\n"


def _class(section: Section, number: int) -> str:
    return ' class="number"' if number in section.numbers else ""
