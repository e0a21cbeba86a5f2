"""Whether the segments of a template can be filled: each begins with a tag, and names fields that there are."""

import re
from collections.abc import Iterator, Mapping, Sequence

from api.connectors.formats.edi.edi_writer import ALL_ROWS, FIELD_IN_BRACES
from api.connectors.formats.format import SegmentLoop
from api.connectors.language.connector import FieldMapping

_SEGMENT = re.compile(r"[A-Z][A-Z0-9]{1,2}(?:[^A-Za-z0-9].*)?", re.DOTALL)
_COUNTED = "$count."


def template_mistakes(
    items: Sequence[str | SegmentLoop], fields: Mapping[str, FieldMapping], outer: frozenset[str] = frozenset()
) -> Iterator[str]:
    """What is wrong with each, in words. In a loop, the fields of its list are known, and those around it."""
    known = outer | set(fields)
    for item in items:
        if isinstance(item, SegmentLoop):
            inner: Mapping[str, FieldMapping] = {}
            if item.each != ALL_ROWS:
                if item.each not in fields or not fields[item.each].each:
                    yield f"the loop is over '{item.each}', and no field of that name is a list ('each')"
                    continue
                inner = fields[item.each].fields
            yield from template_mistakes(item.segments, inner, known)
            continue
        if not _SEGMENT.fullmatch(item):
            yield f"'{item}' does not begin with the tag of a segment"
        for name in FIELD_IN_BRACES.findall(item):
            if name not in known and name != "$index" and not name.startswith(_COUNTED):
                yield f"'{item}': there is no field '{name}'"
