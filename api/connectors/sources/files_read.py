"""Which files of a source were read and are still there: kept in the connector's place, a field for each."""

from collections.abc import Iterable, Mapping

_FIELD = "file:"


class FilesRead:
    """`changes` are fields that the connector's place is to have from the next step on; an empty one is deleted. A file
    is known by its name and a `mark`, which is another once something else is written there.
    """

    def __init__(self) -> None:
        self.changes: dict[str, str] = {}

    def marks(self, place: Mapping[str, str]) -> dict[str, str]:
        """The mark of each file that was read and had not been put away, by its name."""
        known = {**place, **self.changes}
        return {field.removeprefix(_FIELD): mark for field, mark in known.items() if mark and field.startswith(_FIELD)}

    def note(self, name: str, mark: str) -> None:
        """It was read, and is still there."""
        self.changes[_FIELD + name] = mark

    def forget(self, names: Iterable[str]) -> None:
        """These are not there any more, or are something else by now."""
        self.changes.update(dict.fromkeys((_FIELD + name for name in names), ""))

    def take_changes(self) -> dict[str, str]:
        """What changed since this was last asked."""
        changes, self.changes = self.changes, {}
        return changes
