"""Runs commands as real processes without loading the program for each: one process has loaded it, and forks for each.

`python -m tests.support.forked_cli` reads requests as lines of JSON, `{words, environment, directory}`, and answers
each with a line `{returncode, stdout, stderr}`. A forked process ends as any other does, exit handlers included.
"""

import atexit
import contextlib
import functools
import gc
import importlib
import json
import os
import pkgutil
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

import api
import engine
import rules
from api.cli.main import main
from engine.settings import Settings
from engine.store.connection.client import script_text
from engine.store.connection.server import open_server
from engine.store.script_keys import LAYOUTS
from tests.support.clean_environment import clean_environment

Done = subprocess.CompletedProcess[str]
Command = Callable[..., Done]
Run = Callable[..., Done]
SMALL = Path("tests/data/small")


@contextlib.contextmanager
def forked_commands() -> Iterator[Command]:
    """`command("load", "DIR", POINTSMAN_DATA="...")` runs pointsman in a clean environment with these settings;
    in `directory`, by default that of the tests.
    """
    words = [sys.executable, "-m", "tests.support.forked_cli"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:

        def command(*words: object, directory: Path | None = None, **environment: object) -> Done:
            request = {
                "words": [str(word) for word in words],
                "environment": clean_environment(**environment),
                "directory": str(directory or Path.cwd()),
            }
            process.stdin.write(json.dumps(request).encode() + b"\n")
            process.stdin.flush()
            return subprocess.CompletedProcess(request["words"], **json.loads(process.stdout.readline()))

        yield command
        process.stdin.close()  # which ends it


@contextlib.contextmanager
def installed(command: Command, data: Path, policy: str, **variables: object) -> Iterator[Run]:
    """`run("stock", "show", "RARE")` in an installation of its own: tests/data/small, and one policy file active. Its
    server is kept running between commands, since starting it takes time.
    """
    run = functools.partial(command, POINTSMAN_DATA=data, **{"COLUMNS": 120} | variables)
    policies = data / "policies"
    policies.mkdir()
    (policies / "policy.yaml").write_text(policy)
    with open_server(Settings(data=data)):
        assert run("load", SMALL).returncode == 0
        assert run("policy", "publish", policies, "--activate").returncode == 0
        yield run


def load_the_program() -> None:
    """All of it, though a command loads what it needs only: a forked process then has nothing to load. Nor does it look
    through what is loaded for garbage, which would copy all of it: that takes longer than most commands.
    """
    for floor in (rules, engine, api):
        for module in pkgutil.walk_packages(floor.__path__, f"{floor.__name__}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    for name in LAYOUTS:
        script_text(name)
    gc.collect()
    gc.freeze()


def fork_for_each_request() -> list[str] | None:
    """Fork for each request on stdin. Returns twice: in a forked process the words of its command, and in the first
    process None, when stdin is closed.
    """
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    for line in sys.stdin.buffer:
        request = json.loads(line)
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            pid = os.fork()
            if pid == 0:
                _take_over(request, out, err)
                return list(request["words"])
            _, status = os.waitpid(pid, 0)
            answer = {"returncode": os.waitstatus_to_exitcode(status), "stdout": _text(out), "stderr": _text(err)}
        answers.write(json.dumps(answer).encode() + b"\n")
        answers.flush()
    return None


def _take_over(request: Mapping[str, Any], out: BinaryIO, err: BinaryIO) -> None:
    """Give this process the environment, directory and streams of the request."""
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["directory"])
    with open(os.devnull, "rb") as nothing:  # noqa: PTH123 - a descriptor is needed, not a path
        os.dup2(nothing.fileno(), 0)
    os.dup2(out.fileno(), 1)
    os.dup2(err.fileno(), 2)


def run_and_end(words: list[str]) -> NoReturn:
    """Run the command, and end this process as Python does: threads end, exit handlers run, and what was printed is
    written. Only what is loaded isn't taken apart, which takes longer than most commands.
    """
    sys.argv = ["pointsman", *words]
    code: object = 0
    try:
        main()
    except SystemExit as ended:
        code = ended.code
    except BaseException:  # noqa: BLE001 - it ends the process
        traceback.print_exc()
        code = 1
    if isinstance(code, str):
        sys.stderr.write(f"{code}\n")
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))


def _text(file: BinaryIO) -> str:
    file.seek(0)
    return file.read().decode()


if __name__ == "__main__":
    load_the_program()
    words = fork_for_each_request()
    if words is not None:
        run_and_end(words)
