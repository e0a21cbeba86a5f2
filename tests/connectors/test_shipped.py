"""The connectors that come with Pointsman do what the tests beside them say."""

import re
from pathlib import Path

import pytest

from api.connectors.language.connector import Connector
from api.connectors.running.folder_of_connectors import read_connectors
from api.connectors.testing.connector_test import ConnectorTest, read_connector_tests
from api.connectors.testing.runner import run_connector_test
from rules.wording.catalogue import available_languages

FOLDER = Path(__file__).parents[2] / "connectors"
DOCS = FOLDER.parent / "docs"
CONNECTORS = {connector.name: connector for connector in read_connectors(FOLDER)}
TESTS = [(connector, test) for connector in CONNECTORS.values() for test in read_connector_tests(connector)]


@pytest.mark.parametrize(
    ("connector", "test"), [pytest.param(*item, id=f"{item[0].name}-{item[1].name}") for item in TESTS]
)
def test_each_makes_of_its_sample_what_its_test_expects(connector: Connector, test: ConnectorTest):
    assert run_connector_test(connector, test).differences == ()


def test_each_has_a_test_and_each_test_expects_something():
    assert {connector.name for connector, _ in TESTS} == set(CONNECTORS)
    assert all(set(test.expect) & {"rows", "content", "bad"} for _, test in TESTS)


@pytest.mark.parametrize("name", CONNECTORS)
def test_each_is_named_as_its_file_and_says_what_it_is_for_in_every_language(name):
    connector = CONNECTORS[name]
    assert Path(connector.document.file).stem == name
    assert set(connector.because) == set(available_languages())
    texts = list(connector.because.values())
    assert len(set(texts)) == len(texts)


def test_every_file_beside_them_is_used():
    """A sample, a table or what is expected that no connector and no test names any more is a leftover."""
    texts = "\n".join(path.read_text() for path in FOLDER.glob("*.yaml"))
    files = [path.relative_to(FOLDER).as_posix() for path in FOLDER.glob("*/*")]
    assert [name for name in files if name not in texts] == []


@pytest.mark.parametrize("name", CONNECTORS)
def test_each_is_named_by_a_page(name):
    assert any(f"`{name}`" in path.read_text() for path in DOCS.glob("connectors-*.md"))


def test_the_page_of_files_has_the_kind_of_each():
    page = (DOCS / "connectors-files.md").read_text()
    rows = re.findall(r"^\| `([a-z0-9-]+)` \|.*\| `([a-z_]+)` \|$", page, re.MULTILINE)
    assert dict(rows) == {name: CONNECTORS[name].kind for name, _ in rows}
    assert len(rows) > 10
