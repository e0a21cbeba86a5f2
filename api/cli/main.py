"""The `pointsman` command: its options, where its commands are, and how errors end it."""

import os
import socket

import click

from api.cli.commands.lazy_group import Lazy, LazyGroup
from api.cli.login import login_name
from api.cli.output.mistakes import fail, fail_with_mistakes
from api.language.current import say, say_message
from engine.actor import act_as
from engine.errors import InputInvalid, PointsmanError
from engine.settings import Settings
from engine.version import VERSION
from rules.errors import PolicyInvalid, RulesError

COMMANDS = {
    "audit": Lazy(
        "api.cli.audit.group", "audit", "Seal the log, prove that nobody changed it, and erase personal values."
    ),
    "availability": Lazy(
        "api.cli.promises.availability", "availability", "Show how many units of each SKU are free to CHANNEL, by node."
    ),
    "backlog": Lazy("api.cli.backlog", "backlog", "List the orders that wait for stock, and offer it to them."),
    "backup": Lazy("api.cli.backup", "backup", "Write all of the network into FILE, while it is used."),
    "batch": Lazy("api.cli.decisions", "batch", "Decide many orders at once, and print what became of each."),
    "calculation": Lazy(
        "api.cli.audit.calculation",
        "calculation",
        "Show how the cost and the CO2e of a decision come about, row by row.",
    ),
    "carrier": Lazy(
        "api.cli.fulfilment.carriers",
        "carrier",
        "List carriers, check that they answer, tell whose a number is.",
    ),
    "chain": Lazy("api.cli.rerouting", "chain", "Show all decisions of the order that a decision belongs to."),
    "channel": Lazy(
        "api.cli.flows.channels", "channel", "Show what each sales channel may take, and bring its feed up to date."
    ),
    "connector": Lazy(
        "api.cli.connector.group",
        "connector",
        "Check, test and run connectors: files and calls of other systems, described in YAML.",
    ),
    "decide": Lazy("api.cli.decisions", "decide", "Decide where an order ships from, and hold its stock."),
    "decisions": Lazy("api.cli.audit.decisions", "decisions", "Search the logged decisions, newest first."),
    "demand": Lazy("api.cli.flows.demand", "demand", "Learn how fast articles sell from the log, and show it."),
    "explain": Lazy("api.cli.audit.explain", "explain", "Say why an order ships as it does, and why not otherwise."),
    "hold": Lazy("api.cli.hold", "hold", "List, confirm, release or extend holds; undo confirms."),
    "inbound": Lazy("api.cli.flows.inbound", "inbound", "Announce, receive and list what is to come in."),
    "init": Lazy("api.cli.init", "init", "Write a starter network into DIRECTORY."),
    "console": Lazy("api.cli.console", "console", "Print an address that signs in to the console, once."),
    "key": Lazy("api.cli.key", "key", "Make, list, rotate and revoke the API keys of callers over HTTP."),
    "ledger": Lazy("api.cli.ledger", "ledger", "Check stock and holds against the log, and print the log."),
    "load": Lazy("api.cli.network", "load", "Load the network, products and stock in DIRECTORY."),
    "lookahead": Lazy("api.cli.flows.lookahead", "lookahead", "Learn what units are worth where they will be needed."),
    "manifest": Lazy(
        "api.cli.fulfilment.manifest", "manifest", "Hand what is packed over to carriers, and print their lists."
    ),
    "order": Lazy("api.cli.order.group", "order", "Show and list orders, and change where their units stand."),
    "policy": Lazy("api.cli.policy.group", "policy", "Check, test, explain, publish and activate policies."),
    "print": Lazy(
        "api.cli.fulfilment.printing", "printing", "Print what is to be printed at nodes, and test printers."
    ),
    "products": Lazy("api.cli.products", "products", "Bring products into the network."),
    "promise": Lazy("api.cli.promises.group", "promise", "Show when SKUs could arrive, and watch what was promised."),
    "quote": Lazy("api.cli.promises.quote", "quote", "Show what may be promised of a cart; nothing is held."),
    "reject": Lazy("api.cli.rerouting", "reject", "Record that a node won't ship, and decide again elsewhere."),
    "replay": Lazy("api.cli.audit.replay", "replay", "Decide again what was decided, and compare it byte for byte."),
    "reset": Lazy("api.cli.network", "reset", "Delete everything of NETWORK, its decision log included."),
    "resting": Lazy("api.cli.node_rests", "resting", "List the nodes that rest after a rejection; end a rest."),
    "restore": Lazy("api.cli.backup", "restore", "Put the network that a backup is of in place."),
    "return": Lazy(
        "api.cli.flows.returns",
        "returns",
        "Take back goods: authorise, receive, inspect, and say what becomes of them.",
    ),
    "route": Lazy("api.cli.route_day", "route_day", "Decide the orders of a day, and sum it up."),
    "serve": Lazy("api.cli.serve", "serve", "Answer over HTTP, until interrupted."),
    "server": Lazy("api.cli.server", "server", "Check the server that holds stock, holds and the log."),
    "shipment": Lazy(
        "api.cli.fulfilment.shipment", "shipment", "Pack shipments into parcels; show, print and give back labels."
    ),
    "show": Lazy("api.cli.decisions", "show", "Show a logged decision; by the id of an order, the order."),
    "stock": Lazy("api.cli.stock", "stock", "Import counted stock, move units, and show the stock of a SKU."),
    "track": Lazy(
        "api.cli.fulfilment.track", "track", "Show where the parcel with the tracking number or SSCC NUMBER is."
    ),
    "transfer": Lazy("api.cli.flows.transfers", "transfer", "Say what is worth moving, and move it from node to node."),
    "webhook": Lazy("api.cli.webhooks", "webhook", "Send events to URLs, and see what became of that."),
    "whatif": Lazy(
        "api.cli.whatif.command", "whatif", "Try drafts of policies, or of the network, on the orders of the past."
    ),
}
"""By name. A test holds each summary to the command's own."""


@click.group(
    cls=LazyGroup,
    places=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option("--network", envvar="POINTSMAN_NETWORK", show_envvar=True, help="The network to work on. Default: main.")
@click.version_option(VERSION, prog_name="pointsman")
@click.pass_context
def pointsman(context: click.Context, network: str | None) -> None:
    """Decide where each order ships from, by rules that merchandisers write.

    A first look: pointsman init shop writes a small network, policies and orders into the new directory shop, and
    names the commands to try there.
    """
    option = {"POINTSMAN_NETWORK": network} if network else {}
    settings = context.obj = Settings.from_environment({**os.environ, **option})
    login = login_name() or ""
    act_as(settings.user or login, through="cli", origin=f"{login}@{socket.gethostname()}")


def main() -> None:
    """The console script. Errors of Pointsman's own end it with a message and exit status 1, never with a traceback."""
    try:
        pointsman()
    except (InputInvalid, PolicyInvalid) as error:
        fail_with_mistakes(error, say("nothing was changed"))
    except (PointsmanError, RulesError) as error:
        fail(["\n".join(map(say_message, str(error).split("\n")))])
