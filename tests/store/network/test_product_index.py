"""Products are found by how their SKU or words of their name begin, in pages, whatever was called otherwise before."""

import re

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given

from engine.store.network import product_index
from engine.store.network.product_words import Search, entries_of, folded
from tests.support.examples import examples
from tests.support.facts import LYON, inventory, node, product

NAMES = {
    "TXT-0059": "Chemise d’été, coupe large",
    "TXT-0060": "Chemisier",
    "TXT-1": "",
    "AB 12": "Œufs frais",
    "été-1": "TXT sacs",
    "MUG": "Tasse txt chemise",
}


def named(names):
    return {sku: product(sku, name=name) for sku, name in names.items()}


def loaded(names):
    return inventory([node("lyon", LYON)], {sku: {"lyon": 1} for sku in names}, products=named(names).values())


@pytest.fixture
def shop(bare):
    bare.load(loaded(NAMES))
    return bare


def found(pointsman, text="", limit=500):
    """Every page of a search, one after the other."""
    skus, after = [], None
    while True:
        _, page = pointsman.master_data.find_products(text, limit=limit, after=after)
        assert len(page.products) <= limit
        skus += [found.sku for found in page.products]
        if page.after is None:
            return skus
        assert page.after != after
        after = page.after


@pytest.mark.parametrize(
    ("text", "skus"),
    [
        ("", ["AB 12", "été-1", "MUG", "TXT-0059", "TXT-0060", "TXT-1"]),
        ("txt-00", ["TXT-0059", "TXT-0060"]),
        ("txt", ["TXT-0059", "TXT-0060", "TXT-1", "MUG", "été-1"]),
        ("ETE", ["été-1", "TXT-0059"]),
        ("chemis", ["MUG", "TXT-0059", "TXT-0060"]),
        ("chemise large", ["TXT-0059"]),
        ("large TXT", ["TXT-0059"]),
        ("oeufs", []),
        ("œufs", ["AB 12"]),
        ("ab 12", ["AB 12"]),
        ("d’été", ["TXT-0059"]),
        ("nothing", []),
    ],
)
def test_a_product_is_found_by_how_its_sku_or_words_of_its_name_begin(shop, text, skus):
    assert found(shop, text) == skus
    assert found(shop, text, limit=1) == skus


def is_looked_for(product, text):
    """What is meant by it, word by word."""
    sku, terms = folded(product.sku), folded(text).split()
    words = re.split(r"[\W_]+", folded(product.name))
    if " ".join(sku.split()).startswith(" ".join(terms)):
        return True
    parts = {term: [part for part in re.split(r"[\W_]+", term) if part] for term in terms}
    named = {term for term in terms if parts[term] and all(_begins(words, part) for part in parts[term])}
    return all(term in named or sku.startswith(term) for term in terms)


def _begins(words, part):
    return any(word.startswith(part) for word in words)


_TEXT = st.text("aAéb1- ", min_size=1, max_size=5).filter(lambda text: text.strip() == text)


@examples(25)
@given(
    names=st.dictionaries(_TEXT, st.text("aéb1 -", max_size=8), min_size=1, max_size=12),
    text=st.text("aéb1- ", max_size=4),
)
def test_each_product_that_is_looked_for_is_listed_at_one_of_its_entries(names, text):
    """Over the entries as the server has them: in the order of their bytes."""
    products = named(names)
    entries = sorted(
        ((entry.encode(), product) for product in products.values() for entry in entries_of(product)),
        key=lambda pair: pair[0],
    )
    search = Search.of(text)
    listed = [
        of_entry.sku
        for first, end in search.ranges()
        for entry, of_entry in entries
        if first <= entry < end and search.finds(entry.decode(), of_entry)
    ]
    assert sorted(listed) == sorted(sku for sku, product in products.items() if is_looked_for(product, text))


@examples(12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    names=st.dictionaries(_TEXT, st.text("aéb1 -", max_size=8), min_size=1, max_size=12),
    renamed=st.text("aéb1 ", max_size=8),
    texts=st.lists(st.text("aéb1- ", max_size=3), min_size=3, max_size=3),
    limit=st.integers(1, 3),
)
def test_what_was_stored_is_found_page_by_page_as_it_is_called_now(bare, names, renamed, texts, limit):
    bare.load(loaded(names))
    first = next(iter(names))
    bare.master_data.put_products(lambda _: [product(first, name=renamed), product("new", name="aé")])
    now = named({**names, first: renamed, "new": "aé"})
    for text in ("", *texts):
        skus = found(bare, text, limit=limit)
        assert len(skus) == len(set(skus))
        assert set(skus) == {sku for sku, product in now.items() if is_looked_for(product, text)}
    assert found(bare, limit=limit) == sorted(now, key=lambda sku: (folded(sku).encode() + b"\t", sku))


def test_products_of_the_network_before_are_not_found(shop):
    shop.load(loaded({"NEW": "Chemise"}))
    assert (found(shop, "chemise"), found(shop, "txt"), found(shop)) == (["NEW"], [], ["NEW"])


def test_a_network_that_an_earlier_release_loaded_is_indexed_when_something_is_looked_for(
    shop, redis_client, key, monkeypatch
):
    monkeypatch.setattr(product_index, "_PRODUCTS_AT_ONCE", 2)
    redis_client.delete(key("product_index"))
    redis_client.hdel(key("facts"), "indexed")
    shop.master_data.put_products(lambda _: [product("LATER", name="Chemise")])
    assert found(shop, "chemis") == ["LATER", "MUG", "TXT-0059", "TXT-0060"]
    redis_client.delete(key("product_index"))
    assert found(shop, "chemis") == []  # it is made once
    redis_client.hset(key("facts"), "indexed", 1)  # of the load before, that is
    assert found(shop, "chemis") == ["LATER", "MUG", "TXT-0059", "TXT-0060"]


def test_a_page_reads_so_many_entries_at_most_and_the_next_goes_on(shop, monkeypatch):
    monkeypatch.setattr(product_index, "MOST_LOOKED_AT", 2)
    monkeypatch.setattr(product_index, "_BATCH", 2)
    _, page = shop.master_data.find_products("txt zzz", limit=50, after=None)
    assert (page.products, page.after) == ([], "stxt-0060\tTXT-0060")
    assert found(shop, "txt zzz") == []
    assert found(shop, "txt tasse") == ["MUG"]  # on the third page


def test_nothing_of_the_index_is_left_of_a_load_that_was_not_swapped_in(shop, redis_client, key):
    assert redis_client.ttl(key("product_index")) == -1
    assert not [name for name in redis_client.keys(f"{key('')}*") if b"staged" in name]
