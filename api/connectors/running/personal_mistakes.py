"""Takes out of mistakes what is personal in them, which is written beside a message and stored while it is read."""

import re
from collections.abc import Iterable

import msgspec

from api.connectors.formats.edi.acknowledgements import TAG
from api.connectors.formats.format import EDI_FORMATS
from api.connectors.language.connector import Connector
from api.connectors.running.problems import Problem

_PERSONAL = (
    "addressee",
    "destination.postcode",
    "destination.latitude",
    "destination.longitude",
    "customer",
    "tags",
    "town",
)
_QUOTED = re.compile(r"(?<!field )(?<!table )'(?:[^']|(?<=\w)'(?=\w))*'")
"""A value that a message repeats: an apostrophe within a word is part of it. Names of fields and tables are ours."""
_FIELD = re.compile(r"\(field '([^']*)'\)")


def without_personal_values(problems: Iterable[Problem], connector: Connector) -> list[Problem]:
    """Of a connector that reads whom or where something goes to, without rows as they came, and without values of such
    fields. Where a row is, its place says. Of EDI, a row's segment is still named, as its acknowledgement needs it.
    """
    if not any(_is_personal(field) for field in connector.fields):
        return [*problems]
    return [_without_values(problem, is_edi=connector.format.format in EDI_FORMATS) for problem in problems]


def _without_values(problem: Problem, *, is_edi: bool) -> Problem:
    segment = TAG.match(problem.raw) if is_edi else None
    field = _FIELD.search(problem.message)
    told = problem.message
    if _is_personal(problem.path if field is None else field[1]):
        told = _QUOTED.sub("'…'", told)
    return msgspec.structs.replace(problem, raw="" if segment is None else segment[0], message=told)


def _is_personal(field: str) -> bool:
    return any(field == name or field.startswith(f"{name}.") for name in _PERSONAL)
