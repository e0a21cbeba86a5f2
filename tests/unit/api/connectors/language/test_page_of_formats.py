"""docs/connector-formats.md names what there is, and its connectors can be loaded."""

import re
from pathlib import Path

import pytest

from api.connectors.formats.edi.groups import GROUPS
from api.connectors.language.format_shapes import FORMATS, EnvelopeShape
from api.connectors.language.loader import load_connector
from api.connectors.language.shapes import SENDS

DOCS = Path(__file__).parents[5] / "docs"
PAGE, IN_FRENCH = ((DOCS / name).read_text("utf-8") for name in ("connector-formats.md", "fr/formats-connecteurs.md"))
BOTH, BOTH_IN_FRENCH = (
    page + (DOCS / name).read_text("utf-8")
    for page, name in ((PAGE, "connectors.md"), (IN_FRENCH, "fr/connecteurs.md"))
)
CONNECTORS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("text", CONNECTORS, ids=lambda text: text.partition("\n")[0])
def test_a_connector_on_the_page_can_be_loaded(text):
    assert load_connector("shown.yaml", text.encode()).sends


def test_there_are_connectors_on_the_page():
    assert len(CONNECTORS) == 3


@pytest.mark.parametrize("pages", [BOTH, BOTH_IN_FRENCH], ids=["en", "fr"])
def test_every_key_of_a_format_and_of_what_is_sent_is_explained(pages):
    shapes = [*(shape() for shape in FORMATS.values()), EnvelopeShape(), *(shape() for shape in SENDS.values())]
    keys = {field.data_key or name for shape in shapes for name, field in shape.fields.items()}
    named = {word for code in re.findall(r"`([^`\n]+)`", pages) for word in re.findall(r"[a-z_0-9]+", code)}
    assert keys - named == set()


@pytest.mark.parametrize(
    ("page", "head", "following"),
    [(PAGE, "### Groups", "### Paths"), (IN_FRENCH, "### Groupes", "### Chemins")],
    ids=["en", "fr"],
)
def test_every_message_whose_groups_are_known_is_named(page, head, following):
    table = page.partition(head)[2].partition(following)[0]
    assert set(GROUPS) - set(re.findall(r"[A-Z]{6}|\d{3}", table)) == set()


def test_the_tables_of_the_french_page_have_the_codes_of_the_english_one():
    """Paths, segments and answers of HTTP, whose cells say the same in both languages."""
    for head, following in (("### Paths", "### Whole"), ("### Acknowledgements", "### Written")):
        codes = re.findall(r"`([^`]+)`", PAGE.partition(head)[2].partition(following)[0])
        assert [code for code in codes if code.replace("FOLDER", "DOSSIER") not in IN_FRENCH] == []
    codes = re.findall(r"^\| ([0-9xX, ]{3,}),", PAGE, re.MULTILINE)
    assert codes
    assert [code for code in codes if code not in IN_FRENCH] == []
