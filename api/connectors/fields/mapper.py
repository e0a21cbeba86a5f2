"""Makes what Pointsman takes of a row that was read, or what others read of a record of ours, by the fields of a
connector. A field that has no value that can be used is told with its row and path; it is never left out silently.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from api.connectors.fields.conversion import Tables, converted, literal, text_of, written
from api.connectors.fields.edi_path import segment_of
from api.connectors.fields.found import BadField
from api.connectors.fields.merging import merged_by
from api.connectors.fields.paths import AROUND, ListPath, Path, Scopes, inner_scopes, scopes_of
from api.connectors.formats.edi.groups import EdiGroup
from api.connectors.formats.format import BadRow, FormatOptions, Row
from api.connectors.language.connector import FieldMapping

ROWS = "$rows"
"""The list of the rows that were joined into one."""
_NESTED = frozenset({"json", "ndjson", "xml"})
"""Formats in which a name with a point in it is that of a member of a member."""


class Mapper:
    """The fields of a connector, their paths compiled. Inbound it reads rows of the format; `outbound` it reads records
    of ours, with JMESPath, and makes what the format's writer takes.
    """

    def __init__(
        self, fields: Mapping[str, FieldMapping], options: FormatOptions, tables: Tables, *, outbound: bool = False
    ) -> None:
        """Raises BadPath; the loader of connectors has looked at every path."""
        source = FormatOptions(format="json") if outbound else options
        self._nested = not outbound or options.format in _NESTED
        self._fields = [
            _Field(name, mapping, source, tables, outbound=outbound, nested=self._nested)
            for name, mapping in fields.items()
        ]

    def map(self, row: Row, parts: Mapping[str, Any], rows: Sequence[Row] = ()) -> dict[str, Any] | tuple[BadRow, ...]:
        """The fields, or every mistake there is. `parts` are what the words beginning with $ stand for; `rows` those
        that were joined into this one.
        """
        known = {**parts, ROWS: [item.values for item in rows]} if rows else parts
        values, mistakes = _mapped(self._fields, scopes_of(row), known, nested=self._nested)
        return tuple(_bad_row(row, name, error) for name, error in mistakes) if mistakes else values


class _Field:
    """One field, ready to be looked for."""

    def __init__(
        self,
        name: str,
        mapping: FieldMapping,
        options: FormatOptions,
        tables: Tables,
        *,
        outbound: bool,
        nested: bool,
    ) -> None:
        self.name = name
        self.steps = name.split(".") if nested else [name]
        self._mapping = mapping
        self._tables = tables
        self._convert = written if outbound else converted
        self._nested = nested
        self._of_columns = options.format in ("csv", "xlsx", "fixed")
        self._paths = [text if text.startswith("$") else Path(text, options) for text in mapping.paths]

        def inner(part: str, below: FieldMapping) -> _Field:
            return _Field(part, below, options, tables, outbound=outbound, nested=nested)

        self._each = ListPath(mapping.each, options) if mapping.each and mapping.each != ROWS else None
        self._inner = [inner(part, below) for part, below in mapping.fields.items()]
        self._joined = [inner(f"{name}[{index}]", below) for index, below in enumerate(mapping.join)]
        self._times = inner(name, mapping.times_by) if mapping.times_by is not None else None

    @cached_property
    def _said(self) -> Any:
        """The value, or the default, that the connector's file says. Raises BadField."""
        said = self._mapping.default if self._mapping.value is None else self._mapping.value
        return literal(self._mapping, said or "")

    def value(self, scopes: Scopes, parts: Mapping[str, Any]) -> Any:
        """None: it is not there, and need not be. Raises BadField, or BadFields of a list."""
        mapping = self._mapping
        if mapping.value is not None:
            return self._said
        if mapping.each:
            return self._list(scopes, parts)
        if self._joined:
            value, path = self._text(scopes, parts), self.name
        else:
            value, path = self._found(scopes, parts)
        if value is not None:
            times = self._times.value(scopes, parts) if self._times is not None else None
            value = self._convert(mapping, value, path, self._tables, times)
        if value is None and mapping.default is not None:
            return self._said
        if value is None and not mapping.optional:
            raise BadField(path, self._missing(path, scopes))
        return value

    def _found(self, scopes: Scopes, parts: Mapping[str, Any]) -> tuple[Any, str]:
        """The first value that is there, and its path."""
        path = ""
        for item in self._paths:
            path = item if isinstance(item, str) else item.text
            value = _part(item, parts) if isinstance(item, str) else item.find(scopes)
            if value is not None and value != "":
                return value, path
        return None, ", ".join(item if isinstance(item, str) else item.text for item in self._paths)

    def _text(self, scopes: Scopes, parts: Mapping[str, Any]) -> str | None:
        texts = (item.value(scopes, parts) for item in self._joined)
        return self._mapping.separator.join(text_of(text, self.name) for text in texts if text is not None) or None

    def _list(self, scopes: Scopes, parts: Mapping[str, Any]) -> list[Any] | None:
        items = parts.get(ROWS) if self._each is None else self._each.find(scopes)
        if items is None:
            if self._mapping.optional:
                return None
            raise BadField(self._mapping.each, "there is no such list")
        found, mistakes = [], []
        for index, item in enumerate(items):
            values, bad = _mapped(self._inner, inner_scopes(item, scopes), parts, nested=self._nested)
            found.append(values)
            mistakes += [(f"{self.name}.{index}.{name}", error) for name, error in bad]
        if mistakes:
            raise _BadFields(mistakes)
        together = self._mapping.together
        return merged_by(found, together) if together else found

    def _missing(self, path: str, scopes: Scopes) -> str:
        if self._of_columns and len(self._paths) == 1 and not path.startswith((AROUND, "$")) and path not in scopes[0]:
            return f"there is no such column; there are {', '.join(scopes[0])}"
        return "nothing is there"


class _BadFields(Exception):
    """Mistakes in the elements of a list, each with the name of its field."""

    def __init__(self, mistakes: Sequence[tuple[str, BadField]]) -> None:
        super().__init__()
        self.mistakes = mistakes


def _mapped(
    fields: Iterable[_Field], scopes: Scopes, parts: Mapping[str, Any], *, nested: bool
) -> tuple[dict[str, Any], list[tuple[str, BadField]]]:
    values: dict[str, Any] = {}
    mistakes: list[tuple[str, BadField]] = []
    for item in fields:
        try:
            value = item.value(scopes, parts)
        except BadField as error:
            mistakes.append((item.name, error))
            continue
        except _BadFields as error:
            mistakes += error.mistakes
            continue
        if value is None:
            continue
        if nested:
            _set(values, item.steps, value)
        else:
            values[item.name] = value
    return values, mistakes


def _set(values: dict[str, Any], steps: Sequence[str], value: Any) -> None:
    *outer, last = steps
    for step in outer:
        values = values.setdefault(step, {})
    values[last] = value


def _part(word: str, parts: Mapping[str, Any]) -> Any:
    return parts.get(word)


def _bad_row(row: Row, name: str, error: BadField) -> BadRow:
    segment = message = None
    if isinstance(row.values, EdiGroup):
        message = row.values.message.begin.number
        segment = segment_of(row.values, error.path).number - message + 1
    return BadRow(
        row=row.number,
        place=row.place,
        path=error.path,
        message=f"{error.message} (field '{name}')",
        raw=row.raw,
        edi_message=message,
        segment=segment,
    )
