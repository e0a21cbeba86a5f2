"""What the log says of papers that are not printed, in the language of the command."""

import json

import pytest

from api.cli.fulfilment.log_lines import print_failed
from api.cli.output.times import Times
from api.language.current import choose_language
from engine.store.log.entry import Entry

DETAILS = {"paper": "label", "of": "d/0/1", "node": "lyon", "error": "it waited for a day"}
ENTRY = Entry(id=(1, 0), kind="print_failed", decision="job", at=1, body=json.dumps(DETAILS).encode())


@pytest.fixture(autouse=True)
def _english_afterwards():
    yield
    choose_language([], {})


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("en", "label of d/0/1 at lyon: it waited for a day"),
        ("fr", "étiquette de d/0/1 à lyon\xa0: cela a attendu un jour"),
    ],
)
def test_why_a_paper_is_not_printed_is_said_in_the_language_of_the_command(language, line):
    choose_language(["--lang", language], {})
    assert print_failed(ENTRY, Times(network=None)) == line
