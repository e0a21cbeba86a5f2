"""How many processors a process may use."""

import os


def processors() -> int:
    """Those that this process may use; where the system does not say that, those that there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
