"""A process that tries drafts and is killed by kill -9 once it has kept so many pieces."""

import os
import signal
from multiprocessing import get_context
from pathlib import Path

from engine.parallel.work import Spread
from engine.service import Pointsman
from engine.settings import Settings
from engine.simulation.piece_files import PieceFiles
from engine.simulation.rolled import run
from engine.simulation.whatif import WhatIfRequest, what_if


def kill_while_rolling(settings: Settings, request: WhatIfRequest, folder: Path, *, pieces: int, entries: int) -> int:
    """Each piece is of so many entries. Returns the exit code of the process: -9, if it came to that."""
    process = get_context("spawn").Process(target=_roll, args=(settings, request, folder, pieces, entries))
    process.start()
    process.join()
    exit_code = process.exitcode
    process.close()
    if exit_code is None:
        raise AssertionError("a process that has ended has an exit code")
    return exit_code


def _roll(settings: Settings, request: WhatIfRequest, folder: Path, pieces: int, entries: int) -> None:
    write, written = PieceFiles.write, []

    def write_and_die(files: PieceFiles, name: str, content: bytes) -> None:
        write(files, name, content)
        written.append(name)
        if len(written) == pieces:
            os.kill(os.getpid(), signal.SIGKILL)

    PieceFiles.write = write_and_die  # type: ignore[method-assign]  # in this process alone, which is killed
    run._AT_ONCE = entries  # type: ignore[misc]
    with Pointsman(settings) as service:
        what_if(service, request, spread=Spread(), checkpoint=folder)
