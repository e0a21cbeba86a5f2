"""GET /v1/audit/...: the sealed log as tlog-tiles lays it out, proofs, and the keys that sign it."""

from http import HTTPStatus
from typing import Any

from flask import Response

from api.http.audit.exports import export_answer
from api.http.blueprint import NDJSON, Blueprint, answer
from api.records.sealing import (
    AuditKeyRecord,
    AuditKeysRecord,
    ConsistencyProofRecord,
    ExportLineRecord,
    InclusionProofRecord,
)
from api.shapes.base import Strict
from api.shapes.fields import Flag, QueryNumber
from engine.audit.sealing.tiles import TilePart
from engine.errors import NotFound
from engine.service import Pointsman

TEXT = "text/plain"
BYTES = "application/octet-stream"
_FOR_EVER = "private, max-age=31536000, immutable"
_LARGEST = 10**15


class ConsistencyQuery(Strict):
    old = QueryNumber(
        1,
        _LARGEST,
        data_key="from",
        required=True,
        metadata={"description": "how many entries the log had", "example": 1},
    )
    size = QueryNumber(
        1,
        _LARGEST,
        data_key="to",
        load_default=None,
        metadata={"description": "how many it has; by default those of the newest checkpoint"},
    )


class ExportQuery(Strict):
    archived = Flag(
        load_default=True,
        metadata={"description": "with the entries that are in the archive alone"},
    )


def blueprint(pointsman: Pointsman) -> Blueprint:
    """The sealed log of one Pointsman."""
    sealing = Blueprint("audit", __name__, url_prefix="/v1/audit", description="Proof that nobody changed the log")

    @sealing.get("/checkpoint", scope="audit:read")
    @sealing.response(HTTPStatus.OK, content_type=TEXT)
    def checkpoint() -> Response:
        """The newest checkpoint: a signed note of how many entries are sealed, and their hash

        With the cosignatures of witnesses, if it has any.
        """
        note = str(pointsman.proofs.state().signed.note)
        return Response(note, content_type=f"{TEXT}; charset=utf-8", headers={"Cache-Control": "no-store"})

    @sealing.get("/tile/<string:level>/<path:part>", scope="audit:read")
    @sealing.response(HTTPStatus.OK, content_type=BYTES)
    def tile(level: str, part: str) -> Response:
        """A tile of the tree, or a bundle of its leaves (level `entries`), as C2SP's tlog-tiles has them"""
        try:
            path = TilePart.parse(level, part)
        except ValueError as error:
            raise NotFound(str(error)) from None
        data = pointsman.proofs.log.tile(path, size=pointsman.proofs.state().size)
        return Response(data, content_type=BYTES, headers={"Cache-Control": _FOR_EVER})

    @sealing.get("/proof/<string:entry>", scope="audit:read")
    @sealing.response(HTTPStatus.OK, InclusionProofRecord)
    def proof(entry: str) -> Response:
        """That an entry is in the sealed log, by its id or that of its decision"""
        return answer(InclusionProofRecord.of(pointsman.proofs.inclusion(entry)))

    @sealing.get("/consistency", scope="audit:read")
    @sealing.arguments(ConsistencyQuery, location="query")
    @sealing.response(HTTPStatus.OK, ConsistencyProofRecord)
    def consistency(query: dict[str, Any]) -> Response:
        """That the log of an earlier checkpoint is the beginning of the log of a later one"""
        return answer(ConsistencyProofRecord.of(pointsman.proofs.consistency(query["old"], query["size"])))

    @sealing.get("/keys", scope="audit:read")
    @sealing.response(HTTPStatus.OK, AuditKeysRecord)
    def keys() -> Response:
        """The public keys that verify checkpoints; pin one that you have from elsewhere"""
        published = pointsman.sealer.published_keys(pointsman.proofs.log.state())
        return answer(AuditKeysRecord(keys=[AuditKeyRecord.of(key) for key in published]))

    @sealing.get("/export", scope="audit:read")
    @sealing.arguments(ExportQuery, location="query")
    @sealing.response(HTTPStatus.OK, ExportLineRecord, content_type=NDJSON)
    def export(query: dict[str, Any]) -> Response:
        """The sealed log as a file, which is verified without a server: NDJSON, of any size

        First a header with the checkpoint and the keys, then the leaves of the tree, then the entries; the last line
        signs all those before it, if the service has a key. It has everything that the log has, personal values
        encrypted as they are there. A connection that breaks off leaves a part, and verifying it says so. Entries that
        are not as they were sealed are in it as they are now, and verifying it names them.
        """
        return export_answer(pointsman, **query)

    return sealing
