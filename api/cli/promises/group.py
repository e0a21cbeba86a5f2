"""`pointsman promise`: by when products could arrive, and whether what was promised is kept."""

import click

from api.cli.flows.promise_watch import progress, watch
from api.cli.promises.promise import show_promise


class _ShowsByDefault(click.Group):
    """A group whose first word may be a SKU or an option of `show`: then that is meant."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in (*self.commands, *ctx.help_option_names):
            args = ["show", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_ShowsByDefault)
def promise() -> None:
    """Show when SKUs could arrive, and watch what was promised."""


promise.add_command(show_promise)
promise.add_command(watch)
promise.add_command(progress)
