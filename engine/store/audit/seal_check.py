"""Compares the log with what was sealed of it, and the sealed log with its own checkpoint and with those that are known
from outside the store.
"""

import contextlib
import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from engine.audit.sealing.checkpoint import Checkpoint, SignedCheckpoint
from engine.audit.sealing.comparison import (
    MOST_FINDINGS,
    Finding,
    compare_checkpoints,
    compare_entries,
    entry_unreadable,
    tree_altered,
)
from engine.audit.sealing.leaf import Leaf, id_text, leaf_of
from engine.audit.sealing.merkle import HASH_BYTES
from engine.audit.sealing.signed_note import NoteInvalid
from engine.audit.sealing.tiles import Edge, Tile, hashes_in
from engine.errors import NotFound, SealBroken
from engine.store.audit.archive.archive_check import archive_findings, kept_findings, missing_files
from engine.store.audit.seal_entries import unsealed
from engine.store.audit.sealed_log import SealedLog, SealedState
from engine.store.connection.client import Client
from engine.store.keys import Keys
from engine.store.log import decision_log

_LEAVES_AT_ONCE = 2_048


@dataclass(frozen=True, slots=True, kw_only=True)
class SealCheck:
    """What a check of the sealed log found: how many entries are sealed, how many of these an archive has, and how many
    entries are not sealed yet, of which nobody could tell whether they were altered. The archived ones were compared
    only if `archive_read`.
    """

    sealed: int
    archived: int
    unsealed: int
    archive_read: bool = False
    findings: tuple[Finding, ...] = ()

    @property
    def ever_sealed(self) -> bool:
        """Whether anything was sealed, or is known to have been."""
        return bool(self.sealed or self.findings)

    @property
    def log_altered(self) -> tuple[Finding, ...]:
        """The findings that are no mere lack of files of the archive."""
        return tuple(finding for finding in self.findings if finding.kind != "archive_unreadable")


def check_seal(
    client: Client, keys: Keys, *, known: Sequence[SignedCheckpoint] = (), archive: bool = False
) -> SealCheck:
    """Compare all of the log that is on the server, and with `archive` what is archived, too. `known` are checkpoints
    from outside the store.
    """
    log = SealedLog(client, keys)
    try:
        state = log.state()
        findings = list(itertools.islice(_findings(client, keys, state, known, archive), MOST_FINDINGS))
    except SealBroken as error:
        return SealCheck(sealed=0, archived=0, unsealed=0, findings=(Finding("tree_altered", str(error)),))
    unsealed = sum(map(len, decision_log.batches(client, keys, start=f"({id_text(state.last)}")))
    return SealCheck(
        sealed=state.size,
        archived=state.trimmed,
        unsealed=unsealed,
        archive_read=archive,
        findings=tuple(findings),
    )


def _findings(
    client: Client,
    keys: Keys,
    state: SealedState,
    known: Sequence[SignedCheckpoint],
    archive: bool,  # noqa: FBT001  # called once, above
) -> Iterator[Finding]:
    yield from own_findings(SealedLog(client, keys), state)
    for signed in known:
        yield from compare_with(client, keys, state, signed.checkpoint)
    with contextlib.suppress(NotFound):  # leaves are missing, which was named
        yield from entry_findings(client, keys, start=state.trimmed, end=state.size)
    yield from missing_files(client, keys, state)
    yield from kept_findings(client, keys, state)
    if archive:
        yield from archive_findings(client, keys, state)


def own_findings(log: SealedLog, state: SealedState) -> Iterator[Finding]:
    """What of the tree does not fit its own checkpoint, worked out from every leaf."""
    try:
        noted = SignedCheckpoint.parse(state.checkpoint).checkpoint if state.size else state.tree
    except NoteInvalid as error:
        yield Finding("signature_invalid", f"the checkpoint that is stored is none: {error}")
        return
    edge = Edge()
    tiles: dict[Tile, bytearray] = {}
    for leaves in _pieces(log.leaves(0, state.size)):
        for tile, hashes in edge.add(leaves).hashes.items():
            tiles.setdefault(tile, bytearray()).extend(hashes)
    if (edge.size, edge.head) != (noted.size, noted.root) or noted != state.tree:
        yield tree_altered(noted)
    stored = log.tiles(sorted(tiles))
    for tile, data in tiles.items():
        if stored[tile][: len(data) // HASH_BYTES] != hashes_in(bytes(data)):
            yield Finding("tree_altered", f"tile {tile.level}/{tile.number} of the sealed log was altered")


def compare_with(client: Client, keys: Keys, state: SealedState, known: Checkpoint) -> Iterator[Finding]:
    """What differs between a checkpoint from outside the store and the sealed log. A power cut may have taken back what
    was sealed last, and not the entries: these then give the same head once more.
    """
    log = SealedLog(client, keys)
    if known.size > state.size and state.origin in (known.origin, ""):
        edge = log.edge(state)
        edge.add(list(itertools.islice(unsealed(client, keys, state), known.size - state.size)))
        if (edge.size, edge.head) == (known.size, known.root):
            return
    yield from compare_checkpoints(known, state.tree, log.head)


def entry_findings(client: Client, keys: Keys, *, start: int, end: int) -> Iterator[Finding]:
    """What differs between the leaves from number `start` to before `end` and the entries of the log, from the first of
    these leaves to the last.
    """
    log = SealedLog(client, keys)
    if start >= end:
        return
    # from behind the leaf before: what was inserted between the two is noticed
    before = f"({id_text(log.leaf(start - 1).id)}" if start else "-"
    last = id_text(log.leaf(end - 1).id)
    unreadable: list[Finding] = []
    entries = _entry_leaves(client, keys, start=before, end=last, unreadable=unreadable)
    yield from compare_entries(entries, log.leaves(start, end), first=start)
    yield from unreadable


def _entry_leaves(client: Client, keys: Keys, *, start: str, end: str, unreadable: list[Finding]) -> Iterator[Leaf]:
    for batch in decision_log.batches(client, keys, start=start, end=end):
        for entry_id, fields in batch:
            try:
                yield leaf_of(entry_id, fields)
            except ValueError as error:
                unreadable.append(entry_unreadable(entry_id, error))


def _pieces(leaves: Iterable[Leaf]) -> Iterator[list[Leaf]]:
    rest = iter(leaves)
    while piece := list(itertools.islice(rest, _LEAVES_AT_ONCE)):
        yield piece
