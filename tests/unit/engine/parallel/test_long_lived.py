"""What stays until long work is done is kept from the garbage collector, and no longer."""

import gc

import pytest

from engine.parallel.long_lived import long_lived_objects


def test_what_was_made_before_the_block_is_left_alone_until_its_end():
    before = gc.get_freeze_count()
    with long_lived_objects():
        assert gc.get_freeze_count() > before
    assert gc.get_freeze_count() == 0


def test_work_that_fails_gives_it_back_to_the_garbage_collector_too():
    with pytest.raises(ZeroDivisionError), long_lived_objects():
        raise ZeroDivisionError
    assert gc.get_freeze_count() == 0
