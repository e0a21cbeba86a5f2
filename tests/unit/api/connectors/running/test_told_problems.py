"""In a connector that reads whom something goes to, no mistake repeats a value, in whatever field it stands."""

import io
from pathlib import Path

import pytest

from api.connectors.fields.values_in_messages import message_without_values
from api.connectors.language.loader import load_connector, load_connectors
from api.connectors.running.opening import open_reader
from api.connectors.running.problems import Problem
from api.connectors.running.told_problems import without_personal_values
from api.connectors.sources.message import Message
from tests.support.connectors import COUNTS

ORDERS = Path("connectors/orders-csv.yaml")
HEAD = (
    b"order-id,order-date,sales-channel,shipping-method,ship-country,ship-postal-code,order-item-id,sku,quantity,"
    b"item-price\n"
)
SHIFTED = (
    b"HC-1,75011,Mme Jeanne Dupont,STANDARD,FR,12 rue des Lilas,00001,TXT,Jeanne Dupont,12 rue\n"
    b"HC-2,2026-11-27T08:12:00Z,12 rue des Lilas,Jeanne,FR,69003,00002,BEA-0036,1 rue,8.50\n"
)


def problems(connector, body):
    message = Message(id="x", name="x.csv", received_at=0, open=lambda: io.BytesIO(body))
    with open_reader(connector).reading(message) as items:
        found = [Problem.of_bad_row(bad) for item in items if isinstance(item, tuple) for bad in item]
    return without_personal_values(found, connector)


@pytest.fixture
def orders():
    return load_connectors({ORDERS.name: ORDERS.read_bytes()})[0]


def test_where_columns_are_shifted_no_value_is_told(orders):
    told = problems(orders, HEAD + SHIFTED)
    texts = [str(problem) for problem in told]
    assert [text for text in texts if any(word in text for word in ("Jeanne", "Lilas", "12", "75011", "rue"))] == []
    assert {problem.row for problem in told} == {2, 3}
    assert "line 2: sales-channel: '…' is none of the `words` (field 'channel')" in texts


def test_where_the_header_is_missing_the_first_row_is_not_told_as_columns(orders):
    for first in (SHIFTED, b"sku," + SHIFTED[5:]):
        told = problems(orders, first)
        assert [text for text in map(str, told) if "Jeanne" in text or "Lilas" in text] == []
    assert "there is no such column; there are … (field 'id')" in [problem.message for problem in told]


def test_a_connector_that_reads_of_nobody_tells_values():
    counts = load_connector("c.yaml", COUNTS.encode())
    (problem,) = problems(counts, b"node,sku,units,at\nlyon,A,many,2026-11-27T09:00:31Z\n")
    assert (problem.message, problem.raw.startswith("lyon,A,many")) == ("'many' is no number (field 'on_hand')", True)


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("'O'Brien' can't be printed (field 'addressee.name')", "'…' can't be printed (field 'addressee.name')"),
        ("'l' an': a unit is missing; use m", "'…': a unit is missing; use m"),
        ("''t Hart' can't be printed (field 'a')", "'…' can't be printed (field 'a')"),
        ("'the Duponts'' is no number (field 'a')", "'…' is no number (field 'a')"),
        ("'Jean' Dupont 'X' is no number", "'…' is no number"),
        ("'rue 'X', 12' is not in the table 'articles' (field 'a')", "'…' is not in the table 'articles' (field 'a')"),
        ("'Dupont' is no number; did you mean 'Dupond'?", "'…' is no number; did you mean '…'?"),
        ("order 'Jean' has no shipment at 'Dupont' that could", "order '…' has no shipment at '…' that could"),
        ("there is no order ''t Hart'", "there is no order '…'"),
        ("there is no order 'Jean'Dupont, 12' rue'", "there is no order '…'"),
        ("there is no order 'Jeanne Dupo", "there is no order '…'"),
        ("'Jeanne Dupont, 12 rue", "'…'"),
        ("the lines' units are more than 5", "the lines' units are more than 5"),
        ("123.4567 is not between -90 and 90 degrees", "… is not between -90 and 90 degrees"),
        ("'A' is counted in whole numbers; 69.002 is none", "'…' is counted in whole numbers; … is none"),
        ("0.75011 of 'A' is more than can be counted, 9", "… of '…' is more than can be counted, 9"),
        ("1953-04-11 is over; it is 2026-11-27 in UTC", "… is over; it is 2026-11-27 in UTC"),
        ("the promise ends before 1953-04-11, on which", "the promise ends before …, on which"),
        ("this can't be worked out here: of Jeanne (field 'a')", "this can't be worked out here: … (field 'a')"),
        ("this release can't read the row: KeyError: 'Jeanne'", "this release can't read the row: KeyError: …"),
        ("this release can't take the row over: KeyError: Jeanne", "this release can't take the row over: KeyError: …"),
        ("this is no JSON: , or } is expected, not 'J'", "this is no JSON: , or } is expected, not '…'"),
        ("the header has none that are read, such as 'a', 'b'", "the header has none that are read, such as 'a', 'b'"),
        ("nothing is there (field 'addressee.name')", "nothing is there (field 'addressee.name')"),
    ],
)
def test_what_is_wrong_remains(message, told):
    assert message_without_values(message) == told


@pytest.mark.parametrize(
    ("path", "told"),
    [("lines.M. Dupont", "lines.…"), ("parcels.0.lines.Jeanne", "parcels.0.lines.…"), ("lines.69002", "lines.…")]
    + [(path, path) for path in ("lines.0.quantity", "destination.postcode", "lines.12")],
)
def test_a_line_that_is_called_by_its_id_is_not_named(orders, path, told):
    (problem,) = without_personal_values([Problem(row=1, place="line 1", path=path, message="is no line")], orders)
    assert problem.path == told
