"""What a connector's file may say of acknowledgements."""

import pytest

from api.connectors.language.loader import load_connector
from rules.errors import PolicyInvalid

TEXT = """\
connector: wms
owner: logistics
because: {en: The warehouse reports its stock}
kind: counts
reads: SOURCE
format: {FORMAT: {rows: LIN}}
fields: {node: {value: lyon}, sku: LIN.SK.+1, on_hand: QTY.17.1, sequence: /BGM.*.1}
"""


def load(source, form, more):
    return load_connector("wms.yaml", (TEXT.replace("SOURCE", source).replace("FORMAT", form) + more).encode())


def mistakes(source, form, more):
    with pytest.raises(PolicyInvalid) as error:
        load(source, form, more)
    return [finding.full_message for finding in error.value.findings]


def test_what_is_pushed_needs_no_folder_for_answers_and_what_is_read_does():
    assert load("{push: key}", "x12", 'answers: "997"\n').answer_to is None
    assert load("{push: key}", "x12", 'answers: "997"\nanswer_to: out\n').answer_to.path == "out"
    (mistake,) = mistakes("{folder: in}", "x12", 'answers: "997"\n')
    assert "'answer_to' is missing" in mistake


def test_an_answer_is_of_the_format_that_is_read():
    (mistake,) = mistakes("{push: key}", "edifact", 'answers: "997"\n')
    assert "997 answers x12, and the format is edifact" in mistake
    assert load("{push: key}", "edifact", "answers: CONTRL\n").answers == "CONTRL"
