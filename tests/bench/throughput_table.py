"""The table of HTTP throughput."""

from rich.table import Table

from tests.bench.http_throughput import ThroughputFigures


def throughput_table(figures: ThroughputFigures) -> Table:
    shares = " and ".join(f"{load.share:.0%}" for load in figures.loads)
    connections = [load.connections for load in figures.loads]
    table = Table(
        title=f"HTTP: ours answers {shares} as many requests a second as the floor, "
        f"and decides {figures.batch_ratio:.1f} times as many orders in batches",
        caption=f"{figures.server}; {figures.requests} requests each over {' and '.join(map(str, connections))}"
        f" connections; {figures.bytes_ours} bytes an answer of ours, {figures.bytes_floor} of the floor",
    )
    table.add_column("app")
    table.add_column("connections", justify="right")
    table.add_column("orders/s, slice by slice", justify="right")
    for name in ("median", "p99"):
        table.add_column(f"{name}, ms", justify="right")
    table.add_column("p99 / median", justify="right")
    rows = [(name, load.connections, app) for load in figures.loads for name, app in load.apps]
    for name, count, app in (*rows, (f"ours, batches of {figures.batch}", connections[0], figures.batches)):
        rates = ", ".join(f"{rate:.0f}" for rate in app.rates)
        taken = (f"{1_000 * seconds:.1f}" for seconds in (app.median, app.p99))
        table.add_row(name, str(count), rates, *taken, f"{app.p99 / app.median:.1f}")
    return table
