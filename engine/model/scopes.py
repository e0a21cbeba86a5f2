"""Roles, and the scopes that they are made of."""

from collections.abc import Mapping
from typing import Literal, TypeAlias, get_args

Scope: TypeAlias = Literal[
    "orders",
    "orders:read",
    "stock",
    "stock:read",
    "policies:read",
    "policies:publish",
    "policies:approve",
    "audit:read",
    "admin",
]
Role: TypeAlias = Literal["oms", "merchandiser", "auditor", "admin"]

SCOPES: tuple[Scope, ...] = get_args(Scope)
ROLE_SCOPES: Mapping[Role, frozenset[Scope]] = {
    "oms": frozenset({"orders", "stock"}),
    "merchandiser": frozenset({"policies:read", "policies:publish", "policies:approve", "orders:read", "stock:read"}),
    "auditor": frozenset({"policies:read", "audit:read"}),
    "admin": frozenset(SCOPES),
}
"""`admin` has every scope. What `orders` and `stock` let be read, `orders:read` and `stock:read` do."""
ALL_NETWORKS = "*"
"""In place of a network's name: every network, those to come as well."""


def permits_network(networks: tuple[str, ...], name: str) -> bool:
    return ALL_NETWORKS in networks or name in networks
