"""Tests of connectors: what differs is told, of what is read and of what is sent."""

import pytest

from api.connectors.language.loader import load_connector
from api.connectors.testing.connector_test import read_connector_tests
from api.connectors.testing.runner import MadeOf, run_connector_test
from api.connectors.testing.yaml_text import text_of_test
from rules.errors import PolicyInvalid

OUT = """\
connector: feed
owner: it
because: The shop reads our stock
kind: stock_feed
sends: {folder: out, file: "stock-$number.csv", channel: web}
format: {csv: {delimiter: ";"}}
when: {units: {more_than: 0}}
fields:
  Article: sku
  Stock: units
"""
RECORDS = '[{"sku": "A", "units": 2}, {"sku": "B", "units": 0}, {"units": 3}]'
TESTS = f"""\
connector: feed
tests:
  - test: two articles
    text: '{RECORDS}'
    expect:
      text: |
        Article;Stock
        A;2
      name: stock-1.csv
      skipped: 1
      bad:
        - {{message: nothing is there}}
"""


@pytest.fixture
def differences(tmp_path):
    def found(text, tests):
        path = tmp_path / "feed.yaml"
        path.write_text(text)
        (tmp_path / "feed_test.yaml").write_text(tests)
        connector = load_connector(str(path), text.encode())
        return [
            line for test in read_connector_tests(connector) for line in run_connector_test(connector, test).differences
        ]

    return found


def test_what_is_written_is_compared_line_by_line(differences):
    assert differences(OUT, TESTS) == []
    changed = (
        TESTS.replace("A;2\n", "A;3\n        C;1\n").replace("stock-1", "stock-2").replace("skipped: 1", "skipped: 0")
    )
    assert differences(OUT, changed) == [
        "line 2: expected 'A;3', written 'A;2'",
        "line 3: expected 'C;1', written nothing",
        "the file is to be called 'stock-2.csv', and is called 'stock-1.csv'",
        "0 records are expected to be skipped by 'when'; 1 are",
    ]


def test_a_record_that_can_not_be_sent_is_told(differences):
    told = differences(OUT, TESTS.partition("      bad:")[0])
    assert len(told) == 1
    assert told[0].startswith("no such bad record is expected: ")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("connector: feed", "connector: food", "this is the file of tests of 'feed'"),
        ("    text: '", "    txt: '", "unknown key 'txt' (did you mean 'text'?)"),
        ("    text: '", "    sample: no.json\n    text: '", "one of the two"),
        ("      name:", "      file: no.csv\n      name:", "not both"),
        ("test: two articles", "tst: two articles", "'test' is missing"),
    ],
)
def test_mistakes_in_a_file_of_tests_are_told_by_line(differences, old, new, message):
    with pytest.raises(PolicyInvalid) as error:
        differences(OUT, TESTS.replace(old, new, 1))
    assert message in str(error.value)


def test_a_text_of_a_test_is_quoted_where_yaml_would_take_it_otherwise():
    made = MadeOf(rows=[{"sku": "no", "n": 7, "text": 'a: "b"', "blank": "", "code": "007"}], bad=[], skipped=2)
    text = text_of_test("x", "a b.csv", made)
    assert '- {sku: no, n: 7, text: "a: \\"b\\"", blank: "", code: 007}' in text
    assert 'sample: "a b.csv"' in text
    assert "skipped: 2" in text


EDI = """\
connector: feed
owner: it
because: Orders for the warehouse
kind: shipment_orders
sends: {folder: out, file: "$number.edi"}
format:
  x12:
    envelope: {type: "940", sender: US, receiver: WMS, version: "004010"}
    segments:
      - W05*N*{order}
fields: {order: order}
"""
SEGMENTS = """\
        ISA*00*          *00*          *ZZ*US             *ZZ*WMS            *260101*0000*U*00401*000000001*0*P*>~
        GS*OW*US*WMS*20260101*0000*1*X*004010~
        ST*940*0001~
        W05*N*W-1~
        SE*3*0001~
        GE*1*1~
        IEA*1*000000001~
"""


def test_edi_is_compared_segment_by_segment(differences):
    tests = f"""\
connector: feed
tests:
  - test: an order
    text: '{{"order": "W-1"}}'
    expect:
      text: |
{SEGMENTS}"""
    assert differences(EDI, tests) == []
    assert differences(EDI, tests.replace("N*W-1", "N*W-2")) == ["line 4: expected 'W05*N*W-2~', written 'W05*N*W-1~'"]
