"""What goes wrong with files of backups. The command line alone makes and restores them."""

from engine.errors import PointsmanError


class BackupInvalid(PointsmanError):
    """A file that can't be restored; nothing was changed."""

    def __init__(self, path: object, why: str) -> None:
        super().__init__(f"{path} can't be restored: {why}; nothing was changed")


class NotEmpty(PointsmanError):
    """There is something where nothing may be."""
