"""What may be said of each format under `format:`, and the options that a reader gets of it."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields

from api.connectors.formats.format import EdiEnvelope, FixedColumn, FormatOptions, SegmentLoop
from api.connectors.language.values import Choice, Letters, Several, Single
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
    right = Several()
    zeros = Several()
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
    rows = Single()
    root = Single()
    namespaces = fields.Dict(keys=fields.String(), values=fields.String())


class SegmentTemplates(fields.Field[tuple[str | SegmentLoop, ...]]):
    """A list of segments with fields in braces, and of loops, `{each: LIST, segments: [...]}`."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> tuple[str | SegmentLoop, ...]:
        if not isinstance(value, list) or not value:
            raise ValidationError(
                "write a list of segments, as 'BGM+220+{order}+9', and of {each: LIST, segments: [...]}"
            )
        return tuple(map(self._item, value))

    def _item(self, item: Any) -> str | SegmentLoop:
        if isinstance(item, str) and item:
            return str(item)
        if isinstance(item, dict) and set(item) == {"each", "segments"} and isinstance(item["each"], str):
            return SegmentLoop(each=str(item["each"]), segments=self._deserialize(item["segments"]))
        raise ValidationError("write a segment, as 'BGM+220+{order}+9', or {each: LIST, segments: [...]}")


class EnvelopeShape(Strict):
    """Between whom EDI that is written goes, and what it is."""

    type = Single(required=True)
    sender = Single(required=True)
    receiver = Single(required=True)
    version = Single(required=True)
    syntax = Single()
    test = Literal(literals.flag)


class EdiShape(_Text):
    envelope = fields.Nested(EnvelopeShape)
    segments = SegmentTemplates()
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
    if "envelope" in given:
        given["envelope"] = EdiEnvelope(**{**given["envelope"], "test": bool(given["envelope"].get("test", False))})
    return FormatOptions(format=name, **given)  # type: ignore[arg-type]  # a name of FORMATS


def _columns(letters: Mapping[str, tuple[int, int]]) -> tuple[FixedColumn, ...]:
    return tuple(FixedColumn(name=name, start=first, width=last - first + 1) for name, (first, last) in letters.items())
