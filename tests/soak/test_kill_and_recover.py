"""What was answered and what became of it, as the README says."""

import pytest

from tests.soak.kill_and_recover import failed_over, killed

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("fsync", ["everysec", "always"])
def test_a_server_killed_and_started_again_has_all_that_was_answered(tmp_path, fsync):
    found = killed(tmp_path, fsync, 100)
    assert (found.answered, found.survived, found.clean) == (100, 100, True)


def test_a_replica_that_was_cut_off_and_took_over_has_what_had_reached_it_and_all_of_each(tmp_path):
    found = failed_over(tmp_path, 0, 100)
    assert (found.answered, found.survived, found.clean) == (100, 50, True)


def test_what_waited_for_a_replica_is_there_when_it_takes_over_and_the_rest_was_not_answered(tmp_path):
    found = failed_over(tmp_path, 1, 100)
    assert (found.answered, found.survived, found.clean) == (50, 50, True)
