"""A network whose carriers sell labels, served by fake ones, and processes that are killed while they buy."""

import contextlib
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from engine.fulfilment.carriers.settings import CarrierSettings
from engine.model.carriers import CarrierAccount
from engine.service import Pointsman
from engine.settings import Settings
from tests.support.facts import LYON, node, service
from tests.support.fake_carriers.booking import KEYS, PRODUCTS
from tests.support.fake_carriers.fake_server import FakeCarrier
from tests.support.parcels import LYON_ADDRESS, packing_network


def selling_settings(server_url: str, network: str, doors: Mapping[str, str]) -> Settings:
    """Of a process that has the keys of these carriers, each of its door."""
    variables = {
        f"POINTSMAN_CARRIER_{carrier.upper()}_{word}": text
        for carrier, door in doors.items()
        for word, text in KEYS[door].items()
    }
    carriers = CarrierSettings(variables=variables)
    return Settings(redis_url=server_url, network=network, backlog="manual", carriers=carriers)


def load_selling_network(shop: Pointsman, fake: FakeCarrier, *, door="sendcloud", **more) -> Pointsman:
    """All is carried by 'shop', a carrier of the door at which the fake one answers; `more` is of the only node."""
    return packing_network(
        shop,
        services=[service(carrier="shop", carrier_product=PRODUCTS[door])],
        nodes=[node("lyon", LYON, **{"address": replace(LYON_ADDRESS, phone="+33 4 72"), **more})],
        carriers={"shop": CarrierAccount(id="shop", door=door, url=fake.url)},
    )


@contextlib.contextmanager
def opened_seller(settings: Settings, clock) -> Iterator[Pointsman]:
    """Its network is forgotten at the end."""
    with Pointsman(settings, clock=clock) as shop:
        yield shop
        shop.forget()


def is_killed_at(fake: FakeCarrier, request_number: int, fault: str, act: Callable[[], object]) -> bool:
    """Whether a process that does `act` sent the carrier the request of that number, and was killed at it: before the
    carrier did anything (`dropped`), or once it had done all (`lost`).
    """
    children: list[int] = []

    def kill(_request):
        if len(fake.requests) - 1 == request_number and children:
            os.kill(children.pop(), signal.SIGKILL)
            return fault
        return None

    fake.faults = kill
    ready, go = os.pipe()
    child = os.fork()
    if child == 0:
        os.read(ready, 1)
        try:
            act()
        finally:
            os._exit(0)
    children.append(child)
    os.write(go, b"1")
    _, status = os.waitpid(child, 0)
    os.close(ready)
    os.close(go)
    fake.faults = lambda _: None
    return os.WIFSIGNALED(status)
