"""No tracking number of a carrier's range is issued twice: whatever a server loses, is restored to, or is reset."""

import contextlib
import dataclasses
from concurrent.futures import ThreadPoolExecutor, wait

import pytest

from engine.errors import NumbersExhausted, SerialsTaken
from engine.fulfilment.carriers.carriers import NumberStock
from engine.fulfilment.carriers.number_ranges import form_of, number_of, script_ranges
from engine.model.carriers import NumberRange
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.connection.client import Client
from engine.store.fulfilment.tracking_serials import StoredRange, TrackingSerials
from engine.store.keys import INSTALLATION, Keys
from tests.support.facts import LYON, node, service
from tests.support.lossy_proxy import proxy, script_call
from tests.support.parcels import LYON_ADDRESS, ZOE, decided, dpd, pack, packing_network, reserve_ssccs
from tests.support.redis_topologies import HOST, is_linked, nodes
from tests.support.wait_until import wait_until

DAY = 86_400


def with_ranges(shop, account, **more):
    """The shop, whose parcels have numbers of these ranges."""
    return packing_network(
        shop,
        stock={"A": {"lyon": 100_000}},
        services=[service(carrier=account.id)],
        nodes=[node("lyon", LYON, address=LYON_ADDRESS)],
        carriers={account.id: account},
        **more,
    )


def issued(shop, count):
    parcels = pack(shop, decided(shop, ("A", count)), *[{"1": 1}] * count).shipment.parcels
    return [parcel.tracking_number for parcel in parcels]


def opened_at(url, network, clock):
    return Pointsman(Settings(redis_url=url, network=network, backlog="manual"), clock=clock)


def opened(server, network="main"):
    return Pointsman(Settings(redis_url=f"redis://{HOST}:{server.port}", network=network, backlog="manual"))


@pytest.fixture
def another(server_url, clock):
    """Another network of the same server."""
    settings = Settings(redis_url=server_url, network="beside", backlog="manual")
    with contextlib.closing(Pointsman(settings, clock=clock)) as shop:
        yield shop
        shop.forget()


def test_a_network_that_is_reset_goes_on_behind_what_it_issued(bare):
    account = dpd(0, 99_999)
    numbers = []
    for _ in range(3):
        shop = with_ranges(bare, account)
        numbers += issued(shop, 40)
        assert shop.check().clean
        assert shop.fulfilment.carriers.stocks()["dpd"].left <= 100_000 - len(numbers)
        shop.forget()
    assert len(set(numbers)) == len(numbers) == 120
    shop = with_ranges(bare, account)
    assert shop.fulfilment.carriers.stocks()["dpd"].left <= 100_000 - 120, "what is left is known before one is issued"


def test_a_network_that_is_reset_goes_on_behind_each_range_that_it_had(bare):
    first = dpd(0, 5, (100, 105))
    (low, high) = first.ranges
    shop = with_ranges(bare, first)
    numbers = issued(shop, 4)
    wider = dataclasses.replace(first, ranges=(dataclasses.replace(low, last=50),))
    with_ranges(bare, wider)
    numbers += issued(shop, 6)
    shop.forget()
    everything = NumberRange(kind="dpd", account=low.account, first=0, last=120)
    with_ranges(bare, dataclasses.replace(first, ranges=(everything,)))
    numbers += issued(shop, 60)
    assert len(set(numbers)) == len(numbers) == 70
    assert set(numbers) <= {number_of(everything, serial) for serial in range(121)}
    assert high.first == 100


def test_a_backup_goes_on_behind_what_was_issued_since(tmp_path):
    account = dpd(0, 99_999, (500_000, 509_999))
    with nodes(tmp_path, 2, "--appendonly", "yes") as (server, elsewhere):
        with contextlib.closing(opened(server)) as shop:
            with_ranges(shop, account)
            numbers = issued(shop, 3)
            shop.back_up(tmp_path / "backup")
            numbers += issued(shop, 300) + issued(shop, 200)
            shop.restore(tmp_path / "backup", replace=True)
            numbers += issued(shop, 2)
            assert len(set(numbers)) == len(numbers) == 505
            assert shop.check().clean
        with contextlib.closing(opened(elsewhere)) as shop:
            shop.restore(tmp_path / "backup")
            # a hundredth of each range for the day that has begun, and two blocks of ten and three
            left = shop.fulfilment.carriers.stocks()["dpd"].left
            assert left in range(110_000 - 1_100 - 23, 110_000 - 1_100 - 3)
            assert not set(issued(shop, 2)) & set(numbers)
            assert shop.check().clean


@pytest.mark.parametrize("days_and_left", [(0, 988), (20, 788), (200, 0)])
def test_an_older_backup_leaves_out_more_and_at_most_all(tmp_path, bare, clock, redis_client, days_and_left):
    """The server of the test stands for another: what its installation knows of the range is taken away."""
    days, left = days_and_left
    shop = with_ranges(bare, dpd(0, 999))
    issued(shop, 1)
    clock.now = bare._client.milliseconds(bare._keys.facts) // 1_000 - days * DAY
    shop.back_up(tmp_path / "backup")
    redis_client.delete(Keys(INSTALLATION).claimed_numbers)
    shop.restore(tmp_path / "backup", replace=True)
    assert shop.fulfilment.carriers.stocks()["dpd"] == NumberStock(numbers=1_000, left=left)


def test_a_replica_that_takes_over_without_the_last_writes_issues_none_of_them(tmp_path):
    with nodes(tmp_path, 2, "--appendonly", "yes") as (primary, replica):
        replica.ask("REPLICAOF", HOST, primary.port)
        wait_until(lambda: is_linked(replica), "the replica follows")
        with contextlib.closing(opened(primary)) as shop:
            with_ranges(shop, dpd(0, 9_999_999))
            numbers = issued(shop, 3)
            replica.ask("REPLICAOF", "NO", "ONE")
            numbers += issued(shop, 300)
        primary.kill()
        with contextlib.closing(opened(replica)) as shop:
            numbers += issued(shop, 2)
            assert shop.check().clean
    assert len(set(numbers)) == len(numbers) == 305


def test_a_network_with_a_range_of_another_is_not_loaded(bare, another):
    account = dpd(0, 99)
    shop = with_ranges(bare, account)
    with_ranges(another, account)  # nobody has issued one yet
    issued(shop, 1)
    overlapping = dataclasses.replace(account, ranges=(dataclasses.replace(account.ranges[0], first=99, last=200),))
    before = another.network().version
    for refused in (account, overlapping):
        with pytest.raises(SerialsTaken, match=f"network '{shop._keys.network}' issues the tracking numbers from 0 to"):
            with_ranges(another, refused)
        with pytest.raises(SerialsTaken):
            another.load_network(dataclasses.replace(another.network(), carriers={"dpd": refused}))
    assert another.network().version == before
    with pytest.raises(SerialsTaken, match="carrier 'dpd'"):
        issued(another, 1)
    beyond = dataclasses.replace(account, ranges=(dataclasses.replace(account.ranges[0], first=100, last=200),))
    with_ranges(another, beyond)
    assert issued(another, 1) == [number_of(beyond.ranges[0], 100)]


def load_carriers_alone(shop, account):
    shop.load_network(dataclasses.replace(shop.network(), carriers={account.id: account}))


@pytest.mark.parametrize("loads", [with_ranges, load_carriers_alone])
def test_a_range_that_is_taken_out_of_the_file_is_free_but_for_what_was_issued(bare, another, loads):
    account = dpd(0, 99)
    (numbers,) = account.ranges
    shop = with_ranges(bare, account)
    first = issued(shop, 2)
    loads(shop, dpd(0, 99))
    with pytest.raises(SerialsTaken):
        with_ranges(another, account)
    rest = dataclasses.replace(account, ranges=(dataclasses.replace(numbers, first=10),))
    with_ranges(another, rest)
    second = issued(another, 2)
    assert not set(first) & set(second)
    with pytest.raises(SerialsTaken):
        with_ranges(shop, account)
    another.forget()
    with_ranges(shop, dataclasses.replace(account, ranges=(dataclasses.replace(numbers, last=9),)))
    assert not set(issued(shop, 2)) & {*first, *second}


def test_the_counter_is_held_against_every_number_of_the_log(bare, redis_client):
    account = dpd(0, 99_999)
    shop = with_ranges(bare, account)
    numbers = issued(shop, 3)
    key, field = shop._keys.tracking_serials, f"{form_of(account.ranges[0])}\t0"
    stored = redis_client.hget(key, field)
    redis_client.hset(key, field, b"1 " + stored.split(b" ", 1)[1])
    (drift,) = shop.check().drifts
    assert ("next serial of the tracking numbers" in drift.what, drift.expected, drift.found) == (True, 3, 1)
    shop.repair(who="a test")
    assert shop.check().clean
    redis_client.delete(key)
    assert len(shop.check().drifts) == 1
    shop.repair(who="a test")
    assert shop.check().clean
    assert not set(issued(shop, 2)) & set(numbers)


def test_a_range_of_which_the_rest_was_issued_before_a_reset_is_exhausted(bare):
    account = dpd(0, 4)
    shop = with_ranges(bare, account)
    issued(shop, 4)
    shop.forget()
    with_ranges(bare, account)
    with pytest.raises(NumbersExhausted):
        issued(shop, 3)


def test_of_two_who_pack_the_same_one_takes_the_last_number_and_both_are_answered(bare, server_url, network, clock):
    shop = with_ranges(bare, dpd(0, 1))
    key = decided(shop, ("A", 2))
    reserve_ssccs(shop)
    by_another = []

    def pack_it_first():
        before.before = None
        by_another.append(pack(shop, key, {"1": 1}, {"1": 1}))

    with proxy(server_url) as before, opened_at(before.url, network, clock) as worker:
        worker.ready()
        before.before, before.act = shop._keys.reserving_numbers.encode(), pack_it_first
        packed = pack(worker, key, {"1": 1}, {"1": 1})
    assert by_another == [packed]
    assert len(packed.shipment.parcels) == 2
    with pytest.raises(NumbersExhausted, match="dpd"):
        issued(shop, 1)


def test_too_few_tracking_numbers_take_none_and_no_other_number(bare, contents):
    shop = with_ranges(bare, dpd(0, 1))
    issued(shop, 1)
    key = decided(shop, ("A", 2), id="O-1")
    shop.fulfilment.parcels.put_addressee("O-1", ZOE)
    before = contents()
    with pytest.raises(NumbersExhausted, match="fewer than 2"):
        pack(shop, key, {"1": 1}, {"1": 1}, addressee=None)
    assert contents() == before


def test_who_reserves_while_another_has_only_marked_leaves_no_number_out(bare, server_url):
    numbers = NumberRange(kind="dpd", account="1999", first=0, last=9)
    ranges = script_ranges([numbers])
    meanwhile = []

    def reserve(client):
        TrackingSerials(client, bare._keys).reserve(ranges, 1, carrier="dpd")

    with contextlib.ExitStack() as stack:
        before = stack.enter_context(proxy(server_url))
        first, second = (stack.enter_context(contextlib.closing(Client(url))) for url in (before.url, server_url))
        pool = stack.enter_context(ThreadPoolExecutor(1))

        def once_marked():
            if first.redis.hlen(Keys(INSTALLATION).claimed_numbers) and not meanwhile:
                meanwhile.append(pool.submit(reserve, second))
                wait(meanwhile, timeout=0.3)

        before.act, before.before = once_marked, script_call("fulfilment/reserve_numbers")
        reserve(first)
        meanwhile[0].result()
    (stored,) = TrackingSerials(bare._client, bare._keys).stored().values()
    assert StoredRange.of(stored).next == 0


def test_a_process_that_died_while_it_reserved_is_not_waited_for_for_long(bare, redis_client):
    shop = with_ranges(bare, dpd(0, 9))
    redis_client.set(bare._keys.reserving_numbers, "of a process that was stopped", px=300)
    assert len(issued(shop, 2)) == 2
