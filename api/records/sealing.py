"""Proofs about the sealed log, and the keys that sign it, as JSON."""

import base64
from typing import Annotated, Any

from msgspec import UNSET, Meta, UnsetType

from api.records.ledger import SealFindingRecord
from engine.audit.sealer import PublishedKey
from engine.audit.sealing.leaf import id_text
from engine.audit.verify_export import Verification
from engine.decide.order_record import Record, Timestamp, timestamp
from engine.store.audit.proofs import ConsistencyProof, InclusionProof
from engine.store.audit.sealed_log import SealedState

_HASHES = Meta(description="SHA-256 hashes in base64, as RFC 9162 orders them")
_CHECKPOINT = Meta(description="the signed note, with all signatures that there are of it")


class ExportLineRecord(Record, frozen=True, kw_only=True):
    """A line of an export. The first has `format` and all down to `checkpoint`; then come lines with `first` and
    `leaves`, those with `fields` and `id`, an entry each, and at last one with `signed`, if there is a key to sign.
    """

    format: str | UnsetType = UNSET
    log: Annotated[str | UnsetType, Meta(description="its origin, as checkpoints name it")] = UNSET
    network: str | UnsetType = UNSET
    release: Annotated[str | UnsetType, Meta(description="of Pointsman, that wrote it")] = UNSET
    exported_at: Annotated[int | UnsetType, Meta(description="UTC seconds")] = UNSET
    by: Annotated[str | UnsetType, Meta(description="who made it")] = UNSET
    size: Annotated[int | UnsetType, Meta(description="entries that are sealed")] = UNSET
    archived: Annotated[int | UnsetType, Meta(description="the first so many are left out: they are archived")] = UNSET
    keys: Annotated[list[str] | UnsetType, Meta(description="that verify its checkpoint")] = UNSET
    checkpoint: Annotated[str | UnsetType, _CHECKPOINT] = UNSET
    first: Annotated[int | UnsetType, Meta(description="the number of the first of these leaves, from 0")] = UNSET
    leaves: Annotated[str | UnsetType, Meta(description="48 bytes each, in base64")] = UNSET
    fields: Annotated[dict[str, Any] | UnsetType, Meta(description="of an entry: texts, or bytes in base64")] = UNSET
    id: Annotated[str | UnsetType, Meta(description="of the entry")] = UNSET
    signed: Annotated[str | UnsetType, Meta(description="a signed note with the SHA-256 of all lines before")] = UNSET


class InclusionProofRecord(Record, frozen=True, kw_only=True):
    """That an entry is in the sealed log. The hash of its leaf and `hashes` lead to the head in the checkpoint."""

    entry_id: str
    number: Annotated[int, Meta(description="of the leaf, from 0")]
    size: Annotated[int, Meta(description="of the tree: entries that the checkpoint covers")]
    leaf: Annotated[str, Meta(description="48 bytes in base64: the two numbers of the id, and the entry's SHA-256")]
    hashes: Annotated[list[str], _HASHES]
    entry: Annotated[
        str | None,
        Meta(
            description="the canonical JSON (RFC 8785) whose SHA-256 that is; null if the entry is in an archive that"
            " can't be read here, or was forgotten there"
        ),
    ]
    checkpoint: Annotated[str, _CHECKPOINT]

    @classmethod
    def of(cls, proof: InclusionProof) -> "InclusionProofRecord":
        return cls(
            entry_id=proof.leaf.entry_id,
            number=proof.number,
            size=proof.state.size,
            leaf=_base64(proof.leaf.data),
            hashes=list(map(_base64, proof.hashes)),
            entry=None if proof.entry is None else proof.entry.decode(),
            checkpoint=str(proof.state.signed.note),
        )


class ConsistencyProofRecord(Record, frozen=True, kw_only=True, rename={"old": "from", "size": "to"}):
    """That the log of `from` entries is the beginning of that of `to` entries."""

    old: int
    old_root: Annotated[str, Meta(description="the head then, in base64")]
    size: int
    root: str
    hashes: Annotated[list[str], _HASHES]
    checkpoint: Annotated[str, _CHECKPOINT]

    @classmethod
    def of(cls, proof: ConsistencyProof) -> "ConsistencyProofRecord":
        return cls(
            old=proof.old,
            old_root=_base64(proof.old_root),
            size=proof.size,
            root=_base64(proof.root),
            hashes=list(map(_base64, proof.hashes)),
            checkpoint=str(proof.state.signed.note),
        )


class AuditKeyRecord(Record, frozen=True):
    """A key that verifies checkpoints."""

    key: Annotated[str, Meta(description="NAME+ID+KEY, as C2SP's signed-note has verifier keys")]
    until: Annotated[Timestamp | None, Meta(description="until when it signs; null: until another takes its place")]

    @classmethod
    def of(cls, published: PublishedKey) -> "AuditKeyRecord":
        return cls(key=str(published.key), until=None if published.until is None else timestamp(published.until))


class AuditKeysRecord(Record, frozen=True):
    keys: list[AuditKeyRecord]


class SealedRecord(Record, frozen=True, kw_only=True):
    """How far the log is sealed."""

    log: Annotated[str, Meta(description="its name, the first line of its checkpoints")]
    sealed: int
    root: str
    last_entry: str
    checkpoint: Annotated[str, _CHECKPOINT]

    @classmethod
    def of(cls, state: SealedState) -> "SealedRecord":
        return cls(
            log=state.origin,
            sealed=state.size,
            root=_base64(state.root),
            last_entry=id_text(state.last),
            checkpoint=state.checkpoint,
        )


class VerificationRecord(Record, frozen=True, kw_only=True):
    """What came of verifying an export."""

    log: str
    entries: Annotated[int, Meta(description="that its checkpoint covers")]
    archived: Annotated[int, Meta(description="those of them that are in an archive, and not in the file")]
    signed_with: list[str]
    cosigned_by: list[str]
    own_keys: Annotated[bool, Meta(description="whether only keys in the file itself vouch for it")]
    compared: Annotated[int, Meta(description="checkpoints from elsewhere that it was compared with")]
    other_logs: Annotated[int, Meta(description="checkpoints from elsewhere of other logs, which were left out")]
    signed: Annotated[bool, Meta(description="whether the file as a whole is signed")]
    findings: list[SealFindingRecord]
    intact: bool

    @classmethod
    def of(cls, result: Verification) -> "VerificationRecord":
        return cls(
            log=result.header.log,
            entries=result.header.size,
            archived=result.header.archived,
            signed_with=list(map(str, result.signers)),
            cosigned_by=list(map(str, result.cosigners)),
            own_keys=result.own_keys,
            compared=result.compared,
            other_logs=result.other_logs,
            signed=result.signed,
            findings=[SealFindingRecord.of(finding) for finding in result.findings],
            intact=not result.findings,
        )


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
