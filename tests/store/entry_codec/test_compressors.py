"""Compressors are shared by threads, of which two never use one at once."""

import threading
from concurrent.futures import ThreadPoolExecutor

from engine.store.entry_codec import dictionary
from engine.store.entry_codec.dictionary import NEWEST, compress, decompress


def round_trip(number: int) -> bool:
    text = b'{"order":"W-%d"}' % number * (number % 500 + 1)
    return decompress(compress(text), NEWEST) == text


def test_threads_one_after_another_share_one(monkeypatch):
    monkeypatch.setattr(dictionary, "_IDLE", {})
    for number in range(4):
        thread = threading.Thread(target=round_trip, args=(number,))
        thread.start()
        thread.join()
    assert len(dictionary._IDLE[NEWEST]) == 1


def test_what_is_in_use_is_lent_to_nobody_else(monkeypatch):
    monkeypatch.setattr(dictionary, "_IDLE", {})
    with dictionary._compressors(NEWEST) as one, dictionary._compressors(NEWEST) as other:
        assert one is not other
        assert not dictionary._IDLE[NEWEST]
    assert len(dictionary._IDLE[NEWEST]) == 2


def test_many_threads_at_once_read_what_they_wrote():
    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(round_trip, range(4_000)))
