"""What can come of a call besides its answer."""

from typing import Any


class Problem(Exception):
    """The service refused the call (RFC 9457), and nothing was changed by it unless `detail` says so.

    `kind` is the last part of the problem's type, such as `order-invalid`; `errors` are the mistakes of what was sent,
    each with `field` and `message`.
    """

    def __init__(self, body: dict[str, Any], *, status: int) -> None:
        self.status = status
        self.kind = str(body.get("type", "")).rpartition(":")[2]
        self.detail = str(body.get("detail", ""))
        self.errors: list[dict[str, Any]] = list(body.get("errors", []))
        super().__init__(f"{status} {self.kind}: {self.detail}")


class Unanswered(Exception):
    """No answer came, however often the call was sent: it is not known whether it was carried out. Sent again with the
    same key, it is answered, and carried out once.
    """
