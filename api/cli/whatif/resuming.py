"""A what-if whose pieces are kept in a folder: which one it is, so that `--resume` goes on with the very same."""

import hashlib
from dataclasses import replace
from pathlib import Path

import msgspec

from engine.errors import InputInvalid, Mistake
from engine.simulation.checkpoint import work_digest
from engine.simulation.one_step import OneStepWork
from engine.simulation.whatif import WhatIfRequest

_FILE = "whatif.json"


class _Begun(msgspec.Struct, frozen=True):
    """`work` is the digest of what is tried."""

    work: str
    against: str
    since: int | None
    until: int | None


def begin(folder: Path, request: WhatIfRequest) -> WhatIfRequest:
    """Note which what-if is kept there. Raises InputInvalid if there is one already, or if that can't be noted."""
    file = folder / _FILE
    if file.exists():
        raise _mistake("--checkpoint", f"'{folder}' has a what-if already: say --resume, or name another directory")
    begun = _Begun(_digest(request), request.against, request.since, request.until)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        beside = file.with_suffix(".new")
        beside.write_bytes(msgspec.json.encode(begun))
        beside.replace(file)
    except OSError as error:
        raise _mistake("--checkpoint", f"'{folder}' can't be written: {error.strerror}") from None
    return request


def resume(folder: Path, request: WhatIfRequest) -> WhatIfRequest:
    """The request with the time and the baseline of the one that was begun there. Raises InputInvalid if there is none,
    or if it tries something else.
    """
    try:
        begun = msgspec.json.decode((folder / _FILE).read_bytes(), type=_Begun)
    except (OSError, msgspec.DecodeError):
        raise _mistake("--resume", f"'{folder}' has no what-if that could be resumed: leave out --resume") from None
    same = replace(request, against=begun.against, since=begun.since, until=begun.until)
    if _digest(same) != begun.work:
        message = (
            f"'{folder}' is of other drafts, of another way, or of another release: leave out --resume, and name"
            " another directory"
        )
        raise _mistake("--resume", message)
    return same


def _digest(request: WhatIfRequest) -> str:
    work = work_digest(OneStepWork(against=request.against, drafts=request.drafts))
    return hashlib.sha256(work + f"{request.way} {request.begins_again}".encode()).hexdigest()


def _mistake(option: str, message: str) -> InputInvalid:
    return InputInvalid([Mistake(field=option, message=message)])
