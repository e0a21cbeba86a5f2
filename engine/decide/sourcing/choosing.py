"""choose(problem) -> Choice."""

from dataclasses import replace

from engine.decide.sourcing.merging import alike, dealt, merged
from engine.decide.sourcing.problem import Choice, Problem
from engine.decide.sourcing.search import Search


def choose(problem: Problem) -> Choice:
    """The best choice for `problem`."""
    if len({demand.sku for demand in problem.demands}) == len(problem.demands):
        return Search(problem).choice()
    runs = alike(problem)
    choice = Search(merged(problem, runs)).choice()
    return replace(choice, units=dealt(choice.units, problem.demands, runs))
