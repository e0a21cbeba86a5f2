"""Completes the OpenAPI document that flask-smorest makes of the operations: who may call each, what it may be answered
besides what its view says, headers, and the calls that follow from an answer.
"""

import copy
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from api.http.deprecation import Deprecation, describe
from api.http.description.examples import EXAMPLES
from api.http.description.links import LINKS
from api.http.description.papers import PAPERS, describe_paper
from api.http.description.parameters import HEADERS, PARAMETERS, headers_of
from api.http.description.schemas import mend_schemas
from engine.model.scopes import Scope

Page = dict[str, Any]

NONE_DEPRECATED: Mapping[str, Deprecation] = {}
_SCHEME = "bearer"
_DESCRIPTION = """\
Pointsman decides where each order ships from, by the rules that merchandisers wrote, and holds the stock.

Every answer that is no success is a problem detail (RFC 9457); its `type` says which, and `docs/http-api.md` lists
them. A release may add operations and fields; within `v1` none is taken away or changes its meaning, but after it was
deprecated for a year (`docs/versions.md`).
"""
_REQUEST_ID = {
    "description": "The id of the request: the one that was sent, or a new one",
    "schema": {"type": "string", "minLength": 1, "maxLength": 128},
}
_RETRY_AFTER = {
    "description": "Seconds to wait before it is sent again",
    "schema": {"type": "integer", "minimum": 0},
}
_LOCATION = {"description": "The path at which what was made can be read", "schema": {"type": "string"}}
_ETAG = {"description": "Sent as If-None-Match, it spares an answer that has not changed", "schema": {"type": "string"}}
_CHALLENGE = {"description": "How to say who calls (RFC 6750)", "schema": {"type": "string"}}
_PROBLEMS: Mapping[HTTPStatus, tuple[str, Mapping[str, Any]]] = {
    HTTPStatus.BAD_REQUEST: ("The request can't be read", {}),
    HTTPStatus.UNAUTHORIZED: ("Without a valid key", {"WWW-Authenticate": _CHALLENGE}),
    HTTPStatus.FORBIDDEN: ("The key lacks the scope, or is for another network", {"WWW-Authenticate": _CHALLENGE}),
    HTTPStatus.NOT_FOUND: ("There is nothing of that name", {}),
    HTTPStatus.REQUEST_TIMEOUT: ("It came too slowly", {}),
    HTTPStatus.CONFLICT: ("Something stands against it: what it is about, or an earlier request", {}),
    HTTPStatus.GONE: ("The log does not reach back to the cursor any more", {}),
    HTTPStatus.PRECONDITION_FAILED: ("It is not as it was when it was read; nothing was changed", {}),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ("The body is too large", {}),
    HTTPStatus.REQUEST_URI_TOO_LONG: ("The address is too long", {}),
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: ("The body is of another kind", {}),
    HTTPStatus.UNPROCESSABLE_ENTITY: ("What was sent has mistakes, all of which are listed; nothing was changed", {}),
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: ("The headers are too large", {}),
    HTTPStatus.TOO_MANY_REQUESTS: ("The caller asks too often, or holds too much", {"Retry-After": _RETRY_AFTER}),
    HTTPStatus.INTERNAL_SERVER_ERROR: ("A fault of Pointsman", {}),
    HTTPStatus.SERVICE_UNAVAILABLE: (
        "Not now: nothing was done, or it can be sent again",
        {"Retry-After": _RETRY_AFTER},
    ),
}
_EVERYWHERE = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.REQUEST_URI_TOO_LONG,
    HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
_WITH_BODY = (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
_BESIDES: Mapping[str, tuple[HTTPStatus, ...]] = {
    "stock_availability": (HTTPStatus.NOT_FOUND,),
    "stock_availability_of_many": (HTTPStatus.NOT_FOUND,),
    "demand_show": (HTTPStatus.NOT_FOUND,),
    "returns_open_return": (HTTPStatus.NOT_FOUND,),
    "explanations_explain": (HTTPStatus.CONFLICT,),
    **dict.fromkeys(("addressees_show", *PAPERS), (HTTPStatus.CONFLICT,)),
    "printing_add": (HTTPStatus.NOT_FOUND,),
    "printing_printers": (HTTPStatus.NOT_FOUND,),
    "manifests_close": (HTTPStatus.NOT_FOUND,),
    "events_listed": (HTTPStatus.GONE,),
    "webhooks_add": (HTTPStatus.GONE,),
    "webhooks_replay": (HTTPStatus.GONE,),
    "whatif_begin": (HTTPStatus.NOT_FOUND,),
    **dict.fromkeys(("policies_edit", "policies_rollback"), (HTTPStatus.NOT_FOUND,)),
    **dict.fromkeys(("policies_save_draft", "policies_delete_draft"), (HTTPStatus.PRECONDITION_FAILED,)),
    **dict.fromkeys(("policies_read_shadow", "policies_start_shadow", "policies_end_shadow"), (HTTPStatus.NOT_FOUND,)),
    **dict.fromkeys(
        ("policies_read_canary", "policies_start_canary", "policies_grow_canary", "policies_end_canary"),
        (HTTPStatus.NOT_FOUND,),
    ),
}
"""By operation id, what can't be seen from its address and its verb."""
_WITHOUT_PLACE = frozenset({"quotes_quote", "decisions_decide_batch"})
"""Operations whose 201 says no `Location`: a quote is taken up, not read, and a batch makes several decisions."""
_PLACED_LATER = frozenset({"whatif_begin"})
"""Operations whose 202 says where what was asked for will be."""
_HTML = "text/html"
_PAGES = {"tracking_page_page": (HTTPStatus.NOT_FOUND, HTTPStatus.TOO_MANY_REQUESTS)}
"""By operation id, the problems of which a page speaks to people."""
_VERBS = ("get", "put", "post", "delete", "patch")


def completed(
    page: Page, scopes: Mapping[str, tuple[Scope, ...]], deprecations: Mapping[str, Deprecation] = NONE_DEPRECATED
) -> Page:
    """A whole document. By operation id, `scopes` are those of which callers need one; `deprecations` are of
    those that are going to be taken away.
    """
    page = copy.deepcopy(page)
    page["info"] |= {
        "description": _DESCRIPTION,
        "contact": {"name": "The maintainers of Pointsman"},
        "license": {"name": "Apache License 2.0", "identifier": "Apache-2.0"},
    }
    page["servers"] = [{"url": "/", "description": "Where this page is"}]
    components = page["components"]
    components["schemas"].pop("PaginationMetadata", None)  # flask-smorest's, and used by nothing
    components["securitySchemes"] = {
        _SCHEME: {
            "type": "http",
            "scheme": "bearer",
            "description": "An API key (`pointsman key create`), or a token of the OpenID provider",
        }
    }
    components["headers"] = {"RequestId": _REQUEST_ID, "Location": _LOCATION}
    components["parameters"] = copy.deepcopy(dict(HEADERS))
    components["responses"] = {_name(status): _problem(status) for status in _PROBLEMS}
    components["responses"]["Problem"] = _response("Any other problem", {})
    for path, verb, operation in _operations(page):
        for parameter in [*operation.get("parameters", []), *page["paths"][path].get("parameters", [])]:
            if "description" not in parameter and parameter["name"] in PARAMETERS:
                parameter["description"] = PARAMETERS[parameter["name"]]
        _complete(operation, path=path, verb=verb, scopes=scopes[operation["operationId"]])
        if operation["operationId"] in deprecations:
            describe(operation, deprecations[operation["operationId"]])
    mend_schemas(page)
    return page


def _operations(page: Page) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in page["paths"].items():
        for verb in _VERBS:
            if verb in item:
                yield path, verb, item[verb]


def _complete(operation: dict[str, Any], *, path: str, verb: str, scopes: tuple[Scope, ...]) -> None:
    needs = f"Needs a key with the scope {' or '.join(f'`{scope}`' for scope in scopes)}." if scopes else "Open to all."
    operation["description"] = "\n\n".join(filter(None, [operation.get("description"), needs]))
    operation["security"] = [{_SCHEME: []}] if scopes else []
    describe_paper(operation)
    responses = operation["responses"]
    headers = headers_of(has_scope=bool(scopes), has_etag="304" in responses)
    operation["parameters"] = [*operation.get("parameters", []), *headers]
    for status, response in responses.items():
        if status.startswith(("2", "3")):
            response.setdefault("description", HTTPStatus(int(status)).phrase)
            headers = response.setdefault("headers", {})
            headers["X-Request-Id"] = {"$ref": "#/components/headers/RequestId"}
            made = status == "201" and operation["operationId"] not in _WITHOUT_PLACE
            if made or (status == "202" and operation["operationId"] in _PLACED_LATER):
                headers["Location"] = {"$ref": "#/components/headers/Location"}
            if "304" in responses:
                headers["ETag"] = _ETAG
    statuses = _statuses(operation, path=path, verb=verb, has_scope=bool(scopes))
    for status in statuses:
        responses[str(int(status))] = {"$ref": f"#/components/responses/{_name(status)}"}
    for status in _PAGES.get(operation["operationId"], ()):
        responses[str(int(status))] = _response(*_PROBLEMS[status], page=True)
    responses["default"] = {"$ref": "#/components/responses/Problem"}
    operation["responses"] = dict(sorted(responses.items()))
    _add_examples(operation)
    for status, links in LINKS.get(operation["operationId"], {}).items():
        responses[status]["links"] = links


def _statuses(operation: Mapping[str, Any], *, path: str, verb: str, has_scope: bool) -> list[HTTPStatus]:
    """Of the problems that it may be answered."""
    statuses = [
        *_EVERYWHERE,
        *_BESIDES.get(operation["operationId"], ()),
        *(_WITH_BODY if "requestBody" in operation else ()),
    ]
    if has_scope:
        statuses += [HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN]
    if "{" in path:
        statuses.append(HTTPStatus.NOT_FOUND)
    if verb != "get":
        statuses.append(HTTPStatus.CONFLICT)
    return sorted(statuses)


def _add_examples(operation: dict[str, Any]) -> None:
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        example = EXAMPLES.get((operation["operationId"], kind))
        if example is not None:
            content["example"] = example


def _problem(status: HTTPStatus) -> dict[str, Any]:
    description, headers = _PROBLEMS[status]
    return _response(description, headers)


def _response(description: str, headers: Mapping[str, Any], *, page: bool = False) -> dict[str, Any]:
    """`page`: people are answered with a page."""
    pages = {_HTML: {"schema": {"type": "string"}}} if page else {}
    return {
        "description": description,
        "headers": {"X-Request-Id": {"$ref": "#/components/headers/RequestId"}, **headers},
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}, **pages},
    }


def _name(status: HTTPStatus) -> str:
    return status.phrase.title().replace(" ", "").replace("-", "")
