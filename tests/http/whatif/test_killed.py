"""What runs a what-if is killed by kill -9 in the midst of it: whoever goes on comes to the same, to the byte, and
tries nothing again that was kept.
"""

import json
import os
import signal
import subprocess

import pytest

from api.records.whatif import WhatIfRecord
from api.whatif.job_folders import folder_of
from engine.parallel.work import Spread
from engine.simulation.whatif import WhatIfRequest, what_if
from tests.cli.served import POINTSMAN
from tests.support.clean_environment import clean_environment
from tests.support.facts import order
from tests.support.held_up import HeldUp
from tests.support.whatif import draft
from tests.support.whatif_jobs import TIME, asked, ended, files

DECISIONS = 101
"""Of which 50 are a piece."""
OTHER = "when: {node.id: lyon}, then: {exclude: true}"


class Whole:
    """What was never broken off: its hash, and the names of its pieces."""

    def __init__(self, service, folder, name):
        request = WhatIfRequest(
            against=service.versions.find("active"),
            drafts=(draft(OTHER, name=name),),
            since=1_577_836_800,
            until=4_922_899_200,
            shown=3,
            weighed=20,
            language="en",
        )
        made = what_if(service, request, spread=Spread(), checkpoint=folder)
        self.hash = WhatIfRecord.of(made, {}).hash
        self.pieces = [path.name for path in sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime_ns)]
        assert len(self.pieces) == 3


@pytest.fixture
def decided(service):
    for number in range(DECISIONS):
        service.decide(order(("SHIRT", 1), id=f"K-{number}"))


def as_written(folder, names):
    """Which file it is: one that is written again is another."""
    return [(folder / name).stat().st_ino for name in names]


@pytest.mark.usefixtures("decided")
def test_another_process_goes_on_with_a_job_whose_process_was_killed(service, client, turns, tmp_path):
    whole = Whole(service, tmp_path / "whole", "other")
    job = asked(client, {"name": "other", "files": files(OTHER)})
    folder = folder_of(service.settings, job)
    folder.mkdir(parents=True)
    held_up = HeldUp(folder / whole.pieces[2])
    turns.take_turn()
    held_up.wait_for_reader()
    os.kill(turns._process.pid, signal.SIGKILL)
    turns._process.join()
    held_up.let_go_on()
    kept = as_written(folder, whole.pieces[:2])
    turns.take_turn()
    held_up.wait_for_reader()
    assert as_written(folder, whole.pieces[:2]) == kept
    held_up.let_go_on()
    done = ended(turns, client, job)
    assert (done["state"], done["attempts"], done["result"]["hash"]) == ("done", 2, whole.hash)
    assert not folder.exists()


@pytest.mark.usefixtures("decided")
def test_the_command_goes_on_with_what_it_kept_before_it_was_killed(service, command, tmp_path):
    made = tmp_path / "draft"
    made.mkdir()
    (made / "test.yaml").write_text(files(OTHER)["test.yaml"], "utf-8")
    whole = Whole(service, tmp_path / "whole", str(made))
    settings = {
        "POINTSMAN_REDIS_URL": service.settings.redis_url,
        "POINTSMAN_NETWORK": service.settings.network,
        "POINTSMAN_DATA": tmp_path,
    }
    folder = tmp_path / "kept"
    words = ["whatif", str(made), "--from", TIME["from"], "--to", TIME["to"], "--checkpoint", str(folder), "--json"]
    folder.mkdir()
    held_up = HeldUp(folder / whole.pieces[2])
    quiet, environment = subprocess.DEVNULL, clean_environment(**settings)
    with subprocess.Popen([*POINTSMAN, *words], env=environment, stdout=quiet, stderr=quiet) as process:
        held_up.wait_for_reader()
        process.kill()
    held_up.let_go_on()
    assert process.returncode == -signal.SIGKILL
    (folder / whole.pieces[2]).unlink()
    kept = as_written(folder, whole.pieces[:2])
    resumed = command(*words, "--resume", **settings)
    assert resumed.returncode == 0, resumed.stderr
    assert json.loads(resumed.stdout)["hash"] == whole.hash
    assert as_written(folder, whole.pieces[:2]) == kept
