"""What workers share, and what each gives back."""

from pathlib import Path

from tests.support.wait_until import wait_until


def megabytes(process):
    """What is resident of a process."""
    (line,) = [line for line in Path(f"/proc/{process}/status").read_text().splitlines() if line.startswith("VmRSS")]
    return int(line.split()[1]) / 1_000


def test_workers_share_what_was_imported_before_they_were_forked_and_have_one_heap_each(serve):
    served = serve(workers=2, threads=4)
    memory = served.ask("GET", "/memory").json
    assert memory == {"imported_by": served.process.pid, "heaps": 1, "chunk_lengths": 0}


def test_a_worker_gives_back_what_a_large_order_took(serve, gates):
    served = serve()
    (worker,) = served.workers
    before = megabytes(worker)
    for order in ("first", "second"):
        asking = served.connect()
        asking.begin("GET", f"/large_order/{order}")
        gates.wait_for(order)
        assert megabytes(worker) > before + 40
        gates.open(order)
        assert asking.answer().body == b"1000"
        wait_until(lambda: megabytes(worker) < before + 16, "it is given back")
