"""Every language has a translation of each text that commands, the console and reports say: the same placeholders."""

import string

import pytest
import yaml

from api.language.catalogue import FOLDER, LANGUAGES, texts_of
from tests.support import command_texts

OTHERS = [language for language in LANGUAGES if language != "en"]


def placeholders(text: str) -> list[tuple[str, str | None, str | None]]:
    """Names, formats and conversions, in any order; each once."""
    return sorted({parts[1:] for parts in string.Formatter().parse(text) if parts[1] is not None}, key=str)


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_has_its_translation_and_no_other_is_there(language):
    said = {*command_texts.help_texts(), *command_texts.said_texts(), *command_texts.click_texts()}
    assert set(texts_of(language).texts) == said | {command_texts.EXAMPLE}
    assert set(texts_of(language).nouns) == command_texts.nouns()


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_has_the_placeholders_of_the_text(language):
    texts = texts_of(language).texts
    assert {text: placeholders(text) for text in texts} == {text: placeholders(texts[text]) for text in texts}


@pytest.mark.parametrize("language", OTHERS)
def test_no_translation_is_empty_or_begins_or_ends_with_other_blanks_than_the_text(language):
    for text, translation in texts_of(language).texts.items():
        assert translation.strip()
        for strip in (str.lstrip, str.rstrip):
            assert text.replace(strip(text), "") == translation.replace(strip(translation), ""), text


@pytest.mark.parametrize("language", OTHERS)
def test_no_text_is_translated_twice(language):
    for path in (FOLDER / language).glob("*.yaml"):
        keys = [line for line in path.read_text("utf-8").splitlines() if line.startswith(("- en:", "- {en:"))]
        assert len(keys) == len(set(keys)), path.name


@pytest.mark.parametrize("language", OTHERS)
def test_no_two_files_translate_the_same_text(language):
    files: dict[tuple[bool, str], list[str]] = {}
    for path in (FOLDER / language).glob("*.yaml"):
        if path.stem not in ("nouns", "numbers"):
            for entry in yaml.safe_load(path.read_bytes()):
                files.setdefault((path.stem.endswith("messages"), entry["en"]), []).append(path.name)
    assert {text: names for (_, text), names in files.items() if len(names) > 1} == {}
