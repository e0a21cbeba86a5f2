"""Makes files that are almost policies: real ones with bytes, words and lines changed, moved and mixed."""

import random
from collections.abc import Callable, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
MOST_BYTES = 1 << 20
_WORDS = (
    *("policy", "rules", "terms", "id", "because", "when", "then", "from", "until", "weekdays", "hours", "overrides"),
    *("all", "any", "none", "is", "not", "known", "matches", "has_all", "between", "order.units", "node.attributes.x"),
    *(
        "prefer",
        "exclude",
        "tier",
        "keep",
        "protect",
        "oversell",
        "hold",
        "daily_orders",
        "rest_after_rejection",
        "reroute_if_late",
        "true",
        "no",
        "on",
        "null",
        "~",
        "<<",
    ),
    *(
        "012",
        "0x1F",
        "1e999",
        "-0",
        ".inf",
        "1:30",
        "4,00",
        "99999999999999999999",
        "2026-02-30",
        "9999-12-31",
        "24:00",
    ),
    *("*", "**a**", "&a", "*a", "!!python/object:x", "---", "...", "%YAML 1.1", "? [a]", "- ", "{", "}", "[", "]", "|"),
    *("\t", "\u00a0", "\ufeff", "\u2028", "\x85", "\r", "\r\n", "\n\n", '"', "'", "#", ":", ": ", ",", "é", "\ud7ff"),
)
_BYTES = (b"\0", b"\xff", b"\xfe\xff", b"\xff\xfe", b"\xe9", b"\x80", b"\xed\xa0\x80", b"\x1b", b"\x07", b"\n", b" ")

_SHIPPED_WEIGHT = 8
_YAML, _TABLE = ".yaml", ".csv"

Mutation = Callable[[random.Random, bytes], bytes]


def corpus() -> Mapping[str, bytes]:
    """The shipped policies and the invalid ones, by path: YAML files and tables."""
    invalid = ROOT / "tests" / "policies" / "invalid"
    paths = [path for ending in (".yaml", ".csv") for path in (ROOT / "policies").glob(f"*{ending}")]
    paths += [path for ending in (".y*ml", ".csv") for path in invalid.rglob(f"*{ending}")]
    return {path.relative_to(ROOT).as_posix(): path.read_bytes() for path in sorted(paths)}


def mutated(draw: random.Random, seeds: Mapping[str, bytes]) -> dict[str, bytes]:
    """One file or two, each a seed changed a few times."""
    # the shipped policies are most of the valid files, so they are drawn more often
    texts: dict[str, list[bytes]] = {_TABLE: [], _YAML: []}
    for path, text in seeds.items():
        weight = _SHIPPED_WEIGHT if path.startswith("policies/") else 1
        texts[_TABLE if path.endswith(_TABLE) else _YAML] += [text] * weight
    endings = [draw.choice((_YAML, _YAML, _TABLE)) for _ in range(draw.choice((1, 1, 1, 2)))]
    return {f"f{number}{ending}": _changed(draw, texts[ending]) for number, ending in enumerate(endings)}


def _changed(draw: random.Random, texts: list[bytes]) -> bytes:
    content = draw.choice(texts)
    for _ in range(draw.choice((1, 1, 2, 3, 8))):
        mutation = draw.choice(_MUTATIONS)
        content = _spliced(draw, content, draw.choice(texts)) if mutation is None else mutation(draw, content)
    return content[:MOST_BYTES]


def _spliced(draw: random.Random, content: bytes, other: bytes) -> bytes:
    return content[: draw.randint(0, len(content))] + other[draw.randint(0, len(other)) :]


def _word(draw: random.Random, content: bytes) -> bytes:
    at = draw.randint(0, len(content))
    return content[:at] + draw.choice(_WORDS).encode() + content[at:]


def _replaced_word(draw: random.Random, content: bytes) -> bytes:
    """One word replaced by another."""
    words = content.split(b" ")
    words[draw.randrange(len(words))] = draw.choice(_WORDS).encode()
    return b" ".join(words)


def _byte(draw: random.Random, content: bytes) -> bytes:
    at = draw.randint(0, len(content))
    return content[:at] + draw.choice(_BYTES) + content[at + draw.randint(0, 2) :]


def _removed(draw: random.Random, content: bytes) -> bytes:
    at = draw.randint(0, len(content))
    return content[:at] + content[at + draw.choice((1, 2, 5, 40)) :]


def _lines(draw: random.Random, content: bytes) -> bytes:
    """A line repeated, moved, removed, or indented differently."""
    lines = content.split(b"\n")
    line = lines.pop(draw.randrange(len(lines)))
    indent = b" " * draw.randint(0, 6)
    for new in draw.choice(([], [line], [line, line], [indent + line.lstrip()])):
        lines.insert(draw.randint(0, len(lines)), new)
    return b"\n".join(lines)


def _repeated(draw: random.Random, content: bytes) -> bytes:
    """A part repeated many times: deep, long or wide."""
    start = draw.randint(0, len(content))
    part = content[start : start + draw.choice((1, 3, 20, 200))] or b"["
    return content[:start] + part * draw.choice((2, 40, 400)) + content[start:]


_MUTATIONS: tuple[Mutation | None, ...] = (
    _word,
    _replaced_word,
    _replaced_word,
    _byte,
    _removed,
    _lines,
    _lines,
    _repeated,
    None,
)
