"""In each language's catalogue, values that could be mistaken for each other stand beside the words that name them."""

import re

import pytest

from rules.wording.catalogue import load_catalogue
from tests.support.explanation_phrases import ALIKE, PHRASES

CATALOGUES = {"en": 0, "fr": 1}


def test_every_sentence_with_values_that_are_alike_has_phrases_for_them():
    texts = load_catalogue("en").texts
    for key, forms in texts.items():
        names = set(re.findall(r"\{(\w+)\}", forms[-1]))
        if key.startswith("explanation."):
            alike = [group & names for group in ALIKE if len(group & names) > 1]
            phrases = PHRASES.get(key.removeprefix("explanation."), {})
            assert set().union(*alike) <= phrases.keys(), key


@pytest.mark.parametrize("language", CATALOGUES)
def test_each_value_stands_beside_its_words(language):
    texts = load_catalogue(language).texts
    for kind, phrases in PHRASES.items():
        for form in texts[f"explanation.{kind}"]:
            plain = form.replace("\xa0", " ").replace("\u202f", " ")
            for name, words in phrases.items():
                assert words[CATALOGUES[language]] in plain, (kind, name)
