"""Each page of the console is looked at by a test: in both languages, narrow and wide, light and dark."""

import re
from pathlib import Path

from tests.support.console import console_rules
from tests.support.console_pages import FILES, PICTURES

HERE = Path(__file__).parent


def test_each_page_has_pictures(site):
    pages = {rule.rule for rule in console_rules(site) if "GET" in rule.methods}
    assert pages - FILES - set(PICTURES.values()) == set(), "look at it by verify_pages, and name it in console_pages"
    assert FILES | set(PICTURES.values()) <= pages


def test_each_picture_is_taken_by_a_test():
    texts = "".join(path.read_text("utf-8") for path in HERE.glob("test_*.py"))
    assert [name for name in PICTURES if not re.search(rf'"{re.escape(name)}"', texts)] == []
