"""What a product is found by: its SKU and the words of its name, without regard to capitals and accents. Pure."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from engine.model.facts import Product

SEPARATOR: Final = "\t"
"""Between what a product is found by and its SKU, in an entry of the index. No SKU has a tab."""
OF_A_SKU: Final = "s"
"""What entries begin with by which a product is found by its SKU."""
OF_A_WORD: Final = "w"
"""What those begin with by which it is found by a word of its name; they stand after all of the SKUs."""
MOST_WORDS: Final = 24
"""Of a name, those that it is found by; the rest of a longer one is not."""
LONGEST_WORD: Final = 40
"""Letters of a word that count."""
MOST_TERMS: Final = 8
"""Of what is looked for, those that count."""
_WORD: Final = re.compile(r"[^\W_]+")
Range: TypeAlias = tuple[bytes, bytes]
"""Entries of the index from the first of these on and before the second, in the order of their bytes."""


def folded(text: str) -> str:
    """Without capitals, accents and ligatures: of 'Œufs FRAIS été', 'œufs frais ete'."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def entries_of(product: Product) -> list[str]:
    """Its entries in the index, each once."""
    return [
        _entry(OF_A_SKU, folded(product.sku), product.sku),
        *(_entry(OF_A_WORD, word, product.sku) for word in _words(folded(product.name))),
    ]


def sku_of(entry: str) -> str:
    """The SKU that an entry leads to."""
    return entry.partition(SEPARATOR)[2]


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for: products of which each of the `terms` is how the SKU or a word of the name begins; or all of
    them, how the SKU begins (`whole`). All products, if there are no terms.
    """

    terms: tuple[str, ...]
    whole: str

    @classmethod
    def of(cls, text: str) -> "Search":
        terms = folded(text).split()
        return cls(tuple(dict.fromkeys(terms[:MOST_TERMS])), " ".join(terms))

    def ranges(self) -> Iterator[Range]:
        """Where in the index all entries are that lead to products which may be looked for, in its order."""
        for term in self._starts:
            yield _range(OF_A_SKU + term)
        if self._leading:
            yield _range(OF_A_WORD + self._leading)

    def finds(self, entry: str, product: Product | None) -> bool:
        """Whether the product that an entry leads to is looked for, and is to be listed at this entry: each is listed
        at one only. An entry may be left from what its product, or one that is gone, was called before.
        """
        if product is None or not self._matches(product):
            return False
        entries = entries_of(product)
        if entry not in entries:
            return False
        if entry.startswith(OF_A_SKU):
            return True
        is_found_by_sku = any(entries[0].startswith(OF_A_SKU + term) for term in self._starts)
        return not is_found_by_sku and entry == min(
            other for other in entries[1:] if other.startswith(OF_A_WORD + self._leading)
        )

    @property
    def _starts(self) -> list[str]:
        """The terms in order, without those that begin with another one; '' stands for all SKUs."""
        starts: list[str] = []
        for term in sorted(self.terms) or [""]:
            if not starts or not term.startswith(starts[-1]):
                starts.append(term)
        return starts

    @property
    def _leading(self) -> str:
        """The longest word of the terms, by which names are looked up; none if a term can only be of a SKU."""
        words = [_words(term) for term in self.terms]
        return max((word for of_term in words for word in of_term), key=len) if words and all(words) else ""

    def _matches(self, product: Product) -> bool:
        sku, words = folded(product.sku), _words(folded(product.name))
        if " ".join(sku.split()).startswith(self.whole):
            return True
        return all(sku.startswith(term) or _are_in(_words(term), words) for term in self.terms)


def _are_in(parts: list[str], words: list[str]) -> bool:
    return bool(parts) and all(any(word.startswith(part) for word in words) for part in parts)


def _words(text: str) -> list[str]:
    return list(dict.fromkeys(word[:LONGEST_WORD] for word in _WORD.findall(text)))[:MOST_WORDS]


def _entry(kind: str, key: str, sku: str) -> str:
    return f"{kind}{key}{SEPARATOR}{sku}"


def _range(start: str) -> Range:
    return start.encode(), start.encode() + b"\xff"
