"""`pointsman print` on the command line."""

import json
import shutil

import pytest

from tests.support.forked_cli import SMALL
from tests.support.free_port import free_port
from tests.support.print_servers import running_socket_printer
from tests.support.wait_until import wait_until


@pytest.fixture
def printer():
    with running_socket_printer() as server:
        yield server


@pytest.fixture
def run(command, tmp_path, printer):
    def pointsman(*words, **more):
        return command(*words, POINTSMAN_DATA=tmp_path / "data", POINTSMAN_USER="eve", COLUMNS=160, **more)

    folder = tmp_path / "folder"
    shutil.copytree(SMALL, folder)
    file = folder / "network.yaml"
    printers = f'    printers: {{label: "{printer.uri} 12dpmm", note: "ipp://127.0.0.1:{free_port()}/printers/a4"}}\n'
    file.write_text(file.read_text("utf-8").replace("  - id: lyon\n", f"  - id: lyon\n{printers}", 1), "utf-8")
    loaded = pointsman("load", folder)
    assert loaded.returncode == 0, loaded.stderr
    return pointsman


def test_printers_are_listed_and_tested(run, printer):
    listed = run("print", "printers")
    assert printer.uri in listed.stdout
    assert [item["format"] for item in json.loads(run("print", "printers", "--json").stdout)["printers"]] == [
        "zpl",
        "pdf",
    ]
    tested = run("print", "test", "lyon")
    assert (tested.returncode, tested.stdout) == (0, f"a test page was sent to {printer.uri}\n")
    wait_until(lambda: printer.documents, "the test page is printed")
    assert b"^PW1219" in printer.documents[0], "four inches of a head with twelve dots a millimetre"
    off = run("print", "test", "lyon", "--paper", "note")
    assert (off.returncode, off.stdout) == (1, "")
    assert "was not reached: Connection refused\n" in off.stderr
    french = run("--lang", "fr", "print", "test", "lyon", "--paper", "note")
    assert french.stderr.endswith("/printers/a4 n'a pas été jointe\xa0: Connection refused\n")
    nowhere = run("print", "test", "nowhere")
    assert nowhere.returncode != 0
    assert "there is no node 'nowhere'" in nowhere.stderr


def test_without_jobs_the_commands_say_so(run):
    assert run("print", "list").stdout == "nothing waits to be printed\n"
    assert run("print", "list", "--state", "printed").stdout == "nothing was printed in the last 30 days\n"
    assert run("print", "list", "--state", "dead").stdout == "nothing was given up\n"
    assert run("print", "retry", "--all").stdout == "nothing was given up\n"
    assert run("print", "run").stdout == "printed: 0\n"
    assert json.loads(run("print", "list", "--json").stdout) == {"jobs": [], "next": None}
    assert run("print", "retry").returncode == 2
    assert run("print", "retry", "j1", "--all").returncode == 2
    assert run("print", "retry", "j1", "--node", "lyon").returncode == 2
    lost = run("print", "show", "j1")
    assert lost.returncode != 0
    assert "there is no print job 'j1'" in lost.stderr
    again = run("print", "again", "label", "D/0/1")
    assert again.returncode != 0
    assert "no decision goes by the id 'D'" in again.stderr
