"""The words of the page about a parcel are whole in every language."""

from api.http.fulfilment.page.page_words import page_words
from engine.model.tracking import TRACKING_STATES
from rules.wording.catalogue import available_languages


def test_every_language_has_all_words():
    assert set(page_words()) == set(available_languages())
    for words in page_words().values():
        assert set(words.states) == set(TRACKING_STATES)
        assert (len(words.weekdays), len(words.months)) == (7, 12)
        assert set(words.hints) == set(page_words()["en"].hints)
