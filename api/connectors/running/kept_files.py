"""What lies in a connector's folder `bad`: what waits for a person, and what is taken over again by itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from api.connectors.language.connector import Connector
from api.connectors.running.early_mark import EarlyMark


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFiles:
    """`to_mend` files wait for a person, with so many `records` of a connector that sends; the marks of others say when
    they are tried again.
    """

    to_mend: int
    records: int
    early: Sequence[EarlyMark]


@dataclass(frozen=True, slots=True)
class KeptUnknown:
    """The folder can't be read, and why."""

    error: str


def kept_by(connector: Connector, files: Path) -> KeptFiles | KeptUnknown:
    """`files` is the folder of the installation's messages."""
    # imported where there is a connector: whoever only knows what this answers needs no formats and targets
    from api.connectors.running.quarantine import Keeping, NotKept  # noqa: PLC0415
    from api.connectors.running.replaying import records_put_aside, waiting_files  # noqa: PLC0415

    try:
        early = [mark for mark, _ in Keeping(connector, files).early()]
        to_mend = len(waiting_files(connector, files)) - len(early)
        return KeptFiles(to_mend=to_mend, records=records_put_aside(connector, files), early=early)
    except NotKept as error:
        return KeptUnknown(str(error))
