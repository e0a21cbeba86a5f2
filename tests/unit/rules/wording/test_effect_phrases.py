"""What effects do, as clauses."""

import pytest

from rules.effects import STAGE_OF
from rules.wording.catalogue import load_catalogue
from rules.wording.effect_phrases import effect_clause
from tests.support.wording_examples import EFFECTS, rule


@pytest.mark.parametrize(("then", "english", "french"), EFFECTS)
def test_an_effect_reads_in_english_and_in_french(then, english, french):
    for language, separator, expected in (("en", "; ", english), ("fr", "\u00a0; ", french)):
        clauses = [effect_clause(effect, load_catalogue(language)) for effect in rule(then=then).effects]
        assert separator.join(clauses) == expected


def test_every_effect_is_among_the_examples():
    assert {then.partition(":")[0] for then, _, _ in EFFECTS} == set(STAGE_OF)
