"""What a connector's file may say of the target that is asked before something is sent."""

import pytest

from api.connectors.language.loader import load_connector
from api.connectors.language.places import Secret
from rules.errors import PolicyInvalid

GOOD = """\
connector: shop
owner: it
because: {en: The shop sells what there is}
kind: stock_feed
sends:
  http: https://shop.example/set
  bearer: {secret: TOKEN}
  errors: errors
  busy: busy
  ask:
    http: https://shop.example/find?sku={skus}
    method: GET
    done: answer.done
    fields: {skus: {from: "records[].sku", split: ","}}
format: json
fields:
  update: {each: $rows, together: id, fields: {id: {from: sku, lookup: ids, type: number}, n: on_hand}}
lookups:
  ids: {rows: answer.items, each: parts, key: sku, value: /id}
"""


def load(text):
    return load_connector("shop.yaml", text.encode())


def mistakes(old, new):
    assert old in GOOD
    with pytest.raises(PolicyInvalid) as error:
        load(GOOD.replace(old, new, 1))
    return [finding.full_message for finding in error.value.findings]


def test_what_is_asked_has_the_keys_of_the_message_and_what_it_says_itself():
    sends = load(GOOD).sends
    call = sends.ask.call
    assert (call.url, call.method, call.bearer) == ("https://shop.example/find?sku={skus}", "GET", Secret(word="TOKEN"))
    assert (call.errors, call.busy, sends.ask.done) == ("", "busy", "answer.done")
    assert sends.ask.fields["skus"].split == ","


def test_without_an_address_the_target_itself_is_asked():
    lines = "    http: https://shop.example/find?sku={skus}\n    method: GET\n"
    call = load(GOOD.replace(lines, "")).sends.ask.call
    assert (call.url, call.method) == ("https://shop.example/set", "POST")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("done: answer.done", "done: answer[", "is no JMESPath"),
        ("busy: busy\n", "busy: busy\n  most_a_minute: 1\n", "which makes two requests: write 2 or more"),
        ("rows: answer.items", "rows: 'answer['", "is no JMESPath"),
        ("together: id", "together: it", "there is none 'it'"),
        ("fields: {skus", "field: {skus", "unknown key 'field'"),
        ("type: number", "type: integer", "'integer' is none of"),
        ("type: number", "between: [a]", "write what stands before and what stands behind"),
    ],
)
def test_a_mistake_in_it_is_told(old, new, message):
    assert any(message in text for text in mistakes(old, new))


def test_a_table_of_the_record_and_a_type_are_for_what_is_sent():
    text = GOOD[: GOOD.index("sends:")].replace("stock_feed", "counts") + (
        "reads: {push: key}\nformat: json\n"
        "fields: {node: {from: a, lookup: ids}, sku: b, on_hand: {from: c, type: number}, at: d}\n"
        "lookups: {ids: {rows: x, key: y, value: z}}\n"
    )
    with pytest.raises(PolicyInvalid) as error:
        load(text)
    found = [finding.full_message for finding in error.value.findings]
    assert len(found) == 2
    assert "'rows' is about a record that is sent" in found[0] + found[1]
    assert "this field is a number as it is" in found[0] + found[1]
