"""A connector that answers questions is pushed to, and says what it answers."""

import pytest

from api.connectors.language.loader import load_connector
from rules.errors import PolicyInvalid

GOOD = """\
connector: ranks
owner: it
because: {en: The shop asks}
kind: node_rankings
reads: {push: key}
format: json
fields:
  id: id
  channel: {value: web}
  destination.country: country
  lines: {each: lines, fields: {sku: sku, quantity: n}}
  nodes: {each: places, fields: {name: name, node: node}}
answer:
  places: {each: nodes, fields: {id: name, rank: rank}}
"""


def mistakes(text):
    with pytest.raises(PolicyInvalid) as error:
        load_connector("ranks.yaml", text.encode())
    return [finding.full_message for finding in error.value.findings]


def test_its_answer_is_read():
    answer = load_connector("ranks.yaml", GOOD.encode()).answer
    assert list(answer["places"].fields) == ["id", "rank"]


def test_one_without_an_answer_or_that_is_not_pushed_to_is_a_mistake():
    (missing,) = mistakes(GOOD[: GOOD.index("answer:")])
    assert missing == "'answer' is missing: the fields of what is answered"
    (pushed,) = mistakes(GOOD.replace("{push: key}", "{folder: in}"))
    assert "a question is pushed" in pushed


def test_another_kind_has_no_answer():
    text = GOOD.replace("node_rankings", "orders").replace("  id: id\n", "  id: id\n  placed_at: at\n")
    assert any("orders are no questions, and have no answer" in message for message in mistakes(text))
