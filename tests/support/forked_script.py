"""Runs scripts as processes of their own, which a test may kill: forked from one that has loaded the program, since to
load it takes longer than most of them run. They get the environment of the moment in which the fork server began,
not the test's.
"""

import os
import signal
import sys
from collections.abc import Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Self

_FORKS = get_context("forkserver")
_FORKS.set_forkserver_preload(["tests.support.connectors", "tests.support.facts"])


class ForkedScript:
    """As `subprocess.Popen([sys.executable, "-c", script, *words])`, with lines written to `stdin` and read from
    `stdout`.
    """

    def __init__(self, script: str, *words: object) -> None:
        read_there, written_here = _FORKS.Pipe(duplex=False)
        read_here, written_there = _FORKS.Pipe(duplex=False)
        arguments = (script, [str(word) for word in words], read_there, written_there)
        self._process = _FORKS.Process(target=_run, args=arguments)
        self._process.start()
        read_there.close()
        written_there.close()
        self.stdin = os.fdopen(os.dup(written_here.fileno()), "w", encoding="utf-8")
        self.stdout = os.fdopen(os.dup(read_here.fileno()), encoding="utf-8")
        written_here.close()
        read_here.close()

    def poll(self) -> int | None:
        """How it ended, if it has: as `subprocess` says it."""
        return self._process.exitcode

    def kill(self) -> None:
        os.kill(self._process.pid, signal.SIGKILL)

    def end(self) -> int:
        """How it ended, once it has read all that it was sent."""
        self.stdin.close()
        self.stdout.read()
        self.stdout.close()
        self._process.join()
        return self._process.exitcode

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()


def _run(script: str, words: Sequence[str], read: Connection, written: Connection) -> None:
    os.dup2(read.fileno(), 0)
    os.dup2(written.fileno(), 1)
    read.close()
    written.close()
    sys.stdin, sys.stdout = (os.fdopen(number, mode, encoding="utf-8") for number, mode in ((0, "r"), (1, "w")))
    sys.argv = ["-c", *words]
    exec(compile(script, "<script>", "exec"), {"__name__": "__main__"})
