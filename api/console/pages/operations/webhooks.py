"""Webhooks: where events are sent, how far each has come, and what could not be sent."""

from flask import Response

from api.console.calls import Problem, path_of
from api.console.console import Console
from api.console.form_values import filled, words
from api.console.visit import Visit
from api.language.current import say


def add_to(console: Console) -> None:
    """Its pages and buttons."""
    one = "/operations/webhooks/<webhook>"
    console.page("/operations/webhooks", needs="webhooks_listed")(webhooks)
    console.action("/operations/webhooks", needs="webhooks_add")(add_webhook)
    console.page(one, needs="webhooks_show")(one_webhook)
    console.action(f"{one}/test", needs="webhooks_test")(test_webhook)
    console.action(f"{one}/enable", needs="webhooks_enable")(enable_webhook)
    console.action(f"{one}/replay", needs="webhooks_replay")(send_dead_again)
    console.action(f"{one}/rotate", needs="webhooks_rotate")(rotate_secret)
    console.action(f"{one}/remove", needs="webhooks_remove")(remove_webhook)


def webhooks(visit: Visit) -> Response:
    return _listed(visit)


def add_webhook(visit: Visit) -> Response:
    form = visit.form
    body = {"url": form.get("url", "").strip(), "note": form.get("note", "").strip()}
    answer = visit.change("POST", "/v1/webhooks", filled({**body, "types": words(form.get("types", ""))}))
    if answer.problem is not None:
        return _listed(visit, problem=answer.problem)
    return visit.show("operations/secret.html", made=answer.json)


def _listed(visit: Visit, problem: Problem | None = None) -> Response:
    return visit.show(
        "operations/webhooks.html",
        status=200 if problem is None else problem.status,
        webhooks=visit.get("/v1/webhooks")["webhooks"],
        form=visit.form,
        problem=problem,
    )


def one_webhook(visit: Visit, webhook: str) -> Response:
    letters = visit.get(path_of("v1", "webhooks", webhook, "dead-letters"), limit="50", after=visit.query.get("after"))
    return visit.show(
        "operations/webhook.html",
        webhook=visit.get(path_of("v1", "webhooks", webhook)),
        letters=letters["events"],
        next_page=visit.next_page(letters, "operations", "webhooks", webhook),
    )


def test_webhook(visit: Visit, webhook: str) -> Response:
    answer = visit.change("POST", path_of("v1", "webhooks", webhook, "test"))
    if answer.ok and not answer.json["taken"]:
        visit.tell(answer.json["error"], tone="bad")
        return visit.go(visit.link("operations", "webhooks", webhook))
    return visit.after(answer, visit.link("operations", "webhooks", webhook), say("A test event was taken"))


def enable_webhook(visit: Visit, webhook: str) -> Response:
    answer = visit.change("POST", path_of("v1", "webhooks", webhook, "enable"))
    return visit.after(answer, visit.link("operations", "webhooks", webhook), say("What waits is sent at once"))


def send_dead_again(visit: Visit, webhook: str) -> Response:
    event = visit.form.get("event", "")
    answer = visit.change(
        "POST", path_of("v1", "webhooks", webhook, "replay"), {"event": event} if event else {"dead": True}
    )
    done = say("The event {event} is sent again", event=event) if event else say("The events are sent again")
    return visit.after(answer, visit.link("operations", "webhooks", webhook), done)


def rotate_secret(visit: Visit, webhook: str) -> Response:
    answer = visit.change("POST", path_of("v1", "webhooks", webhook, "rotate"), {})
    if answer.problem is not None:
        return visit.after(answer, visit.link("operations", "webhooks", webhook), "")
    return visit.show("operations/secret.html", made=answer.json)


def remove_webhook(visit: Visit, webhook: str) -> Response:
    answer = visit.change("DELETE", path_of("v1", "webhooks", webhook))
    return visit.after(answer, visit.link("operations", "webhooks"), say("Nothing is sent there any more"))
