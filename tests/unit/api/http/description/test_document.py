"""The OpenAPI document is made when somebody first asks for it."""

import contextlib
import threading
from http import HTTPStatus

import pytest
from flask import Flask, Response

from api.http import problems
from api.http.blueprint import Blueprint
from api.http.description import blueprint as description
from api.http.description.document import MadeOnce, document_of
from api.records.connectors import MessageRecord


def api_of(app: Flask) -> problems.ProblemApi:
    problems.register(app)
    return problems.ProblemApi(app, spec_kwargs={"title": "shop", "version": "1", "openapi_version": "3.1.0"})


def test_it_has_the_operations_of_all_blueprints_and_what_they_answer() -> None:
    api = api_of(Flask("shop"))
    blueprints = []
    for name in ("till", "shelf"):
        pages = Blueprint(name, __name__, url_prefix=f"/{name}", description=name)

        @pages.get("/page", scope="stock")
        @pages.response(HTTPStatus.OK, MessageRecord)
        def page() -> Response:
            """A page"""
            return Response()

        api.register_blueprint(pages)
        blueprints.append(pages)
    document = document_of(api, blueprints)
    assert list(document["paths"]) == ["/till/page", "/shelf/page"]
    assert [tag["name"] for tag in document["tags"]] == ["till", "shelf"]
    assert {"Message", "Problem"} <= document["components"]["schemas"].keys()


def test_it_is_made_once_however_many_ask_at_once() -> None:
    another = threading.Barrier(2)
    made: list[int] = []

    def make() -> int:
        made.append(1)
        with contextlib.suppress(threading.BrokenBarrierError):
            another.wait(0.2)  # lets a second thread in, if anything can
        return len(made)

    document = MadeOnce(make)
    answers: list[int] = []
    threads = [threading.Thread(target=lambda: answers.append(document())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [1] * 4


def test_after_an_error_it_stays_unmade_and_no_half_of_it_is_answered() -> None:
    calls: list[int] = []

    def make() -> None:
        calls.append(1)
        raise ValueError("first error")

    document = MadeOnce(make)
    for _ in range(3):
        with pytest.raises(RuntimeError) as raised:
            document()
        assert str(raised.value.__cause__) == "first error"
    assert len(calls) == 1


def test_where_it_cannot_be_made_each_request_is_answered_so() -> None:
    app = Flask("shop")
    api = api_of(app)
    answers = iter([ValueError("first error")])

    def described() -> dict[str, str]:
        for error in answers:
            raise error
        return {"half": "made"}

    api.register_blueprint(description.blueprint(described))
    client = app.test_client()
    statuses = [client.get(path).status_code for path in ("/openapi.json", "/docs", "/openapi.json")]
    assert statuses == [HTTPStatus.INTERNAL_SERVER_ERROR] * 3
