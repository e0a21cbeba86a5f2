"""Translates what rules and the engine say: messages are made in English and recognised by the text between their
values.
"""

import functools
import re
from collections.abc import Mapping

from api.language.catalogue import texts_of

MOST_LETTERS = 2_000
"""A longer message stays as it is: to recognise it could take long."""
_HOLE = "{}"
_NAMED = re.compile(r"([\w.*/-]+: |'[^']+': )(.+)", re.DOTALL)
"""A message about what a word of the language stands for, or about something by its name in quotation marks."""
_OF_FIELD = " (field '{}')"
_PARTS = re.compile(r"\{(\d*)\}")


class MessageBook:
    """Translations by English template, whose placeholders are `{}`; a translation may have them in another order
    (`{1}`). What stands in their place is translated in turn.
    """

    def __init__(self, messages: Mapping[str, str]) -> None:
        # those with more text of their own first: a message is what the most of it says; but the field that a connector
        # names stands behind any message
        ordered = sorted(messages, key=lambda item: (not item.endswith(_OF_FIELD), -len(item.replace(_HOLE, ""))))
        self._plain = {template: messages[template] for template in ordered if _HOLE not in template}
        self._patterns = [(_pattern(template), messages[template]) for template in ordered if _HOLE in template]

    def translate(self, message: str) -> str:
        """The message, or what it was if no template is like it; it stays as far indented as it is."""
        text = message.lstrip(" ")
        return f"{message[: len(message) - len(text)]}{self._translated(text)}"

    def _translated(self, message: str) -> str:
        if message in self._plain:
            return self._plain[message]
        if len(message) > MOST_LETTERS:
            return message
        for pattern, text in self._patterns:
            found = pattern.fullmatch(message)
            if found:
                return _filled(text, [self.translate(value) for value in found.groups()])
        named = _NAMED.fullmatch(message)
        return f"{named[1]}{self.translate(named[2])}" if named else message


@functools.cache
def message_book(language: str) -> MessageBook:
    return MessageBook(texts_of(language).messages)


def _pattern(template: str) -> re.Pattern[str]:
    return re.compile("(.*?)".join(map(re.escape, template.split(_HOLE))), re.DOTALL)


def _filled(text: str, values: list[str]) -> str:
    numbers = iter(range(len(values)))
    return _PARTS.sub(lambda part: values[int(part[1]) if part[1] else next(numbers)], text)
