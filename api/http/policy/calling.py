"""Who asks for a change of the policies, and by which operation."""

from typing import Any

from api.http.access.caller import caller
from api.http.each_request.key_header import operation_of_key


def calling() -> dict[str, Any]:
    """Who asks, and the operation under which the same request is recognised if it is sent again."""
    key = operation_of_key()
    name = caller().name
    return {"who": name, "operation": f"{name}:{key}" if key else None}
