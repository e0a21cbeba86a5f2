"""What is wrong with a value that was found, or with the way to it."""


class BadField(Exception):
    """A field that has no value that is of use. `path` is where it was looked for, as the connector's file has it."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(message)
        self.path, self.message = path, message


class BadPath(ValueError):
    """A path that is not written as paths of its format are; says how."""
