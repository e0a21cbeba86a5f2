"""Catalogues: the words in which rules and decisions are explained to people, one YAML file per language.

The languages on offer are the files in `catalogues/`, and `en.yaml` is the reference: any other catalogue must have the
same keys and, in each text, the same placeholders. A text is looked up by its path in the file, for example
`facts.order.value.noun`. A file is read when its language is first asked for, once per process.
"""

import functools
import gettext
import re
import string
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from rules.errors import CatalogueInvalid

ENGLISH = "en"
"""The language of the reference catalogue, of a policy's `because` that names no language, and of the command line."""
FOLDER = Path(__file__).with_name("catalogues")
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_VOWELS = "aàâeéèêëiîïoôœuùûAÀÂEÉÈÊËIÎÏOÔŒUÙÛ"
_COUNTS_TRIED = 200
"""Counts from 0 that show every plural form a language has; Arabic's last begins at 100."""

_Texts: TypeAlias = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grammar:
    """What a language needs besides texts. `plural` gives the number, from 0, of the plural form for a count."""

    plural: Callable[[int], int]
    decimal_mark: str
    quoted_words: frozenset[str]
    subjects: tuple[str, ...]
    contractions: Mapping[str, str]
    elided: tuple[str, ...]
    """Words whose last letter gives way to an apostrophe before a vowel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """The texts of one language by their path in its file, each in its plural forms (one form if it has none)."""

    language: str
    grammar: Grammar
    texts: _Texts

    def text(self, key: str, **values: str) -> str:
        """The text with its placeholders filled in."""
        return self.texts[key][0].format(**values)

    def counted(self, key: str, count: int, **values: str) -> str:
        """The text in the plural form for `count`, which also fills in its placeholder `{count}`."""
        forms = self.texts[key]
        form = forms[self.grammar.plural(count)] if len(forms) > 1 else forms[0]
        return form.format(count=count, **values)

    def join(self, style: str, words: Sequence[str]) -> str:
        """One or more words as a list in the given style of the section `lists`: "a", "a or b", "a, b or c"."""
        *before, last = words
        if not before:
            return last
        listed = self.text(f"lists.{style}.separator").join(before)
        return self.text(f"lists.{style}.last", listed=listed, last=last)

    def contract(self, sentence: str) -> str:
        """The sentence with the language's contractions made ("Si il" is "S'il"), except inside quotes."""
        contractions, elided = self.grammar.contractions, self.grammar.elided
        if contractions:
            pattern = rf"{_QUOTED}|\b(?:{'|'.join(map(re.escape, contractions))})\b"
            sentence = re.sub(pattern, lambda match: contractions.get(match[0], match[0]), sentence)
        if elided:
            pattern = rf"{_QUOTED}|«[^»]*»|\b(?:{'|'.join(elided)}) (?=[{_VOWELS}])"
            sentence = re.sub(pattern, lambda match: f"{match[0][:-2]}'" if match[0][-1] == " " else match[0], sentence)
        return sentence


def available_languages(folder: Path = FOLDER) -> tuple[str, ...]:
    """The codes of the languages that have a catalogue, in alphabetical order. Opens none of the files."""
    return tuple(sorted(path.stem for path in folder.glob("*.yaml")))


@functools.cache
def load_catalogue(language: str, folder: Path = FOLDER) -> Catalogue:
    """The catalogue of a language; raises CatalogueInvalid if it differs from the reference in keys or placeholders."""
    path = folder / f"{language}.yaml"
    try:
        catalogue = _read(path)
        reference = catalogue if language == ENGLISH else load_catalogue(ENGLISH)
        mistakes = list(_mistakes(catalogue, reference.texts))
    except (ValueError, yaml.YAMLError) as error:
        raise CatalogueInvalid(f"{path.name}: {error}") from None
    if mistakes:
        raise CatalogueInvalid("\n".join(f"{path.name}: {mistake}" for mistake in mistakes))
    return catalogue


@functools.cache
def load_catalogues() -> tuple[Catalogue, ...]:
    """The catalogues of all available languages."""
    return tuple(load_catalogue(language) for language in available_languages())


def _read(path: Path) -> Catalogue:
    # the base loader leaves every scalar the text it is: `true` and `1` are words here
    document = yaml.load(path.read_bytes(), Loader=yaml.CBaseLoader)  # noqa: S506  # makes texts, lists, mappings only
    grammar = document.pop("grammar", None) if isinstance(document, dict) else None
    if not isinstance(grammar, dict) or grammar.keys() != set(Grammar.__slots__):
        raise CatalogueInvalid(f"{path.name}: grammar needs the keys {', '.join(Grammar.__slots__)}, and no other")
    return Catalogue(
        language=path.stem,
        grammar=Grammar(
            plural=gettext.c2py(grammar["plural"]),
            decimal_mark=grammar["decimal_mark"],
            quoted_words=frozenset(grammar["quoted_words"]),
            subjects=tuple(grammar["subjects"]),
            contractions=grammar["contractions"],
            elided=tuple(grammar["elided"]),
        ),
        texts=dict(_flattened(document)),
    )


def _flattened(node: Any, path: str = "") -> Iterator[tuple[str, tuple[str, ...]]]:
    if isinstance(node, dict):
        for key, inner in node.items():
            yield from _flattened(inner, f"{path}.{key}" if path else key)
    else:
        yield path, tuple(node) if isinstance(node, list) else (node,)


def _mistakes(catalogue: Catalogue, reference: _Texts) -> Iterator[str]:
    texts = catalogue.texts
    yield from (f"{key} is missing" for key in reference if key not in texts)
    yield from (f"{key} is unknown" for key in texts if key not in reference)
    plural_forms = 1 + max(map(catalogue.grammar.plural, range(_COUNTS_TRIED)))
    for key in (key for key in reference if key in texts):
        allowed = {1} if len(reference[key]) == 1 else {1, plural_forms}
        if len(texts[key]) not in allowed:
            yield f"{key} has {len(texts[key])} forms; it may have {' or '.join(map(str, sorted(allowed)))}"
        expected, actual = _placeholders(reference[key]), _placeholders(texts[key])
        if actual != expected:
            yield f"{key} needs the placeholders {sorted(expected)} and has {sorted(actual)}"


def _placeholders(forms: tuple[str, ...]) -> set[str]:
    return {name for form in forms for _, name, _, _ in string.Formatter().parse(form) if name is not None}
