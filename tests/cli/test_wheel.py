"""The wheel: built, installed in a fresh environment, and used outside the clone."""

import json
import shutil
import subprocess
import sys
import sysconfig
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.served import keys_in, served
from tests.support.clean_environment import clean_environment

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
FLOORS = ("rules", "engine", "api")
PACKED = (*FLOORS, "connectors")
SOURCES = (*PACKED, "pyproject.toml", "LICENSE")
BUILT_FROM = ROOT / "api" / "console" / "source"
"""What the console's assets are built from, which are packed in its place."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy: what an earlier build left beside the sources would be packed as well."""
    copy = tmp_path_factory.mktemp("sources")
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, copy / name)
    output("-m", "pip", "wheel", "--quiet", "--no-index", "--no-deps", "--no-build-isolation", "-w", copy, copy)
    (built,) = copy.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel in it; the packages that it depends on are those of the tests."""
    path = tmp_path_factory.mktemp("environment")
    output("-m", "venv", "--without-pip", path)
    python = path / "bin" / "python"
    output("-m", "pip", "--python", python, "install", "--quiet", "--no-compile", "--no-index", "--no-deps", wheel)
    packages = Path(output("-c", "import sysconfig; print(sysconfig.get_path('purelib'))", program=python).strip())
    # a directory named in a .pth file has its own .pth files left out, so the editable install stays out of sight
    (packages / "dependencies.pth").write_text(
        "".join(f"{sysconfig.get_path(kind)}\n" for kind in ("purelib", "platlib"))
    )
    return path / "bin"


@pytest.fixture(scope="module")
def shop(environment: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A starter network that is loaded, with its policies active."""
    directory = tmp_path_factory.mktemp("elsewhere")
    output("init", "shop", program=environment / "pointsman", directory=directory)
    made = directory / "shop"
    assert "5 nodes, 10 products" in output("load", ".", program=environment / "pointsman", directory=made)
    published = output("policy", "publish", "policies", "--activate", program=environment / "pointsman", directory=made)
    assert "active from the next decision on" in published
    return made


@pytest.fixture(scope="module")
def url(environment: Path, shop: Path) -> Iterator[str]:
    """Where `pointsman serve` of the wheel answers. It is started in a folder that has modules of the names of its own:
    if one of them were imported, nothing would answer.
    """
    for name in ("api", "engine", "rules", "gunicorn", "flask", "redis", "socket"):
        (shop / f"{name}.py").write_text("raise SystemExit('this was imported from the folder')\n")
    with served(pointsman=[environment / "pointsman"], environment=clean(), directory=shop) as url:
        yield url


def clean() -> dict[str, str]:
    """The environment of the tests without what would lead an installed program back to the sources."""
    return {name: value for name, value in clean_environment().items() if not name.startswith("PYTHON")}


def output(*words: object, program: object = sys.executable, directory: Path | None = None) -> str:
    """What the program prints; it must succeed."""
    done = subprocess.run(
        [str(program), *map(str, words)], cwd=directory, env=clean(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def authorized(shop: Path) -> dict[str, str]:
    return {"Authorization": f"Bearer {keys_in(shop / '.pointsman')['OMS_KEY']}"}


def test_it_has_every_file_of_the_three_floors_and_no_other(wheel: Path) -> None:
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    files = (path for floor in PACKED for path in (ROOT / floor).rglob("*") if path.is_file())
    sources = (path for path in files if "__pycache__" not in path.parts and BUILT_FROM not in path.parents)
    assert packed == {path.relative_to(ROOT).as_posix() for path in sources}


def test_it_runs_from_its_own_files(environment: Path, shop: Path) -> None:
    where = output("-c", "import api; print(api.__file__)", program=environment / "python", directory=shop)
    assert Path(where.strip()).is_relative_to(environment.parent)


def test_the_connectors_that_come_with_it_are_found_and_pass_their_tests(environment: Path, shop: Path) -> None:
    checked = output("connector", "check", program=environment / "pointsman", directory=shop)
    assert "stock-csv: counts, 1 test" in checked


def test_an_order_of_a_starter_network_is_decided_and_its_policies_are_said_in_french(
    environment: Path, shop: Path
) -> None:
    pointsman = environment / "pointsman"
    assert "Order W-1001 (web, standard): filled" in output("decide", "order.json", program=pointsman, directory=shop)
    assert "magasin" in output("policy", "explain", "policies", "--lang", "fr", program=pointsman, directory=shop)


def test_it_answers_over_http_wherever_it_is_started(url: str, shop: Path) -> None:
    order = (shop / "order.json").read_bytes()
    request = urllib.request.Request(
        f"{url}/v1/decisions",
        data=order,
        headers=authorized(shop) | {"Content-Type": "application/json", "Idempotency-Key": "first"},
    )
    with urllib.request.urlopen(request) as response:
        assert json.load(response)["status"] == "filled"
