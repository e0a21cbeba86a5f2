"""Drafts and versions that are tried on the orders of the past: asked for, followed, shown, cancelled."""

import datetime

from flask import Response

from api.console.calls import Problem, path_of
from api.console.console import Console
from api.console.pages.policies.drafts import Draft, show_draft
from api.console.shown import day
from api.console.visit import Visit
from api.language.current import say, text

PERIODS = {"yesterday": text("yesterday"), "7": text("the last 7 days"), "28": text("the last 28 days")}
SECONDS = 2
"""Between two looks at one that runs."""
_OF_A_DAY = "day:"
"""Before the day in the word of a period that is one day."""
_POLICY = "Content-Security-Policy"


def add_to(console: Console) -> None:
    """Their pages and buttons."""
    console.page("/policies/tries", needs="whatif_listed")(listed)
    console.page("/policies/tries/<job>", needs="whatif_show")(show)
    console.page("/policies/tries/<job>/report", needs="whatif_report")(report)
    console.action("/policies/tries/<job>/cancel", needs="whatif_cancel")(cancel)
    console.page("/policies/drafts/<name>/try", needs="whatif_begin")(try_form)
    console.action("/policies/drafts/<name>/try", needs="whatif_begin")(begin)


def listed(visit: Visit) -> Response:
    page = visit.get("/v1/whatif", limit="50", after=visit.query.get("after"))
    next_page = visit.next_page(page, "policies", "tries")
    return visit.show("policies/tries.html", tries=page["whatifs"], next_page=next_page)


def try_form(visit: Visit, name: str) -> Response:
    return _show_form(visit, show_draft(visit, name), None)


def begin(visit: Visit, name: str) -> Response:
    draft = show_draft(visit, name)
    period = visit.form.get("period", "yesterday")
    body = {"drafts": [{"name": name, "files": dict(draft.files)}], "lang": visit.language, **_period(visit, period)}
    answer = visit.change("POST", "/v1/whatif", body)
    if answer.problem is not None:
        return _show_form(visit, draft, answer.problem)
    return visit.go(visit.link("policies", "tries", answer.json["id"], draft=name))


def _show_form(visit: Visit, draft: Draft, problem: Problem | None) -> Response:
    return visit.show(
        "policies/draft_try.html",
        status=problem.status if problem else 200,
        draft=draft,
        periods=_periods(visit),
        problem=problem,
    )


def _periods(visit: Visit) -> dict[str, str]:
    """What may be chosen, and its name: first the last day that has decisions, as far as one is known."""
    others = {word: say(title) for word, title in PERIODS.items()}
    answer = visit.ask("GET", "/v1/days")
    newest = answer.json["newest"] if answer.ok else None
    if newest is None:
        return others
    today = visit.clock.local(visit.caller["now"]).date()
    last = datetime.date.fromisoformat(newest)
    if last < today - datetime.timedelta(days=1):
        del others["yesterday"]  # nothing was decided then
    title = say("{day}, the last day that has decisions", day=day(last).striptags())
    return {f"{_OF_A_DAY}{newest}": title, **others}


def _period(visit: Visit, period: str) -> dict[str, str]:
    """From and to, as HTTP has them: a day is one of the network's clock; others go on until now."""
    if period.startswith(_OF_A_DAY):
        return _of_day(visit, period.removeprefix(_OF_A_DAY))
    clock, now = visit.clock, visit.caller["now"]
    today = clock.local(now).date()
    if period in ("7", "28"):
        since = clock.local(now) - datetime.timedelta(days=int(period))
        return {"from": since.astimezone(datetime.UTC).isoformat().replace("+00:00", "Z")}
    return _of_day(visit, (today - datetime.timedelta(days=1)).isoformat())


def _of_day(visit: Visit, written: str) -> dict[str, str]:
    """Of a day that is no date, what was written: HTTP says what is wrong with it."""
    try:
        return {"from": visit.clock.midnight_of(written), "to": visit.clock.midnight_of(written, later=True)}
    except ValueError:
        return {"from": written}


def show(visit: Visit, job: str) -> Response:
    whatif = visit.get(path_of("v1", "whatif", job))
    runs = whatif["state"] in ("queued", "running")
    draft = visit.query.get("draft", "")
    response = visit.show("policies/try.html", whatif=whatif, runs=runs, seconds=SECONDS, draft=draft)
    if visit.updates_itself and not runs and whatif["state"] != "cancelled":
        response.headers["HX-Refresh"] = "true"  # there is a report now; who cancels it is on the way to another page
    return response


def report(visit: Visit, job: str) -> Response:
    """The page that HTTP answers, which the console's own page may show within itself."""
    answer = visit.ask("GET", path_of("v1", "whatif", job, "report"), query={"lang": visit.language})
    if answer.problem is not None:
        return visit.show_problem(answer.problem)
    response = Response(answer.body, content_type=answer.headers["Content-Type"])
    response.headers[_POLICY] = answer.headers[_POLICY].replace("frame-ancestors 'none'", "frame-ancestors 'self'")
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


def cancel(visit: Visit, job: str) -> Response:
    answer = visit.change("DELETE", path_of("v1", "whatif", job))
    return visit.after(answer, visit.link("policies", "tries"), say("It is cancelled, or forgotten if it was over."))
