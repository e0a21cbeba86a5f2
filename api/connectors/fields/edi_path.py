"""Paths into EDI: `SEGMENT.QUALIFIER.ELEMENT.COMPONENT`, as `QTY.145.0.1`: of the segment QTY whose first component is
145, the second component (1) of the first element (0).

- The qualifier `*` stands for any; without a component the first is meant, so that `W12.*.2` is W12's third element.
- In place of an element's number, `=` is the element in which the qualifier stands, wherever that is (`LIN.EN.=.0`),
  and `+1` the one behind it, as X12 has pairs of them (`PO1.VN.+1`).
- If several segments are meant, `[0]` at the end says which one, and `[]` that all are.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from api.connectors.fields.found import BadPath
from api.connectors.formats.edi.groups import EdiGroup
from api.connectors.formats.edi.segments import Segment

_PATH = re.compile(
    r"(?P<tag>[A-Z][A-Z0-9]{1,2})\.(?P<qualifier>[^.\[\]]+)\.(?P<element>[0-9]{1,3}|=|\+[0-9]{1,2})"
    r"(?:\.(?P<component>[0-9]{1,3}))?(?P<which>\[(?:-?[0-9]{1,5})?\])?",
    re.ASCII,
)
_ANY = "*"


def edi_path(path: str) -> Callable[[EdiGroup], Any]:
    """What finds a path's value among a group's own segments: a text, a list of them, or None. Raises BadPath."""
    match = _PATH.fullmatch(path)
    if match is None:
        message = f"'{path}' is no path into EDI; write SEGMENT.QUALIFIER.ELEMENT.COMPONENT, as QTY.145.0.1 or W12.*.2"
        raise BadPath(message)
    element = match["element"]
    if element[0] in "=+" and match["qualifier"] == _ANY:
        raise BadPath(f"'{path}': where * stands for any qualifier, the element is a number")
    which = match["which"]
    return _EdiPath(
        tag=match["tag"],
        qualifier=match["qualifier"],
        element=int(element) if element.isdigit() else None,
        offset=int(element[1:] or 0) if not element.isdigit() else 0,
        component=int(match["component"] or 0),
        which=int(which[1:-1]) if which and which != "[]" else None,
        all=which == "[]",
    ).find


def segment_of(group: EdiGroup, path: str) -> Segment:
    """The segment that a path is about, or else the first of the group: what an acknowledgement names."""
    match = _PATH.fullmatch(path.removeprefix("/"))
    if match is not None:
        for segment in group.segments:
            if segment.tag == match["tag"] and match["qualifier"] in (_ANY, segment.value(0)):
                return segment
    return group.begin


@dataclass(frozen=True, slots=True, kw_only=True)
class _EdiPath:
    """`element` is None where it is `offset` behind the one with the qualifier."""

    tag: str
    qualifier: str
    element: int | None
    offset: int
    component: int
    which: int | None
    all: bool

    def find(self, group: EdiGroup) -> Any:
        values = [value for segment in group.segments if segment.tag == self.tag for value in self._values(segment)]
        if self.all:
            return values or None
        if self.which is not None:
            return values[self.which] if -len(values) <= self.which < len(values) else None
        return values if len(values) > 1 else next(iter(values), None)

    def _values(self, segment: Segment) -> Iterator[str]:
        if self.element is None:
            yield from self._behind_qualifier(segment)
        elif self.qualifier in (_ANY, segment.value(0)):
            yield from self._of_element(segment, self.element)

    def _behind_qualifier(self, segment: Segment) -> Iterator[str]:
        for index, components in enumerate(segment.elements):
            if self.qualifier in components:
                yield from self._of_element(segment, index + self.offset)

    def _of_element(self, segment: Segment, element: int) -> Iterator[str]:
        value = segment.value(element, self.component)
        if value:
            yield value
        for components in segment.repeated.get(element, ()):
            if self.component < len(components) and components[self.component]:
                yield components[self.component]
