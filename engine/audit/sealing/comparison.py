"""Compares entries, and checkpoints, with what was sealed, and names every difference."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from engine.audit.sealing.checkpoint import Checkpoint
from engine.audit.sealing.leaf import Leaf

FindingKind: TypeAlias = Literal[
    "altered",
    "deleted",
    "inserted",
    "out_of_order",
    "unreadable",
    "columns_altered",
    "archive_unreadable",
    "tree_altered",
    "log_shorter",
    "other_history",
    "other_log",
    "signature_invalid",
    "unknown_key",
    "not_cosigned",
]
MOST_FINDINGS = 10_000
"""More are not named."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it was sealed: its kind, and a sentence. `entry` is the id of the entry it is about."""

    kind: FindingKind
    message: str
    entry: str = ""

    def __str__(self) -> str:
        return self.message


def compare_entries(entries: Iterable[Leaf], leaves: Iterable[Leaf], *, first: int = 0) -> Iterator[Finding]:
    """What differs between entries, in the order in which they stand, and the leaves from number `first` on that were
    sealed of them. Those that stand elsewhere than they should are named at the end.
    """
    differences = Differences(iter(leaves), first)
    for entry in entries:
        yield from differences.compare(entry)
    yield from differences.rest()


class Differences:
    """What `compare_entries` finds, for callers that read entries one by one: the leaves are read along with them. What
    is missing, and what is too much, may be the same, so it is named at the end.
    """

    def __init__(self, leaves: Iterator[Leaf], first: int) -> None:
        self._leaves = leaves
        self._number = first
        self._next = next(leaves, None)
        self._missing: dict[Leaf, int] = {}
        self._added: dict[Leaf, None] = {}

    def compare(self, entry: Leaf) -> Iterator[Finding]:
        """What is wrong with the entry that comes next. What this yields must be read before the next."""
        while self._next is not None and self._next.id < entry.id:
            self._missing[self._next] = self._number
            self._advance()
        if self._next is None or self._next.id != entry.id:
            self._added[entry] = None
            return
        if self._next.digest != entry.digest:
            message = f"entry {entry.entry_id} was altered: it is not what was sealed as number {self._number}"
            yield Finding("altered", message, entry.entry_id)
        self._advance()

    def rest(self) -> Iterator[Finding]:
        """All that is left, after the last entry."""
        while self._next is not None:
            self._missing[self._next] = self._number
            self._advance()
        for leaf in self._added.keys() & self._missing.keys():
            message = f"entry {leaf.entry_id} is out of order: it was sealed as number {self._missing[leaf]}"
            yield Finding("out_of_order", message, leaf.entry_id)
        for leaf, number in self._missing.items():
            if leaf not in self._added:
                message = f"entry {leaf.entry_id} was deleted: it was sealed as number {number}"
                yield Finding("deleted", message, leaf.entry_id)
        for leaf in self._added:
            if leaf not in self._missing:
                message = f"entry {leaf.entry_id} was inserted: it was not sealed, and later ones were"
                yield Finding("inserted", message, leaf.entry_id)

    def _advance(self) -> None:
        self._next = next(self._leaves, None)
        self._number += 1


def cut_off(known: Checkpoint, tree: Checkpoint) -> Finding:
    """Of a log that has fewer entries than were known of it."""
    message = (
        f"the log has {tree.size:,} sealed entries and had {known.size:,}: its end was cut off, or an older copy"
        " was put in its place"
    )
    return Finding("log_shorter", message)


def compare_checkpoints(
    known: Checkpoint,
    tree: Checkpoint,
    head: Callable[[int], bytes],
    *,
    shorter: Callable[[Checkpoint, Checkpoint], Finding] = cut_off,
) -> Iterator[Finding]:
    """What differs between a checkpoint that is known from elsewhere and the tree that is there, of which `head`
    answers that of its first leaves, and `shorter` what is found if it has fewer than the checkpoint.
    """
    if tree.origin not in (known.origin, ""):  # empty: nothing is sealed any more
        message = f"this is the log '{tree.origin}', and the checkpoint is of the log '{known.origin}'"
        yield Finding("other_log", message)
    elif known.size > tree.size:
        yield shorter(known, tree)
    elif head(known.size) != known.root:
        message = (
            f"the log shows another history than the checkpoint of {known.size:,} entries: one of these was altered,"
            " deleted or inserted, and the log sealed anew"
        )
        yield Finding("other_history", message)


def entry_unreadable(entry_id: bytes, error: Exception) -> Finding:
    """An entry whose id or fields can't be read."""
    shown = entry_id.decode(errors="backslashreplace")
    return Finding("unreadable", f"entry {shown} can't be read: {error}", shown)


def tree_altered(tree: Checkpoint) -> Finding:
    """Leaves that do not give the head that is signed."""
    message = (
        f"the leaves of the tree were altered: they do not give the head of the checkpoint of {tree.size:,} entries"
    )
    return Finding("tree_altered", message)
