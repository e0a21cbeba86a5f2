"""Every operation, as every role, with a key of another network, and as nobody."""

import re
from http import HTTPStatus

import pytest

from api.http import backlog
from api.http.app import create_app
from api.http.blueprint import Blueprint
from engine.model.scopes import ROLE_SCOPES
from engine.model.scopes import SCOPES as SCOPE_NAMES
from tests.support.callers import bearer, client_of, key_of
from tests.support.problem_json import problem_of

_PLACE = re.compile(r"<(?:[a-z]+:)?([a-z_]+)>")
OPEN = {
    **dict.fromkeys(("GET /healthz", "GET /readyz", "GET /openapi.json", "GET /docs"), HTTPStatus.OK),
    # what is asked for is not there, and no key would change that
    **dict.fromkeys(("GET /track/{number}", "POST /v1/tracking/webhooks/{carrier}"), HTTPStatus.NOT_FOUND),
}
ORDERS, STOCK, AUDIT, ADMIN = "orders", "stock", "audit:read", "admin"
SEES_ORDERS = {ORDERS, "orders:read", AUDIT}
SEES_STOCK = {STOCK, "stock:read", AUDIT}
SCOPES = {
    "GET /metrics": {AUDIT, "admin"},
    "DELETE /v1/backlog/{decision_id}": {ORDERS},
    "GET /v1/connectors": {ADMIN, AUDIT, ORDERS},
    "POST /v1/connectors/{name}": {STOCK, ORDERS},
    "GET /v1/connectors/{name}/files": {ADMIN, AUDIT, ORDERS},
    "GET /v1/connectors/{name}/files/{file}": {ADMIN},
    "DELETE /v1/connectors/{name}/files/{file}": {ADMIN},
    "POST /v1/connectors/{name}/files/{file}/replay": {ADMIN},
    "GET /v1/keys": {ADMIN, AUDIT},
    "GET /v1/keys/{key_id}": {ADMIN, AUDIT},
    "POST /v1/keys": {ADMIN},
    "POST /v1/keys/{key_id}/revoke": {ADMIN},
    "POST /v1/keys/{key_id}/rotate": {ADMIN},
    "DELETE /v1/resting/{node}": {ORDERS},
    "DELETE /v1/webhooks/{webhook_id}": {ADMIN},
    "GET /v1/audit/accesses": {AUDIT},
    "GET /v1/audit/checkpoint": {AUDIT},
    "GET /v1/audit/consistency": {AUDIT},
    "GET /v1/audit/entries": {AUDIT},
    "GET /v1/audit/export": {AUDIT},
    "GET /v1/audit/keys": {AUDIT},
    "GET /v1/audit/report": {AUDIT},
    "GET /v1/audit/proof/{entry}": {AUDIT},
    "GET /v1/audit/tile/{level}/{part}": {AUDIT},
    "GET /v1/availability": {STOCK},
    "POST /v1/availability": {STOCK},
    "GET /v1/availability/feed": {STOCK},
    "GET /v1/backlog": SEES_ORDERS,
    "GET /v1/days": {ORDERS, "policies:read", AUDIT},
    "GET /v1/decisions": SEES_ORDERS,
    "GET /v1/decisions/{decision_id}": SEES_ORDERS,
    "GET /v1/decisions/{decision_id}/chain": SEES_ORDERS,
    "GET /v1/decisions/{decision_id}/facts": SEES_ORDERS,
    "GET /v1/decisions/{decision_id}/explanation": SEES_ORDERS,
    "GET /v1/decisions/{decision_id}/calculation": {AUDIT},
    "GET /v1/decisions/{decision_id}/replay": {AUDIT},
    "GET /v1/events": {ORDERS, AUDIT},
    "GET /v1/holds": SEES_ORDERS,
    "GET /v1/holds/{decision_id}": SEES_ORDERS,
    "GET /v1/nodes": SEES_STOCK,
    "GET /v1/products": SEES_STOCK,
    "GET /v1/nodes/{node}": SEES_STOCK,
    "GET /v1/orders": SEES_ORDERS,
    "GET /v1/orders/{order_id}": SEES_ORDERS,
    "GET /v1/policies": {"policies:read"},
    "GET /v1/policies/{version}": {"policies:read"},
    "GET /v1/policies/{version}/gate": {"policies:read"},
    "GET /v1/policies/canary": {"policies:read"},
    "GET /v1/policies/canary/orders": {"policies:read"},
    "GET /v1/policies/drafts": {"policies:read"},
    "GET /v1/policies/drafts/{draft}": {"policies:read"},
    "PUT /v1/policies/drafts/{draft}": {"policies:publish"},
    "DELETE /v1/policies/drafts/{draft}": {"policies:publish"},
    "GET /v1/policies/history": {"policies:read"},
    "GET /v1/policies/uses": {"policies:read"},
    "GET /v1/policies/vocabulary": {"policies:read"},
    "GET /v1/policies/{version}/changes": {"policies:read"},
    "POST /v1/policies/explain": {"policies:read"},
    "POST /v1/policies/edit": {"policies:read"},
    "GET /v1/policies/shadow": {"policies:read"},
    "GET /v1/policies/shadow/orders": {"policies:read"},
    "GET /v1/print-jobs": {ORDERS, AUDIT},
    "GET /v1/print-jobs/{job}": {ORDERS, AUDIT},
    "POST /v1/print-jobs": {ORDERS},
    "POST /v1/print-jobs/{job}/retry": {ORDERS},
    "DELETE /v1/print-jobs/{job}": {ORDERS},
    "GET /v1/printers": {ORDERS, AUDIT},
    "POST /v1/printers/{node}/{paper}/test": {ORDERS},
    "GET /v1/products/{sku}": SEES_STOCK,
    "GET /v1/promises/at-risk": SEES_ORDERS,
    "GET /v1/resting": SEES_ORDERS,
    "GET /v1/returns": SEES_ORDERS,
    "GET /v1/returns/{return_id}": SEES_ORDERS,
    "GET /v1/returns/{return_id}/label": {ORDERS},
    "DELETE /v1/returns/{return_id}/label": {ORDERS},
    "GET /v1/stock/{sku}": SEES_STOCK,
    "GET /v1/webhooks": {ADMIN, AUDIT, ORDERS},
    "GET /v1/webhooks/{webhook_id}": {ADMIN, AUDIT, ORDERS},
    "GET /v1/webhooks/{webhook_id}/dead-letters": {ADMIN, AUDIT, ORDERS},
    "GET /v1/whatif": {"policies:read", ORDERS},
    "GET /v1/whatif/{job}": {"policies:read"},
    "GET /v1/whatif/{job}/report": {"policies:read"},
    "POST /v1/whatif": {"policies:publish"},
    "DELETE /v1/whatif/{job}": {"policies:publish"},
    "POST /v1/backlog/run": {ORDERS},
    "POST /v1/decisions": {ORDERS},
    "POST /v1/decisions/batch": {ORDERS},
    "POST /v1/decisions/{decision_id}/confirm": {ORDERS},
    "POST /v1/decisions/{decision_id}/confirm/undo": {ORDERS},
    "POST /v1/decisions/{decision_id}/extend": {ORDERS},
    "POST /v1/decisions/{decision_id}/reject": {ORDERS},
    "POST /v1/decisions/{decision_id}/release": {ORDERS},
    "POST /v1/nodes": {STOCK},
    "POST /v1/orders/{order_id}/amend": {ORDERS},
    "POST /v1/orders/{order_id}/approve": {ORDERS},
    "POST /v1/orders/{order_id}/cancel": {ORDERS},
    "POST /v1/orders/{order_id}/erase": {ADMIN},
    "POST /v1/orders/{order_id}/wait": {ORDERS},
    "POST /v1/policies": {"policies:publish"},
    "POST /v1/policies/check": {"policies:read"},
    "POST /v1/policies/rollback": {"policies:publish"},
    "POST /v1/policies/{version}/activate": {"policies:publish"},
    "POST /v1/policies/{version}/gate": {"policies:publish"},
    "DELETE /v1/policies/{version}/gate": {"policies:publish"},
    "POST /v1/policies/canary": {"policies:publish"},
    "POST /v1/policies/canary/end": {"policies:publish"},
    "POST /v1/policies/canary/share": {"policies:publish"},
    "POST /v1/policies/shadow": {"policies:publish"},
    "POST /v1/policies/shadow/end": {"policies:publish"},
    "POST /v1/policies/{version}/unschedule": {"policies:publish"},
    "POST /v1/policies/{version}/ask": {"policies:publish"},
    "POST /v1/policies/{version}/take-back": {"policies:publish"},
    "POST /v1/policies/{version}/approve": {"policies:approve"},
    "POST /v1/policies/{version}/decline": {"policies:approve"},
    "POST /v1/products": {STOCK},
    "POST /v1/promises": {ORDERS},
    "POST /v1/quotes": {ORDERS},
    "POST /v1/quotes/{quote_id}/take": {ORDERS},
    "GET /v1/inbound": SEES_STOCK,
    "GET /v1/inbound/{receipt}": SEES_STOCK,
    "PUT /v1/inbound/{receipt}": {STOCK},
    "POST /v1/inbound": {STOCK},
    "POST /v1/inbound/{receipt}/receive": {STOCK},
    "POST /v1/returns": {ORDERS},
    "POST /v1/returns/placement": {ORDERS, STOCK, "policies:read"},
    "POST /v1/returns/{return_id}/cancel": {ORDERS},
    "POST /v1/returns/{return_id}/dispose": {ORDERS},
    "POST /v1/returns/{return_id}/inspect": {ORDERS},
    "POST /v1/returns/{return_id}/label": {ORDERS},
    "POST /v1/returns/{return_id}/receive": {ORDERS},
    "POST /v1/shipments/{decision_id}/{number}/progress": {ORDERS},
    "GET /v1/shipments": {ORDERS, AUDIT},
    "GET /v1/shipments/{decision_id}/{number}": {ORDERS, AUDIT},
    "GET /v1/shipments/{decision_id}/{number}/label": {ORDERS},
    "GET /v1/shipments/{decision_id}/{number}/note": {ORDERS},
    "POST /v1/shipments/{decision_id}/{number}/packed": {ORDERS},
    "POST /v1/shipments/{decision_id}/{number}/cancel": {ORDERS},
    "POST /v1/tracking/events": {ORDERS},
    "GET /v1/tracking/{number}": {ORDERS, AUDIT},
    "POST /v1/manifests": {ORDERS},
    "GET /v1/manifests/{manifest_id}": {ORDERS, AUDIT},
    "GET /v1/manifests/{manifest_id}/page": {ORDERS},
    "GET /v1/orders/{order_id}/addressee": {ORDERS},
    "PUT /v1/orders/{order_id}/addressee": {ORDERS},
    "DELETE /v1/orders/{order_id}/addressee": {ORDERS},
    "POST /v1/stock/movements": {STOCK},
    "GET /v1/caller": set(SCOPE_NAMES),
    "GET /v1/channels": {STOCK},
    "GET /v1/channels/{channel}": {STOCK},
    "GET /v1/channels/{channel}/feed": {STOCK},
    "GET /v1/demand": SEES_STOCK,
    "GET /v1/lookahead": {STOCK, "policies:read", AUDIT},
    "GET /v1/lookahead/{sku}": {STOCK, "policies:read", AUDIT},
    "POST /v1/demand/learn": {STOCK},
    "GET /v1/transfers": SEES_STOCK,
    "GET /v1/transfers/{transfer}": SEES_STOCK,
    "POST /v1/transfers": {STOCK},
    "POST /v1/transfers/{transfer}/approve": {STOCK},
    "POST /v1/transfers/{transfer}/cancel": {STOCK},
    "POST /v1/transfers/{transfer}/receive": {STOCK},
    "POST /v1/transfers/{transfer}/ship": {STOCK},
    "POST /v1/transfers/propose": {STOCK},
    "POST /v1/webhooks": {ADMIN},
    "POST /v1/webhooks/{webhook_id}/enable": {ADMIN},
    "POST /v1/webhooks/{webhook_id}/replay": {ADMIN},
    "POST /v1/webhooks/{webhook_id}/rotate": {ADMIN},
    "POST /v1/webhooks/{webhook_id}/test": {ADMIN},
    "PUT /v1/nodes/{node}": {STOCK},
    "PUT /v1/products/{sku}": {STOCK},
    "PUT /v1/stock/{node}/{sku}": {STOCK},
}
"""What the callers of each operation need, one of several; whoever adds one states it here a second time."""


@pytest.fixture
def operations(http):
    """Each operation of the application, as `GET /v1/...`, and how to send it."""
    return {
        f"{method} {_PLACE.sub(_in_braces, rule.rule)}": (method, _PLACE.sub("nothing", rule.rule))
        for rule in http.application.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }


def _in_braces(place):
    return f"{{{place[1]}}}"


def sent(http, operations, **headers):
    """What each operation answers; none is told enough to change anything."""
    return {name: http.open(path, method=method, headers=headers) for name, (method, path) in operations.items()}


def test_the_scope_of_every_operation_is_stated(operations):
    assert operations.keys() == SCOPES.keys() | OPEN.keys()


@pytest.mark.parametrize("role", ROLE_SCOPES)
def test_each_role_does_what_its_scopes_allow_and_nothing_else(pointsman, http, operations, contents, role):
    client = client_of(pointsman, http.application, role=role)
    before = contents()
    for name, answer in sent(client, operations).items():
        if name in OPEN or not ROLE_SCOPES[role].isdisjoint(SCOPES[name]):
            assert answer.status_code not in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN), (name, answer.data)
            continue
        problem = problem_of(answer, 403)
        assert problem["type"] == "urn:pointsman:problem:not-permitted"
        named = answer.headers["WWW-Authenticate"].partition('scope="')[2].rstrip('"').split(" ")
        assert set(named) == SCOPES[name]
        assert all(scope in problem["detail"] for scope in named)
    if role != "admin":  # who may run the backlog
        assert _but_the_index_of_promises(contents()) == _but_the_index_of_promises(before)


def _but_the_index_of_promises(contents):
    """The index is made of the log whenever it is read."""
    return {name: content for name, content in contents.items() if not name.endswith(b":promises:read")}


def test_nobody_may_do_anything_but_what_is_open(http, operations, contents):
    before, nobody = contents(), http.application.test_client()
    for name, answer in sent(nobody, operations).items():
        if name in OPEN:
            assert answer.status_code == OPEN[name]
            continue
        assert problem_of(answer, 401)["type"] == "urn:pointsman:problem:unauthenticated"
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="pointsman"'
    assert contents() == before


def test_a_key_of_another_network_may_do_nothing_here(pointsman, http, network, operations, contents):
    stranger = client_of(pointsman, http.application, networks=("elsewhere",))
    before = contents()
    for asked in ({}, {"X-Pointsman-Network": network}):
        for name, answer in sent(stranger, operations, **asked).items():
            if name not in OPEN:
                assert problem_of(answer, 403)["type"] == "urn:pointsman:problem:not-permitted"
    assert contents() == before


def test_an_operation_without_a_stated_scope_is_no_operation(pointsman, monkeypatch):
    def forgetful(_):
        made = Blueprint("backlog", __name__)

        @made.get("/forgotten")
        def forgotten():
            """Nobody said who may"""

        return made

    monkeypatch.setattr(backlog, "blueprint", forgetful)
    with pytest.raises(TypeError, match="scope"):
        create_app(pointsman)


def test_an_endpoint_of_an_extension_without_a_stated_scope_stops_the_start(pointsman, monkeypatch):
    def extend(app, *_):
        app.add_url_rule("/extension", "extension", dict)

    monkeypatch.setattr("api.http.app.measure_requests", extend)
    with pytest.raises(LookupError, match="extension"):
        create_app(pointsman)


def test_a_key_in_another_header_or_scheme_is_none(pointsman, http):
    text, nobody = key_of(pointsman), http.application.test_client()
    for headers in (
        {"Authorization": text},
        {"Authorization": f"Basic {text}"},
        {"X-Api-Key": text},
        {"Authorization": ""},
    ):
        answer = nobody.get("/v1/holds", headers=headers)
        problem_of(answer, 401)
        assert text.encode() not in answer.data
    assert nobody.get("/v1/holds", headers={"Authorization": f"bearer {text}"}).status_code == 200
    assert nobody.get("/v1/holds", environ_base=bearer(text)).status_code == 200
