"""Proposes transfers on the facts that hold now."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from engine.errors import Contended, InputInvalid, Mistake
from engine.facts_reader import FactsReader
from engine.inventory.availability_feed import parts_of
from engine.model.facts import Network
from engine.transfers.article_markets import ANY_ENDS, Ends
from engine.transfers.articles import Article, Moving, articles_of
from engine.transfers.lane_table import LaneTable
from engine.transfers.proposal import Proposal, propose
from engine.transfers.solving import Solving

DAYS = 14
"""Dates over which what units gain is calculated, unless said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalRequest:
    """`skus` and `categories`: of which articles; empty: of all."""

    days: int = DAYS
    skus: Sequence[str] = ()
    categories: Sequence[str] = ()
    ends: Ends = ANY_ENDS


class TransferProposals:
    """Those of one network. `moving` answers the transfers that have not left yet, `made` how many were made, whatever
    became of them; `clock` UTC seconds.
    """

    def __init__(
        self,
        *,
        facts: FactsReader,
        moving: Callable[[], Iterable[Moving]],
        made: Callable[[], int],
        clock: Callable[[], int],
    ) -> None:
        self._facts = facts
        self._moving = moving
        self._made = made
        self._clock = clock

    def propose(
        self,
        request: ProposalRequest,
        *,
        processes: int = 1,
        begun: Callable[[int], None] = lambda _: None,
        advanced: Callable[[int], None] = lambda _: None,
    ) -> Proposal:
        """What to move now. `begun` is told how many articles there are, `advanced` of each that is read, and of each
        that is weighed. Raises InputInvalid if the request names what there is not or the network has no lanes,
        Contended, NotReady, StoreUnavailable.
        """
        network, now = self._facts.network(), self._clock()
        _check(request, network)
        skus = self._skus(request)
        begun(2 * len(skus))
        made = self._made()  # before those that have not left are read: whoever makes one since is found out
        table = LaneTable(network)
        with Solving(processes=processes, advanced=advanced) as solve:
            proposal = propose(
                table,
                self._articles(skus, network, now, request.days, advanced),
                now=now,
                days=request.days,
                ends=request.ends,
                solve=solve,
            )
        return replace(proposal, made=made)

    def _skus(self, request: ProposalRequest) -> list[str]:
        """Those that are asked for, sorted."""
        skus = sorted(set(request.skus)) or self._facts.skus()
        if not (request.skus or request.categories):
            return skus
        products = self._facts.products(skus)
        unknown = [sku for sku in request.skus if sku not in products]
        if unknown:
            raise InputInvalid([Mistake(field="sku", message=f"no product goes by the SKU '{sku}'") for sku in unknown])
        found = {product.category for product in products.values()}
        missing = [name for name in request.categories if name not in found]
        if missing:
            message = "no product that is asked for is of the category '{}'"
            raise InputInvalid([Mistake(field="category", message=message.format(name)) for name in missing])
        return [sku for sku in skus if not request.categories or products[sku].category in request.categories]

    def _articles(
        self, skus: Sequence[str], network: Network, now: int, days: int, advanced: Callable[[int], None]
    ) -> Iterator[Article]:
        moving: dict[str, list[Moving]] = {}
        # before the stock: what leaves meanwhile is then counted twice where it leaves, and never is too much proposed
        for item in self._moving():
            moving.setdefault(item.sku, []).append(item)
        for block in parts_of(skus, network):
            read = self._facts.read_stock(block, now, cached=False, with_receipts=True)
            if read.state.network.version != network.version:
                raise Contended("the network was loaded meanwhile; try again")
            yield from articles_of(read.facts, read.state.matcher, now, days=days, moving=moving)
            advanced(len(block))


def _check(request: ProposalRequest, network: Network) -> None:
    if not network.transfer_lanes:
        message = "the network has no lanes for transfers; write them under transfers in network.yaml"
        raise InputInvalid([Mistake(field="transfers", message=message)])
    ends = {"from": request.ends.origins, "to": request.ends.goals, "node": request.ends.nodes}
    mistakes = [
        Mistake(field=field, message=f"no node goes by the id '{name}'")
        for field, names in ends.items()
        for name in sorted(names or ())
        if name not in network.nodes
    ]
    if mistakes:
        raise InputInvalid(mistakes)
