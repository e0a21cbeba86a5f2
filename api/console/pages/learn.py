"""Learn: the quickstart as a tour on the example network; each step leads to the page on which it is done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from flask import Response

from api.console.console import Console
from api.console.navigation import Section
from api.console.visit import Visit
from api.language.current import text

SECTION = Section(name="learn", title=text("Learn"), operations=("caller_show",))


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """`place` are the parts of the page's address; `operation` is what one needs to do it, `role` is one that may."""

    title: str
    sentence: str
    link: str
    place: Sequence[str]
    operation: str
    role: str
    query: Mapping[str, str] = field(default_factory=dict)


STEPS = (
    Step(
        title=text("See what is in stock"),
        sentence=text(
            "TXT-0059 is a textile at the end of its season: look at how many each node has, and what each "
            "channel may take of it."
        ),
        link=text("Stock of TXT-0059"),
        place=("stock",),
        operation="stock_show",
        role="oms",
        query={"sku": "TXT-0059"},
    ),
    Step(
        title=text("See why an order ships as it does"),
        sentence=text(
            "Open any decision: which node ships what, why that one, why no other, and what would have changed it."
        ),
        link=text("Decisions"),
        place=("decisions",),
        operation="decisions_page",
        role="oms",
    ),
    Step(
        title=text("Read the rules"),
        sentence=text(
            "They stand there as sentences. The policy clearance prefers nodes that have to clear an "
            "article: find it, and how often it decided."
        ),
        link=text("Rules"),
        place=("policies",),
        operation="policies_listed",
        role="merchandiser",
    ),
    Step(
        title=text("Change one in a draft"),
        sentence=text(
            "Begin a draft, and raise in the first rule of clearance what is preferred from 4.00 to 4.50. It"
            " is checked as you write, and changes nothing yet."
        ),
        link=text("Drafts"),
        place=("policies", "drafts"),
        operation="policies_save_draft",
        role="merchandiser",
    ),
    Step(
        title=text("Try it on past orders"),
        sentence=text("See what it would have changed yesterday: cost, CO2e, what is cleared, and which orders."),
        link=text("What was tried"),
        place=("policies", "tries"),
        operation="whatif_begin",
        role="merchandiser",
    ),
    Step(
        title=text("Publish it and make it active"),
        sentence=text(
            "Tests and the gate must pass. From then on orders are decided by it; the version before is one "
            "button away."
        ),
        link=text("Versions"),
        place=("policies", "versions"),
        operation="policies_publish",
        role="merchandiser",
    ),
    Step(
        title=text("Pack a shipment"),
        sentence=text("Choose a node, pack what is held there, print the label, and hand the parcel over."),
        link=text("What is to be packed"),
        place=("parcels",),
        operation="parcels_pack",
        role="oms",
    ),
    Step(
        title=text("Take a return in"),
        sentence=text("Find it by its number, note the grade, and see where it gains most."),
        link=text("Returns"),
        place=("stock", "returns"),
        operation="returns_receive",
        role="oms",
    ),
    Step(
        title=text("See who did what"),
        sentence=text("All that you have just done stands there with your name, sealed so that nobody can change it."),
        link=text("Who did what"),
        place=("audit",),
        operation="entries_page",
        role="auditor",
    ),
)


def add_to(console: Console) -> None:
    """Its page."""
    console.page("/learn", needs="caller_show")(learn)


def learn(visit: Visit) -> Response:
    """The steps that the person may do are counted; those of other roles stand behind them, with who does them."""
    return visit.show(
        "learn/learn.html",
        steps=[step for step in STEPS if visit.may(step.operation)],
        of_others=[step for step in STEPS if not visit.may(step.operation)],
    )
