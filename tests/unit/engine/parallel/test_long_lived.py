"""What stays until long work is done is kept from the garbage collector, and no longer."""

import gc

import pytest

from engine.parallel.long_lived import keep_for_good, long_lived_objects


@pytest.fixture
def collected():
    """The garbage collector looks at everything, which the suite otherwise keeps it from."""
    gc.unfreeze()
    yield
    gc.freeze()


@pytest.mark.usefixtures("collected")
def test_what_was_made_before_the_block_is_left_alone_until_its_end():
    with long_lived_objects():
        assert gc.get_freeze_count() > 0
    assert gc.get_freeze_count() == 0


@pytest.mark.usefixtures("collected")
def test_work_that_fails_gives_it_back_to_the_garbage_collector_too():
    with pytest.raises(ZeroDivisionError), long_lived_objects():
        raise ZeroDivisionError
    assert gc.get_freeze_count() == 0


@pytest.mark.usefixtures("collected")
def test_what_the_process_left_alone_before_stays_so():
    with long_lived_objects():
        with long_lived_objects():
            pass
        assert gc.get_freeze_count() > 0


@pytest.mark.usefixtures("collected")
def test_a_worker_keeps_what_it_has_used_until_it_ends():
    garbage: list[object] = []
    garbage.append(garbage)
    number, before = id(garbage), len(gc.get_objects())
    del garbage
    keep_for_good()
    assert gc.get_freeze_count() > before // 2
    gc.unfreeze()
    assert number not in map(id, gc.get_objects())  # what was of no use was not kept
