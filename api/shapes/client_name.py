"""The name of a caller, for the log and for quotas."""

from typing import Any

from marshmallow import ValidationError

from api.shapes.fields import Word


class ClientName(Word):
    """A text of 1 to 200 characters that can be shown; blanks around it are not part of it."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value.strip() if isinstance(value, str) else value, attr, data, **kwargs)
        try:
            text.encode()
        except UnicodeEncodeError:  # half of a character, as JSON may name it, or bytes of a shell that are none
            raise ValidationError("the text has something in it that is no character") from None
        return text
