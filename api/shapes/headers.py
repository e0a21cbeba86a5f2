"""Headers that requests of several resources have."""

from marshmallow import Schema

from api.shapes.fields import Who


class WhoHeaders(Schema):
    """Who does it."""

    who = Who()
