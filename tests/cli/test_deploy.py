"""The files for running the service for good name what there is."""

import re
import shlex
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

DEPLOY = Path("examples/deploy")
SETTINGS = Path("docs/settings.md").read_text()


def test_the_image_copies_what_there_is_and_serves_without_root():
    text = (DEPLOY / "Dockerfile").read_text()
    sources = [word for line in re.findall(r"^COPY (?!--from)(.*)$", text, re.MULTILINE) for word in line.split()[:-1]]
    assert {"pyproject.toml", "requirements.lock", "api", "engine", "rules"} <= set(sources)
    assert [source for source in sources if not Path(source).exists()] == []
    last = text.rpartition("FROM ")[2]
    assert last.index("\nUSER pointsman\n") < last.index("\nENTRYPOINT ")


def test_the_image_is_installed_as_the_makefile_installs_and_its_probes_are_where_they_are_asked():
    image, makefile = (DEPLOY / "Dockerfile").read_text(), Path("Makefile").read_text().replace("$$", "$")
    for shared in (
        "awk '/^[^ #]/ {keep = /^(pip|setuptools)==/} keep' requirements.lock",
        "-DPyEval_CallObject=PyObject_CallObject",
        "--no-build-isolation",
    ):
        assert shared in image
        assert shared in makefile
    installed = re.findall(r"/pointsman/bin/pip install (.*?)(?: \\| &&|$)", image, re.MULTILINE)
    assert all("--require-hashes" in words for words in installed if words.rpartition(" ")[2] != ".")
    (port,) = re.findall(r"POINTSMAN_PROBES_PORT=(\d+)", image)
    assert f"http://127.0.0.1:{port}/healthz" in image
    assert port in re.search(r"^EXPOSE (.*)$", image, re.MULTILINE)[1].split()
    packages = tomllib.loads(Path("pyproject.toml").read_text())["tool"]["setuptools"]["packages"]["find"]["include"]
    assert all(f"COPY {name} {name}\n" in image for name in packages if "." not in name)


def test_every_variable_that_is_set_is_a_setting():
    texts = [file.read_text() for file in DEPLOY.iterdir()]
    named = {name for text in texts for name in re.findall(r"\bPOINTSMAN_[A-Z_]+\b", text)}
    assert {"POINTSMAN_DATA", "POINTSMAN_REDIS_URL", "POINTSMAN_PROXIED", "POINTSMAN_PROBES_PORT"} <= named
    assert [name for name in named if f"`{name}`" not in SETTINGS] == []


def test_the_redis_of_the_composition_forgets_nothing_and_only_this_machine_reaches_the_service():
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    command = shlex.split(services["redis"]["command"])
    assert command[command.index("--appendonly") + 1] == "yes"
    assert command[command.index("--maxmemory-policy") + 1] == "noeviction"
    assert all(port.startswith("127.0.0.1:") for port in services["pointsman"]["ports"])
    assert "ports" not in services["redis"]
    assert (
        Path(DEPLOY, services["pointsman"]["build"]["context"], "pyproject.toml").resolve()
        == Path("pyproject.toml").resolve()
    )


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd-analyze")
def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path):
    unit = tmp_path / "pointsman.service"
    unit.write_text((DEPLOY / unit.name).read_text().replace("/opt/pointsman/bin/pointsman", "/bin/true"))
    done = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
