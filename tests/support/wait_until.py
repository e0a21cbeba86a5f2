"""Waits for something that another process does."""

import time


def wait_until(happened, what, *, seconds=60.0):
    """Call `happened` until it returns something true, and return that; fails after so many seconds."""
    until = time.monotonic() + seconds
    while not (answer := happened()):
        assert time.monotonic() < until, f"waited {seconds:g} s in vain until {what}"
        time.sleep(0.01)
    return answer
