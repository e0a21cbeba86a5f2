"""Whatever is said of parcels, carriers, labels, printing, tracking and returns is said in the other languages, too."""

import ast
import re
from pathlib import Path

import pytest

from api.language.catalogue import LANGUAGES
from api.language.messages import message_book
from tests.support.message_texts import message_texts

OTHERS = [language for language in LANGUAGES if language != "en"]
FOLDERS = ("engine/fulfilment", "engine/store/fulfilment", "engine/returns", "api/files/fulfilment")
FILES = [path for folder in FOLDERS for path in sorted(Path(folder).rglob("*.py"))]
FILES += [Path("engine/errors.py"), Path("engine/inventory/returned_units.py")]
_ENGLISH = re.compile(r"\b(?:the|is|are|of|has|have|it|its|which|what|not|was|were|and|with|that|to|or|for|no|none)\b")
PARTS_OF_MESSAGES = {
    "the network has no {} any more; load one that has (pointsman load DIR --network-only)",
    "it does not take the key ({}); {} say which it is: pointsman carrier check",
    "it does not offer '{}' for this shipment{}",
    "carrier '{}' refused it{}",
    " (mend it in {})",
    "it has none",
    "decision '{}' has no shipment {}; {}",
    "its shipments are 0 to {}",
    "it ships nothing",
    "{}, and then pack the shipment",
    "this label of return '{}' was given back{}; ask for another one by a new operation",
    "no node goes by the id",
    "the network has no grade",
    "the network has no reason of returns",
    "it is for a `carrier` that stands under carriers{}",
    "'{}' does not stand under carriers{}",
    "; did you mean carrier: {}?",
    "; write it there",
    "has the settings of '{}'",
    "stands here a second time",
    "{} of {} tests of these policies {}, so they were not published:",
    (
        "the clock of this machine is {} s {} the server's, and at most {} s are allowed: holds would end at the wrong"
        " instant, and the log would have another order than things happened in. Nothing was done. Let both machines"
        " keep time by NTP (timedatectl set-ntp true, or chronyc makestep), then try again"
    ),
}
"""Texts that only stand in others, as they do in WHOLE."""
NOT_OF_A_LANGUAGE = {"PUT /v1/orders/{id}/addressee", "{street}|{postcode} {town}|{region}"}
CLOCK_OFF = (
    "the clock of this machine is 3.0 s {} the server's, and at most 2 s are allowed: holds would end at the wrong"
    " instant, and the log would have another order than things happened in. Nothing was done. Let both machines keep"
    " time by NTP (timedatectl set-ntp true, or chronyc makestep), then try again"
)
TO_COME = (
    "these units of A are still to come to lyon, by receipt 'R', which is expected at 2026-12-01T08:00:00Z; once they"
    " have arrived, receive {}, and then pack the shipment"
)
WHOLE = (
    "the network has no node 'lyon' any more; load one that has (pointsman load DIR --network-only)",
    "the network has no service 'van' any more; load one that has (pointsman load DIR --network-only)",
    "it does not take the key (401); A_KEY and A_SECRET say which it is: pointsman carrier check",
    "carrier 'dpd' refuses: it does not offer 'A' for this shipment",
    "carrier 'dpd' refuses: it does not offer 'A' for this shipment (DPD: closed)",
    (
        "  carrier_product: it offers nothing (mend it in `carrier_product` in network.yaml: that of the service, or of"
        " `returns`)"
    ),
    "  parcels: pack fewer (mend it in the parcels that were sent)",
    "  sender.town: Ort (mend it in the node's `address` in network.yaml)",
    "  Ort; it suggests 'Wien'",
    "carrier 'dpd' does not take 'A' back: refund not known",
    "carrier 'dpd' does not take 'A' back: refund submitted",
    "decision 'd' has no shipment 2; its shipments are 0 to 1",
    "decision 'd' has no shipment 2; it ships nothing",
    "shipment 'd/0' has no parcel 3; it has none",
    (
        "addressee.name: labels can't show X: they have Latin, Greek, Cyrillic, Armenian and Georgian letters; write it"
        " in one of these alphabets"
    ),
    TO_COME.format("them (POST /v1/inbound/R/receive, or: pointsman inbound receive R)"),
    TO_COME.format("the transfer (POST /v1/transfers/T/receive, or: pointsman transfer receive T)"),
    "its units are to leave no more; carrier 'dpd' takes no label back",
    "its units are to leave no more; carrier 'dpd' refused it",
    "carrier 'dpd' took A, B back, but not C: what it did not take back stays paid",
    "its units are to leave no more; carrier 'dpd' took A back, but not B, C: what it did not take back stays paid",
    "the return was cancelled; carrier 'dpd' refused it: sender.town",
    (
        "its carrier sold no labels within a day; not known to be given back, ask the carrier for it: carrier 'dpd'"
        " can't be asked now: it was asked too often"
    ),
    "no carrier 'dpe' stands under carriers in network.yaml; it has none",
    "return 'R' has no group 2, but none",
    "this label of return 'R' was given back; ask for another one by a new operation",
    "this label of return 'R' was given back: the return was cancelled; ask for another one by a new operation",
    "no node goes by the id 'lyn'; did you mean 'lyon'?",
    "the network has no grade 'A'; it has good, bad",
    "the network has no reason of returns 'A'",
    "'A' can't be put in stock: no product goes by the SKU",
    "group 1 (A) may not be restocked: whoever inspected it said so (restock: false)",
    "write the shipper's account, 6 capital letters or digits, in quotation marks",
    "it is for a `carrier` that stands under carriers; did you mean carrier: dpd?",
    "it is for a `carrier` that stands under carriers",
    "'dpe' does not stand under carriers; did you mean 'dpd'?",
    "'dpd' does not stand under carriers; write it there",
    "'a-b' has the settings of 'a_b'",
    "'dpd' stands here a second time",
    "1 of 3 tests of these policies fails, so they were not published:",
    CLOCK_OFF.format("ahead of"),
    CLOCK_OFF.format("behind"),
    (
        "what this request changed stands, but 0 replicas have it and 1 must (POINTSMAN_REPLICAS): if the server is"
        " lost now, so may it be. Send the request again, with its idempotency key or without: it is not done twice,"
        " and is answered once they have it"
    ),
)
"""Messages as they are made of parts."""


@pytest.mark.parametrize("language", OTHERS)
def test_each_message_of_fulfilment_and_returns_is_translated_whole(language):
    said = {text for text in _texts() if text not in PARTS_OF_MESSAGES | NOT_OF_A_LANGUAGE}
    assert len(said) > 200
    without = [text for text in sorted(said) if _is_in_english(text.replace("{}", "1"), language)]
    assert without == [], f"give each a translation in api/language/{language}/*_messages.yaml"


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("text", WHOLE)
def test_what_is_made_of_parts_is_translated_whole(text, language):
    assert not _is_in_english(text, language), message_book(language).translate(text)


def test_every_part_that_is_left_out_is_one_that_the_code_has():
    assert (PARTS_OF_MESSAGES | NOT_OF_A_LANGUAGE) - set(_texts()) == set()


def _is_in_english(text, language):
    """Whether a part of it stays English, as where a message is taken for another that begins like it."""
    translated = message_book(language).translate(text)
    return translated == text or _ENGLISH.search(translated) is not None


def _texts():
    for path in FILES:
        yield from message_texts(ast.parse(path.read_text("utf-8")))
