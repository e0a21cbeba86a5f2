"""Steps of returns, with as few words as a test needs."""

from engine.returns.disposing import DisposedUnits, DisposeRequest
from engine.returns.inspecting import InspectedUnits, InspectRequest
from engine.returns.opening import LineToReturn, OpenRequest
from engine.returns.receiving import ReceiveRequest


def open_return(shop, order="O-1", *, reason="wrong_size", by="ann", may_override=False, because="", op=None, **more):
    """Lines as _1=2, by their id or SKU; the return's id as `name`."""
    name = more.pop("name", "")
    lines = [LineToReturn(line=line.lstrip("_"), quantity=units, reason=reason) for line, units in more.items()]
    request = OpenRequest(order=order, lines=lines, id=name, because=because, op=op)
    return shop.flows.returns.open(request, by=by, may_override=may_override)


def receive(shop, name, *, node="lyon", extra=None, others=None, complete=False, op=None, **lines):
    came = {line.lstrip("_"): units for line, units in lines.items()}
    request = ReceiveRequest(node=node, lines=came, extra=extra or {}, others=others or {}, complete=complete, op=op)
    return shop.flows.returns.receive(name, request)


def inspect(shop, name, grade="as_new", *, group=None, units=None, restock=None, op=None):
    item = InspectedUnits(group=group, quantity=units, grade=grade, restock=restock)
    return shop.flows.returns.inspect(name, InspectRequest(groups=[item], op=op))


def disposed(
    shop,
    name,
    disposition=None,
    *,
    group=None,
    units=None,
    as_sku=None,
    place=None,
    because="",
    kept=None,
    op=None,
    dry_run=False,
):
    item = DisposedUnits(group=group, quantity=units, disposition=disposition, as_sku=as_sku, place=place)
    request = DisposeRequest(groups=[] if kept else [item], kept=kept or {}, because=because, op=op)
    return shop.flows.returns.dispose(name, request, by="ann", dry_run=dry_run)


def dispose(shop, name, disposition="restock", **more):
    return disposed(shop, name, disposition, **more).state


def stock(shop, sku="A", place="lyon"):
    """On hand, blocked and in quarantine of a position."""
    for item in shop.stock.show(sku).nodes:
        if item.node == place:
            return item.position.on_hand, item.blocked, item.quarantine
    return 0, 0, 0


def groups(state):
    return [
        (item.number, item.line, item.sku, item.units, item.grade, item.disposition) for item in state.stored.groups
    ]


def line_units(shop, order="O-1", line="1"):
    """Shipped and returned units of a line of an order."""
    (found,) = [item for item in shop.orders.show(order).lines if item.line == line]
    return found.units["shipped"], found.units["returned"]
