"""What rules and the engine say in English is said in the other languages, too."""

import ast
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import fields, validate

from api.language.catalogue import LANGUAGES, texts_of
from api.language.messages import MOST_LETTERS, MessageBook, message_book
from engine.inbound.refusals import why_refused
from engine.model.receipts import Receipt
from engine.store.flows.receipts import ReceiptRefused
from engine.store.lookahead import REFUSALS
from tests.support import invalid_policies
from tests.support.message_texts import written

OTHERS = [language for language in LANGUAGES if language != "en"]
_FINDING = re.compile(r"[^ ]+:\d+:\d+  [a-z-]+  (?:warning: )?(.+?)(?: \(did you mean '.*'\?\))?")
SPEAKERS = ("rules", "engine", "api")
OPERATIONS = [
    path
    for folder in ("engine/access", "engine/store/backup", "engine/store/connection", "engine/events")
    for path in sorted(Path(folder).rglob("*.py"))
]
OPERATIONS += [Path(name) for name in ("engine/settings.py", "engine/rate_limit.py", "engine/policies/four_eyes.py")]
OPERATIONS += [
    Path(name)
    for name in (
        "engine/policies/gates.py",
        "engine/simulation/gate.py",
        "engine/simulation/network_change.py",
        "rules/syntax/gate_parser.py",
        "engine/policies/canary_request.py",
        "engine/policies/trial_refusals.py",
        "engine/policies/trials.py",
    )
]
AUDIT = [
    *sorted(Path("engine/store/audit/archive").rglob("*.py")),
    *(Path(f"engine/audit/sealing/{name}.py") for name in ("checkpoint", "comparison", "signed_note")),
    *(
        Path(f"engine/audit/{name}.py")
        for name in ("explanations", "mails", "replays", "sealer", "settings", "signing_keys", "verify_export")
    ),
    Path("engine/orders/erasure.py"),
]
LOOKAHEAD = [
    *(path for path in sorted(Path("engine/lookahead").glob("*.py")) if path.stem != "hindsight"),
    Path("engine/store/lookahead.py"),
]
_OF_WHO_RUNS_IT = ("serving", "logs", "openid", "tracing.py", "deprecation.py", "gate.py", "document.py")
"""Said in logs and as a process begins; gate.py's are said of operations that lack a scope, document.py's of a fault of
the program.
"""
HTTP = [
    path
    for folder in ("api/http", "api/shapes")
    for path in sorted(Path(folder).rglob("*.py"))
    if not set(path.parts) & set(_OF_WHO_RUNS_IT)
]
HTTP += [Path("engine/simulation/jobs.py")]
NAMES_OF_TEXTS = ("message", "remedy", "allowed", "why")
OF_OTHERS = {
    "Expecting value",
    "Expecting ',' delimiter",
    "Expecting ':' delimiter",
    "Expecting property name enclosed in double quotes",
    "Unterminated string starting at",
    "Invalid control character at",
    "Invalid \\escape",
    "No such file or directory",
    "Permission denied",
    "File exists",
    "Not a directory",
    "No space left on device",
    "Read-only file system",
    "no element found",
    "mismatched tag",
    "not well-formed (invalid token)",
    "unclosed token",
    "Must be one of: {}",
    "Longer than maximum length {}",
    "Shorter than minimum length {}",
    "Length must be between {} and {}",
    "Length must be {}",
    "Must be greater than or equal to {} and less than or equal to {}",
    "Must be greater than or equal to {}",
    "Must be less than or equal to {}",
    "Not a valid mapping type",
    "Invalid value",
    "Not a valid integer",
    "Not a valid number",
    "Not a valid boolean",
    "String does not match expected pattern",
    "Invalid input type",
    "day is out of range for month",
    "month must be in 1..12",
    "no published policy versions start with '{}'",
    "this is nested too deeply",
    "this is no JSON: {}",
    "*.yaml, *.csv or *.xlsx",
}
"""Said by libraries, or put together by the code."""
BOOK = MessageBook(
    {
        "nothing moves by 0": "rien ne bouge de 0",
        "'{}' is finer than {}": "'{}' est plus fin que {}",
        "a gram": "un gramme",
        "{} of {}": "de {1}, {0}",
        "'{}' is finer than {}; write {} or {}": "'{}' est plus fin que {} ; écrivez {} ou {}",
    }
)


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("nothing moves by 0", "rien ne bouge de 0"),
        ("'0.5 g' is finer than a gram", "'0.5 g' est plus fin que un gramme"),
        ("product.weight: '0.5 g' is finer than a gram", "product.weight: '0.5 g' est plus fin que un gramme"),
        ("'PO 1: b': '0.5 g' is finer than a gram", "'PO 1: b': '0.5 g' est plus fin que un gramme"),
        ("3 of 7", "de 7, 3"),
        ("'2.5' is finer than a gram; write 2 or 3", "'2.5' est plus fin que un gramme ; écrivez 2 ou 3"),
        ("  nothing moves by 0", "  rien ne bouge de 0"),
        ("  x: nothing moves by 0", "  x: rien ne bouge de 0"),
        ("something else", "something else"),
        ("x: something else", "x: something else"),
        ("", ""),
    ],
)
def test_a_message_is_recognised_by_its_text_between_its_values(message, said):
    assert BOOK.translate(message) == said


def test_a_very_long_message_stays_as_it_is():
    long = f"'{'1' * MOST_LETTERS}' is finer than a gram"
    assert BOOK.translate(long) == long


@given(st.text(max_size=80), st.text(max_size=80))
def test_what_people_wrote_comes_through(word, other):
    said = BOOK.translate(f"'{word}' is finer than {other}")
    assert word in said or BOOK.translate(word) in said


@pytest.mark.parametrize("language", OTHERS)
def test_every_finding_of_bad_policies_is_translated(language):
    messages, book = set(_messages_of_findings()), message_book(language)
    assert len(messages) > 100
    assert [message for message in sorted(messages) if book.translate(message) == message] == []


@pytest.mark.parametrize("language", OTHERS)
def test_why_messages_about_receipts_are_refused_is_translated(language):
    receipt = Receipt(
        id="transfer:T-1:A", source="asn", node="lyon", sku="A", quantity=9, expected_at=1, status="received"
    )
    for status in ("received", "cancelled"):
        for why in ("owned", "over", "closed", "few", "elsewhere", "differs", "dated", "lotless", "holds"):
            outcome = ReceiptRefused(why=why, receipt=replace(receipt, status=status), over=1)
            said = f"'T-1': {why_refused(outcome, None, lambda _, units: str(units))}"
            assert message_book(language).translate(said) not in (said, ""), said


@pytest.mark.parametrize("language", OTHERS)
def test_what_is_said_of_keys_settings_servers_backups_and_webhooks_is_translated(language):
    said = {text.replace("{}", "1") for path in OPERATIONS for text in _said_of_mistakes(path)}
    assert len(said) > 70
    assert [text for text in sorted(said) if message_book(language).translate(text) == text] == []


@pytest.mark.parametrize("language", OTHERS)
def test_what_is_said_of_lookahead_prices_is_translated(language):
    said = {text.replace("{}", "1") for path in LOOKAHEAD for text in _said_of_mistakes(path)} | set(REFUSALS.values())
    assert len(said) > 12
    assert [text for text in sorted(said) if message_book(language).translate(text) == text] == []


@pytest.mark.parametrize("language", OTHERS)
def test_what_is_said_of_the_sealed_log_replays_archives_and_erasures_is_translated(language):
    said = {text.replace("{}", "1") for path in AUDIT for text in _said_of_mistakes(path)}
    assert len(said) > 50
    assert [text for text in sorted(said) if message_book(language).translate(text) == text] == []


@pytest.mark.parametrize("language", OTHERS)
def test_what_http_says_of_requests_is_translated_as_pages_show_it(language):
    said = {text.replace("{}", "1") for path in HTTP for text in _said_of_mistakes(path)}
    assert len(said) > 80
    said |= {limit.message_max.format(max=9) for limit in (validate.Length(max=9), validate.Range(max=9))}
    said |= {limit.message_min.format(min=9) for limit in (validate.Length(min=9), validate.Range(min=9))}
    said |= {limit.message_all.format(min=1, max=9) for limit in (validate.Length(1, 9), validate.Range(1, 9))}
    said |= {message for kind in (fields.Dict, fields.Integer, fields.Boolean) for message in _messages_of(kind)}
    assert [
        text
        for text in sorted(said)
        if message_book(language).translate(text.removesuffix(".")) == text.removesuffix(".")
    ] == []


def _messages_of(kind):
    return [message for message in kind().error_messages.values() if "large" not in message]


def _said_of_mistakes(path):
    """The texts that are raised, or given or kept as what is wrong, allowed or to be done; of three words at least."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        is_kept = isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in NAMES_OF_TEXTS
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            values = node.exc.args
        elif is_kept or (isinstance(node, ast.keyword) and node.arg in NAMES_OF_TEXTS):
            values = [node.value]
        else:
            continue
        yield from (text for text in map(written, values) if len(text.split()) >= 3)


@pytest.mark.parametrize("language", OTHERS)
def test_a_translated_message_has_the_values_of_the_message(language):
    for message, text in texts_of(language).messages.items():
        assert len(re.findall(r"\{\d*\}", text)) == message.count("{}"), message


@pytest.mark.parametrize("language", OTHERS)
def test_every_translated_message_is_one_that_the_code_says(language):
    """So that one that is worded anew is translated anew. A message may be made of parts of several places."""
    code = "\n".join(_literals())
    unknown = [message for message in texts_of(language).messages if not _is_said(message, code)]
    assert set(unknown) <= OF_OTHERS


def _is_said(message, code):
    parts = sorted((part.strip(" '") for part in re.split(r"\{\}|: |; ", message)), key=len, reverse=True)
    return any(" ".join(part.split()[:3]) in code for part in parts[:2] if part)


def _messages_of_findings():
    """Of the findings that other tests expect of bad files."""
    texts = [path.read_text("utf-8") for path in Path("tests/policies").rglob("*.expected")]
    texts += [str(part) for table in vars(invalid_policies).values() for part in _parts(table)]
    for line in "\n".join(texts).splitlines():
        found = _FINDING.fullmatch(line.strip())
        if found:
            yield found[1]


def _parts(table):
    """The texts in a table of bad policies, however deep."""
    if isinstance(table, str):
        yield table
    elif isinstance(table, dict | tuple | list):
        for part in table.values() if isinstance(table, dict) else table:
            yield from _parts(part)


def _literals():
    for folder in SPEAKERS:
        for path in sorted(Path(folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.JoinedStr):
                    yield "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
                elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value
