"""Who may make and change API keys over HTTP: nobody gives, or takes away, more than they have themselves."""

from collections.abc import Sequence

from api.http.access.caller import Caller
from engine.errors import NotPermitted
from engine.model.scopes import ROLE_SCOPES, Role, Scope

_OF_TWO_PEOPLE: frozenset[Scope] = frozenset({"policies:publish", "policies:approve"})


def verify_may_make(who: Caller, role: Role, networks: Sequence[str], *, four_eyes: bool) -> None:
    """Raise NotPermitted unless `who` may have a key of this role for these networks made. Under `four_eyes`, nobody
    gets the text of a key by which they could publish or approve as a second person.
    """
    verify_may_change(who, networks)
    more = ROLE_SCOPES[role] - who.scopes
    if more:
        raise NotPermitted(f"a key of the role '{role}' may do more than '{who.name}': {', '.join(sorted(more))}")
    if four_eyes and not _OF_TWO_PEOPLE.isdisjoint(ROLE_SCOPES[role]):
        raise NotPermitted(
            f"a key of the role '{role}' publishes or approves policies; as another person must approve them here"
            " (POINTSMAN_FOUR_EYES), whoever runs Pointsman makes it: pointsman key create"
        )


def verify_may_change(who: Caller, networks: Sequence[str]) -> None:
    """Raise NotPermitted unless `who` may use every network that the key is for."""
    if not all(map(who.may_use, networks)):
        raise NotPermitted(f"the key is for networks that '{who.name}' may not use")
