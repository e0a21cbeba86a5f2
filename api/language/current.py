"""Says texts in the language of the command that runs."""

import contextlib
import contextvars
import string
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from api.language.catalogue import LANGUAGES, texts_of
from api.language.messages import message_book
from rules.wording.catalogue import ENGLISH, available_languages

OPTION = "--lang"
_VARIABLES = ("POINTSMAN_LANG", "LC_ALL", "LC_MESSAGES", "LANG")
"""Where the language comes from if no option says it; the first that is set decides."""
_words: contextvars.ContextVar[tuple[str, ...]] = contextvars.ContextVar("words", default=())
_language = contextvars.ContextVar("language", default=ENGLISH)


def choose_language(words: Sequence[str], environment: Mapping[str, str]) -> None:
    """Speak as the words of the command ask, or else as the environment does."""
    _words.set(tuple(words))
    _language.set(_asked_for(words) or usual_language(environment))


@contextlib.contextmanager
def speaking(language: str) -> Iterator[None]:
    """Say texts in this language, or in English if it is not spoken, whatever the command was asked to speak."""
    before = _language.set(_known(language) or ENGLISH)
    try:
        yield
    finally:
        _language.reset(before)


def typed_words() -> tuple[str, ...]:
    """The words of the command that runs, as they were typed."""
    return _words.get()


def current_language() -> str:
    return _language.get()


def sentence_language() -> str:
    """That of the sentences about rules: the current one, or English if these are not said in it."""
    return _language.get() if _language.get() in available_languages() else ENGLISH


def say(english: str, /, **values: Any) -> str:
    """The text in the current language, with its placeholders filled in."""
    translated = texts_of(_language.get()).texts.get(english, english)
    return _FORMATTER.vformat(translated, (), values) if values else translated


def text(english: str) -> str:
    """Marks a text that is said elsewhere, so that catalogues are asked for it."""
    return english


def say_number(number: str) -> str:
    """A number as it is formatted in English, such as 1,234.50, as the current language writes it."""
    return number.translate(texts_of(_language.get()).number_signs)


def say_message(message: str) -> str:
    """What rules or the engine said in English, in the current language, as far as its catalogue has it."""
    language = _language.get()
    return message if language == ENGLISH else message_book(language).translate(message)


def counted(number: int, noun: str) -> str:
    """A number with its noun: `1 rule`, `1,200 rules`."""
    texts = texts_of(_language.get())
    one, several = texts.nouns.get(noun) or (noun, f"{noun}s")
    is_one = number == 1 or (number == 0 and texts.zero_is_one)
    return f"{say_number(f'{number:,}')} {one if is_one else several}"


def _asked_for(words: Sequence[str]) -> str | None:
    """The language after `--lang`, also before it is known which command the words are of: mistakes in them are told in
    that language, too. None: there is none, or another than the command line speaks.
    """
    for number, word in enumerate(words):
        if word == "--":
            break
        if word == OPTION and words[number + 1 : number + 2]:
            return _known(words[number + 1])
        if word.startswith(f"{OPTION}="):
            return _known(word.removeprefix(f"{OPTION}="))
    return None


def usual_language(environment: Mapping[str, str]) -> str:
    """That of a process, by its environment."""
    named = next((environment[name] for name in _VARIABLES if environment.get(name, "").strip()), "")
    return _known(named.strip()[:2].lower()) or ENGLISH


def _known(language: str) -> str | None:
    return language if language in LANGUAGES else None


class _Formatter(string.Formatter):
    """Formats as `str.format`, and numbers as the current language writes them."""

    def format_field(self, value: Any, format_spec: str) -> str:
        shown = str(format(value, format_spec))
        return say_number(shown) if "," in format_spec else shown


_FORMATTER = _Formatter()
