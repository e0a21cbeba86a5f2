"""What may be said of each format under `format:`, and the options that a reader gets of it."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields

from api.connectors.formats.format import FixedColumn, FormatOptions
from api.connectors.language.shapes import Choice, Letters, Several, Single
from api.shapes.base import Strict
from api.shapes.fields import Literal
from rules.syntax import literals

_ENCODINGS = ("utf-8", "utf-16", "cp1252", "iso-8859-1", "iso-8859-15", "ascii", "cp850", "cp437", "mac-roman")


class Delimiter(fields.Field[str]):
    """One sign, or `tab`."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str:
        if value == "tab":
            return "\t"
        if not isinstance(value, str) or len(value) != 1:
            raise ValidationError("write the one sign that stands between columns, or tab")
        return str(value)


class _Format(Strict):
    decimal = Choice(".", ",")


class _Text(_Format):
    encoding = Choice(*_ENCODINGS)


class CsvShape(_Text):
    delimiter = Delimiter()
    header = Literal(literals.flag)
    skip = Literal(literals.count, most=1_000)
    columns = Several()


class XlsxShape(_Format):
    sheet = Single()
    header = Literal(literals.flag)
    skip = Literal(literals.count, most=1_000)
    columns = Several()


class FixedShape(_Text):
    columns = fields.Dict(keys=fields.String(), values=Letters(), required=True)
    around = fields.Dict(keys=fields.String(), values=fields.Dict(keys=fields.String(), values=Letters()))
    record = Single()
    ignore = Several()
    skip = Literal(literals.count, most=1_000)


class JsonShape(_Format):
    rows = Single()


class NdjsonShape(_Text):
    pass


class XmlShape(_Format):
    rows = Single(required=True)
    namespaces = fields.Dict(keys=fields.String(), values=fields.String())


class EdiShape(_Text):
    rows = Single()
    messages = Several()
    ignore = Several()
    groups = Several()


FORMATS: Mapping[str, type[Schema]] = {
    "csv": CsvShape,
    "json": JsonShape,
    "ndjson": NdjsonShape,
    "xml": XmlShape,
    "xlsx": XlsxShape,
    "fixed": FixedShape,
    "edifact": EdiShape,
    "x12": EdiShape,
}


def format_options(name: str, values: Mapping[str, Any]) -> FormatOptions:
    """The options of a format whose shape was loaded."""
    given = {key: value for key, value in values.items() if key != "decimal"}
    if name == "fixed":
        given["fixed"] = _columns(given.pop("columns", {}))
        given["around"] = {record: _columns(columns) for record, columns in given.pop("around", {}).items()}
    return FormatOptions(format=name, **given)  # type: ignore[arg-type]  # a name of FORMATS


def _columns(letters: Mapping[str, tuple[int, int]]) -> tuple[FixedColumn, ...]:
    return tuple(FixedColumn(name=name, start=first, width=last - first + 1) for name, (first, last) in letters.items())
