"""How the arguments of a request are read: strictly, so that nothing a caller wrote is guessed at or passed over."""

from typing import Any

import flask
import flask_smorest
from marshmallow import RAISE, fields, missing
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import BadRequest

from api.shapes.strict_json import NotJson, read_json


class StrictParser(FlaskParser):
    """Bodies as api/json_texts.py reads them. A query that says what nobody
    knows, or says twice what is no list, is refused: `?dryrun=true` must not take holds.
    """

    DEFAULT_UNKNOWN_BY_LOCATION = FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION | {"query": RAISE}

    def load_querystring(self, req: flask.Request, schema: Any) -> Any:
        lists = {name for name, field in schema.fields.items() if isinstance(field, fields.List)}
        twice = [name for name, values in req.args.lists() if len(values) > 1 and name not in lists]
        if twice:
            raise BadRequest(f"'{twice[0]}' stands in the query more than once")
        return super().load_querystring(req, schema)

    def _raw_load_json(self, req: flask.Request) -> Any:
        if not req.mimetype:  # only where a body may be left out does it come this far
            return missing
        try:
            return read_json(req.get_data(cache=True))
        except NotJson as error:
            raise BadRequest(f"the body {error}") from None


class Blueprint(flask_smorest.Blueprint):
    """flask-smorest's, reading strictly. Each operation has an id, its blueprint's name and its function's, by which
    generated clients call it.
    """

    ARGUMENTS_PARSER = StrictParser()

    def add_url_rule(
        self, rule: str, endpoint: str | None = None, view_func: Any = None, *args: Any, **options: Any
    ) -> None:
        named = self.doc(operationId=f"{self.name}_{view_func.__name__}")(view_func)
        super().add_url_rule(rule, endpoint, named, *args, **options)
