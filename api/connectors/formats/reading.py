"""The reader of each format."""

from collections.abc import Iterator, Mapping
from typing import BinaryIO

from api.connectors.formats.csv_format import read_csv
from api.connectors.formats.edi.edi_format import read_edi
from api.connectors.formats.fixed_format import read_fixed
from api.connectors.formats.format import BadRow, FormatName, FormatOptions, Reader, Row, seekable
from api.connectors.formats.json_format import read_json, read_ndjson
from api.connectors.formats.xlsx_format import read_xlsx
from api.connectors.formats.xml_format import read_xml

READERS: Mapping[FormatName, Reader] = {
    "csv": read_csv,
    "json": read_json,
    "ndjson": read_ndjson,
    "xml": read_xml,
    "xlsx": read_xlsx,
    "fixed": read_fixed,
    "edifact": read_edi,
    "x12": read_edi,
}


def read_rows(stream: BinaryIO, options: FormatOptions) -> Iterator[Row | BadRow]:
    """Every row of the stream, in its order, each once; what can't be used is a BadRow."""
    with seekable(stream) as source:
        yield from READERS[options.format](source, options)
