"""Carriers that do not call are asked in turns: bounded, one process at a time, and none that fails holds others up."""

import pytest

from engine.fulfilment.carriers.settings import CarrierSettings
from engine.fulfilment.tracking import polling
from engine.model.carriers import CarrierAccount
from engine.service import Pointsman
from engine.settings import Settings
from tests.conftest import activate
from tests.support.facts import HOUR, LYON, NOW, node, service
from tests.support.fake_carriers.easypost import FakeEasyPost
from tests.support.fake_carriers.fake_server import serving
from tests.support.parcels import LYON_ADDRESS, decided, pack, packing_network

DAY = 24 * HOUR
NAMES = ("easy", "shop")

pytestmark = pytest.mark.parametrize("server_url", ["embedded"], indirect=True)
"""The server makes no difference here: what it is asked is tested with each in tests/store/fulfilment."""


@pytest.fixture
def fakes():
    """Two carriers, by id."""
    with serving(FakeEasyPost()) as easy, serving(FakeEasyPost()) as shop:
        easy.bills += ["another's"] * 100  # by which it numbers parcels
        yield {"easy": easy, "shop": shop}


@pytest.fixture
def open_process(server_url, network, clock):
    """Opens another process on the network."""
    made = []

    def opened():
        variables = {f"POINTSMAN_CARRIER_{name.upper()}_KEY": "EZTK" for name in NAMES}
        settings = Settings(redis_url=server_url, network=network, carriers=CarrierSettings(variables=variables))
        made.append(Pointsman(settings, clock=clock))
        return made[-1]

    yield opened
    for process in made:
        process.close()


@pytest.fixture
def shop(open_process, fakes):
    """Each carrier has a place of its own, where an article is that goes by its id."""
    shop = open_process()
    packing_network(
        shop,
        services=[service(name, carrier=name, carrier_product="USPS/GroundAdvantage") for name in NAMES],
        nodes=[node(f"at-{name}", LYON, address=LYON_ADDRESS, services=(name,)) for name in NAMES],
        stock={name: {f"at-{name}": 50} for name in NAMES},
        carriers={name: CarrierAccount(id=name, door="easypost", url=fake.url) for name, fake in fakes.items()},
    )
    activate(shop, "then: {hold: 30 d}")
    return shop


@pytest.fixture
def parcels(shop, fakes, clock):
    """Packs one shipment after the other for a carrier, which says `in_transit` of each of its parcels."""

    def packed(carrier, count, *, parcels=1):
        numbers = []
        for _ in range(count):
            key = decided(shop, (carrier, parcels), promise_by=NOW + 2 * DAY)
            clock.now += 1
            for parcel in pack(shop, key, *({"1": 1} for _ in range(parcels))).shipment.parcels:
                numbers.append(parcel.tracking_number)
                detail = {"status": "in_transit", "datetime": "2026-11-01T00:00:00Z", "message": "m"}
                fakes[carrier].trackers.append(
                    {"object": "Tracker", "tracking_code": parcel.tracking_number, "tracking_details": [detail]}
                )
            shop.flows.promise_watch.watch()
        for fake in fakes.values():
            fake.requests.clear()
        return numbers

    return packed


@pytest.fixture
def go_by(clock, redis_client, key):
    """Has so many seconds go by, in which turns run out."""

    def gone_by(seconds):
        clock.now += seconds
        redis_client.delete(*(key(f"tracking:polling:{name}") for name in NAMES))

    return gone_by


def commands(redis_client, act):
    """How many of each kind the server carries out while `act` goes on, but for those that begin a connection: whether
    one is at hand depends on the moment.
    """
    redis_client.config_resetstat()
    act()
    stats = redis_client.info("commandstats")
    calls = {name.removeprefix("cmdstat_"): item["calls"] for name, item in stats.items()}
    return {name: count for name, count in calls.items() if not name.startswith(("config", "client", "hello"))}


def asked(fake):
    """The numbers about which it was asked."""
    return [request.query["tracking_code"] for request in fake.requests if request.path == "/trackers"]


def test_a_turn_asks_about_so_many_parcels_and_the_next_ones_go_on(shop, fakes, clock, parcels, monkeypatch):
    monkeypatch.setattr(polling, "MOST_IN_A_TURN", 2)
    numbers = parcels("shop", 5)
    polls = shop.fulfilment.polling
    assert [polls.poll() for _ in range(4)] == [2, 2, 1, 0]
    assert asked(fakes["shop"]) == numbers


def test_a_slow_carrier_ends_a_turn_after_the_shipment_that_it_is_asked_about(shop, fakes, parcels, monkeypatch):
    monkeypatch.setattr(polling, "ASKING_SECONDS", 0.0)
    parcels("shop", 2)
    assert shop.fulfilment.polling.poll() == 0
    monkeypatch.setattr(polling, "ASKING_SECONDS", 0.2)
    fakes["shop"].faults, fakes["shop"].slow_seconds = lambda _: "slow", 0.3
    assert [shop.fulfilment.polling.poll() for _ in range(3)] == [1, 1, 0]


@pytest.mark.parametrize("fault", ["broken", "nonsense", "dropped", "busy"])
def test_a_carrier_that_fails_is_left_alone_for_a_while_and_holds_no_other_up(shop, fakes, clock, parcels, fault):
    parcels("easy", 3)
    parcels("shop", 3)
    polls = shop.fulfilment.polling
    fakes["easy"].faults = lambda _: fault
    assert polls.poll() == 3
    assert (len(asked(fakes["easy"])), len(asked(fakes["shop"]))) == (1, 3)
    clock.now += 6
    assert polls.poll() == 0
    assert len(asked(fakes["easy"])) == 1
    clock.now += 24
    fakes["easy"].faults = lambda _: None
    assert polls.poll() == 2
    clock.now += 2 * HOUR
    assert polls.poll() == 1


def test_a_carrier_that_says_for_how_long_it_wants_to_be_left_alone_is(shop, fakes, parcels, open_process, go_by):
    parcels("shop", 3)
    fakes["shop"].faults = lambda _: "busy"  # for 7 s
    shop.fulfilment.polling.poll()
    go_by(6)
    open_process().fulfilment.polling.poll()
    assert len(asked(fakes["shop"])) == 1
    go_by(1)
    fakes["shop"].faults = lambda _: None
    assert open_process().fulfilment.polling.poll() == 2


def test_the_longer_a_carrier_fails_the_seldomer_it_is_asked_until_it_answers(shop, fakes, clock, parcels):
    parcels("shop", 9)
    polls = shop.fulfilment.polling
    fakes["shop"].faults = lambda _: "broken"
    tries = []
    for second in range(0, 60 * 60, 30):
        before = len(asked(fakes["shop"]))
        polls.poll()
        tries += [second] if len(asked(fakes["shop"])) > before else []
        clock.now += 30
    assert tries == [0, 30, 90, 390, 1_290, 2_190, 3_090]
    fakes["shop"].faults = lambda _: None
    clock.now += 15 * 60
    assert polls.poll() == 2
    fakes["shop"].faults = lambda _: "broken"
    clock.now += DAY
    polls.poll()
    clock.now += 30
    fakes["shop"].requests.clear()
    polls.poll()
    assert len(asked(fakes["shop"])) == 1


def test_a_parcel_that_the_carrier_refuses_holds_no_other_up(shop, fakes, parcels, clock):
    bad, *others = parcels("shop", 4)
    answer = fakes["shop"].answer
    fakes["shop"].answer = lambda request: (
        answer(request)
        if request.query.get("tracking_code") != bad
        else FakeEasyPost.answer(fakes["shop"], type(request)("GET", "/none", {}, request.headers, None))
    )
    polls = shop.fulfilment.polling
    assert polls.poll() == 3
    assert asked(fakes["shop"]) == [bad, *others]
    assert polls.poll() == 0
    clock.now += 2 * HOUR
    polls.poll()
    assert sorted(asked(fakes["shop"])[4:]) == [bad, *others]


def test_a_carrier_that_refuses_whoever_asks_is_not_asked_about_all(shop, fakes, parcels, redis_client, key):
    parcels("shop", 6)
    fakes["shop"].key = "Basic another"
    assert shop.fulfilment.polling.poll() == 0
    assert len(asked(fakes["shop"])) == 3
    assert b"no longer active" not in redis_client.hget(key("tracking:rests"), "shop"), "the carrier's own words"


def test_what_its_carrier_says_is_delivered_is_asked_about_no_more_and_what_is_on_its_way_is(
    shop, fakes, parcels, redis_client, key
):
    delivered, on_its_way = parcels("shop", 2)
    (tracker,) = [item for item in fakes["shop"].trackers if item["tracking_code"] == delivered]
    tracker["tracking_details"][0]["status"] = "delivered"
    assert redis_client.zcard(key("tracking:polls:shop")) == 2
    assert shop.fulfilment.polling.poll() == 2
    (left,) = redis_client.zrange(key("tracking:polls:shop"), 0, -1)
    assert left.decode().split()[0] == shop.fulfilment.tracking.find(on_its_way).shipment.key.decision


def test_which_carriers_can_not_say_where_parcels_are_is_known_until_they_can(shop, fakes, parcels, clock):
    parcels("shop", 3)
    parcels("easy", 1)
    polling, right = shop.fulfilment.polling, fakes["shop"].key
    fakes["shop"].key = "Basic another"
    polling.poll()
    (name, rest), *others = polling.rests().items()
    assert (name, rest.failures, rest.until, others) == ("shop", 1, clock.now + 30, [])
    assert rest.error == "carrier 'shop' refused it"
    fakes["shop"].key = right
    clock.now += 3 * HOUR
    assert polling.poll() == 3
    assert polling.rests() == {}


def test_a_carrier_that_is_not_asked_any_more_is_not_said_to_fail(shop, fakes, parcels, open_process):
    parcels("shop", 3)
    fakes["shop"].faults = lambda _: "broken"
    shop.fulfilment.polling.poll()
    assert list(shop.fulfilment.polling.rests()) == ["shop"]
    packing_network(
        shop,
        services=[service("easy", carrier="easy", carrier_product="USPS/GroundAdvantage")],
        nodes=[node("at-easy", LYON, address=LYON_ADDRESS, services=("easy",))],
        stock={"easy": {"at-easy": 50}},
        carriers={"easy": CarrierAccount(id="easy", door="easypost", url=fakes["easy"].url)},
        activated=False,
    )
    shop.fulfilment.polling.poll()
    assert shop.fulfilment.polling.rests() == {}


def test_what_a_carrier_said_before_it_failed_is_taken(shop, fakes, parcels):
    first, second = parcels("shop", 1, parcels=2)
    fakes["shop"].faults = lambda request: "broken" if request.query.get("tracking_code") == second else None
    assert shop.fulfilment.polling.poll() == 0
    where = [shop.fulfilment.tracking.find(number) for number in (first, second)]
    assert [found.shipment.parcel_progress(found.parcel.sscc).state for found in where] == ["in_transit", "pending"]


def test_a_parcel_at_which_the_carrier_fails_is_not_the_first_of_every_turn(shop, fakes, clock, parcels):
    bad, *others = parcels("shop", 3)
    fakes["shop"].faults = lambda request: "broken" if request.query.get("tracking_code") == bad else None
    assert shop.fulfilment.polling.poll() == 0
    clock.now += 30
    assert shop.fulfilment.polling.poll() == 2
    assert asked(fakes["shop"]) == [bad, *others]


def test_a_fault_of_our_own_about_one_carrier_holds_no_other_up(shop, fakes, parcels, monkeypatch):
    parcels("easy", 1)
    parcels("shop", 1)
    carrier = shop.fulfilment.carriers.carrier

    def broken(name):
        if name == "easy":
            raise ValueError("a fault")
        return carrier(name)

    monkeypatch.setattr(shop.fulfilment.carriers, "carrier", broken)
    assert shop.fulfilment.polling.poll() == 1


def test_one_process_at_a_time_asks_a_carrier_and_another_goes_on_after_it_died(
    shop, fakes, parcels, open_process, go_by
):
    first, second = parcels("shop", 2)
    other = open_process()
    asks = other.fulfilment.polling.poll
    fakes["shop"].faults = lambda _: "slow" if asks() else None  # in the midst of the turn
    assert shop.fulfilment.polling.poll() == 2
    assert asks() == 0
    assert asked(fakes["shop"]) == [first, second]
    go_by(2 * HOUR)
    fakes["shop"].faults = lambda _: None
    asks()
    assert shop.fulfilment.polling.poll() == 0
    assert sorted(asked(fakes["shop"])[2:]) == [first, second]


def test_between_two_turns_of_a_carrier_there_is_half_a_minute_whoever_has_them(shop, parcels, redis_client, key):
    parcels("shop", 1)
    shop.fulfilment.polling.poll()
    assert 20_000 < redis_client.pttl(key("tracking:polling:shop")) <= 29_000


def test_a_process_whose_turn_was_over_meanwhile_asks_no_more(shop, fakes, parcels, redis_client, key):
    parcels("shop", 3)
    lease = key("tracking:polling:shop")

    def stolen(request):
        redis_client.set(lease, "another")

    fakes["shop"].faults = stolen
    assert shop.fulfilment.polling.poll() == 1
    assert len(asked(fakes["shop"])) == 1
    assert redis_client.get(lease) == b"another"


def test_how_much_a_turn_reads_does_not_grow_with_what_is_not_due(shop, clock, parcels, redis_client, key):
    parcels("shop", 1)
    polls = shop.fulfilment.polling
    polls.poll()
    clock.now += 2 * HOUR
    few = commands(redis_client, polls.poll)
    later = {f"{number:032x} 0": clock.now + DAY for number in range(5_000)}
    redis_client.zadd(key("tracking:polls:shop"), later)
    clock.now += 2 * HOUR
    many = commands(redis_client, polls.poll)
    assert few["zrangebyscore"] == len(NAMES)
    assert many == few
