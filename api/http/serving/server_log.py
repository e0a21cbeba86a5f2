"""The server's own log."""

from gunicorn.glogging import Logger


class ServerLog(Logger):
    """gunicorn's, without its line for each request: the application writes one (api/http/logs/requests.py) that has no
    query, and gunicorn takes apart all headers for its own even where nobody reads it.
    """

    @property
    def access_log_enabled(self) -> bool:
        return False
