"""Tests of connectors that send: records as a sample, and what is written of them."""

import pytest

from api.connectors.language.loader import load_connector
from api.connectors.testing.connector_test import read_connector_tests
from api.connectors.testing.runner import run_connector_test
from engine.errors import InputInvalid

CONNECTOR = """\
connector: out
owner: logistics
because: {en: For the warehouse}
kind: shipment_orders
sends: {folder: out, file: "$connector-$number-$date.edi"}
format:
  x12:
    envelope: {type: "940", sender: US, receiver: WMS, version: "004010"}
    segments:
      - W05*N*{order}
      - W76*{units}
when: {action: ship}
fields: {order: order, units: units}
"""
RECORDS = '[{"action": "ship", "order": "W-1", "units": 2}, {"action": "cancel", "order": "W-2", "units": 1}]'
TEXT = """\
          ISA*00*          *00*          *ZZ*US             *ZZ*WMS            *260101*0000*U*00401*000000001*0*P*>~
          GS*OW*US*WMS*20260101*0000*1*X*004010~
          ST*940*0001~
          W05*N*W-1~
          W76*2~
          SE*4*0001~
          GE*1*1~
          IEA*1*000000001~
"""


def run(tmp_path, expect, records=RECORDS, connector=CONNECTOR):
    """The differences of the one test."""
    path = tmp_path / "out.yaml"
    path.write_text(connector)
    (tmp_path / "sample.json").write_text(records)
    (tmp_path / "out_test.yaml").write_text(
        f"connector: out\ntests:\n  - test: it writes\n    sample: sample.json\n    expect:\n{expect}"
    )
    loaded = load_connector(str(path), connector.encode())
    (test,) = read_connector_tests(loaded)
    return run_connector_test(loaded, test).differences


def test_a_test_passes_if_what_is_written_is_what_is_expected(tmp_path):
    assert run(tmp_path, f"      skipped: 1\n      file: out-1-20260101.edi\n      text: |\n{TEXT}") == ()


def test_what_differs_is_told_by_segment(tmp_path):
    expect = f"      skipped: 0\n      file: x\n      text: |\n{TEXT.replace('W76*2', 'W76*3')}"
    assert run(tmp_path, expect) == (
        "the name 'x' is expected; it is 'out-1-20260101.edi'",
        "0 records are expected to be skipped by 'when'; 1 are",
        "expected: W76*3~",
        "written:  W76*2~",
    )


def test_a_record_that_can_not_be_written_is_a_difference_unless_it_is_expected(tmp_path):
    records = '{"action": "ship", "order": "W-1", "units": 2}\n{"action": "ship", "units": 2}\n'
    (difference,) = run(tmp_path, f"      text: |\n{TEXT}", records)
    assert "no such bad row is expected: record 2: record: order: nothing is there" in difference
    bad = "      bad: [{row: 2, message: nothing is there}]\n"
    assert run(tmp_path, f"{bad}      text: |\n{TEXT}", records) == ()


def test_a_test_that_expects_nothing_that_is_written_does_not_pass(tmp_path):
    assert "say what is written" in run(tmp_path, "      skipped: 1\n")[0]
    assert "'count' is about what is read" in run(tmp_path, "      count: 1\n")[0]


def test_json_is_compared_by_its_values(tmp_path):
    connector = CONNECTOR[: CONNECTOR.index("format:")] + "format: json\nfields: {o: order, u: units}\n"
    one = '{"order": "W-1", "units": 2.50}'
    assert run(tmp_path, '      text: \'[{"u": 2.50, "o": "W-1"}]\'\n', one, connector) == ()
    assert 'written:      "u": "2.50"' in run(tmp_path, '      text: \'[{"u": 3, "o": "W-1"}]\'\n', one, connector)


@pytest.mark.parametrize("records", ["[1]", "nonsense", '{"a": 1}\n{'])
def test_a_sample_that_is_no_record_is_told(tmp_path, records):
    with pytest.raises(InputInvalid):
        run(tmp_path, "      text: x\n", records)
