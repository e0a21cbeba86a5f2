"""Whatever connectors say to people is said in the other languages, too."""

import ast
import re
from pathlib import Path

import pytest

from api.language.catalogue import LANGUAGES
from api.language.messages import message_book
from tests.support.message_texts import message_texts

OTHERS = [language for language in LANGUAGES if language != "en"]
CONNECTORS = sorted(Path("api/connectors").rglob("*.py"))
OF_OPENSSH = {"Host key verification failed", "Couldn't read packet", "REMOTE HOST IDENTIFICATION HAS CHANGED"}
"""What it says, by which it is understood."""
GOES_AFTER = {
    "fields/dates.py": "'1' {}",
    "fields/numbers.py": "'1' {}",
    "fields/conversion.py": "'1' is {}",
}
"""Of files some of whose texts go on after a value: how."""
PARTS_OF_MESSAGES = {
    "order '{}' has no shipment{} that could have left",
    "{} has no shipment from '{}'",
    "is no number{}",
    " with a decimal comma",
    "the field '{}' {} is missing",
    "a local time that comes twice, as clocks go back; say by `twice` whether the first or the second is meant",
    "of {} records of message {} of connector {} were not sent",
    "of {} records of {} could not be sent again",
    "of {} records of {} wait; newer ones replace the others",
    "; it is cut short",
    "; the file is cut short",
}
"""Texts that only stand in others, as they do in WHOLE."""
NOT_OF_A_LANGUAGE = {"    pointsman connector replay {}", "connector %s read %s: %s rows, %s taken over, %s bad"}
"""A command, and a line of the log."""
WHOLE = (
    "order '1' has no shipment that could have left",
    "order '1' has no shipment at '1' that could have left",
    "decision '1' has no shipment from '1'",
    "'1' is no number with a decimal comma",
    "'1' is no number",
    "the field '1' of counts is missing",
    "'1' is a local time that comes twice, as clocks go back; say by `twice` whether the first or the second is meant",
    "this is no JSON: Expecting value; it is cut short",
    "this is no XML: no element found; the file is cut short",
    "1 of 2 records of message 3 of connector out were not sent:",
    "1 of 2 records of out-3.json could not be sent again:",
    "1 of 2 records of out-3.json wait; newer ones replace the others:",
    "message 7 (INVRPT)",
    "message 7 (INVRPT), segment 4 (QTY)",
    "line 12",
    "row 3",
    "element 4",
)
"""Messages and places as they are made of parts."""


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("path", CONNECTORS, ids=lambda path: "/".join(path.parts[2:]))
def test_each_message_of_connectors_is_translated(path, language):
    translate = message_book(language).translate
    said = {text for text in message_texts(ast.parse(path.read_text("utf-8"))) if text not in PARTS_OF_MESSAGES}
    frame = GOES_AFTER.get("/".join(path.parts[2:]), "{}")
    without = [
        text
        for text in sorted(said - OF_OPENSSH - NOT_OF_A_LANGUAGE)
        if all(translate(form) == form for form in (_filled(text), frame.replace("{}", _filled(text))))
    ]
    assert without == [], f"give each a translation in api/language/{language}/connectors_*messages.yaml"


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("text", WHOLE)
def test_what_is_made_of_parts_is_translated(text, language):
    translated = message_book(language).translate(text)
    assert translated != text or text.startswith("message ")
    assert not re.search(r"\b(is|has|the|of|which)\b", translated)


def test_every_part_that_is_left_out_is_one_that_the_code_has():
    code = {text for path in CONNECTORS for text in message_texts(ast.parse(path.read_text("utf-8")))}
    assert (PARTS_OF_MESSAGES | NOT_OF_A_LANGUAGE | OF_OPENSSH) - code == set()


PUT_TOGETHER = {
    "'31/02/2026' is no date of the form %d/%m/%Y (field 'at')": (
        "'31/02/2026' n'est pas une date de la forme %d/%m/%Y (champ 'at')"
    ),
    "'27.11.' is no date of the form 2026-11-27T18:30:00; say by `date` how it is written (field 'at')": (
        "'27.11.' n'est pas une date de la forme 2026-11-27T18:30:00\xa0; dites par `date` comment elle est écrite"
        " (champ 'at')"
    ),
    "'12,5' is no number (field 'on_hand')": "'12,5' n'est pas un nombre (champ 'on_hand')",
    "this is no JSON: , or } is expected, not the end": "ce n'est pas du JSON\xa0: il faut , ou }, pas la fin",
    "this is no JSON: it says 'a' twice in one object": "ce n'est pas du JSON\xa0: 'a' est dit deux fois dans un objet",
    "UNT says 12, and there are 13 segments": "UNT dit 12, et il y a 13 segments",
    "wms@files.example.com:22: sftp ended with 1": "wms@files.example.com:22\xa0: sftp s'est terminé par 1",
    "Kafka at kafka-1:9092: no broker answered within 10 s": (
        "Kafka à kafka-1:9092\xa0: aucun broker n'a répondu en 10 s"
    ),
    (
        "sales, partition 0: the messages 2 to 4 were deleted before they were read; to go on with what there is:"
        " kafka-consumer-groups --group g --topic sales:0 --reset-offsets --to-earliest --execute"
    ): (
        "sales, partition 0\xa0: les messages 2 à 4 ont été supprimés avant d'être lus\xa0; pour continuer avec ce"
        " qu'il y a\xa0: kafka-consumer-groups --group g --topic sales:0 --reset-offsets --to-earliest --execute"
    ),
}


@pytest.mark.parametrize("message", PUT_TOGETHER)
def test_messages_are_put_together_in_french(message):
    assert message_book("fr").translate(message) == PUT_TOGETHER[message]


def _filled(text):
    return text.replace("{input}", "1").replace("{choices}", "1").replace("{}", "1")
