"""Compresses bodies by zstd with a preset dictionary: what most decisions have in common is in it, not in each.

A dictionary is a file of this folder, by its number, which each stored body names. Those of earlier releases stay, so
that what they wrote can be read. `python -m tests.bench.entry_dictionary` makes one, of decisions of the example.
"""

import contextlib
import functools
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import zstandard

from engine.store.entry_codec.errors import BodyDamaged, DictionaryMissing

NEWEST = 1
"""The dictionary that bodies are compressed by."""
LEVEL = 7
"""Of zstd: a tenth fewer bytes than level 5, in about the time that zlib took at its fastest, without a dictionary."""
MOST_BYTES = 256 * 1024 * 1024
"""Of a body: what claims to be larger is damaged, and no reason to fill the memory."""
_FORMAT = zstandard.FORMAT_ZSTD1_MAGICLESS
_IDLE: dict[int, deque["_Compressors"]] = {}
"""By dictionary, the compressors that no thread uses. Each has 1.5 MB of tables, so threads share them: there are as
many as were ever used at once.
"""


class _Compressors(NamedTuple):
    compressor: zstandard.ZstdCompressor
    decompressor: zstandard.ZstdDecompressor


def compress(text: bytes) -> bytes:
    """By the newest dictionary; with a checksum, which tells whether a byte was altered."""
    with _compressors(NEWEST) as made:
        return made.compressor.compress(text)


def decompress(stored: bytes, dictionary: int) -> bytes:
    """What `compress` made by the dictionary of this number; raises BodyDamaged."""
    try:
        size = zstandard.get_frame_parameters(stored, format=_FORMAT).content_size
        if size > MOST_BYTES:
            raise BodyDamaged("the stored body has no size, or is too large to be one")
        with _compressors(dictionary) as made:
            return made.decompressor.decompress(stored, read_across_frames=False, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise BodyDamaged(f"the stored body can't be decompressed: {error}") from error


@contextlib.contextmanager
def _compressors(number: int) -> Iterator[_Compressors]:
    """Some that no other thread uses until the end of the block."""
    idle = _IDLE.setdefault(number, deque())
    try:
        used = idle.pop()
    except IndexError:
        used = _made(number)
    try:
        yield used
    finally:
        idle.append(used)


def _made(number: int) -> _Compressors:
    dictionary = _dictionary(number)
    parameters = zstandard.ZstdCompressionParameters.from_level(
        LEVEL, format=_FORMAT, write_checksum=True, write_content_size=True, write_dict_id=False
    )
    return _Compressors(
        zstandard.ZstdCompressor(dict_data=dictionary, compression_params=parameters),
        zstandard.ZstdDecompressor(dict_data=dictionary, format=_FORMAT),
    )


@functools.lru_cache
def _dictionary(number: int) -> zstandard.ZstdCompressionDict:
    path = Path(__file__).parent / f"dictionary-{number}.zdict"
    if not path.exists():
        raise DictionaryMissing(
            f"the stored body was compressed by dictionary {number}, which this release does not have; read it with the"
            " release that wrote it, or a later one"
        )
    return zstandard.ZstdCompressionDict(path.read_bytes(), dict_type=zstandard.DICT_TYPE_FULLDICT)
