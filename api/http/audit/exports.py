"""The sealed log as a file over HTTP, made while it is sent: nobody holds it whole."""

import itertools
import logging
from collections.abc import Iterator

from flask import Response, g

from api.http.access.caller import caller
from api.http.blueprint import ITEMS, NDJSON
from api.http.serving.ending import Ending
from engine.audit.sealing.comparison import Finding
from engine.service import Pointsman

SUFFIX = "audit"
"""Of the file's name, as docs have it."""
_PART_BYTES = 64 << 10
"""Lines are sent together until they have so many."""

logger = logging.getLogger("pointsman.api")


def export_answer(pointsman: Pointsman, *, archived: bool) -> Response:
    """The export of what is sealed now, which the log says was made. Raises NotFound if nothing is."""
    sealer, state = pointsman.sealer, pointsman.proofs.state()
    exported = sealer.exported(state, by=caller().name, archived=archived)
    parts = _parts(sealer.export_lines(exported, on_altered=_log_altered), Ending.of_request())
    # a failure before the first part can still be a problem with a status of its own
    first = next(parts)
    name = f"{exported.state.origin.replace('/', '-')}-{state.size}.{SUFFIX}"
    pointsman.record_act("exported", name, {"entries": exported.entries})
    setattr(g, ITEMS, exported.entries)  # read, as the access log has it
    response = Response(itertools.chain((first,), parts), content_type=NDJSON, headers={"Cache-Control": "no-store"})
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response


def _parts(lines: Iterator[bytes], ending: Ending) -> Iterator[bytes]:
    """Lines together; raises Interrupted where the answer has to end, so that its connection breaks off: it must not
    look whole.
    """
    gathered: list[bytes] = []
    size = 0
    for line in lines:
        ending.verify_going_on()
        gathered.append(line)
        size += len(line)
        if size >= _PART_BYTES:
            yield b"".join(gathered)
            gathered, size = [], 0
    yield b"".join(gathered)


def _log_altered(finding: Finding) -> None:
    logger.error("the log that was exported is not as it was sealed: %s", finding)
