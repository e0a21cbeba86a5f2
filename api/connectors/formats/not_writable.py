"""A row that a format can't say."""


class NotWritable(Exception):
    """Which row (from 1), which column or field, and why."""

    def __init__(self, message: str, *, row: int, path: str = "") -> None:
        self.row, self.path, self.message = row, path, message
        super().__init__(": ".join(part for part in (f"row {row}" if row else "", path, message) if part))
