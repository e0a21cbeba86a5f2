"""Every code that a finding may have: its severity, what it means and how to correct it.

The output formats of the command line and the page for merchandisers take their texts from here.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


class Severity(enum.Enum):
    """A policy set with an error can't be used; one with warnings can."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    name: str
    severity: Severity
    meaning: str
    """One sentence: what it means and how to correct it."""


_ERRORS = {
    "file-too-large": "The file has more than a mebibyte; write its rules in several files.",
    "not-utf-8": "The file is in another encoding than UTF-8; save it as UTF-8.",
    "bad-yaml": "The file can't be read as YAML from this place on; look here and on the line before.",
    "yml-file": "Only files whose names end in .yaml are read; rename this one, or move it elsewhere.",
    "other-spreadsheet": "Of spreadsheets only .xlsx and .csv are read; save it as one of these, or move it elsewhere.",
    "not-a-table": "A table of rules has policy in its first cell; write it there, or move the file elsewhere.",
    "bad-csv": "The file can't be read as CSV from this row on; look for a quotation mark that is never closed.",
    "bad-workbook": "The file can't be read as an Excel workbook; save it anew as .xlsx, without a password.",
    "table-too-large": "The table has too many rows, columns, letters or rows that overlap; make two of it.",
    "formula": "Formulas are not read, since what they give may change; put the value itself in the cell.",
    "merged-cells": "Of merged cells only the first has a value; unmerge them and fill each.",
    "bad-cell": "The cell can't be read, or a spreadsheet may have changed it; write it as the message shows.",
    "unknown-heading": "A heading is a fact, an effect or a key of a rule; correct it, or put # before a note.",
    "too-deep": "The file nests deeper than 32 levels, or its terms do; write it flatter.",
    "alias": "Aliases (*name) are not read; write the value out, or give the condition a name under terms.",
    "tag": "Tags (!name) are not read; write the value alone.",
    "bad-key": "What stands before a colon must be one word; write a name there.",
    "duplicate-key": "The same key stands twice in one mapping; keep one, or join the two.",
    "wrong-type": "A list, mapping or value stands where another of these belongs; write it as the message shows.",
    "missing-key": "Something that every policy or rule must say is missing; add it.",
    "unknown-key": "A policy or a rule has no such key; correct the word.",
    "bad-id": "An id is small letters, digits, - and _, and not a number, true or false to YAML; choose another.",
    "duplicate-rule": "Two rules of the policy have the same id; give one another.",
    "duplicate-policy": "Two files have the same policy id; give one another.",
    "unknown-fact": "There is no such fact, or combinator; take one from the list of facts.",
    "unknown-operator": "There is no such operator; take one from the list of conditions.",
    "wrong-operator": "The operator doesn't fit what kind of fact this is; use one that does.",
    "unknown-word": "The word is not among those the fact or the key can have; use one of them.",
    "bad-value": "The value is not written as its kind is; write it as the message shows.",
    "wrong-unit": "The unit is missing, or is none of this kind of amount; write one of those named.",
    "impossible-date": "The calendar has no such day; correct it.",
    "out-of-range": "The number is too small or too large, or two ends stand the wrong way round; correct it.",
    "too-large": "The condition, its terms written out, makes over 250 comparisons or nests over 64 deep; cut it.",
    "unknown-term": "The file defines no term of this name; correct it, or define it under terms.",
    "cyclic-term": "The term is defined by itself; break the circle.",
    "empty-window": "No moment lies between the two ends of the window; correct one of them.",
    "unknown-effect": "There is no such effect; take one from the list of effects.",
    "later-stage": "The effect acts before a fact of the rule is known; leave the fact out, or use a later effect.",
    "unknown-rule": "overrides names a rule that is in none of the files; write policy/rule as they are called.",
    "cyclic-override": "The rules override each other in a circle; let one of them give way.",
}
_WARNINGS = {
    "no-rules": "The policy has no rule, so it decides nothing; write one, or remove the file.",
    "never-fires": "The rule's conditions and window contradict each other, so it never fires; correct them.",
    "always-silenced": "Wherever the rule fires, others that override it fire too; remove it, or narrow the others.",
    "shadowed": "Wherever the effect acts, another rule's is as strong or stronger; remove it, or make it differ.",
    "excluded-and-preferred": "What the rule prefers is excluded in the very same cases; decide for one of the two.",
    "no-effect": "0 (of multiple_of: 1) changes nothing unless the rule overrides others; name these, or remove it.",
    "min-above-max": "The least units of a place are above the most, and come before them; correct one of the two.",
    "nothing-promised": "No rule lets what is to come be promised; write promise_from, or leave the effect out.",
    "operator-as-word": "The value reads like an operator and is taken as a word; write the operator in braces.",
    "large-carbon-price": "The amount is for a kilogram of CO2e and very large; write its unit, as 120 EUR/t.",
    "impossible-word": "No order, article or place can have the word as it is written; write it as the message shows.",
    "fact-as-word": "The word is the path of a fact; to compare the two facts, write same_as or not_same_as.",
    "unused-term": "No rule uses the term; use it, or remove it.",
    "overlapping-rows": "Rows of a table whose hit policy is unique apply together; narrow one of them, or say first.",
    "uncovered-case": "No row of the table applies to a case between its rows; add one, or say gaps: allowed.",
    "missing-language": "The rule gives no reason in a language that other rules use; add it under because.",
}
_NETWORK_ERRORS = {
    "other-currency": "The amount is in another currency than the network's; write it in that one.",
    "wrong-attribute": "The network declares no such extra attribute, or one of another kind; declare it there.",
}
_NETWORK_WARNINGS = {
    "unknown-to-network": "The network has no such channel, place, tag, service or category; correct it or load it.",
}
_TABLE_ERRORS = {
    "not-a-row": "The rule says something that no cell can hold; write it otherwise, or keep it in a YAML file.",
}
_TEST_ERRORS = {
    "unknown-node": "Neither the file nor the network it names has such a node; correct it, or write it under nodes.",
    "unknown-service": "No such service is known here; correct it, or write it under services.",
    "unknown-sku": "No such SKU is known here; correct it, or write it under products or stock.",
    "unknown-attribute": "No rule asks for such an attribute, or the network declares none; correct the word.",
    "unknown-order": "The file has no order of this name; correct it, or write one under orders.",
    "unknown-stock": "The file has no stock of this name; correct it, or write one under stock.",
    "unknown-reason": "There is no such reason for what stays unfilled; take one from the list of reasons.",
    "cyclic-like": "Following `like`, the order or the stock comes back to itself; break the circle.",
    "duplicate-test": "Two cases of the file have the same name; give one another.",
    "no-network": "An uploaded test file can't name a network's directory; write nodes, products and stock into it.",
    "bad-network": "The directory that the file names is not there, or has mistakes in it; correct the word, or these.",
}
_CONNECTOR_ERRORS = {
    "unknown-field": "What the connector brings has no such field; take one from the list of fields of its kind.",
    "unknown-lookup": "The file has no table of this name; correct it, or write one under lookups.",
    "duplicate-connector": "Two files have the same connector's name; give one another.",
    "bad-path": "The path is not written as its format has paths; write it as the message shows.",
    "no-sample": "The connector has no sample beside it; write one, and what is expected of it.",
}


def _codes(errors: Mapping[str, str], warnings: Mapping[str, str]) -> Mapping[str, Code]:
    return MappingProxyType(
        {
            name: Code(name=name, severity=severity, meaning=meaning)
            for severity, table in ((Severity.ERROR, errors), (Severity.WARNING, warnings))
            for name, meaning in table.items()
        }
    )


CODES = _codes(_ERRORS, _WARNINGS)
"""Codes of findings in policy files by themselves."""
NETWORK_CODES = _codes(_NETWORK_ERRORS, _NETWORK_WARNINGS)
"""Codes of findings when policy files are checked against a network, as publishing does."""
TEST_CODES = _codes(_TEST_ERRORS, {})
"""Codes of findings in test files."""
TABLE_CODES = _codes(_TABLE_ERRORS, {})
"""Codes of findings when a policy is to be written as a table."""
CONNECTOR_CODES = _codes(_CONNECTOR_ERRORS, {})
"""Codes of findings in the files of connectors."""
_ALL = {**CODES, **NETWORK_CODES, **TEST_CODES, **TABLE_CODES, **CONNECTOR_CODES}


def severity_of(code: str) -> Severity:
    return _ALL[code].severity
