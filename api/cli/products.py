"""`pointsman products`: brings products into the loaded network without touching its stock."""

from collections import Counter
from pathlib import Path

import click
import orjson

from api.cli.options import AS_JSON
from api.cli.output.progress import progress_bar
from api.files.csv_rows import rows
from api.files.inventory_folder import PRODUCT_COLUMNS, number_columns
from api.files.master_data import product_in
from api.language.current import say
from engine.errors import InputInvalid, Mistake
from engine.inventory.master_data import MOST_AT_ONCE
from engine.model.facts import Product
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.network.change import Stored


@click.group()
def products() -> None:
    """Bring products into the network."""


@products.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@AS_JSON
@click.pass_obj
def import_products(settings: Settings, file: Path, *, as_json: bool) -> None:
    """Import the products in FILE, a CSV as products.csv.

    Products that are not in it stay as they are, and so do stock, holds and paces of sale. If there is a mistake in the
    file, nothing of it is imported.

    Example: pointsman products import examples/hexagone/products.csv
    """
    with Pointsman(settings) as service:
        read = _read(file, service)
        outcomes: Counter[Stored] = Counter()
        with progress_bar() as progress:
            task = progress.add_task(say("importing"), total=len(read))
            for start in range(0, len(read), MOST_AT_ONCE):
                batch = read[start : start + MOST_AT_ONCE]
                outcomes.update(service.master_data.put_products(lambda _, batch=batch: batch).outcomes)
                progress.advance(task, len(batch))
    if as_json:
        click.echo(orjson.dumps({outcome.value: outcomes[outcome] for outcome in Stored}))
        return
    for outcome in Stored:
        click.echo(
            say(
                "{outcomes:>12,}  {value}",
                outcomes=outcomes[outcome],
                value=say(outcome.value if outcome is not Stored.SAME else "as before"),
            )
        )


def _read(file: Path, service: Pointsman) -> list[Product]:
    network, mistakes = service.network(), list[Mistake]()
    products: dict[str, Product] = {}
    for where, row in rows(file, PRODUCT_COLUMNS, mistakes, numbers=number_columns(network.attributes)):
        try:
            product = product_in(row, network)
        except InputInvalid as error:
            mistakes += [Mistake(where=where, field=item.field, message=item.message) for item in error.mistakes]
            continue
        other_decimals = service.master_data.mistake_of(product, network)
        if other_decimals is not None:
            mistakes.append(Mistake(where=where, field="decimals", message=other_decimals.message))
        if product.sku in products:
            mistakes.append(
                Mistake(where=where, field="sku", message=say("'{sku}' stands here a second time", sku=product.sku))
            )
        products[product.sku] = product
    if mistakes:
        raise InputInvalid(mistakes)
    return list(products.values())
