"""Waiting for what other processes do: as long as it takes, within reason."""

import time


def wait_until(happened, what, *, seconds=20.0):
    """What `happened` answers, once that is true."""
    until = time.monotonic() + seconds
    while not (answer := happened()):
        assert time.monotonic() < until, f"waited {seconds:g} s in vain until {what}"
        time.sleep(0.01)
    return answer
