"""The name of a caller, for the log and for quotas."""

from typing import Any

from api.shapes.fields import Word


class ClientName(Word):
    """A text of 1 to 200 characters that can be shown; blanks around it are not part of it."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return super()._deserialize(value.strip() if isinstance(value, str) else value, attr, data, **kwargs)
