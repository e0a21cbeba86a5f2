"""Policy files in plain words over HTTP, with other values in them, and the words that they are written with."""

import datetime
from collections.abc import Collection, Mapping
from http import HTTPStatus
from typing import Any

from flask import Response
from marshmallow import fields, validate

from api.http.blueprint import Blueprint, answer, answer_in, language_asked_for
from api.http.policy.upload import MOST_FILES, read_files
from api.records.policy_rules import EditedFilesRecord, PlainPoliciesRecord, VocabularyRecord, VocabularyWordRecord
from api.shapes.base import Strict
from api.shapes.language import language_field
from engine.errors import InputInvalid, Mistake, NotFound, NotReady
from engine.service import Pointsman
from rules.editor.rule_values import ValueMistake, text_with
from rules.loader import parse_files
from rules.policy import split_rule_id
from rules.policy_documents import YAML
from rules.syntax.yaml_document import read
from rules.wording.catalogue import Catalogue, load_catalogue

MOST_WORDS = 200
"""Of one fact that are offered."""
_MOST_VALUES = 200
_SECTIONS = ("facts", "effects", "operators", "keys")


def _files() -> fields.Dict:
    return fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        required=True,
        validate=validate.Length(1, MOST_FILES),
        metadata={"description": "the texts of policy files by name; tests among them are left out"},
    )


class ExplainRequest(Strict):
    files = _files()


class EditRequest(Strict):
    files = _files()
    rule = fields.String(required=True, metadata={"description": "its id, with that of its policy: clearance/shops"})
    values = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        required=True,
        validate=validate.Length(1, _MOST_VALUES),
        metadata={
            "description": "by the path of each value, what is to stand there; an empty one takes from or until away"
        },
    )


class LanguageQuery(Strict):
    lang = language_field("sentences")


def add_plain_rules(policies: Blueprint, pointsman: Pointsman) -> None:
    """The calls about the texts of policies; none of them changes anything that is stored."""

    @policies.post("/explain", scope="policies:read")
    @policies.arguments(LanguageQuery, location="query")
    @policies.arguments(ExplainRequest)
    @policies.response(HTTPStatus.OK, PlainPoliciesRecord)
    def explain(query: dict[str, Any], body: dict[str, Any]) -> Response:
        """Say each rule of policy files in plain words, with the values that a form can change"""
        language = language_asked_for(query["lang"])
        parsed = parse_files(_encoded(body["files"]))
        record = PlainPoliciesRecord.of(parsed, load_catalogue(language), _minute(pointsman))
        return answer_in(language, record)

    @policies.post("/edit", scope="policies:read")
    @policies.arguments(EditRequest)
    @policies.response(HTTPStatus.OK, EditedFilesRecord)
    def edit(body: dict[str, Any]) -> Response:
        """Put other values of a rule into the text of its file; comments and all else stay as they are"""
        return answer(EditedFilesRecord(files={**body["files"], **_edited(body)}))

    @policies.get("/vocabulary", scope="policies:read")
    @policies.arguments(LanguageQuery, location="query")
    @policies.response(HTTPStatus.OK, VocabularyRecord)
    def vocabulary(query: dict[str, Any]) -> Response:
        """The words that policy files are written with, and those of the loaded network"""
        language = language_asked_for(query["lang"])
        words = pointsman.versions.words()
        catalogue = load_catalogue(language)
        sections = {section: _words(catalogue, section, words) for section in _SECTIONS}
        return answer_in(language, VocabularyRecord(language=language, **sections))


def _edited(body: Mapping[str, Any]) -> dict[str, str]:
    """The file that has the rule, with its values. Raises InputInvalid, NotFound, PolicyInvalid."""
    policy, rule = split_rule_id(body["rule"])
    for name, content in _encoded(body["files"]).items():
        if not name.endswith(YAML):
            continue
        document = read(name, content)
        if isinstance(document.root, dict) and document.root.get("policy") == policy:
            try:
                return {name: text_with(document, rule, body["values"])}
            except ValueMistake as error:
                raise InputInvalid([Mistake(field=error.pointer or "rule", message=str(error))]) from None
    raise NotFound(f"no file among these has the policy '{policy}'; a rule of a table is changed in its cells")


def _encoded(files: Mapping[str, str]) -> dict[str, bytes]:
    mistakes: list[Mistake] = []
    texts = read_files(files, field="files", mistakes=mistakes)
    if mistakes:
        raise InputInvalid(mistakes)
    return {name: text.encode() for name, text in texts.items()}


def _words(catalogue: Catalogue, section: str, words: Mapping[str, Collection[str]]) -> list[VocabularyWordRecord]:
    start = f"editor.{section}."
    return [
        VocabularyWordRecord(
            word=key.removeprefix(start),
            means=catalogue.text(key).replace("`", ""),
            values=sorted(words.get(key.removeprefix(start), ()))[:MOST_WORDS],
        )
        for key in catalogue.texts
        if key.startswith(start)
    ]


def _minute(pointsman: Pointsman) -> int:
    """What the network's clock shows, as ClockReading counts it; UTC, if no network is loaded."""
    try:
        zone: datetime.tzinfo = pointsman.network().zone
    except NotReady:
        zone = datetime.UTC
    local = datetime.datetime.fromtimestamp(pointsman.now, tz=zone)
    return local.toordinal() * 1_440 + local.hour * 60 + local.minute
