"""The carriers of one network: who they are, what is asked of them, and how many numbers they have left."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from engine.errors import NotFound, NotReady
from engine.fulfilment.carriers.asking.http import SECONDS, CarrierHttp
from engine.fulfilment.carriers.carrier import Carrier
from engine.fulfilment.carriers.easypost import easypost
from engine.fulfilment.carriers.karrio import karrio
from engine.fulfilment.carriers.news import CarrierWebhook
from engine.fulfilment.carriers.number_ranges import numbers_left
from engine.fulfilment.carriers.numbers_only import NumbersOnly
from engine.fulfilment.carriers.sendcloud import sendcloud
from engine.fulfilment.carriers.settings import CarrierSettings, setting_name
from engine.fulfilment.carriers.webhooks import WEBHOOKS
from engine.model.carriers import CarrierAccount
from engine.model.facts import Network
from engine.model.parcels import LabelFormat
from engine.store.connection.client import Client
from engine.store.fulfilment.begun_bookings import BegunBookings
from engine.store.fulfilment.tracking_serials import TrackingSerials
from engine.store.keys import Keys

RUNNING_OUT = 0.9
"""The share of a carrier's numbers from which on it is warned of that they run out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberStock:
    """Of all ranges of a carrier: how many tracking numbers they have, and how many of those are left."""

    numbers: int
    left: int

    @property
    def runs_out(self) -> bool:
        return self.numbers - self.left >= RUNNING_OUT * self.numbers


class Carriers:
    """Of one network. `network` answers the network as it is now; `clock` answers UTC seconds. A carrier has so many
    `seconds` for each answer. Methods raise NotFound, if no carrier has that id, and NotReady, if no network is loaded.
    """

    def __init__(
        self,
        client: Client,
        keys: Keys,
        *,
        settings: CarrierSettings,
        network: Callable[[], Network],
        new_id: Callable[[], str],
        clock: Callable[[], int],
        seconds: float = SECONDS,
    ) -> None:
        self._serials = TrackingSerials(client, keys)
        self._settings, self._network, self._clock, self._seconds = settings, network, clock, seconds
        self._bookings = BegunBookings(client, keys, new_id=new_id)

    def all(self) -> Mapping[str, CarrierAccount]:
        """By id."""
        return self._network().carriers

    def account(self, carrier: str) -> CarrierAccount:
        accounts = self.all()
        if carrier not in accounts:
            there_are = f"it has {', '.join(sorted(accounts))}" if accounts else "it has none"
            raise NotFound(f"no carrier '{carrier}' stands under carriers in network.yaml; {there_are}")
        return accounts[carrier]

    def carrier(self, carrier: str) -> Carrier:
        """Raises NotReady, too, if its key is not set."""
        account = self.account(carrier)
        if not account.sells_labels:
            return NumbersOnly(account)
        keys = self._settings.keys_of(carrier)
        self._verify_set(carrier, "KEY", keys.key)
        if account.door == "sendcloud":
            self._verify_set(carrier, "SECRET", keys.secret)
            http = self._http(account, sendcloud.ADDRESS, sendcloud.authorization(keys.key, keys.secret))
            return sendcloud.Sendcloud(account, http)
        if account.door == "easypost":
            http = self._http(account, easypost.ADDRESS, easypost.authorization(keys.key))
            return easypost.EasyPost(account, http, self._bookings)
        return karrio.Karrio(account, self._http(account, account.url, karrio.authorization(keys.key)), self._bookings)

    def webhook(self, carrier: str) -> tuple[CarrierWebhook, str] | None:
        """How the carrier calls by itself, and the secret that is set for it (empty: none); None: it does not call."""
        account = self.account(carrier)
        if account.door not in WEBHOOKS:
            return None
        return WEBHOOKS[account.door], self._settings.keys_of(carrier).webhook_secret

    def has_key(self, carrier: str) -> bool:
        """Whether all that is needed to ask it is set."""
        account, keys = self.account(carrier), self._settings.keys_of(carrier)
        return not account.sells_labels or bool(keys.key and (keys.secret or account.door != "sendcloud"))

    def stocks(self) -> dict[str, NumberStock]:
        """By carrier that gave ranges."""
        accounts = [account for account in self.all().values() if account.ranges]
        if not accounts:
            return {}
        issued = self._serials.issued()
        return {
            account.id: NumberStock(
                numbers=sum(item.last - item.first + 1 for item in account.ranges),
                left=numbers_left(account.ranges, issued),
            )
            for account in accounts
        }

    def _http(self, account: CarrierAccount, address: str, authorization: str) -> CarrierHttp:
        return CarrierHttp(
            carrier=account.id,
            base=account.url or address,
            authorization=authorization,
            clock=self._clock,
            seconds=self._seconds,
        )

    def _verify_set(self, carrier: str, word: str, value: str) -> None:
        if not value:
            raise NotReady(f"carrier '{carrier}' can't be asked: set {setting_name(carrier, word)}")


def label_format(network: Network, *, node: str, carrier: str) -> LabelFormat:
    """Which labels are bought or drawn for a node's parcels: those that its printer takes, or else what is said of the
    carrier.
    """
    account = network.carriers.get(carrier)
    stands = network.nodes.get(node)
    return (stands.label_format if stands else None) or (account.label_format if account else "pdf")
