"""A connector's file says all there is to know of it, and every mistake in it is told by its line."""

from decimal import Decimal
from pathlib import Path

import pytest

from api.connectors.language.kinds import INBOUND, targets
from api.connectors.language.loader import load_connector, load_connectors
from api.connectors.language.places import Folder, HttpCall, Kafka, Push, Secret, Sftp, Stream
from rules.errors import PolicyInvalid

SHIPPED = Path(__file__).parents[5] / "connectors"
GOOD = """\
connector: tills
owner: retail-it
because: {en: What the tills sold, fr: Les ventes des caisses}
kind: movements
reads: {folder: tills, files: "*.csv", every: 5m, settled: 0s}
format: {csv: {delimiter: ";", decimal: ","}}
once: [Ticket, Ligne]
when:
  Type: [VENTE, RETOUR]
  Qte: {more_than: 0}
fields:
  node: {from: Magasin, lookup: stores}
  sku: {from: Article, strip: "0"}
  delta: {from: Qte, times: -1}
  at: {from: Date, date: "%d/%m/%Y %H:%M", zone: Europe/Paris}
lookups:
  stores: {"12": PAR-01}
"""


def load(text):
    return load_connector("tills.yaml", text.encode())


def mistakes(text):
    with pytest.raises(PolicyInvalid) as error:
        load(text)
    return [(finding.line, finding.code, finding.full_message) for finding in error.value.findings]


def changed(old, new):
    assert old in GOOD
    return GOOD.replace(old, new, 1)


def with_reads(text):
    return changed('reads: {folder: tills, files: "*.csv", every: 5m, settled: 0s}', f"reads: {text}")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            "once: [$message, Ligne]",
            "'$message' is about messages of EDI; only edifact and x12 that are read have some",
        ),
        ("once: [$mesage, Ligne]", "there is no '$mesage'; use "),
    ],
)
def test_a_word_that_means_nothing_here_is_told_where_it_stands(words, told):
    ((line, _, message),) = mistakes(changed("once: [Ticket, Ligne]", words))
    assert line == 7
    assert told in message


def test_of_edi_the_message_is_known_by_a_word():
    text = (
        changed('{csv: {delimiter: ";", decimal: ","}}', "x12").partition("when:")[0]
        + "fields: {node: N1.WH.3, sku: W12.SK.+1, delta: W12.*.2}\n"
    )
    assert load(text.replace("[Ticket, Ligne]", "[$message, LX.*.0]")).once == ("$message", "LX.*.0")


def test_what_was_read_by_sftp_is_renamed_or_deleted_or_stays():
    place = "{sftp: wms@wms.example/out, %s}"
    assert not load(with_reads(place % "every: 5m")).reads.source.delete
    assert load(with_reads(place % "delete: 'true'")).reads.source.delete
    ((_, _, message),) = mistakes(with_reads(place % "delete: 'true', done: read"))
    assert "renamed into 'done' or deleted, not both" in message


def test_a_file_is_read_whole():
    connector = load(GOOD)
    assert (connector.name, connector.owner, connector.kind) == ("tills", "retail-it", "movements")
    assert connector.because["fr"] == "Les ventes des caisses"
    assert connector.reads.source == Folder(path="tills", files=("*.csv",), settled=0)
    assert connector.reads.every == 300
    assert (connector.format.format, connector.format.delimiter) == ("csv", ";")
    assert connector.once == ("Ticket", "Ligne")
    assert [(test.path, test.one_of, test.more_than) for test in connector.when] == [
        ("Type", ("VENTE", "RETOUR"), None),
        ("Qte", None, Decimal(0)),
    ]
    assert connector.fields["delta"].times == Decimal(-1)
    assert connector.fields["delta"].decimal == ","
    assert connector.fields["delta"].type == "number"
    assert connector.fields["at"].type == "instant"
    assert connector.fields["sku"].paths == ("Article",)
    assert connector.lookups["stores"].entries == {"12": "PAR-01"}
    assert connector.quarantine == "row"


def test_a_message_of_edi_is_quarantined_whole_unless_the_file_says_otherwise():
    edi = changed('{csv: {delimiter: ";", decimal: ","}}', "edifact")
    for column, path in {
        "Magasin": "/NAD.WH.1",
        "Article": "LIN.EN.=",
        "Qte": "QTY.145.0.1",
        "Date": "/DTM.137.0.1",
    }.items():
        edi = edi.replace(f"from: {column}", f"from: {path}")
    edi = edi.replace("[Ticket, Ligne]", "[/BGM.35.1, LIN.*.0]").replace(
        "  Type: [VENTE, RETOUR]\n  Qte:", "  QTY.145.0.1:"
    )
    assert load(edi).quarantine == "file"
    assert load(f"{edi}quarantine: row\n").quarantine == "row"


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("{sftp: 'wms@files.example.com:2222/out/stock', key: {secret: KEY}}",
         Sftp(host="files.example.com", user="wms", port=2222, path="out/stock", key=Secret(word="KEY"))),
        ("{sftp: wms@files.example.com}", Sftp(host="files.example.com", user="wms", path=".")),
        ("{push: key}", Push()),
        ("{push: hmac-sha256, header: X-Hmac, secret: HOOK}", Push(header="X-Hmac", secret=Secret(word="HOOK"))),
        ("{stream: sales, server: {secret: URL}}", Stream(name="sales", url=Secret(word="URL"))),
        ("{kafka: pos.sales, servers: 'kafka-1:9092', group: tills}",
         Kafka(topic="pos.sales", servers=("kafka-1:9092",), group="tills")),
        ("{kafka: sales, servers: {secret: S}, group: g, sasl: scram-sha-512, user: me, password: {secret: WORD}}",
         Kafka(topic="sales", servers=Secret(word="S"), group="g", tls=True, sasl="scram-sha-512", user="me",
               password=Secret(word="WORD"))),
        ("{kafka: s, servers: ['[::1]:9092', k], group: g, tls: false, sasl: plain, user: me, password: {secret: W}}",
         Kafka(topic="s", servers=("[::1]:9092", "k"), group="g", sasl="plain", user="me", password=Secret(word="W"))),
        ("{kafka: s, servers: [k], group: g, authority: ca.pem, certificate: me.pem, key: me.key}",
         Kafka(topic="s", servers=("k",), group="g", tls=True, authority="ca.pem", certificate="me.pem", key="me.key")),
    ],
)  # fmt: skip
def test_what_is_read_is_named_by_one_key(text, source):
    assert load(with_reads(text)).reads.source == source


KAFKA = "{kafka: sales, servers: [kafka-1:9092], group: tills"


@pytest.mark.parametrize(
    ("reads", "message"),
    [
        ("{kafka: sales, group: tills}", "'servers' is missing"),
        ("{kafka: sales, servers: [kafka-1:9092]}", "'group' is missing"),
        ("{kafka: a b, servers: [k], group: tills}", "'a b' is no name of a topic; write letters, digits and ._- only"),
        ("{kafka: sales, servers: [k], group: the tills}", "'the tills' is no name of a consumer group"),
        ("{kafka: sales, servers: ['kafka://k:9092'], group: tills}", "'kafka://k:9092' is no address of a broker"),
        ("{kafka: sales, servers: {a: b}, group: tills}", "write the addresses of some brokers"),
        (KAFKA + ", sasl: plain, user: me, password: hush}", "no file may say this; write {secret: WORD}"),
        (KAFKA + ", sasl: plain, password: {secret: W}}", "'user' is missing: it goes with 'sasl'"),
        (KAFKA + ", user: me}", "'sasl' is missing: it goes with 'user'"),
        (KAFKA + ", sasl: gssapi, user: me, password: {secret: W}}", "'gssapi' is none of plain"),
        (KAFKA + ", certificate: me.pem}", "'key' is missing: it goes with 'certificate'"),
        (KAFKA + ", tls: false, authority: ca.pem}", "'authority' goes with tls: true"),
        (KAFKA + ", most: 3}", "unknown key 'most'"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_place_of_kafka_is_told(reads, message):
    found = mistakes(with_reads(reads))
    assert [item for item in found if message in item[2]], found


def test_an_http_source_has_headers_with_secrets_and_says_how_pages_follow():
    source = load(
        with_reads(
            "{http: 'https://shop.example.com/orders?since=$since', bearer: {secret: TOKEN},"
            " pages: {cursor: meta.next, parameter: after}}"
        )
    ).reads.source
    assert isinstance(source, HttpCall)
    assert source.bearer == Secret(word="TOKEN")
    assert (source.pages.by, source.pages.path, source.pages.parameter) == ("cursor", "meta.next", "after")


@pytest.mark.parametrize(
    ("old", "new", "line", "code", "message"),
    [
        ("owner:", "ownr:", 1, "missing-key", "'owner' is missing"),
        ("owner:", "ownr:", 2, "unknown-key", "unknown key 'ownr' (did you mean 'owner'?)"),
        ("kind: movements", "kind: movement", 4, "unknown-word", "did you mean 'movements'?"),
        ("every: 5m", "every: 5", 5, "wrong-type", "'5' is no duration; write for example 30s, 5m, 2h or 1d"),
        ("every:", "evry:", 5, "unknown-key", "did you mean 'every'?"),
        ("{folder: tills,", "{foldr: tills,", 5, "missing-key", "folder, sftp, http, push, stream"),
        ("delimiter:", "delimitr:", 6, "unknown-key", "did you mean 'delimiter'?"),
        ("{csv:", "{cvs:", 6, "unknown-word", "did you mean 'csv'?"),
        ("once: [Ticket, Ligne]\n", "", 1, "missing-key", "a file that is sent twice would count twice"),
        ("{more_than: 0}", "{more: 0}", 10, "unknown-key", "unknown key 'more'"),
        ("  node:", "  nod:", 12, "unknown-field", "movements have no field 'nod' (did you mean 'node'?)"),
        ("  node:", "  nod:", 11, "missing-key", "the field 'node' of movements is missing"),
        ("lookup: stores", "lookup: store", 12, "unknown-lookup", "did you mean 'stores'?"),
        ("times: -1", "times: minus", 14, "wrong-type", "a number is expected here"),
        ("{from: Qte, times: -1}", "{times: -1}", 14, "missing-key", "say where it comes from"),
        ('strip: "0"', "unit: kg", 13, "unknown-key", "'unit' does nothing to a text"),
        ("zone: Europe/Paris", "zone: Paris", 15, "wrong-type", "'Paris' is no time zone"),
        ("from: Date", "from: $recieved_at", 15, "unknown-word", "did you mean '$received_at'?"),
        ('{"12": PAR-01}', "PAR-01", 17, "wrong-type", "write their words and ours"),
        ("because: {en: What the tills sold, fr: Les ventes des caisses}", "because: []", 3, "wrong-type", "say what"),
    ],
)  # fmt: skip
def test_each_mistake_is_told_by_its_line(old, new, line, code, message):
    found = mistakes(changed(old, new))
    assert [item for item in found if item[:2] == (line, code) and message in item[2]], found


def test_a_word_of_the_file_must_be_one_that_the_field_may_have():
    text = changed("kind: movements", "kind: products").replace("  node: {from: Magasin, lookup: stores}\n", "")
    text = text.replace("  delta: {from: Qte, times: -1}\n", "  lifecycle: {from: L, words: {A: cor}}\n")
    found = mistakes(text)
    assert (13, "unknown-word", "'cor' is none of new, core, end_of_line (did you mean 'core'?)") in found


def test_a_connector_reads_or_sends():
    assert [item for item in mistakes(changed("reads:", "sends:")) if item[1] == "unknown-word"]
    text = f"{GOOD}sends: {{folder: out, file: x.csv}}\n"
    assert [item for item in mistakes(text) if "either reads or sends" in item[2]]


def test_a_secret_is_a_word_of_a_setting():
    found = mistakes(with_reads("{push: hmac-sha256, header: X, secret: hook}"))
    assert any("write capitals, digits and _" in message for *_, message in found)


def test_two_files_of_one_name_are_a_mistake():
    with pytest.raises(PolicyInvalid, match=r"b\.yaml:1:1  duplicate-connector"):
        load_connectors({"a.yaml": GOOD.encode(), "b.yaml": GOOD.encode()})


def test_fields_are_those_that_http_takes():
    assert targets("counts")["on_hand"].type == "number"
    assert targets("counts")["node"].required
    assert targets("orders")["destination.postcode"].type == "text"
    assert targets("orders")["lines"].each["quantity"].required
    assert targets("confirmations")["left_at"].type == "instant"
    assert set(targets("cancellations")["lines"].each) == {"line", "quantity"}
    assert all(targets(kind) for kind in INBOUND)


@pytest.mark.parametrize(
    ("form", "path", "message"),
    [
        ("json", "a[", "'a[' is no JMESPath"),
        ("edifact", "Magasin", "'Magasin' is no path into EDI; write SEGMENT.QUALIFIER.ELEMENT.COMPONENT"),
        ("{xml: {rows: sale}}", "b:c", "'b:c': `namespaces` does not say which one 'b' is"),
    ],
)
def test_a_path_that_its_format_does_not_know_is_told_by_its_line(form, path, message):
    text = changed('{csv: {delimiter: ";", decimal: ","}}', form).replace("from: Magasin", f"from: '{path}'")
    (line,) = [number for number, row in enumerate(text.splitlines(), start=1) if "Magasin" in row or path in row][:1]
    assert any(found == line and message in said for found, _, said in mistakes(text))


def test_what_a_number_is_multiplied_by_may_stand_in_the_row_and_unknown_words_may_become_one():
    text = changed("{from: Qte, times: -1}", "{from: Qte, times: {from: Colis, words: {A: '6'}, else: '1'}}")
    delta = load(text).fields["delta"]
    assert (delta.times, delta.times_by.paths, delta.times_by.words) == (None, ("Colis",), {"A": "6"})
    assert delta.times_by.otherwise == "1"
    assert [code for _, code, _ in mistakes(changed("{from: Qte,", "{from: Qte, else: '1',"))] == ["unknown-key"]


SENDS_X12 = """\
connector: wms-out
owner: logistics
because: {en: Orders for the warehouse}
kind: shipment_orders
sends: {folder: out, file: "940-$number.edi"}
format:
  x12:
    envelope: {type: "940", sender: ZZ:US, receiver: ZZ:THEM, version: "004010", test: true}
    segments:
      - W05*N*{order}
      - each: lines
        segments:
          - LX*{$index}
          - W01*{quantity}*EA**VN*{sku}*{order}
      - W76*{$count.W01}
fields:
  order: order
  lines: {each: lines, fields: {sku: sku, quantity: quantity}}
"""


def test_a_template_of_edi_is_read():
    options = load(SENDS_X12).format
    assert (options.envelope.type, options.envelope.test) == ("940", True)
    assert options.segments[0] == "W05*N*{order}"
    assert (options.segments[1].each, len(options.segments[1].segments)) == ("lines", 2)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("W05*N*{order}", "W05*N*{ordre}", "'W05*N*{ordre}': there is no field 'ordre'"),
        ("W05*N*{order}", "5N", "'5N' does not begin with the tag of a segment"),
        ("W76*{$count.W01}", "W76*{sku}", "there is no field 'sku'"),
        ("each: lines\n", "each: order\n", "no field of that name is a list"),
        ("      - W05*N*{order}\n", "      - {each: 1}\n", "write a segment, as"),
        (', version: "004010"', "", "'version' is missing"),
        ("x12:", "xlsx:", "workbooks are read, not written"),
    ],
)
def test_what_is_wrong_with_a_template_is_told(old, new, message):
    assert old in SENDS_X12
    assert any(message in said for _, _, said in mistakes(SENDS_X12.replace(old, new, 1)))


def test_edi_that_is_sent_needs_its_envelope_and_segments():
    text = SENDS_X12[: SENDS_X12.index("format:")] + "format: edifact\nfields: {order: order}\n"
    assert [said.partition(":")[0] for _, _, said in mistakes(text)] == [
        "'envelope' is missing",
        "'segments' is missing",
    ]


PULLS = """\
connector: pulled
owner: it
because: {en: Orders of the shop}
kind: cancellations
reads: {http: "https://shop.example/orders?since=$since", first: 7d}
format: json
once: id
fields: {order: id}
"""


def test_how_far_the_first_pull_goes_back_is_said_where_something_asks_for_it():
    assert load(PULLS).reads.source.first == 7 * 86_400
    text = PULLS.replace("?since=$since", "")
    assert any("neither the address nor the body has $since" in said for _, _, said in mistakes(text))
    assert load(text.replace("first", 'method: POST, body: \'{"since": "$since"}\', first')).reads.source.first
    assert load(text.replace('"https://shop.example/orders"', "{secret: URL}")).reads.source.first


SENDS = """\
connector: out
owner: logistics
because: {en: For others}
kind: availability_feed
sends: {http: "https://shop.example/items/{sku}", most: 1, channel: web, errors: errors}
format: json
fields: {sku: sku}
"""


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (", channel: web", "", "'channel' is missing"),
        (", most: 1", "", "write most: 1"),
        (", most: 1", ", most: 1, again_after: x", "'again_after' is of a stock_feed"),
        ("errors: errors", "errors: 'a['", "'a[' is no JMESPath"),
        ("errors: errors", "each: 'a['", "'a[' is no JMESPath"),
        ('{http: "https://shop.example/items/{sku}", most: 1, channel: web, errors: errors}',
         "{folder: out, file: feed.json, channel: web}", "write $number into the name"),
        ("format:", "when: {'a[': 1}\nformat:", "'a[' is no JMESPath"),
    ],
)  # fmt: skip
def test_what_would_lose_a_message_or_never_find_one_is_told(old, new, message):
    assert load(SENDS).sends.channel == "web"
    assert old in SENDS
    assert any(message in said for _, _, said in mistakes(SENDS.replace(old, new, 1)))


def test_a_file_that_always_has_everything_may_have_one_name():
    text = SENDS.replace('{http: "https://shop.example/items/{sku}", most: 1, channel: web, errors: errors}',
                         "{folder: out, file: feed.json, channel: web, whole: true}")  # fmt: skip
    assert load(text).sends.whole


def test_a_path_of_once_that_its_format_does_not_know_is_told():
    edi = changed('{csv: {delimiter: ";", decimal: ","}}', "json").replace("once: [Ticket, Ligne]", "once: ['a[']")
    assert any("'a[' is no JMESPath" in said for _, _, said in mistakes(edi))


def test_every_shipped_connector_can_be_loaded():
    files = {path.name: path.read_bytes() for path in sorted(SHIPPED.glob("*.yaml")) if "_test" not in path.name}
    assert {f"{connector.name}.yaml" for connector in load_connectors(files)} == set(files)


def test_the_columns_that_fields_are_read_from_are_known_to_whoever_reads_the_file():
    joined = changed("  delta:", "  reason: {join: [{from: Type}, {from: Caisse}]}\n  delta:")
    assert load(joined).format.columns_read == ("Magasin", "Article", "Type", "Caisse", "Qte", "Date")
