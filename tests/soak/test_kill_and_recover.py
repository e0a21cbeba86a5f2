"""Answered decisions survive failures as the documentation says."""

import pytest

from tests.soak.kill_and_recover import failed_over, killed

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("fsync", ["everysec", "always"])
def test_a_server_that_is_killed_and_started_again_has_every_answered_decision(tmp_path, fsync):
    result = killed(tmp_path, fsync, 100)
    assert (result.answered, result.survived, result.clean) == (100, 100, True)


def test_a_replica_that_was_cut_off_and_took_over_has_whole_decisions_from_before(tmp_path):
    result = failed_over(tmp_path, 0, 100)
    assert (result.answered, result.survived, result.clean) == (100, 50, True)


def test_every_decision_that_waited_for_the_replica_is_there_after_it_took_over(tmp_path):
    result = failed_over(tmp_path, 1, 100)
    assert (result.answered, result.survived, result.clean) == (50, 50, True)
