"""Records that were put aside: each message's in a file of its own, beside what is wrong with them, until they are sent
again or a newer state takes their place.
"""

import logging
import re
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any

import msgspec

from api.connectors.language.connector import Connector
from api.connectors.running.problems import SUFFIX, Problem, unsent_text
from api.connectors.running.quarantine import NotKept, changing, files_in, write_whole
from api.connectors.running.report import MessageReport
from api.connectors.running.wording import ENGLISH_WORDING, Wording
from api.connectors.sending.asking import ANSWER
from api.connectors.sending.records.batch import Record
from api.connectors.sending.records.order_fields import without_personal_fields
from api.connectors.sending.rendering import BadRecord
from api.connectors.sources.folder import BAD
from api.shapes.quantities import decode
from engine.errors import InputInvalid, Mistake

_encode = msgspec.json.Encoder(decimal_format="number", enc_hook=str).encode
_NUMBER = re.compile(r"-([0-9]+)\.json\Z")

logger = logging.getLogger("pointsman")


class PutAside:
    """Of one connector that sends; `folder` is its own. Methods raise NotKept if it can't be read or written."""

    def __init__(self, connector: Connector, folder: Path, wording: Wording = ENGLISH_WORDING) -> None:
        self._connector = connector
        self._wording = wording
        self.folder = folder / BAD

    def put(self, bad: Sequence[BadRecord], number: int, of: int) -> MessageReport:
        """Keep the records that are not sent, without whom and where they go to, beside what is wrong with them. Done
        again, it writes the same.
        """
        path = self.path_of(number)
        with changing(self.folder, path.name):
            self.folder.mkdir(parents=True, exist_ok=True)
        return self.write(
            path, bad, f"of {of:,} records of message {number} of connector {self._connector.name} were not sent"
        )

    def write(self, path: Path, bad: Sequence[BadRecord], what: str) -> MessageReport:
        """The file has these records from now on, and what is wrong with each is beside it."""
        problems = self.keep(path, bad, what)
        logger.warning("connector %s: %s records are not sent: %s", self._connector.name, len(bad), path)
        report = MessageReport(name=path.name, rows=len(bad), problems=problems, kept=path)
        report.endings["bad"] = len(bad)
        return report

    def keep(self, path: Path, bad: Sequence[BadRecord], what: str) -> list[Problem]:
        """As `write`, and nobody is told. Without any record, both files go away."""
        problems = [
            Problem(row=index, place=_place(index), path="", message=text).short()
            for index, item in enumerate(bad, start=1)
            for text in item.problems
        ]
        with changing(self.folder, path.name):
            self._keep(path, bad, problems, what)
        return problems

    def verify_writable(self, path: Path) -> None:
        """Write a file anew as it is."""
        with changing(self.folder, path.name):
            write_whole(path, path.read_bytes())

    def _keep(self, path: Path, bad: Sequence[BadRecord], problems: Sequence[Problem], what: str) -> None:
        beside = path.with_name(path.name + SUFFIX)
        if not bad:
            path.unlink(missing_ok=True)
            beside.unlink(missing_ok=True)
            return
        text = unsent_text(
            problems, connector=self._connector, kept=path, what=what, bad=len(bad), wording=self._wording
        )
        kept = [
            {name: value for name, value in without_personal_fields(item.record).items() if name != ANSWER}
            for item in bad
        ]
        write_whole(beside, text.encode())
        write_whole(path, msgspec.json.format(_encode(kept), indent=2) + b"\n")

    def files(self) -> list[Path]:
        """Those that wait, in the order in which their messages were made."""
        found = files_in(self.folder)
        return sorted((path for path in found if path.suffix == ".json" and path.name[0] != "."), key=_order)

    def records(self, path: Path) -> list[dict[str, Any]]:
        """Raises InputInvalid if there is no such file, or a person has left it with a mistake."""
        try:
            records = decode(path.read_bytes())
        except FileNotFoundError:
            raise _mistake(path, "there is no such file") from None
        except (msgspec.DecodeError, OSError) as error:
            raise _mistake(path, f"this is no JSON: {error}") from None
        if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
            raise _mistake(path, "a list of records is expected here, [{...}, {...}], as it was put aside")
        return records

    def count(self) -> int:
        """How many records wait. A file that can't be read counts as one."""
        total = 0
        for path in self.files():
            try:
                total += len(self.records(path))
            except InputInvalid:
                total += 1
        return total

    def drop_older(
        self, states: Collection[str], state_of: Callable[[Record], str | None], *, but: Path | None
    ) -> None:
        """Take out records of a state that a newer message tells, of all files but the one that the newer is in. Where
        that can't be done they stay: sent again, they are told as they are by then.
        """
        try:
            self._drop_older(states, state_of, but)
        except NotKept as error:
            logger.warning("connector %s: %s", self._connector.name, error)

    def _drop_older(self, states: Collection[str], state_of: Callable[[Record], str | None], but: Path | None) -> None:
        for path in self.files() if states else ():
            if path == but:
                continue
            try:
                records = self.records(path)
            except InputInvalid:  # a person is at work on it
                continue
            left = [number for number, record in enumerate(records, start=1) if state_of(record) not in states]
            if len(left) < len(records):
                problems = self._problems(path)
                kept = [BadRecord(record=records[number - 1], problems=problems.get(number, [])) for number in left]
                self.keep(path, kept, f"of {len(records):,} records of {path.name} wait; newer ones replace the others")

    def _problems(self, path: Path) -> dict[int, list[str]]:
        """What the file beside says of each record, by its number, in the language in which it was written."""
        try:
            lines = path.with_name(path.name + SUFFIX).read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            return {}
        problems: dict[int, list[str]] = {}
        for line in lines:
            place, _, text = line.partition(": ")
            _, _, number = place.rpartition(" ")
            if (
                text
                and number.isascii()
                and number.isdigit()
                and place == self._wording.message(_place(int(number[:9])))
            ):
                problems.setdefault(int(number), []).append(text)
        return problems

    def path_of(self, number: int) -> Path:
        return self.folder / f"{self._connector.name}-{number}.json"


def _place(number: int) -> str:
    return f"record {number}"


def _order(path: Path) -> tuple[int, str]:
    match = _NUMBER.search(path.name)
    return (int(match[1]) if match else 0, path.name)


def _mistake(path: Path, message: str) -> InputInvalid:
    return InputInvalid([Mistake(where=str(path), field="", message=message)])
