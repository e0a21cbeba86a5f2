"""What stays until long work is done is kept from the garbage collector, and no longer."""

import gc
import weakref

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
def test_in_a_process_that_keeps_what_it_made_long_work_keeps_nothing_more():
    keep_for_good()
    kept, more = gc.get_freeze_count(), [[] for _ in range(1_000)]
    with long_lived_objects():
        assert gc.get_freeze_count() <= kept
    assert len(more) == 1_000


class Circle:
    """Something that only the garbage collector frees."""

    def __init__(self):
        self.itself = self


@pytest.mark.usefixtures("collected")
def test_a_worker_keeps_what_it_has_used_and_nothing_else_until_it_ends():
    of_no_use = weakref.ref(Circle())
    keep_for_good()
    assert gc.get_freeze_count() > 0
    assert of_no_use() is None
