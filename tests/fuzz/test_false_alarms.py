"""A short run over random policies: of those with nothing wrong nothing is said, and what is planted is found."""

import random

import pytest

from tests.fuzz.false_alarms import alarms_of_rows, false_alarms, overlooked
from tests.fuzz.live_policies import live_policies

SEEDS = range(60)


@pytest.fixture(scope="module")
def drawn():
    return [live_policies(random.Random(seed)) for seed in SEEDS]


def test_nothing_is_said_of_a_set_of_which_every_rule_counts(drawn):
    assert {seed: alarms for seed, live in zip(SEEDS, drawn, strict=True) if (alarms := list(false_alarms(live)))} == {}


def test_what_is_said_of_rows_is_true(drawn):
    assert {
        seed: alarms for seed, live in zip(SEEDS, drawn, strict=True) if (alarms := list(alarms_of_rows(live)))
    } == {}


def test_what_is_planted_is_found(drawn):
    assert [fault for live in drawn for fault in overlooked(live, random.Random(0))] == []


def test_the_sets_have_tables_terms_windows_and_overrides(drawn):
    texts = [*(next(iter(live.files.values())).decode() for live in drawn)]
    assert {name for live in drawn for name in live.files} == {"p.yaml", "p.csv"}
    words = ("same_as", "is: t", "hours: [", "overrides: [", "shipment.", "allocate: ", "rank", "attributes")
    assert [word for word in words if not any(word in text for text in texts)] == []
