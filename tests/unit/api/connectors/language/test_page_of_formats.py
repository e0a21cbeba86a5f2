"""docs/connector-formats.md names what there is, and its connectors can be loaded."""

import re
from pathlib import Path

import pytest

from api.connectors.formats.edi.groups import GROUPS
from api.connectors.language.format_shapes import FORMATS, EnvelopeShape
from api.connectors.language.loader import load_connector
from api.connectors.language.shapes import SENDS

DOCS = Path(__file__).parents[5] / "docs"
PAGE = (DOCS / "connector-formats.md").read_text(encoding="utf-8")
BOTH = PAGE + (DOCS / "connectors.md").read_text(encoding="utf-8")
CONNECTORS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("text", CONNECTORS, ids=lambda text: text.partition("\n")[0])
def test_a_connector_on_the_page_can_be_loaded(text):
    assert load_connector("shown.yaml", text.encode()).sends


def test_there_are_connectors_on_the_page():
    assert len(CONNECTORS) == 3


def test_every_key_of_a_format_and_of_what_is_sent_is_explained():
    shapes = [*(shape() for shape in FORMATS.values()), EnvelopeShape(), *(shape() for shape in SENDS.values())]
    keys = {field.data_key or name for shape in shapes for name, field in shape.fields.items()}
    named = {word for code in re.findall(r"`([^`\n]+)`", BOTH) for word in re.findall(r"[a-z_0-9]+", code)}
    assert keys - named == set()


def test_every_message_whose_groups_are_known_is_named():
    table = PAGE.partition("### Groups")[2].partition("### Paths")[0]
    assert set(GROUPS) - set(re.findall(r"[A-Z]{6}|\d{3}", table)) == set()
