"""A short run of the fuzzing, and how the work of a check grows with the size of the file."""

import itertools
import math
import random
import time

import pytest

from engine.parallel.long_lived import long_lived_objects
from rules.lint.check import check
from rules.syntax.yaml_document import MAX_BYTES
from tests.fuzz.__main__ import fault
from tests.fuzz.mutated_files import corpus, mutated
from tests.support.examples import of_many

pytestmark = pytest.mark.slow

SEEDS = corpus()


def test_a_mutated_file_gives_findings_or_a_set():
    for number in range(of_many(90, 360)):
        files = mutated(random.Random(number), SEEDS)
        assert fault(check(files), files) == "", f"seed {number}"


def test_a_seed_always_gives_the_same_mutation():
    assert [mutated(random.Random(7), SEEDS) for _ in range(2)] == [mutated(random.Random(7), SEEDS)] * 2


HEAD = "policy: p\nrules:\n"
THEN = "because: x, then: {prefer: 1}"
LONG = "policy: p\nterms:\n  t: {any: [" + ", ".join(["{order.units: 1}"] * 240) + "]}\nrules:\n"
# For each shape of a file: its head, the part that is repeated with a number in it, and its tail.
SHAPES = {
    "rules": (HEAD, "  - {{id: r{n}, because: x, when: {{order.units: {n}}}, then: {{prefer: 1}}}}\n", ""),
    "rules on one fact": (
        HEAD,
        "  - {{id: r{n}, because: x, when: {{order.units: {{at_least: {n}}}}}, then: {{split_penalty: {n}}}}}\n",
        "",
    ),
    "rules that use a large term": (LONG, "  - {{id: r{n}, because: x, when: {{is: t}}, then: {{prefer: 1}}}}\n", ""),
    "rules that override the one before": (
        HEAD + "  - {id: r0, because: x, then: {prefer: 1}}\n",
        "  - {{id: r{m}, because: x, then: {{prefer: 1}}, overrides: [p/r{n}]}}\n",
        "",
    ),
    "rules that override what isn't there": (
        HEAD,
        "  - {{id: r{n}, because: x, then: {{prefer: 1}}, overrides: [p/q{n}]}}\n",
        "",
    ),
    "one rule that overrides many": (
        HEAD + "  - {id: a, because: x, then: {prefer: 1}, overrides: [",
        "p/q{n}, ",
        "]}\n",
    ),
    "terms": ("policy: p\nrules: []\nterms:\n", "  t{n}: {{order.units: {n}}}\n", ""),
    "terms of terms": ("policy: p\nrules: []\nterms:\n", "  t{n}: {{is: t{m}}}\n", ""),
    "words": (HEAD + "  - {id: r, because: x, then: {prefer: 1}, when: {order.segment: [", "w{n}, ", "]}}\n"),
    "globs": (
        HEAD + "  - {id: r, because: x, then: {prefer: 1}, when: {order.segment: {matches: [",
        "'a*{n}*', ",
        "]}}}\n",
    ),
    "one long glob": (HEAD + f"  - {{id: r, {THEN}, when: {{order.segment: {{matches: '", "a*{n}", "'}}}\n"),
    "unknown keys": (HEAD + "  - {id: r, because: x, then: {prefer: 1}}\n", "k{n}: 1\n", ""),
    "unknown facts": (HEAD + f"  - {{id: r, {THEN}, when: {{", "order.unitz{n}: 1, ", "}}\n"),
    "unknown effects": (HEAD + "  - {id: r, because: x, then: {", "prefre{n}: 1, ", "}}\n"),
    "one id": (HEAD, "  - {{id: r, because: x, then: {{prefer: 1}}}}\n", ""),
    "lists in lists": ("policy: p\nrules: ", "[", ""),
    "lists beside each other": ("policy: p\nowner: [", "[[[[[[{n}]]]]]], ", "]\n"),
    "comments": ("policy: p\nrules: []\n", "# {n}\n", ""),
    "quotes": ("policy: p\ndescription: ", '"{n}" ', "\n"),
    "a long text": ("policy: p\nrules: []\ndescription: ", "word{n} ", "\n"),
    "no-break spaces": ("policy: p\nrules: []\n", "\u00a0{n}", "\n"),
}
LARGE = {shape: MAX_BYTES // of_many(16, 4) for shape in SHAPES}
LARGE |= dict.fromkeys(("rules on one fact", "terms of terms", "quotes")[of_many(1, 0) :], MAX_BYTES)
"""In the suite most shapes are checked at a smaller size than in `make fuzz`."""
SMALL = dict.fromkeys(SHAPES, of_many(15_000, 30_000)) | {"rules on one fact": 30_000}
"""Rules on one fact are compared with each other as long as they are few."""
FACTOR = 4
NUMBERS = itertools.count()


def of_size(shape: str, size: int) -> bytes:
    head, part, tail = SHAPES[shape]
    count = size // len(part.format(n=10_000, m=10_000).encode())
    return (head + "".join(part.format(n=n, m=n + 1) for n in range(count)) + tail).encode()


def seconds(content: bytes) -> float:
    """Processor time of a check."""
    anew = content + b"# %d\n" % next(NUMBERS)  # a file that was read of late is not parsed again
    with long_lived_objects():  # what other tests left is no work of the check
        start = time.process_time()
        check({"p.yaml": anew})
        return time.process_time() - start


@pytest.mark.parametrize("shape", SHAPES)
def test_work_grows_no_faster_than_the_file(shape):
    """Four times the size takes about four times as long, with a margin for a busy machine; quadratic work would take
    sixteen times as long. Each is checked thrice at most, and the best of each is compared: the machine may have been
    busy, though it seldom is.
    """
    small, large = of_size(shape, SMALL[shape]), of_size(shape, SMALL[shape] * FACTOR)
    of_small, of_large = min(seconds(small) for _ in range(3)), math.inf
    for _ in range(3):
        of_large = min(of_large, seconds(large))
        if of_large < 9 * max(of_small, 0.004):
            break
    assert of_large < 9 * max(of_small, 0.004)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_file_as_large_as_any_is_checked(shape):
    content = of_size(shape, LARGE[shape])[: LARGE[shape] - 1] + b"\n"
    files = {"p.yaml": content}
    assert fault(check(files), files) == ""
