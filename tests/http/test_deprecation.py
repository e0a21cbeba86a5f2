"""An operation that is going to be taken away says so in each of its answers and in the OpenAPI document."""

import datetime
from email.utils import parsedate_to_datetime

import pytest
from flask import Flask, Response
from werkzeug.exceptions import NotFound

from api.http import problems
from api.http.access.browsers import _READ
from api.http.blueprint import Blueprint, by_operation
from api.http.deprecation import Deprecation, announce
from api.http.description.completion import completed
from api.http.description.document import document_of
from api.records.problems import ProblemRecord

SINCE, SUNSET = datetime.date(2027, 1, 1), datetime.date(2028, 1, 1)
OLD = Deprecation(since=SINCE, sunset=SUNSET, instead="`GET /v1/new`")


@pytest.fixture
def shop():
    """An application with an old operation and a new one, and the blueprint of both."""
    app = Flask("shop")
    problems.register(app)
    api = problems.ProblemApi(app, spec_kwargs={"title": "shop", "version": "1", "openapi_version": "3.1.0"})
    pages = Blueprint("pages", __name__, url_prefix="/v1", description="Pages")

    @pages.get("/old", scope="stock", deprecated=OLD)
    @pages.response(200, ProblemRecord)
    def old():
        """As it was"""
        return Response(b"old")

    @pages.get("/old/gone", scope="stock", deprecated=OLD)
    def gone():
        """As it was not"""
        raise NotFound

    @pages.get("/new", scope="stock")
    def new():
        """As it is"""
        return Response(b"new")

    api.register_blueprint(pages)
    announce(app, pages.deprecations)
    return app.test_client(), api, pages


def test_every_answer_says_since_when_and_until_when(shop):
    client, _, _ = shop
    for path, status in (("/v1/old", 200), ("/v1/old/gone", 404), ("/v1/old?x=1", 422)):
        answer = client.get(path)
        assert answer.status_code == status
        assert answer.headers["Deprecation"] == "@1798761600"
        assert datetime.datetime.fromtimestamp(1798761600, datetime.UTC).date() == SINCE
        assert parsedate_to_datetime(answer.headers["Sunset"]).date() == SUNSET
        assert answer.headers["Sunset"].endswith(" GMT")
        assert 'rel="deprecation"' in answer.headers["Link"]


def test_no_other_operation_does(shop):
    client, _, _ = shop
    for path in ("/v1/new", "/v1/nothing"):
        assert not {"Deprecation", "Sunset", "Link"} & {name for name, _ in client.get(path).headers}


def test_operations_are_described_once_somebody_asks(shop):
    _, api, pages = shop
    assert api.spec.to_dict()["paths"] == {}
    asked = document_of(api, [pages])
    assert asked["paths"].keys() == {"/v1/old", "/v1/old/gone", "/v1/new"}
    assert asked["tags"] == [{"name": "pages", "description": "Pages"}]
    assert "Problem" in asked["components"]["schemas"]


def test_the_description_marks_it_and_says_what_to_use(shop):
    _, api, pages = shop
    page = completed(document_of(api, [pages]), by_operation(pages.scopes), by_operation(pages.deprecations))
    old, new = page["paths"]["/v1/old"]["get"], page["paths"]["/v1/new"]["get"]
    assert old["deprecated"] is True
    assert old["description"].startswith("Deprecated since 2027-01-01, and gone after 2028-01-01: use `GET /v1/new`.")
    assert {"Deprecation", "Sunset", "Link"} <= old["responses"]["200"]["headers"].keys()
    assert "deprecated" not in new
    assert "Deprecation" not in str(new)


def test_it_works_for_a_year_at_least():
    with pytest.raises(ValueError, match="less than 365 days"):
        Deprecation(since=SINCE, sunset=SUNSET - datetime.timedelta(days=1), instead="another")


def test_pages_of_other_origins_may_read_it():
    assert OLD.headers.keys() <= set(_READ)
