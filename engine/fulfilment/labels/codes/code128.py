"""Code 128 (ISO/IEC 15417), of sets B and C, and with FNC1 as GS1-128."""

from collections.abc import Iterator, Sequence

_WIDTHS = """
212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132 122231 113222 123122
123221 223211 221132 221231 213212 223112 312131 311222 321122 321221 312212 322112 322211 212123 212321 232121 111323
131123 131321 112313 132113 132311 211313 231113 231311 112133 112331 132131 113123 113321 133121 313121 211331 231131
213113 213311 213131 311123 311321 331121 312113 312311 332111 314111 221411 431111 111224 111422 121124 121421 141122
141221 112214 112412 122114 122411 142112 142211 241211 221114 413111 241112 134111 111242 121142 121241 114212 124112
124211 411212 421112 421211 212141 214121 412121 111143 111341 131141 114113 114311 411113 411311 113141 114131 311141
411131 211412 211214 211232 2331112
""".split()  # noqa: SIM905  # as a table it can be held against the standard's
"""Of the bars and the blanks between them, by symbol."""
CODE_C, CODE_B, FNC1, START_B, START_C, STOP = 99, 100, 102, 104, 105, 106
_DIGITS_AT_AN_END, _DIGITS_WITHIN = 4, 6
"""From so many digits on, set C saves room."""


def encodable(text: str) -> bool:
    return bool(text) and all(" " <= letter <= "~" for letter in text)


def code128(text: str) -> tuple[int, ...]:
    """The symbols of a text in printable ASCII, with the check symbol and the stop."""
    return _closed(list(_symbols(text)))


def gs1_128(digits: str) -> tuple[int, ...]:
    """The symbols of an element string of an even number of digits and no other letters, as an SSCC's is."""
    return _closed([START_C, FNC1, *_pairs(digits)])


def modules(symbols: Sequence[int]) -> int:
    """How many times as wide as its narrowest bar a code is."""
    return sum(sum(map(int, _WIDTHS[symbol])) for symbol in symbols)


def bars(symbols: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Where each bar begins and how wide it is, in modules."""
    left = 0
    for symbol in symbols:
        for number, width in enumerate(map(int, _WIDTHS[symbol])):
            if number % 2 == 0:
                yield left, width
            left += width


def _closed(symbols: list[int]) -> tuple[int, ...]:
    check = (symbols[0] + sum(place * symbol for place, symbol in enumerate(symbols))) % 103
    return (*symbols, check, STOP)


def _symbols(text: str) -> Iterator[int]:
    """By the rules of the standard's annex E: set C for runs of digits that are long enough."""
    at, in_c = 0, False
    while at < len(text):
        run = _digits_from(text, at)
        even = run - run % 2
        if at == 0:
            in_c = run >= _DIGITS_AT_AN_END or run == len(text) == even
            yield START_C if in_c else START_B
        elif not in_c and even and run >= (_DIGITS_AT_AN_END if at + run == len(text) else _DIGITS_WITHIN):
            if run % 2:
                yield ord(text[at]) - 32
                at += 1
            yield CODE_C
            in_c = True
        elif in_c:
            yield CODE_B
            in_c = False
        if in_c:
            yield from _pairs(text[at : at + even])
            at += even
        else:
            yield ord(text[at]) - 32
            at += 1


def _digits_from(text: str, at: int) -> int:
    return next((end for end in range(at, len(text)) if not "0" <= text[end] <= "9"), len(text)) - at


def _pairs(digits: str) -> Iterator[int]:
    return (int(digits[at : at + 2]) for at in range(0, len(digits), 2))
