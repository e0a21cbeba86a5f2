"""Of packings whose carrier is being asked there are no papers, so no parcel leaves without a label that was paid."""

import pytest

from engine.errors import CarrierUnavailable, NotFound, NotPackable
from engine.fulfilment.printing.print_job import PrintJob
from tests.store.fulfilment.test_unfinished_packings import answers, begun, cancelling, never_answers
from tests.support.fake_carriers.fake_server import LABELS
from tests.support.parcels import decided, pack

BEGINNINGS = [(begun, "has not sold the labels of packing 1"), (cancelling, "to take the labels of packing 1")]


def requests_for_papers(shop, key):
    """By name, each way to have a paper of the first parcel, or of the shipment."""
    printed = shop.fulfilment.printed
    jobs = [PrintJob(id="j", node="lyon", paper=paper, of=f"{key}/1", queued_at=0) for paper in ("label", "note")]
    return {
        "label": lambda: printed.label(key, 1, kind="pdf"),
        "note": lambda: printed.note(key, 1),
        "note of the shipment": lambda: printed.note(key),
        "label of a print job": lambda: printed.of_job(jobs[0], kind="pdf", dots_per_mm=8),
        "note of a print job": lambda: printed.of_job(jobs[1], kind="pdf", dots_per_mm=8),
        "label once more": lambda: shop.fulfilment.printing.add("label", f"{key}/1", node="lyon"),
        "note once more": lambda: shop.fulfilment.printing.add("note", f"{key}/1", node="lyon"),
    }


@pytest.mark.parametrize(("begin", "why"), BEGINNINGS)
def test_no_paper_is_given_of_a_packing_whose_carrier_is_being_asked(shop, fake, begin, why):
    key = decided(shop, ("A", 1))
    begin(shop, fake, key)
    for request in requests_for_papers(shop, key).values():
        with pytest.raises(NotPackable, match=why):
            request()


@pytest.mark.parametrize(("begin", "why"), BEGINNINGS)
def test_papers_of_its_other_parcels_are_given_meanwhile_but_no_note_of_the_whole_shipment(shop, fake, begin, why):
    key = decided(shop, ("A", 2))
    pack(shop, key, {"1": 1}, partial=True, op="one")
    if begin is cancelling:
        pack(shop, key, op="two")
    never_answers(fake)
    with pytest.raises(CarrierUnavailable):
        pack(shop, key, op="two") if begin is begun else shop.fulfilment.parcels.cancel(key, packing=2)
    printed = shop.fulfilment.printed
    assert printed.label(key, 1, kind="pdf").content == LABELS["pdf"]
    assert printed.note(key, 1).content.startswith(b"%PDF")
    with pytest.raises(NotPackable, match=why.replace("packing 1", "packing 2")):
        printed.note(key)


def test_its_papers_are_given_again_once_it_is_packed_again(shop, fake):
    key = decided(shop, ("A", 1))
    cancelling(shop, fake, key)
    answers(fake)
    shop.fulfilment.parcels.cancel(key)
    with pytest.raises(NotFound, match="has no parcel 1; it has none"):
        shop.fulfilment.printed.label(key, 1, kind="pdf")
    never_answers(fake)
    with pytest.raises(CarrierUnavailable):
        pack(shop, key)
    answers(fake)
    pack(shop, key)
    assert shop.fulfilment.printed.label(key, 2, kind="pdf").content == LABELS["pdf"]
    assert shop.fulfilment.printed.note(key).content.startswith(b"%PDF")


def test_a_sold_label_that_was_lost_is_not_drawn_in_its_place(shop):
    key = decided(shop, ("A", 1))
    pack(shop, key)
    shop._client.redis.delete(shop._keys.parcel_labels)
    with pytest.raises(NotFound, match="fetch it from the carrier"):
        shop.fulfilment.printed.label(key, 1, kind="pdf")
