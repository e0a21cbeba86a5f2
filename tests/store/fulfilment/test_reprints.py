"""A reprint is the same paper, whatever network is loaded between the two."""

import json
from dataclasses import replace

import pytest

from engine.fulfilment.parcels.handing_over import ManifestRequest
from engine.model.returns import ReturnTerms
from tests.support.facts import LILLE, LYON, inventory, node, product, service
from tests.support.papers import text_of
from tests.support.parcels import LILLE_ADDRESS, LYON_ADDRESS, decided, dpd, pack, packing_network

MOVED = replace(LYON_ADDRESS, company="Autre Maison", lines=("99 quai Neuf",))


@pytest.fixture
def shop(bare):
    return packing_network(bare, stock={"A": {"lyon": 10}, "M": {"lyon": 900}})


def load_another(shop):
    """Everything that papers show is another, but for the services that shipments have."""
    places = [
        node("lyon", LYON, address=MOVED, time_zone="Pacific/Auckland", services=("parcel", "pickup")),
        node("lille", LILLE, address=replace(LILLE_ADDRESS, town="Roubaix"), services=("parcel", "pickup")),
    ]
    shop.load(
        inventory(
            places,
            {"A": {"lyon": 10}, "M": {"lyon": 900}},
            services=[service(carrier="others"), service("pickup", mode="pickup", base=0)],
            products=[product("M", unit="yd", decimals=1, weight=1, name="Autre drap"), product("A", name="Autre")],
            parcels=shop.network().parcels,
            returns=ReturnTerms(window=1),
        )
    )


def papers(shop, key):
    printed = shop.fulfilment.printed
    return [
        printed.label(key, 1, kind="zpl").content,
        printed.label(key, 1, kind="pdf", language="en").content,
        printed.note(key, 1).content,
        printed.note(key).content,
    ]


def test_labels_and_notes_are_those_of_the_day_they_were_packed(shop):
    key = decided(shop, ("A", 2), ("M", 250))
    pack(shop, key, {"1": 2}, partial=True)
    pack(shop, key)
    before = papers(shop, key)
    load_another(shop)
    assert papers(shop, key) == before
    assert shop.check().clean


def test_what_is_collected_goes_where_it_went(shop):
    key = decided(shop, ("A", 1), collect_at="lille")
    pack(shop, key, addressee=None)
    before = papers(shop, key)
    load_another(shop)
    assert papers(shop, key) == before


def test_papers_are_drawn_though_the_network_has_neither_node_nor_service_any_more(shop):
    key = decided(shop, ("A", 1))
    pack(shop, key)
    shop.holds.confirm(key.decision)
    before = papers(shop, key)
    packing_network(shop, nodes=[node("lille", LILLE, address=LILLE_ADDRESS)], stock={"A": {"lille": 1}})
    assert papers(shop, key) == before


def test_a_manifest_is_that_of_the_day_it_was_closed(shop):
    key = decided(shop, ("A", 1))
    pack(shop, key)
    closed = shop.fulfilment.handing_over.close(ManifestRequest(node="lyon", carrier="colis"))
    name = closed.manifest.id
    before = shop.fulfilment.printed.manifest(name).content
    load_another(shop)
    assert shop.fulfilment.printed.manifest(name).content == before
    assert shop.check().clean


def test_what_an_earlier_release_packed_is_drawn_by_the_network_of_today(shop, redis_client, network):
    key = decided(shop, ("A", 1))
    pack(shop, key)
    closed = shop.fulfilment.handing_over.close(ManifestRequest(node="lyon", carrier="colis"))
    before = [*papers(shop, key), shop.fulfilment.printed.manifest(closed.manifest.id).content]
    for part in ("shipments", "manifests"):
        _forget_texts(redis_client, f"{{{network}}}:parcels:{part}")
    assert [*papers(shop, key), shop.fulfilment.printed.manifest(closed.manifest.id).content] == before
    load_another(shop)
    assert "99 quai Neuf" in shop.fulfilment.printed.label(key, 1, kind="zpl").content.decode()


def _forget_texts(client, key):
    for field, text in client.hgetall(key).items():
        record = json.loads(text)
        for part in (record, *record.get("packings", ())):
            if isinstance(part, dict):
                part.pop("texts", None)
        client.hset(key, field, json.dumps(record))


def test_no_text_about_a_person_is_kept_in_clear(shop, redis_client, network):
    pack(shop, decided(shop, ("A", 1)))
    (stored,) = redis_client.hvals(f"{{{network}}}:parcels:shipments")
    assert "texts" in json.loads(stored)["packings"][0]
    assert "Secret" not in stored.decode()
    assert "Secret" not in str(redis_client.xrange(f"{{{network}}}:log"))


def test_papers_show_what_people_call_carriers_and_services_and_go_on_to(bare):
    account = replace(dpd(0, 9), name="DPD France")
    home = replace(service(carrier="dpd"), name="Livraison à domicile")
    pickup = replace(service("pickup", mode="pickup", base=0), name="Retrait en magasin")
    shop = packing_network(bare, services=[home, pickup], carriers={"dpd": account})
    key, collected = decided(shop, ("A", 1)), decided(shop, ("A", 1), collect_at="lyon")
    pack(shop, key)
    pack(shop, collected, addressee=None)
    manifest = shop.fulfilment.handing_over.close(ManifestRequest(node="lyon", carrier="dpd")).manifest.id
    printed = shop.fulfilment.printed
    before = [*papers(shop, key), printed.manifest(manifest).content]
    for paper in (before[1], *before[2:]):
        assert "DPD France" in text_of(paper)
        assert "Livraison" in text_of(paper)
    assert "Retrait en magasin" in text_of(printed.label(collected, 1, kind="pdf").content)
    load_another(shop)
    assert [*papers(shop, key), printed.manifest(manifest).content] == before
    assert shop.check().clean


def test_without_names_papers_show_the_ids_and_a_service_without_a_carrier_counts_as_its_own(bare):
    shop = packing_network(
        bare,
        services=[replace(service("van"), name="Notre camion"), service("bike")],
        nodes=[
            node("lyon", LYON, address=LYON_ADDRESS, services=("van",)),
            node("lille", LILLE, address=LILLE_ADDRESS, services=("bike",)),
        ],
        stock={"A": {"lyon": 9}, "B": {"lille": 9}},
    )
    printed, handing_over = shop.fulfilment.printed, shop.fulfilment.handing_over
    for sku, place, carrier, name in (("A", "lyon", "van", "Notre camion"), ("B", "lille", "bike", "bike")):
        key = decided(shop, (sku, 1))
        pack(shop, key)
        manifest = handing_over.close(ManifestRequest(node=place, carrier=carrier)).manifest.id
        for paper in (printed.label(key, 1, kind="pdf"), printed.note(key), printed.manifest(manifest)):
            assert name in text_of(paper.content)


def test_a_note_about_all_of_a_shipment_says_of_a_parcel_that_it_was_packed_on_another_day(shop, clock):
    key = decided(shop, ("A", 2))
    pack(shop, key, {"1": 1}, partial=True)
    clock.now += 86_400
    pack(shop, key)
    whole, first = (text_of(shop.fulfilment.printed.note(key, parcel).content) for parcel in (None, 1))
    assert whole.count("28 novembre 2026") == whole.count("27 novembre") == 1
    assert "emballé le 27 novembre" in whole.replace("\r\n", " ")
    assert "Emballé le" in first
    assert "27 novembre 2026" in first
    assert first.count("28 novembre 2026") == 1
