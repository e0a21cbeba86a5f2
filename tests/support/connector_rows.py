"""Files of so many counted positions in each format that connectors read, and the fields that make counts of them."""

import io
from collections.abc import Iterator, Mapping
from typing import BinaryIO

from openpyxl import Workbook

from api.connectors.formats.format import FixedColumn, FormatName, FormatOptions
from api.connectors.language.connector import FieldMapping

AT = "2026-11-27T08:15:00Z"
COLUMNS = (FixedColumn(name="sku", start=2, width=12), FixedColumn(name="qty", start=14, width=8))
OPTIONS: Mapping[FormatName, FormatOptions] = {
    "csv": FormatOptions(format="csv"),
    "json": FormatOptions(format="json", rows="data.items"),
    "ndjson": FormatOptions(format="ndjson"),
    "xml": FormatOptions(format="xml", rows="items/item"),
    "xlsx": FormatOptions(format="xlsx"),
    "fixed": FormatOptions(format="fixed", record="D", fixed=COLUMNS, ignore=("T",)),
    "edifact": FormatOptions(format="edifact", rows="LIN"),
    "x12": FormatOptions(format="x12", rows="LIN"),
}
_PATHS: Mapping[FormatName, tuple[str, str]] = {
    "edifact": ("LIN.EN.=", "QTY.145.0.1"),
    "x12": ("LIN.VN.+1", "QTY.33.1"),
}


def fields(form: FormatName) -> dict[str, FieldMapping]:
    sku, quantity = _PATHS.get(form, ("sku", "qty"))
    return {
        "node": FieldMapping(at=(), value="lyon"),
        "sku": FieldMapping(at=(), paths=(sku,)),
        "on_hand": FieldMapping(at=(), type="number", paths=(quantity,)),
        "at": FieldMapping(at=(), type="instant", value=AT),
    }


def write(form: FormatName, rows: int, target: BinaryIO) -> None:
    """A file with the articles A0000000, A0000001, ..., and 0, 1, ... of each."""
    if form == "xlsx":
        _workbook(rows, target)
        return
    target.writelines(part.encode() for part in _PARTS[form](rows))


def content(form: FormatName, rows: int) -> bytes:
    target = io.BytesIO()
    write(form, rows, target)
    return target.getvalue()


def _csv(rows: int) -> Iterator[str]:
    yield "sku;qty;name\n"
    yield from (f'A{row:07};{row};"Chemise; taille {row % 50}"\n' for row in range(rows))


def _json(rows: int) -> Iterator[str]:
    yield '{"at": "now", "data": {"items": ['
    yield from (f'{"," if row else ""}{{"sku": "A{row:07}", "qty": {row}, "name": "é"}}' for row in range(rows))
    yield "]}}"


def _ndjson(rows: int) -> Iterator[str]:
    yield from (f'{{"sku": "A{row:07}", "qty": {row}, "name": "é"}}\n' for row in range(rows))


def _xml(rows: int) -> Iterator[str]:
    yield "<stock><node>lyon</node><items>"
    yield from (f"<item><sku>A{row:07}</sku><qty>{row}</qty></item>\n" for row in range(rows))
    yield "</items></stock>"


def _fixed(rows: int) -> Iterator[str]:
    yield from (f"DA{row:07}     {row:07}\n" for row in range(rows))
    yield "T\n"


def _edifact(rows: int) -> Iterator[str]:
    yield "UNB+UNOC:3+A+B+261127:0830+1'UNH+1+INVRPT:D:96A:UN'BGM+35+I+9'"
    yield from (f"LIN+{row + 1}++A{row:07}:EN'QTY+145:{row}:PCE'\n" for row in range(rows))
    yield f"UNT+{2 * rows + 3}+1'UNZ+1+1'"


def _x12(rows: int) -> Iterator[str]:
    yield "ISA*00*          *00*          *ZZ*A              *ZZ*B              *261127*0830*U*00401*000000001*0*P*>~"
    yield "GS*IB*A*B*20261127*0830*1*X*004010~ST*846*0001~BIA*00*SI*I*20261127~"
    yield from (f"LIN*{row + 1}*VN*A{row:07}~QTY*33*{row}*EA~\n" for row in range(rows))
    yield f"SE*{2 * rows + 3}*0001~GE*1*1~IEA*1*000000001~"


def _workbook(rows: int, target: BinaryIO) -> None:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Stock")
    sheet.append(["sku", "qty"])
    for row in range(rows):
        sheet.append([f"A{row:07}", row])
    book.save(target)


_PARTS = {
    "csv": _csv,
    "json": _json,
    "ndjson": _ndjson,
    "xml": _xml,
    "fixed": _fixed,
    "edifact": _edifact,
    "x12": _x12,
}
