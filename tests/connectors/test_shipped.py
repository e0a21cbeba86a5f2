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


@pytest.mark.parametrize("pages", ["connectors-*.md", "fr/connecteurs-*.md"])
@pytest.mark.parametrize("name", CONNECTORS)
def test_each_is_named_by_a_page(name, pages):
    assert any(f"`{name}`" in path.read_text() for path in DOCS.glob(pages))


@pytest.mark.parametrize("page", ["connectors-shops.md", "fr/connecteurs-boutiques.md"])
def test_every_secret_of_a_shop_is_on_its_page(page):
    text = (DOCS / page).read_text()
    named = set(re.findall(r"`(?:\.\.\.)?_([A-Z_]+)`", text))
    shops = [name for name in CONNECTORS if name.startswith(("shopify-", "magento-", "woocommerce-", "odoo-"))]
    words = [(name.upper().replace("-", "_"), word) for name in shops for word in _secrets(name)]
    assert [pair for pair in words if not any(text.endswith(pair[1]) or text in pair[0] for text in named)] == []
    assert len(words) > len(shops)


def _secrets(name):
    return re.findall(r"secret: ([A-Z_]+)", (FOLDER / f"{name}.yaml").read_text())


@pytest.mark.parametrize("page", ["connectors-files.md", "fr/connecteurs-fichiers.md"])
def test_the_page_of_files_has_the_kind_of_each(page):
    page = (DOCS / page).read_text()
    rows = re.findall(r"^\| `([a-z0-9-]+)` \|.*\| `([a-z_]+)` \|$", page, re.MULTILINE)
    assert dict(rows) == {name: CONNECTORS[name].kind for name, _ in rows}
    assert len(rows) > 10
