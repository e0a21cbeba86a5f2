"""Verifies an export of the sealed log, without a server: every entry, the tree, its signatures, and checkpoints that
were kept elsewhere.
"""

import base64
import gzip
import hashlib
import itertools
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path

import msgspec
import orjson

from engine.audit.export import COMPRESSED, FORMAT, LEAVES, SIGNED, opened, signed_text
from engine.audit.sealing.checkpoint import Checkpoint, SignedCheckpoint
from engine.audit.sealing.comparison import (
    MOST_FINDINGS,
    Finding,
    compare_checkpoints,
    compare_entries,
    entry_unreadable,
    tree_altered,
)
from engine.audit.sealing.leaf import Leaf, leaves_in, parse_id, parsed
from engine.audit.sealing.signed_note import NoteInvalid, SignedNote, VerifierKey
from engine.audit.sealing.tiles import Edge
from engine.errors import InputInvalid, Mistake

MOST_LOGS_NAMED = 5


class ExportHeader(msgspec.Struct, frozen=True, kw_only=True):
    """The first line of an export. `archived` is how many of the first entries are in an archive, and not in it."""

    format: str
    log: str
    network: str
    release: str
    exported_at: int
    by: str
    size: int
    archived: int
    keys: tuple[str, ...]
    checkpoint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What came of it. With `own_keys`, only keys that stand in the export itself vouch for it: then anybody may have
    made it. `compared` is how many checkpoints from elsewhere were compared with it; `other_logs` how many are of other
    logs, and were left out. Only if the file is `signed` as a whole, its first line is vouched for, too.
    """

    header: ExportHeader
    signers: tuple[VerifierKey, ...]
    cosigners: tuple[VerifierKey, ...]
    own_keys: bool
    compared: int
    other_logs: int
    signed: bool
    findings: tuple[Finding, ...]


def verify_export(
    path: Path,
    *,
    keys: Sequence[VerifierKey] = (),
    witnesses: Sequence[VerifierKey] = (),
    known: Sequence[SignedCheckpoint] = (),
) -> Verification:
    """`keys` are those that are trusted; without any, the export's own are taken. Of `witnesses`, one at least must
    have cosigned. `known` are checkpoints that were kept elsewhere; those of other logs are left out, but if there are
    no others, that is a finding. Raises InputInvalid if the file is no export.
    """
    export = _Export(path)
    header = export.header()
    try:
        trusted = keys or tuple(VerifierKey.parse(key) for key in header.keys)
        signed = SignedCheckpoint.parse(header.checkpoint)
    except NoteInvalid as error:
        raise _no_export(path, str(error)) from None
    signers, findings = _signers(signed, trusted, of="the checkpoint")
    cosigners, more = _signers(signed, witnesses, of="the checkpoint") if witnesses else ((), [])
    findings += [_not_cosigned(finding) for finding in more]
    of_it = [one for one in known if one.checkpoint.origin == signed.checkpoint.origin]
    if known and not of_it:
        findings.append(_none_of_this_log(signed, known))
    for one in of_it:
        findings += _signers(one, trusted, of=f"the checkpoint of {one.checkpoint.size:,} entries")[1]
    file_signers, more = export.signers(trusted)
    findings += more
    found = itertools.chain(findings, export.findings(header, signed, of_it))
    return Verification(
        header=header,
        signers=signers,
        cosigners=cosigners,
        own_keys=not keys,
        compared=len(of_it),
        other_logs=len(known) - len(of_it),
        signed=bool(file_signers),
        findings=tuple(itertools.islice(found, MOST_FINDINGS)),
    )


class _Export:
    """The file, which is read once for its leaves and once for its entries."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._unreadable: list[Finding] = []

    def header(self) -> ExportHeader:
        try:
            header = msgspec.json.decode(next(self._lines(), b""), type=ExportHeader)
        except msgspec.MsgspecError as error:
            raise _no_export(self._path, str(error)) from None
        if header.format != FORMAT:
            raise _no_export(self._path, f"its format is '{header.format}', not {FORMAT}")
        return header

    def signers(self, keys: Sequence[VerifierKey]) -> tuple[tuple[VerifierKey, ...], list[Finding]]:
        """Who signed all lines before the last, if that is a signed note; and what is wrong with it."""
        digest = hashlib.sha256()
        for line in self._lines():
            if not line.startswith(SIGNED):
                digest.update(line + b"\n")
                continue
            try:
                note = SignedNote.parse(orjson.loads(line)["signed"])
                if note.text != signed_text(digest.digest()):
                    message = "the export is not the file that was signed: its lines have another SHA-256"
                    return (), [Finding("signature_invalid", message)]
                return tuple(key for key in keys if note.signed_by(key)), []
            except (ValueError, KeyError, TypeError) as error:
                return (), [Finding("signature_invalid", f"the last line of the export: {error}")]
        return (), []

    def findings(
        self, header: ExportHeader, signed: SignedCheckpoint, known: Sequence[SignedCheckpoint]
    ) -> Iterator[Finding]:
        tree = signed.checkpoint
        if (header.log, header.size) != (tree.origin, tree.size):
            message = (
                f"the export is of {header.size:,} entries of the log '{header.log}', and the checkpoint of"
                f" {tree.size:,} of '{tree.origin}'"
            )
            yield Finding("other_log", message)
        sizes = {one.checkpoint.size for one in known}
        heads, size = self._heads(sizes | {tree.size})
        if size != tree.size or heads[tree.size] != tree.root:
            yield tree_altered(tree)
        for one in known:
            yield from compare_checkpoints(one.checkpoint, tree, lambda size: heads.get(size, b""), shorter=_older_than)
        leaves = itertools.islice(self._leaves(), header.archived, None)
        yield from compare_entries(self._entries(), leaves, first=header.archived)
        yield from self._unreadable

    def _heads(self, sizes: AbstractSet[int]) -> tuple[dict[int, bytes], int]:
        """The heads of the trees of so many leaves, as far as there are, and how many leaves there are."""
        edge, heads = Edge(), {}
        for leaf in self._leaves():
            edge.add([leaf])
            if edge.size in sizes:
                heads[edge.size] = edge.head
        return heads | ({0: Edge().head} if 0 in sizes else {}), edge.size

    def _leaves(self) -> Iterator[Leaf]:
        """Up to the first that is damaged: the head then differs."""
        for line in self._lines():
            if line.startswith(LEAVES):
                try:
                    yield from leaves_in(base64.b64decode(orjson.loads(line)["leaves"], validate=True))
                except (ValueError, KeyError, TypeError):
                    return

    def _entries(self) -> Iterator[Leaf]:
        for number, line in enumerate(self._lines(), start=1):
            if number == 1 or line.startswith((LEAVES, SIGNED)):
                continue
            try:
                entry_id, _ = parsed(line)
                yield Leaf(parse_id(entry_id.decode()), hashlib.sha256(line).digest())
            except ValueError as error:
                self._unreadable.append(entry_unreadable(b"in line %d of the export" % number, error))

    def _lines(self) -> Iterator[bytes]:
        try:
            with opened(self._path, "rb", compressed=self._path.suffix == COMPRESSED) as file:
                for line in file:
                    yield line.removesuffix(b"\n")
        except (OSError, EOFError, gzip.BadGzipFile) as error:
            raise _no_export(self._path, str(error)) from None


def _signers(
    signed: SignedCheckpoint, keys: Sequence[VerifierKey], *, of: str
) -> tuple[tuple[VerifierKey, ...], list[Finding]]:
    """Those of the keys that signed it, and what is wrong with the signatures."""
    try:
        signers = tuple(signed.signers(keys))
    except NoteInvalid as error:
        return (), [Finding("signature_invalid", f"{of}: {error}")]
    if signers:
        return signers, []
    names = ", ".join(sorted({signature.name for signature in signed.note.signatures}))
    return (), [Finding("unknown_key", f"{of} is signed with none of the keys that you trust, but by {names}")]


def _none_of_this_log(signed: SignedCheckpoint, known: Sequence[SignedCheckpoint]) -> Finding:
    names = ", ".join(sorted({f"'{one.checkpoint.origin}'" for one in known})[:MOST_LOGS_NAMED])
    message = (
        f"none of the checkpoints that were kept is of this log, '{signed.checkpoint.origin}': they are of {names}"
    )
    return Finding("other_log", message)


def _not_cosigned(finding: Finding) -> Finding:
    if finding.kind != "unknown_key":
        return finding
    return Finding("not_cosigned", "the checkpoint is cosigned by none of the witnesses that you trust")


def _no_export(path: Path, why: str) -> InputInvalid:
    return InputInvalid([Mistake(where=str(path), field="", message=f"is no export of a sealed log: {why}")])


def _older_than(known: Checkpoint, tree: Checkpoint) -> Finding:
    """An export ends at the newest checkpoint that there was, and is itself in the log after that."""
    message = (
        f"the export has {tree.size:,} sealed entries, and the checkpoint is of {known.size:,}: it was made before that"
        " checkpoint, or its end was cut off; export anew, or compare it with an earlier checkpoint"
    )
    return Finding("log_shorter", message)
