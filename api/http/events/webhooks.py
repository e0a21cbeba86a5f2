"""/v1/webhooks: where events are sent."""

from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from flask import Response
from msgspec import structs

from api.http.access.caller import caller
from api.http.blueprint import Blueprint, answer, answer_made
from api.records.events import (
    DeadLettersRecord,
    WebhookListRecord,
    WebhookRecord,
    WebhookSecretRecord,
    WebhookTestRecord,
    renderer,
)
from api.shapes.events import ReplayRequest, RotateRequest, WebhookRequest
from api.shapes.list_pages import PageByEvent, page_of_list
from engine.errors import InputInvalid, Mistake
from engine.events.webhooks.webhooks import WebhookState
from engine.model.scopes import Scope
from engine.service import Pointsman

_SEE_ADDRESSES: tuple[Scope, ...] = ("admin", "audit:read")
_SEE_THEM: tuple[Scope, ...] = (*_SEE_ADDRESSES, "orders")


def blueprint(pointsman: Pointsman) -> Blueprint:
    """The webhooks of one Pointsman."""
    webhooks = Blueprint("webhooks", __name__, url_prefix="/v1/webhooks", description="Where events are sent")

    @webhooks.get("", scope=_SEE_THEM)
    @webhooks.response(HTTPStatus.OK, WebhookListRecord)
    def listed() -> Response:
        """Every webhook, and how far it has come"""
        return answer(WebhookListRecord(webhooks=[_shown(item) for item in pointsman.events.webhooks.all()]))

    @webhooks.post("", scope="admin")
    @webhooks.arguments(WebhookRequest)
    @webhooks.response(HTTPStatus.CREATED, WebhookSecretRecord)
    def add(body: dict[str, Any]) -> Response:
        """Send events there; the answer has the secret that signs them, this once"""
        webhook = pointsman.events.webhooks.add(**body, by=caller().name)
        return answer_made(WebhookSecretRecord.of(webhook), f"/v1/webhooks/{webhook.id}", new=True)

    @webhooks.get("/<string:webhook_id>", scope=_SEE_THEM)
    @webhooks.response(HTTPStatus.OK, WebhookRecord)
    def show(webhook_id: str) -> Response:
        """A webhook, and how far it has come"""
        return answer(_shown(pointsman.events.webhooks.show(webhook_id)))

    @webhooks.delete("/<string:webhook_id>", scope="admin")
    @webhooks.response(HTTPStatus.NO_CONTENT)
    def remove(webhook_id: str) -> Response:
        """Send nothing there any more"""
        pointsman.events.webhooks.remove(webhook_id)
        return Response(status=HTTPStatus.NO_CONTENT)

    _add_calls(webhooks, pointsman)
    return webhooks


def _add_calls(webhooks: Blueprint, pointsman: Pointsman) -> None:
    """What can be done with a webhook that is there."""
    render = renderer(pointsman)

    @webhooks.post("/<string:webhook_id>/test", scope="admin")
    @webhooks.response(HTTPStatus.OK, WebhookTestRecord)
    def test(webhook_id: str) -> Response:
        """Send an event of type webhook.ping, at once, and see what is answered"""
        return answer(WebhookTestRecord.of(pointsman.events.test(webhook_id, render)))

    @webhooks.post("/<string:webhook_id>/enable", scope="admin")
    @webhooks.response(HTTPStatus.OK, WebhookRecord)
    def enable(webhook_id: str) -> Response:
        """Go on where it was switched off: what waits is sent at once"""
        return answer(WebhookRecord.of(pointsman.events.webhooks.enable(webhook_id)))

    @webhooks.post("/<string:webhook_id>/replay", scope="admin")
    @webhooks.arguments(ReplayRequest)
    @webhooks.response(HTTPStatus.OK, WebhookRecord)
    def replay(body: dict[str, Any], webhook_id: str) -> Response:
        """Send again what came after a cursor, what is not sent any more, or one such event"""
        since, dead, event = body["since"], body["dead"], body["event"]
        if [since is not None, dead, event is not None].count(True) != 1:
            message = "say what to send again: either 'since', a cursor, or 'dead': true, or an 'event'"
            raise InputInvalid([Mistake(field="since", message=message)])
        every = pointsman.events.webhooks
        state = every.replay(webhook_id, since) if since is not None else every.replay_dead(webhook_id, event)
        return answer(WebhookRecord.of(state))

    @webhooks.post("/<string:webhook_id>/rotate", scope="admin")
    @webhooks.arguments(RotateRequest)
    @webhooks.response(HTTPStatus.OK, WebhookSecretRecord)
    def rotate(body: dict[str, Any], webhook_id: str) -> Response:
        """Give it another secret, which the answer has this once; the former signs, too, for a while"""
        return answer(WebhookSecretRecord.of(pointsman.events.webhooks.rotate(webhook_id, **body)))

    @webhooks.get("/<string:webhook_id>/dead-letters", scope=_SEE_THEM)
    @webhooks.arguments(PageByEvent, location="query")
    @webhooks.response(HTTPStatus.OK, DeadLettersRecord)
    def dead_letters(query: dict[str, Any], webhook_id: str) -> Response:
        """The events that are not sent there any more, all of them or a page"""
        letters = pointsman.events.webhooks.dead_letters(webhook_id)
        page, following = page_of_list(letters, lambda event: event, **query)
        return answer(DeadLettersRecord.of({event: letters[event] for event in page}, following))


def _shown(state: WebhookState) -> WebhookRecord:
    """To who sees how webhooks are, and no more, without path and query of the address: they may be a secret."""
    record = WebhookRecord.of(state)
    if not caller().scopes.isdisjoint(_SEE_ADDRESSES):
        return record
    address = urlsplit(record.url)
    return structs.replace(record, url=f"{address.scheme}://{address.netloc}")
