"""The optimiser: which option ships how many of what, at the least cost, exactly.

The comparison has four parts, in order: units unfilled, units shipped though only `unless_needed`, the sum of
tiers over units, money; then fewer shipments, the sorted (node, service) list, and the quantities: more from the
first shipments, line by line. All but the quantities are folded into one integer (`weights`, `lanes.with_ties`), each
part weighing more than all that later parts can add up to, so that the search compares plain numbers and stays exact.

    problem      what is asked and answered
    choosing     choose(problem) -> Choice
    merging      lines of one SKU that are as good as one
    weights      the comparison as one integer
    lanes        the candidates in those integers, without those that another replaces
    search       branch and bound over which shipments are opened
    relaxation   what a branch costs at least
    goods        what the lines of one SKU cost by what is opened
    transport    units from open shipments to lines
    flow         the same for lines that share the stock and may be split
"""

from engine.decide.sourcing.choosing import choose
from engine.decide.sourcing.problem import Candidate, Choice, Demand, Price, Problem, Score

__all__ = ["Candidate", "Choice", "Demand", "Price", "Problem", "Score", "choose"]
