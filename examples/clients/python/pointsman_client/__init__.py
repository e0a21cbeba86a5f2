"""A client of Pointsman's HTTP API; standard library only."""

from pointsman_client.client import Client
from pointsman_client.errors import Problem, Unanswered

__all__ = ["Client", "Problem", "Unanswered"]
