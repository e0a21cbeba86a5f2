"""Commands as real processes that need not each load the program anew: one process has, and forks for each of them.

`python -m tests.support.forked_cli` reads a line of JSON, `{words, environment}`, and answers one, `{returncode,
stdout, stderr}`. A forked process ends as any other does, handlers and all.
"""

import contextlib
import functools
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from api.cli.main import main
from engine.settings import Settings
from engine.store.connection.server import open_server

Done = subprocess.CompletedProcess[str]
Command = Callable[..., Done]
Run = Callable[..., Done]
SMALL = Path("tests/data/small")


@contextlib.contextmanager
def commanding() -> Iterator[Command]:
    """`command("load", "DIR", POINTSMAN_DATA="...")`: pointsman in the environment of the tests, but with no other
    POINTSMAN_* than those given.
    """
    said = [sys.executable, "-m", "tests.support.forked_cli"]
    with subprocess.Popen(said, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:

        def command(*words: object, **environment: object) -> Done:
            kept = {name: value for name, value in os.environ.items() if not name.startswith("POINTSMAN_")}
            given = {name: str(value) for name, value in environment.items()}
            asked = {"words": [str(word) for word in words], "environment": kept | given}
            process.stdin.write(json.dumps(asked).encode() + b"\n")
            process.stdin.flush()
            return subprocess.CompletedProcess(asked["words"], **json.loads(process.stdout.readline()))

        yield command
        process.stdin.close()  # which it ends at


@contextlib.contextmanager
def installed(command: Command, data: Path, policy: str, **variables: object) -> Iterator[Run]:
    """`run("stock", "show", "RARE")` in an installation of its own: tests/data/small, and one policy file active. Its
    server is kept from ending with each command, which takes time.
    """
    run = functools.partial(command, POINTSMAN_DATA=data, **{"COLUMNS": 120} | variables)
    rules = data / "policies"
    rules.mkdir()
    (rules / "policy.yaml").write_text(policy)
    with open_server(Settings(data=data)):
        assert run("load", SMALL).returncode == 0
        assert run("policy", "publish", rules, "--activate").returncode == 0
        yield run


def serve() -> list[str] | None:
    """Fork for each command asked for. In the forked process the words of its command; None when no more is asked."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    for line in sys.stdin.buffer:
        asked = json.loads(line)
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            pid = os.fork()
            if pid == 0:
                _become(asked["environment"], out, err)
                return list(asked["words"])
            _, status = os.waitpid(pid, 0)
            answer = {"returncode": os.waitstatus_to_exitcode(status), "stdout": _text(out), "stderr": _text(err)}
        answers.write(json.dumps(answer).encode() + b"\n")
        answers.flush()
    return None


def _become(environment: dict[str, str], out: BinaryIO, err: BinaryIO) -> None:
    os.environ.clear()
    os.environ.update(environment)
    with open(os.devnull, "rb") as nothing:  # noqa: PTH123 - a descriptor is wanted, no path
        os.dup2(nothing.fileno(), 0)
    os.dup2(out.fileno(), 1)
    os.dup2(err.fileno(), 2)


def _text(file: BinaryIO) -> str:
    file.seek(0)
    return file.read().decode()


if __name__ == "__main__":
    words = serve()
    if words is not None:
        sys.argv = ["pointsman", *words]
        main()
