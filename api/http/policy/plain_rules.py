"""Policy files in plain words over HTTP, with other values in them, and the words that they are written with."""

import datetime
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask import Response

from api.http.blueprint import Blueprint, answer_in, language_asked_for
from api.http.policy.rule_edits import EditRequest, PoliciesOfNetwork, edited_files, files_field
from api.http.policy.upload import read_files
from api.records.policy_rules import EditedFilesRecord, PlainPoliciesRecord
from api.records.policy_vocabulary import VocabularyRecord
from api.shapes.base import Strict
from api.shapes.language import language_field
from engine.decide.network_fit import Attribute
from engine.errors import InputInvalid, Mistake, NotReady
from engine.service import Pointsman
from rules.loader import parse_files
from rules.vocabulary import Kind
from rules.wording.catalogue import load_catalogue


class ExplainRequest(Strict):
    files = files_field()


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
    @policies.arguments(LanguageQuery, location="query")
    @policies.arguments(EditRequest)
    @policies.response(HTTPStatus.OK, EditedFilesRecord)
    def edit(query: dict[str, Any], body: dict[str, Any]) -> Response:
        """Change, add, copy or take out a rule in the text of its file; comments and all else stay as they are"""
        language = language_asked_for(query["lang"])
        files, versions = _encoded(body["files"]), pointsman.versions
        network = PoliciesOfNetwork(attributes=_kinds(versions.attributes()), fit=versions.fit)
        return answer_in(language, edited_files(body, files, load_catalogue(language), network))

    @policies.get("/vocabulary", scope="policies:read")
    @policies.arguments(LanguageQuery, location="query")
    @policies.response(HTTPStatus.OK, VocabularyRecord)
    def vocabulary(query: dict[str, Any]) -> Response:
        """The words that policy files are written with, and those of the loaded network"""
        language = language_asked_for(query["lang"])
        words, attributes = pointsman.versions.words(), pointsman.versions.attributes()
        catalogue = load_catalogue(language)
        return answer_in(language, VocabularyRecord.of(catalogue, words, attributes))


def _encoded(files: Mapping[str, str]) -> dict[str, bytes]:
    mistakes: list[Mistake] = []
    texts = read_files(files, field="files", mistakes=mistakes)
    if mistakes:
        raise InputInvalid(mistakes)
    return {name: text.encode() for name, text in texts.items()}


def _kinds(attributes: Mapping[str, Attribute]) -> dict[str, Kind]:
    return {path: its.kind for path, its in attributes.items()}


def _minute(pointsman: Pointsman) -> int:
    """What the network's clock shows, as ClockReading counts it; UTC, if no network is loaded."""
    try:
        zone: datetime.tzinfo = pointsman.network().zone
    except NotReady:
        zone = datetime.UTC
    local = datetime.datetime.fromtimestamp(pointsman.now, tz=zone)
    return local.toordinal() * 1_440 + local.hour * 60 + local.minute
