"""Keeps Python's garbage collector from what stays until long work is done: network, products, rules and caches.

It looks at every object again and again to find cycles. Of the half a million that a process has which tries decisions,
nearly all are made before the first decision; looking at them took 5 to 7 % of its time.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def long_lived_objects() -> Iterator[None]:
    """What was made before is left alone by the garbage collector until the end of the block. Nothing more is where
    some is left alone already: it would be for good, with what others have in their hands at that moment.
    """
    if gc.get_freeze_count() > 0:
        yield
        return
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def keep_for_good() -> None:
    """Keep the garbage collector from all that is alive now, for as long as the process runs: a full collection of a
    worker that serves takes a tenth of a second, in which it answers nobody.
    """
    gc.collect()
    gc.freeze()
