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


_LARGE_ORDERS = """
from api.http.serving.memory import FreedMemory, resident_bytes
freed, before = FreedMemory(), resident_bytes()
for _ in range(12):
    # in parts that glibc keeps once they are free, with something that stays behind them
    parts = [bytearray(b"x" * 50_000) for _ in range(1_000)]
    last = bytearray(b"x" * 50_000)
    for _ in range({looks_before}): freed.give_back()
    del parts
    for _ in range({looks_after}): freed.give_back()
    print(resident_bytes() - before)
"""


@glibc
@pytest.mark.parametrize("looks_before", [0, 1, 9], ids=["looked_at_afterwards", "looked_at_once", "held_for_long"])
def test_what_a_large_order_took_is_given_back_each_time(looks_before: int) -> None:
    left = run(_LARGE_ORDERS.format(looks_before=looks_before, looks_after=2))
    assert all(int(more) < 8_000_000 for more in left)


@glibc
def test_what_a_large_order_took_is_kept_by_glibc() -> None:
    assert all(int(more) > 40_000_000 for more in run(_LARGE_ORDERS.format(looks_before=0, looks_after=0)))


_FALLEN_BETWEEN_LOOKS = """
from api.http.serving.memory import FreedMemory, resident_bytes
freed, before = FreedMemory(), resident_bytes()
for _ in range(10):
    whole = bytearray(b"x" * 50_000_000)  # so large that glibc gives it back at once
    freed.give_back()
    del whole
    freed.give_back()
parts = [bytearray(b"x" * 50_000) for _ in range(1_000)]
last = bytearray(b"x" * 50_000)
del parts
freed.give_back()
print(resident_bytes() - before)
"""


@glibc
def test_growth_that_fell_between_looks_does_not_count_as_settled() -> None:
    (more,) = run(_FALLEN_BETWEEN_LOOKS)
    assert int(more) < 8_000_000


_GROWN_AS_ORDERS_CAME = """
from api.http.serving.memory import FreedMemory, resident_bytes
freed, before = FreedMemory(), resident_bytes()
kept = [bytearray(b"x" * 30_000_000)]
freed.give_back()
parts = [bytearray(b"x" * 50_000) for _ in range(1_000)]
kept.append(bytearray(b"x" * 50_000))
for _ in range(9): freed.give_back()
del parts
freed.give_back()
print(resident_bytes() - before)
"""


@glibc
def test_what_a_worker_that_grew_gave_back_at_some_look_does_not_count_as_settled() -> None:
    (more,) = run(_GROWN_AS_ORDERS_CAME)
    assert int(more) < 40_000_000


def test_nothing_is_given_back_while_a_worker_takes_what_it_did(monkeypatch: pytest.MonkeyPatch) -> None:
    freed = FreedMemory()
    monkeypatch.setattr("api.http.serving.memory._LIBC", None)  # giving back would fail
    monkeypatch.setattr("api.http.serving.memory._is_glibc", lambda: True)
    freed.give_back()


@glibc
def test_what_a_worker_took_for_good_counts_from_then_on(monkeypatch: pytest.MonkeyPatch) -> None:
    freed = FreedMemory()
    kept = []
    for _ in range(2):
        kept.append(bytearray(b"x" * 30_000_000))
        for _ in range(10):
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
