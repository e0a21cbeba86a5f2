"""What a job tries: its drafts without mistakes, on the network as it is changed, and the orders that it brings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from api.language.current import speaking
from api.whatif.changes import change_of, name_of
from api.whatif.drafts import drafts_of
from api.whatif.network_texts import inventory_of
from api.whatif.sent_orders import orders_to_try
from engine.errors import InputInvalid, Mistake
from engine.service import Pointsman
from engine.simulation.draft import Draft
from engine.simulation.job import JobRequest
from engine.simulation.network_change import NetworkChange
from engine.simulation.rolled.orders_to_try import OrdersToTry
from engine.simulation.whatif import WhatIfRequest
from rules.errors import Finding, PolicyInvalid


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """`refused` are the mistakes of the drafts that are not tried, by name. `orders`: instead of logged ones."""

    request: WhatIfRequest
    refused: Mapping[str, Sequence[Finding]]
    orders: OrdersToTry | None


def trial_of(service: Pointsman, job: JobRequest) -> Trial:
    """Raises InputInvalid with the fields of a request, PolicyInvalid if every draft has mistakes, NotFound of a policy
    version, NotReady, StoreUnavailable.
    """
    sent = job.change.network
    inventory = None if sent is None else inventory_of(sent)
    orders = None
    if job.orders is not None:
        orders = orders_to_try(service, job.orders, folder=sent.name if sent else "", inventory=inventory)
        inventory = None
    network = orders.inventory.network if orders and orders.inventory else service.network()
    change = change_of(network, job.change, inventory)
    drafts, refused = drafts_of(service, job) if job.drafts else ([_network_alone(service, job, change)], {})
    if not drafts:
        raise PolicyInvalid([finding for its in refused.values() for finding in its])
    request = WhatIfRequest(
        against=job.against,
        drafts=tuple(replace(draft, change=change) for draft in drafts),
        since=job.since,
        until=job.until,
        shown=job.shown,
        weighed=job.weighed,
        language=job.language,
        way=job.way,
        begins_again=job.begins_again,
    )
    return Trial(request=request, refused=refused, orders=orders)


def _network_alone(service: Pointsman, job: JobRequest, change: NetworkChange) -> Draft:
    """The policies compared with, on the network as it is changed."""
    if change.changes_nothing:
        message = (
            "name a draft of policies, or say what changes of the network: close, cut_off, strike, volume or"
            " network_file"
        )
        raise InputInvalid([Mistake(field="drafts", message=message)])
    with speaking(job.language):
        name = name_of(change)
    return Draft(name=name, texts=service.versions.texts(job.against))
