"""Which nodes had better ship some lines: as the policies of Pointsman have it, each by itself."""

from collections.abc import Mapping
from typing import Any

from api.connectors.applying.incoming import Place, plain
from api.shapes.node_ranking import NodeRankingRequest, SentRanking
from api.shapes.quantities import quantities_of


def rank_nodes(place: Place, fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """The row, with the `rank` of each of its `nodes`, the best first: 0 is the best, equals share a rank. A name that
    is no node of ours is behind all others. Raises ValidationError, OrderInvalid.
    """
    pointsman = place.pointsman
    shape = NodeRankingRequest(max_lines=pointsman.settings.max_lines, quantities=quantities_of(pointsman))
    sent: SentRanking = shape.load(plain(fields))
    ranks = pointsman.quotes.rank_nodes(sent.order, [node for node in sent.nodes.values() if node])
    last = len(set(ranks.values()))
    ranked = [{"name": name, "node": node, "rank": ranks.get(node, last)} for name, node in sent.nodes.items()]
    return {**fields, "nodes": sorted(ranked, key=lambda item: item["rank"])}
