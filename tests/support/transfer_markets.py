"""Made-up markets: what packs are worth at places, and what lanes cost. Small enough to try every move."""

import numpy as np

from engine.transfers.flow.market import FAR, Market


def market(dice, places, *, most=6, room=20):
    """`dice` is a random.Random. Values fall by steps that are steep in some markets, flat in others."""
    steep = dice.choice([3, 20, 1_000])
    tables = [sorted((dice.randrange(steep) for _ in range(40)), reverse=True) for _ in range(places)]
    offsets = [dice.randrange(5, 15) for _ in range(places)]

    def value(place, k):
        table = tables[place]
        return table[min(max(offsets[place] + k, 0), len(table) - 1)]

    cost = np.full((places, places), FAR, dtype=np.int64)
    density = dice.random()
    for origin in range(places):
        for goal in range(places):
            if origin != goal and dice.random() < density:
                cost[origin, goal] = dice.randrange(max(2, steep // dice.choice([2, 5, 20])))
    movable = [dice.choice([0, 0, 1, 3, dice.randrange(most)]) for _ in range(places)]
    rooms = [dice.choice([0, 1, 2, 5, room]) for _ in range(places)]
    return Market(cost=cost, movable=np.array(movable), room=np.array(rooms), value=value)


def is_allowed(made, moves):
    """Whether lanes lead there, and no place sends or is sent more than it can be."""
    sent, given = {}, {}
    for (origin, goal), packs in moves.items():
        sent[origin] = sent.get(origin, 0) + packs
        given[goal] = given.get(goal, 0) + packs
    return (
        all(packs > 0 and made.cost[pair] < FAR for pair, packs in moves.items())
        and all(packs <= made.movable[place] for place, packs in sent.items())
        and all(packs <= made.room[place] for place, packs in given.items())
    )
