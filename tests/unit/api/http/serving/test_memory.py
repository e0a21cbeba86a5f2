"""What a worker does to take little memory."""

import subprocess
import sys
from pathlib import Path

import pytest

from api.http.serving.memory import FreedMemory, resident_bytes

glibc = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only glibc has what is set")


def run(program: str) -> list[str]:
    """The words that a process of its own prints."""
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()


_HEAPS = """
import threading
from api.http.serving.memory import share_heap
from tests.support.heaps import heaps
{first}
barrier = threading.Barrier(4)
def work():
    barrier.wait()
    kept.append(bytearray(5_000))
    barrier.wait()
kept, threads = [], [threading.Thread(target=work) for _ in range(4)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(heaps())
"""


@glibc
def test_all_threads_allocate_from_one_heap() -> None:
    assert run(_HEAPS.format(first="share_heap()")) == ["1"]
    assert int(run(_HEAPS.format(first=""))[0]) > 1


_LARGE_ORDER = """
from api.http.serving.memory import FreedMemory, resident_bytes
freed, before = FreedMemory(), resident_bytes()
for _ in range(2):
    # in parts that glibc keeps once they are free, with something that stays behind them
    parts = [bytearray(b"x" * 50_000) for _ in range(1_000)]
    last = bytearray(b"x" * 50_000)
    del parts
    {look}
    print(resident_bytes() - before)
"""


@glibc
def test_what_a_large_order_took_is_given_back_each_time() -> None:
    assert all(int(more) < 8_000_000 for more in run(_LARGE_ORDER.format(look="freed.give_back()")))
    assert all(int(more) > 40_000_000 for more in run(_LARGE_ORDER.format(look="")))


def test_nothing_is_given_back_while_a_worker_takes_what_it_did(monkeypatch: pytest.MonkeyPatch) -> None:
    freed = FreedMemory()
    monkeypatch.setattr("api.http.serving.memory._LIBC", None)  # giving back would fail
    monkeypatch.setattr("api.http.serving.memory._is_glibc", lambda: True)
    freed.give_back()


@glibc
def test_what_a_worker_took_for_good_counts_from_then_on(monkeypatch: pytest.MonkeyPatch) -> None:
    freed = FreedMemory()
    kept = bytearray(b"x" * 30_000_000)
    freed.give_back()
    monkeypatch.setattr("api.http.serving.memory._LIBC", None)
    monkeypatch.setattr("api.http.serving.memory._is_glibc", lambda: True)
    freed.give_back()
    assert kept


def test_a_system_that_does_not_say_how_much_is_resident_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.http.serving.memory._STATM", Path("/no/such/file"))
    assert resident_bytes() == 0


def test_gunicorns_table_of_chunk_lengths_is_dropped_and_was_large() -> None:
    program = (
        "from gunicorn.asgi import protocol\nfrom api.http.serving.memory import forget_chunk_lengths\n"
        "print(len(protocol._CHUNK_PREFIXES))\nforget_chunk_lengths()\nprint(len(protocol._CHUNK_PREFIXES))"
    )
    before, after = map(int, run(program))
    assert (before > 10_000, after) == (True, 0)
