"""`carriers`, and what services and nodes say of them, in network.yaml: read, stored and read back, or a mistake."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.files.network_yaml import read_network
from api.records.stock.master_data import NodeFieldsRecord
from engine.fulfilment.carriers.number_kinds import FORMS
from engine.model.carriers import CarrierAccount, NumberRange
from engine.store.network.fulfilment_terms import carriers_of, carriers_record
from engine.store.network.serialization import network_of, network_record
from tests.support.examples import examples

TEXT = """\
currency: EUR
time_zone: Europe/Paris
emissions: {}
carriers:
  - id: dpd
    door: numbers
    label_format: zpl
    ranges:
      - {kind: dpd, account: "0998", from: 0, to: 29999}
      - {kind: dpd, account: "0998", from: 70000, to: 79999}
  - {id: send-cloud, door: sendcloud, contract: "517", name: Sendcloud B.V.}
  - {id: easypost, door: easypost, label_format: png, tracking: events}
  - {id: karrio, door: karrio, url: "https://karrio.example/api"}
services:
  - {id: parcel, mode: van, carrier: dpd, base: 4.00, transit: [{up_to: 900 km, takes: 24 h}], \
emission: {grams_per_tonne_km: 90, source: none}}
  - {id: post, mode: van, carrier: send-cloud, carrier_product: "postnl:standard", base: 4.00, \
transit: [{up_to: 900 km, takes: 24 h}], emission: {grams_per_tonne_km: 90, source: none}}
  - {id: own, name: Nos camions, mode: van, carrier: our own vans, base: 4.00, \
transit: [{up_to: 900 km, takes: 24 h}], emission: {grams_per_tonne_km: 90, source: none}}
nodes:
  - {id: lyon, type: store, country: FR, latitude: 45.76, longitude: 4.83, services: [parcel, post, own], \
label_format: zpl}
"""


def read(text=TEXT):
    mistakes = []
    return read_network(Path("network.yaml"), text.encode(), mistakes), mistakes


def test_they_are_read_and_stored_and_read_back():
    network, mistakes = read()
    assert mistakes == []
    assert network.carriers == {
        "dpd": CarrierAccount(
            id="dpd",
            door="numbers",
            label_format="zpl",
            ranges=(
                NumberRange(kind="dpd", account="0998", first=0, last=29_999),
                NumberRange(kind="dpd", account="0998", first=70_000, last=79_999),
            ),
        ),
        "send-cloud": CarrierAccount(id="send-cloud", door="sendcloud", contract="517", name="Sendcloud B.V."),
        "easypost": CarrierAccount(id="easypost", door="easypost", label_format="png", tracking="events"),
        "karrio": CarrierAccount(id="karrio", door="karrio", url="https://karrio.example/api"),
    }
    services = network.services
    assert [services[name].carrier for name in ("parcel", "post", "own")] == ["dpd", "send-cloud", "our own vans"]
    assert [services[name].carrier_product for name in ("parcel", "post", "own")] == [None, "postnl:standard", None]
    assert [services[name].name for name in ("parcel", "own")] == [None, "Nos camions"]
    assert NodeFieldsRecord.of(network.nodes["lyon"]).label_format == "zpl"
    stored = network_of("", network_record(network))
    assert (stored.carriers, stored.services, stored.nodes) == (network.carriers, services, network.nodes)


def test_a_network_that_names_no_carriers_is_stored_as_before():
    before, services = TEXT.split("carriers:\n", maxsplit=1)[0], TEXT[TEXT.index("services:\n") :]
    plain = services.replace(', carrier_product: "postnl:standard"', "").replace(", \\\nlabel_format: zpl", "")
    network, mistakes = read(before + plain.replace(", label_format: zpl", ""))
    assert mistakes == []
    record = network_record(network)
    assert "carriers" not in record
    assert not any("carrier_product" in service for service in record["services"])
    assert "label_format" not in record["nodes"][0]


@st.composite
def accounts(draw):
    kind = draw(st.sampled_from(sorted(FORMS)))
    parts = {name: draw(st.from_regex(field.pattern, fullmatch=True)) for name, field in FORMS[kind].fields.items()}
    first = draw(st.integers(0, FORMS[kind].most))
    ranges = (NumberRange(kind=kind, first=first, last=draw(st.integers(first, FORMS[kind].most)), **parts),)
    numbers = CarrierAccount(id="numbers", door="numbers", ranges=ranges)
    asked = CarrierAccount(id="asked", door="karrio", url="https://k.example", contract=draw(st.text(max_size=3)))
    return {account.id: account for account in draw(st.lists(st.sampled_from([numbers, asked]), unique=True))}


@examples(60)
@given(accounts())
def test_any_carriers_are_read_back_as_they_were_stored(carriers):
    assert carriers_of(carriers_record(carriers)) == carriers


@pytest.mark.parametrize(
    ("before", "after", "field", "message"),
    [
        ("id: dpd\n", "id: DPD\n", "carriers.0.id", "small letters"),
        ("id: easypost", "id: karrio", "carriers.3.id", "a second time"),
        ("id: easypost", "id: send_cloud", "carriers.2.id", "has the settings of 'send-cloud'"),
        ("door: easypost", "door: easypots", "carriers.2.door", "must be one of"),
        ("door: numbers", "door: sendcloud", "carriers.0.ranges", "by itself"),
        ("door: easypost", "door: numbers", "carriers.2.ranges", "that the carrier gave"),
        (
            '{id: send-cloud, door: sendcloud, contract: "517", name: Sendcloud B.V.}',
            "{id: s, door: numbers, ranges: []}",
            "carriers.1.ranges",
            "Length",
        ),
        ("label_format: zpl\n", "label_format: svg\n", "carriers.0.label_format", "must be one of"),
        ("label_format: zpl\n", "tracking: some\n", "carriers.0.tracking", "must be one of"),
        ("Sendcloud B.V.", "山田運輸", "carriers.1.name", "labels can't show"),
        ("Sendcloud B.V.", "x" * 61, "carriers.1.name", "between 1 and 60"),
        ("Nos camions", "山", "services.2.name", "labels can't show 山"),
        ('"517"', '"ABC"', "carriers.1.contract", "contract's number"),
        (', url: "https://karrio.example/api"', "", "carriers.3.url", "where your Karrio is"),
        ("https://karrio", "http://karrio", "carriers.3.url", "https://"),
        ("https://karrio", "https://me:pw@karrio", "carriers.3.url", "without user"),
        ("karrio.example/api", "karrio.example/api?x=1", "carriers.3.url", "without user"),
        ("karrio.example/api", "karrio.example:99999999", "carriers.3.url", "URL"),
        ("kind: dpd, ", "kind: dps, ", "carriers.0.ranges.0.kind", "must be one of"),
        ('"0998", from: 0', '"998", from: 0', "carriers.0.ranges.0.account", "the depot, 4 digits"),
        ('account: "0998", from: 0', "from: 0", "carriers.0.ranges.0.account", "the depot, 4 digits"),
        ("from: 0", "service: XX, from: 0", "carriers.0.ranges.0.service", "have none"),
        ("from: 0", "from: 30000", "carriers.0.ranges.0.to", "where it begins"),
        ("to: 29999", "to: 10000000000", "carriers.0.ranges.0.to", "go up to 9999999999"),
        ("to: 29999", "to: 70000", "carriers.0.ranges.1.from", "overlaps"),
        ("from: 0,", "from: -1,", "carriers.0.ranges.0.from", "below 0"),
        (', carrier_product: "postnl:standard"', "", "services.1.carrier_product", "as postnl:standard"),
        (
            "carrier: our own vans",
            "carrier: carrio, carrier_product: ups",
            "services.2.carrier_product",
            "did you mean carrier: karrio?",
        ),
        ("label_format: zpl}", "label_format: zlp}", "nodes.0.label_format", "must be one of"),
    ],
)
def test_a_mistake_says_where_and_what(before, after, field, message):
    assert before in TEXT
    network, mistakes = read(TEXT.replace(before, after, 1))
    assert network is None
    assert [(note.field, note.where.startswith("network.yaml:")) for note in mistakes] == [(field, True)]
    assert message.lower() in mistakes[0].message.lower()


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8080", "http://localhost/x", "http://[::1]:9", "https://10.0.0.8:5002"]
)
def test_ones_own_karrio_may_be_inside_and_unencrypted_on_this_machine_alone(url):
    network, mistakes = read(TEXT.replace("https://karrio.example/api", url))
    assert mistakes == []
    assert network.carriers["karrio"].url == url


RETURNS = """\
parcels: {{gs1_prefix: "3456789"}}
returns: {{{words}}}
"""


def test_the_carrier_of_returns_is_read_and_stored_and_read_back():
    network, mistakes = read(TEXT + RETURNS.format(words="carrier: easypost, carrier_product: USPS/GroundAdvantage"))
    assert mistakes == []
    assert (network.returns.carrier, network.returns.carrier_product) == ("easypost", "USPS/GroundAdvantage")
    assert network_of("", network_record(network)).returns == network.returns
    network, mistakes = read(TEXT + RETURNS.format(words="carrier: dpd"))
    assert (mistakes, network.returns.carrier) == ([], "dpd")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("carrier: easypots, carrier_product: a", "did you mean 'easypost'?"),
        ("carrier: nobody", "'nobody' does not stand under carriers; write it there"),
        ("carrier: send-cloud, carrier_product: a", "Sendcloud sells no labels of returns here"),
        ("carrier: easypost", "write which of the products of 'easypost' it is"),
        ("carrier: dpd, carrier_product: a", "'dpd' is never asked; leave it out"),
        ("carrier_product: a", "it is for a `carrier` of returns"),
    ],
)
def test_a_carrier_that_brings_nothing_back_is_a_mistake(words, says):
    _, mistakes = read(TEXT + RETURNS.format(words=words))
    assert [says in str(mistake) for mistake in mistakes] == [True]


def test_a_carrier_of_returns_needs_a_prefix_for_the_sscc():
    _, mistakes = read(TEXT + "returns: {carrier: dpd}\n")
    assert ["gs1_prefix" in str(mistake) for mistake in mistakes] == [True]
