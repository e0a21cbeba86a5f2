"""The optimiser: which option ships how many of what, at the least cost, exactly.

The comparison has four parts, in order: units unfilled, units shipped though only `unless_needed`, the sum of
tiers over units, money; then fewer shipments, the sorted (node, service) list, and the quantities: more from the
first shipments, line by line. All but the quantities are folded into one integer (`weights`, `lanes.with_ties`), each
part weighing more than all that later parts can add up to, so that the search compares plain numbers and stays exact.

What is asked, and what is answered:

    problem      the values: Problem, its Candidates with their Prices, its Demands; Choice and Score
    choosing     choose(problem) -> Choice
    proving      how much of it is proven
    merging      lines of one SKU that are as good as one

The numbers:

    weights      the comparison as one integer
    lanes        the candidates in these integers, without those that another replaces
    pruning      of very many candidates, those that a best choice may use
    wants        what lines want, together where they are alike

Which shipments are opened:

    search       branch and bound
    opening      what it costs to open some shipments; the best so far

What a branch costs at least:

    bounding     by which of these, and when
    relaxation   the problem without what makes it hard
    ascent       its bound, by raising the value of a unit
    refining     better values to begin with
    closing      the best values there are, where these do not do
    valuing      what a branch costs at least at given values
    blending     where to look for better ones: the prices of the cheapest blend of plans
    sharing      nodes whose shipments or lines share stock or room
    packing      a node's units of a SKU to lines, some of which stay together
    counting     closer bounds by whole units

How units of one SKU go from open shipments to its lines:

    goods        the SKU's lines and lanes, with what is known of them already
    transport    the least-cost transport
    placing      of lines that stay together
    flow         of lines that share the stock
"""

from engine.decide.sourcing.choosing import choose
from engine.decide.sourcing.problem import Candidate, Choice, Demand, Price, Problem, Score, Unproven

__all__ = ["Candidate", "Choice", "Demand", "Price", "Problem", "Score", "Unproven", "choose"]
