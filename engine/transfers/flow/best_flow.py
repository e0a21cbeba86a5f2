"""The moves of one SKU that gain most: a min-cost flow by successive shortest paths (Ford and Fulkerson 1962).

Packs are moved again and again along the path that gains most, from a place that loses a pack to one that gains one,
until none gains. What places gain is concave, so each flow on the way is the best of all that move as many packs, and
the last the best of all.
"""

from engine.transfers.flow.market import Market, Moves
from engine.transfers.flow.residual_network import Path, ResidualNetwork
from engine.transfers.flow.shortest_path import best_path
from engine.transfers.flow.useful_lanes import Useful, useful_lanes

MOST_LANES = 100
"""Where there are more, HiGHS is faster."""


def best_flow(market: Market) -> Moves:
    """Of moves that gain the same always the same ones, none of which gains nothing."""
    useful = useful_lanes(market)
    if not useful.lanes.any():
        return {}
    if int(useful.lanes.sum()) > MOST_LANES:
        # imported where it is needed: loading HiGHS takes longer than most flows do
        from engine.transfers.flow.linear_program import proven_flow  # noqa: PLC0415

        moves = proven_flow(market, useful)
        if moves is not None:
            return moves
    return _by_paths(market, useful)


def _by_paths(market: Market, useful: Useful) -> Moves:
    network = ResidualNetwork(market, useful)
    while (path := best_path(network)) is not None:
        network.push(path, _packs_alike(market, network, path))
    return network.moves_by_place()


def _packs_alike(market: Market, network: ResidualNetwork, path: Path) -> int:
    """How many packs go along the path at the same gain."""
    most = network.most_along(path)
    most = market.packs_alike(network.origins[path.start], -1 - network.sent[path.start], most)
    return market.packs_alike(network.goals[path.end], network.kept[path.end], most)
