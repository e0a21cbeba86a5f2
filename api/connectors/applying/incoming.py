"""A row that is to be taken over, what can become of it, and what calls have in common."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol, TypeAlias, TypeVar

from marshmallow import Schema, ValidationError, fields

from api.connectors.applying.awaited import addressee_of
from api.shapes.line_units import LineUnits
from api.shapes.mistakes import mistakes_of
from api.shapes.postal_address import PostalAddressShape
from api.shapes.quantities import Quantities
from engine.actor import act_as, author
from engine.errors import (
    ArchiveUnavailable,
    Contended,
    InputInvalid,
    Interrupted,
    Mistake,
    NoAddressee,
    NotFound,
    NotReady,
    PointsmanError,
    StoreUnavailable,
)
from engine.model.postal_address import PostalAddress
from engine.service import Pointsman

LATER = (StoreUnavailable, NotReady, Contended, ArchiveUnavailable, Interrupted)
"""Errors that say nothing of the message: it is tried again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingRow:
    """What a row brings: `fields` as JSON of an HTTP request has them, and the operation id of what is made of it."""

    number: int
    place: str
    fields: Mapping[str, Any]
    op: str


@dataclass(frozen=True, slots=True)
class Applied:
    """It changed something, or was taken note of."""


@dataclass(frozen=True, slots=True)
class Unchanged:
    """Nothing changed: what it says is there already, or it came before."""


@dataclass(frozen=True, slots=True)
class Older:
    """Nothing changed: by its `at` or `sequence` it is older than what is known."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing changed, as these mistakes are in it. `early`: it is about something that is not there, and may come.
    `awaits`: things that it needs beside those that its fields name.
    """

    mistakes: tuple[Mistake, ...]
    early: bool = False
    awaits: tuple[str, ...] = ()


_MISSING = "nothing is there"
logger = logging.getLogger("pointsman")

T = TypeVar("T")
Outcome: TypeAlias = Applied | Unchanged | Older | Refused
APPLIED, UNCHANGED, OLDER = Applied(), Unchanged(), Older()


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where rows are taken over: by which connector, which is the caller of what is made of them. `resumed`: a process
    may have died while it took these rows over.
    """

    pointsman: Pointsman
    connector: str
    resumed: bool = False

    @property
    def caller(self) -> str:
        return caller_name(self.connector)


def caller_name(connector: str) -> str:
    """Who the log says it was."""
    return f"connector:{connector}"


@contextmanager
def acting_as(connector: str) -> Iterator[None]:
    """The log says of what is done in this block that the connector did it, by the way that somebody had it do so."""
    before = author()
    act_as(caller_name(connector), through=before.through, origin=before.origin)
    try:
        yield
    finally:
        act_as(before.name, through=before.through, origin=before.origin)


class Applier(Protocol):
    """Takes over rows in their order, and answers for each what became of it. Raises one of LATER if that can't be done
    now; what was taken over by then is answered as unchanged when it comes again.
    """

    def __call__(self, place: Place, rows: Sequence[IncomingRow]) -> list[Outcome]: ...


def one_by_one(apply: Callable[[Place, IncomingRow], Outcome]) -> Applier:
    """Of a kind of which each row is a call of its own."""

    def apply_all(place: Place, rows: Sequence[IncomingRow]) -> list[Outcome]:
        return [guarded(lambda row=row: apply(place, row)) for row in rows]

    return apply_all


def guarded(apply: Callable[[], T]) -> T | Refused:
    """What it answers, or that it was refused, in the words of the error. Raises what LATER names."""
    try:
        return apply()
    except ValidationError as error:
        return Refused(tuple(mistakes_of(error.messages)))
    except LATER:
        raise
    except NoAddressee as error:
        return Refused(tuple(error.mistakes), early=True, awaits=(addressee_of(error.order),))
    except InputInvalid as error:
        return Refused(tuple(error.mistakes))
    except NotFound as error:
        return refused(str(error), early=True)
    except PointsmanError as error:
        return refused(str(error))
    except Exception as error:  # a row that nobody thought of must not keep back those after it
        logger.exception("a row can't be taken over")
        return refused(f"this release can't take the row over: {type(error).__name__}: {error}")


def together(items: Sequence[T], take: Callable[[Sequence[T]], Sequence[Outcome]]) -> list[Outcome]:
    """Take them all at once; if something is wrong with that, each by itself, so that it keeps no other back. What was
    taken over by then is unchanged. Raises what LATER names.
    """
    if not items:
        return []
    try:
        return [*take(items)]
    except LATER:
        raise
    except Exception as error:  # noqa: BLE001  # whatever it is, the row by itself says it
        if len(items) > 1:
            logger.info("%s rows are taken over one by one: %s", len(items), error)
        return [guarded(lambda item=item: take([item])[0]) for item in items]


def refused(message: str, *, field: str = "", early: bool = False) -> Refused:
    return Refused((Mistake(field=field, message=message),), early=early)


def loaded(shape: Schema, row: Mapping[str, Any], quantities: Quantities | None = None) -> Any:
    """What the shape reads of the fields of a row; with `quantities`, of those that stand beside their SKU. Raises
    ValidationError.
    """
    raw = quantities.read(dict(row)) if quantities else row
    return shape.load(plain(folded(shape, raw)))


def loaded_addressee(fields: Any) -> PostalAddress:
    """Raises ValidationError with the field `addressee` before those of it."""
    try:
        address: PostalAddress = PostalAddressShape().load(plain(fields))
    except ValidationError as error:
        raise ValidationError({"addressee": error.messages}) from None
    return address


def plain(value: Any) -> Any:
    """As JSON has it: shapes know no Decimal, and read a number with a fraction of its text."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, Mapping):
        return {name: plain(item) for name, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def units_by_line(rows: Any) -> Any:
    """Of a list of {line, quantity} the mapping that calls take; of a line that stands there twice, the sum. Raises
    ValidationError for one that lacks either.
    """
    if not isinstance(rows, list):
        return rows
    units: dict[str, Any] = {}
    for index, row in enumerate(rows):
        lacking = [name for name in ("line", "quantity") if row.get(name) is None]
        if lacking:
            raise ValidationError({"lines": {str(index): dict.fromkeys(lacking, _MISSING)}})
        units[row["line"]] = units.get(row["line"], 0) + row["quantity"]
    return units


def without_empty_lines(row: Mapping[str, Any]) -> dict[str, Any]:
    """The fields, without the lines of 0 units; without any line that is left, without `lines`."""
    if not isinstance(row.get("lines"), list):
        return dict(row)
    lines = [line for line in row["lines"] if line.get("quantity") != 0]
    return {**row, "lines": lines} if lines or not row["lines"] else without(row, "lines")


def without_empty_parcels(row: Mapping[str, Any]) -> dict[str, Any]:
    """The fields, without the lines of 0 units in parcels, and without parcels of which no line is left; without any
    parcel that is left, without `parcels`.
    """
    if not isinstance(row.get("parcels"), list):
        return dict(row)
    kept = [without_empty_lines(parcel) for parcel in row["parcels"]]
    parcels = [after for before, after in zip(row["parcels"], kept, strict=True) if "lines" in after or before == after]
    return {**row, "parcels": parcels} if parcels or not row["parcels"] else without(row, "parcels")


def folded(shape: Schema, row: Mapping[str, Any]) -> dict[str, Any]:
    """The fields, with units by line where the shape takes them so; of lists in them, too."""
    known = {field.data_key or name: field for name, field in shape.fields.items()}
    return {name: _folded(known.get(name), value) for name, value in row.items()}


def _folded(field: Any, value: Any) -> Any:
    if isinstance(field, LineUnits):
        return units_by_line(value)
    if isinstance(field, fields.List) and isinstance(field.inner, fields.Nested) and isinstance(value, list):
        return [folded(field.inner.schema, item) for item in value]
    return value


def without(row: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in names}
