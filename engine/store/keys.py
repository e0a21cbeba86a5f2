"""The name of every key. All keys of a network share the hash tag {network}, and so one slot of a cluster."""

from dataclasses import dataclass, field

INSTALLATION = "pointsman:access"
"""In place of a network's name: what belongs to the installation. No network's name has a colon."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one network; with `staged`, those under which the load of that name puts what it brings in first."""

    network: str
    staged: str = ""
    prefix: str = field(init=False, repr=False)
    """What every key of the network starts with."""

    def __post_init__(self) -> None:
        beside = f"staged:{self.staged}:" if self.staged else ""
        object.__setattr__(self, "prefix", f"{{{self.network}}}:{beside}")

    def _key(self, *parts: str) -> str:
        return self.prefix + ":".join(parts)

    @property
    def facts(self) -> str:
        """Hash: `version` and `body` of the network file, and `words`, the categories, brands, seasons and tags of its
        products. Also `rests`, an instant after which no node rests: until then, `resting` has to be read; `lots`, if
        some stock has or had any; `receipts`, if there are or were any; `flow_starts`, how often a receipt was opened
        or units came back, after which a load has to keep more; `loaded`, the instant of the load; `moved`, the
        latest at which units came or left, both in UTC microseconds; and `indexed`, the `loaded` of the network whose
        products are all in `product_index`. While the network is being loaded (see
        network/load.py), also the name of the `load`, and the version that it `becomes`. `number` counts the networks
        that were in its place before.
        """
        return self._key("facts")

    @property
    def former_versions(self) -> str:
        """Hash: version of a network that was replaced to `FIRST LAST`, the numbers under which it was there the first
        and the last time (see network/former).
        """
        return self._key("former", "versions")

    @property
    def former_items(self) -> str:
        """Sorted set: `NAME`, a line break, a number of 12 digits, a line break and JSON of a product, a node or
        another item of the network, as it was under that number, just before it was changed; nothing, if there was
        none. All scores are 0, so that they stand by name and number.
        """
        return self._key("former", "items")

    @property
    def former_names(self) -> str:
        """Set: the names in `former_items` of all that are not products."""
        return self._key("former", "names")

    @property
    def former_networks(self) -> str:
        """Hash: number to the body of the network of that number, and `products NUMBER` if its products are there as
        well (see `former_products`), until what differs of them is in `former_items`.
        """
        return self._key("former", "networks")

    def former_products(self, number: int) -> str:
        """Hash: as `products`, of the network of that number."""
        return self._key("former", "products", str(number))

    @property
    def todo(self) -> str:
        """List: what a load still has to do: + and each SKU whose stock it brings in, - and each without any now."""
        return self._key("todo")

    def console_session(self, digest: str) -> str:
        """String: JSON of a session of the console (see console_sessions.py), of the installation; gone when it has
        not been used for long.
        """
        return self._key("console", "session", digest)

    def console_link(self, digest: str) -> str:
        """String: id of the API key that one address of the console signs in by, once; gone after ten minutes."""
        return self._key("console", "link", digest)

    def console_sign_in(self, digest: str) -> str:
        """String: JSON of what is to be known once a person comes back from the OpenID provider's page (see
        console_sign_ins.py), of the installation; gone after ten minutes.
        """
        return self._key("console", "sign-in", digest)

    @property
    def products(self) -> str:
        """Hash: SKU to product, with its pace of sale by node."""
        return self._key("products")

    @property
    def product_index(self) -> str:
        """Sorted set: what products are found by, a tab and their SKU (see network/product_words.py). All scores are 0,
        so that they stand in order. It may have what a product was called before.
        """
        return self._key("product_index")

    @property
    def demand(self) -> str:
        """JSON: what the paces of sale were last learnt from, as the log has it; none as long as none was."""
        return self._key("demand")

    @property
    def lookahead(self) -> str:
        """Hash: `current`, the digest of the table of look-ahead prices that is in force, and when it was `learnt_at`,
        in UTC seconds.
        """
        return self._key("lookahead")

    @property
    def lookahead_heads(self) -> str:
        """Hash: digest of each table of look-ahead prices to JSON of its head (see engine/model/lookahead.py)."""
        return self._key("lookahead", "heads")

    @property
    def lookahead_published(self) -> str:
        """Sorted set: digest of each table of look-ahead prices by the UTC second at which it was published."""
        return self._key("lookahead", "published")

    @property
    def lookahead_lease(self) -> str:
        """String: there while a process learns look-ahead prices by itself."""
        return self._key("lookahead", "lease")

    def lookahead_table(self, digest: str) -> str:
        """Hash: SKU to the hash of its look-ahead prices and these, packed, in the table of that digest; it never
        changes. SKUs that the table has in common with its base (see engine/model/lookahead.py) are not there.
        """
        return self._key("lookahead", "table", digest)

    @property
    def open_transfers(self) -> str:
        """Hash: id to JSON of each transfer that is neither received nor cancelled."""
        return self._key("transfers", "open")

    @property
    def ended_transfers(self) -> str:
        """Hash: the same of all others."""
        return self._key("transfers", "ended")

    @property
    def ended_transfers_made(self) -> str:
        """Sorted set: id of each of these by the UTC second at which it was made, below 0: the newest come first."""
        return self._key("transfers", "ended", "made")

    def on_hand(self, sku: str) -> str:
        """Hash: node to units. Where more left than was counted it is below 0, which readers take for 0.

        Of a position with lots it also has, by the place of each lot (see engine/model/lots.py), its units, and by the
        node and a tab the labels of the lots, with tabs between them.
        """
        return self._key("on_hand", sku)

    def held(self, sku: str) -> str:
        """Hash: node to units, and by the place of a lot those that are held of it; without holds there is no field."""
        return self._key("held", sku)

    def base(self, sku: str) -> str:
        """Hash: node to `units instant` of the count or load that stands, in UTC microseconds. These units, and what
        came and left after that instant by the log, are what is on hand. A node has no field as long as nothing did:
        its units are then what is on hand, as of its newest count or the load. A lot has one by its place.
        """
        return self._key("base", sku)

    def journal(self, sku: str) -> str:
        """Sorted set: `node delta entry` (of a lot, its place) of what came and left of late (see
        parts/stock_journal.lua), by its instant in UTC microseconds. An empty member has the instant up to which some
        are forgotten.
        """
        return self._key("journal", sku)

    def blocked(self, sku: str) -> str:
        """Hash: node to units that are there and may not be sold, as they are damaged. They are not on hand."""
        return self._key("blocked", sku)

    def quarantine(self, sku: str) -> str:
        """Hash: node to units that came back and of which nobody has decided yet what becomes of them. They are neither
        on hand nor blocked.
        """
        return self._key("quarantine", sku)

    @property
    def returns(self) -> str:
        """Hash: id of a return to its JSON (see flows/stored_return.py)."""
        return self._key("returns")

    @property
    def returns_opened(self) -> str:
        """Sorted set: id of a return by the instant it was opened."""
        return self._key("returns", "opened")

    def receipts(self, sku: str) -> str:
        """Hash: id of each open receipt of the SKU to its text (see parts/receipts.lua)."""
        return self._key("receipts", sku)

    def pegs(self, sku: str) -> str:
        """Hash: receipt, hold and number of the shipment, on a line each, to the units of it that stand on the receipt,
        and on the next lines the rank by which they are served. They are held, but not of what is on hand.
        """
        return self._key("pegs", sku)

    @property
    def receipt_skus(self) -> str:
        """Hash: id of each receipt, open or not, to its SKU."""
        return self._key("receipt_skus")

    @property
    def closed_receipts(self) -> str:
        """Hash: id of each receipt that was received or cancelled to its text."""
        return self._key("closed_receipts")

    @property
    def open_by_arrival(self) -> str:
        """Sorted set: id of each open receipt by the UTC second at which it is expected."""
        return self._key("open_by_arrival")

    @property
    def closed_by_arrival(self) -> str:
        """Sorted set: id of each receipt that was received or cancelled by the UTC second at which it was expected."""
        return self._key("closed_by_arrival")

    @property
    def arriving(self) -> str:
        """Sorted set: id of each open receipt by the UTC second at which it is expected, until it was logged that it
        did not come by then.
        """
        return self._key("arriving")

    @property
    def at_risk(self) -> str:
        """Hash: `hold number` of a shipment whose promise may not be kept to JSON of why: of the receipt on which some
        of its units stood, the `cause` (late, short or cancelled), its id, SKU and node, how many units, and since when
        (UTC seconds); of a late one also when it is `expected_at`, unless nobody knows, and when it was before its
        first delay (`promised_on`). It is gone when nothing of the shipment is held any more, and when the receipt is
        to come no later than that after all.
        """
        return self._key("at_risk")

    def stamp(self, sku: str) -> str:
        """Hash: node to `kind number units` of the newest count. Kind `t` is UTC microseconds, `s` the source's own
        sequence.
        """
        return self._key("stamp", sku)

    def taken(self, period: str, sku: str) -> str:
        """Hash: node to the units that orders on a channel took of the SKU in a period of an allotment, those that they
        hold and those that have left. `period` names the channel as well: `day:2026-11-28:web`.
        """
        return self.taken_named(f"{period}:{sku}")

    def taken_named(self, name: str) -> str:
        """The same, by what follows `taken:` in the key."""
        return self._key("taken", name)

    @property
    def changed(self) -> str:
        """Sorted set: the key of what is on hand of a SKU, by the stamp of the last change of what is on hand or held
        of it; and the key of the facts, by that of the last load or repair, after which any stock may be another. Also
        the key of the offers, by that of the last offer of units that had not changed: to an entry that begins to wait,
        whose instant has come, or that was ranked anew. A stamp is the server's clock in microseconds, or one more than
        the last stamp where that is not above it.
        """
        return self._key("changed")

    def movements(self, day: str) -> str:
        """Hash: operation id to what it moved, of the movements applied on `day` of UTC."""
        return self._key("movements", day)

    def load(self, period: str) -> str:
        """Hash: node to shipments given to it in the period, a date or an hour of the node (see load_periods.py). Where
        rules limit them, fields of their own have its units and grams on that date (see `node_loads.py`).
        """
        return self._key("load", period)

    def hold(self, hold_id: str) -> str:
        """Hash: `until`, `caller`, `day` (the periods in whose loads it counts, see load_periods.py), `periods`, a JSON
        list of those of allotments, if any, in which its units count as taken (see `taken`), and, by the number of each
        shipment that still holds, JSON [node, service, [[SKU, units], ...]]; behind units of lots stands [[label,
        units], ...]. With `weights`, JSON of grams a unit by
        SKU, its units and grams count in the load, too. `promise NUMBER`, JSON, is what is known of the promise of a
        shipment (see flows/promise_state.py). It exists while the hold is open.
        """
        return self._key("hold", hold_id)

    @property
    def promises(self) -> str:
        """Sorted set, an index of open holds: `DECISION NUMBER` of each shipment to the instant (UTC seconds) by which
        it has to pass its next milestone. It is made of the log, as far as `promises_read` says, by whoever needs it.
        """
        return self._key("promises")

    @property
    def promises_unraised(self) -> str:
        """Sorted set: of the members of `promises`, those whose next milestone was not said to be at risk yet."""
        return self._key("promises", "unraised")

    @property
    def promises_estimated(self) -> str:
        """Sorted set, an index of open holds: shipments, as in `promises`, whose next milestones were not worked out
        yet, each to an instant before which none of them has to be passed. Some may be in `promises` already, if the
        index was made anew while they were logged.
        """
        return self._key("promises", "estimated")

    @property
    def promises_read(self) -> str:
        """Hash: how the index was made: `cursor`, the last entry of the log that is in it; `schedules`, a hash of what
        of the network milestones depend on, and of the index's form; `made`, when it was last made anew, in UTC
        seconds.
        """
        return self._key("promises", "read")

    @property
    def promises_waiting(self) -> str:
        """Hash, an index of open holds: `DECISION NUMBER` of each shipment that waits for stock, as its receipt is late
        or short and nothing better was there, to JSON of its `rank` and its `skus`. It is made as `promises` is.
        """
        return self._key("promises", "waiting")

    @property
    def promises_turn(self) -> str:
        """String that expires: a worker has its turn of watching."""
        return self._key("promises", "turn")

    @property
    def parcel_numbers(self) -> str:
        """Hash: tracking number or SSCC of a packed parcel, as `number_name` of engine/model/tracking.py has it, to
        `DECISION/NUMBER/PARCEL`; of several parcels of a shipment that go by one number, the first of them.
        """
        return self._key("parcels", "numbers")

    def tracked(self, shipment: str) -> str:
        """Hash: what carriers said of the parcels of the shipment `DECISION/NUMBER`: SSCC of a parcel to its events,
        whose places are encrypted under the order's key; `heard`, when something was heard last, in UTC seconds;
        `looked`, when what was packed that a turn of the watch has looked at; and `changes`, how often this was
        changed.
        """
        return self._key("tracking", "events", shipment)

    @property
    def tracking_states(self) -> str:
        """Hash: `DECISION/NUMBER` of a shipment to where it is, as far as that was logged (see
        fulfilment/stored_tracking.py).
        """
        return self._key("tracking", "states")

    @property
    def on_time(self) -> str:
        """Hash: UTC date, service, node, country, and 1 for on time or 0, with tabs between, to a number of parcels."""
        return self._key("tracking", "on_time")

    def polls(self, carrier: str) -> str:
        """Sorted set: `DECISION NUMBER` of each shipment about which the carrier is asked where it is, by when it is
        next, in UTC seconds.
        """
        return self._key("tracking", "polls", carrier)

    def polls_turn(self, carrier: str) -> str:
        """The process that asks the carrier at present."""
        return self._key("tracking", "polling", carrier)

    @property
    def poll_rests(self) -> str:
        """Hash: each carrier that could not say where parcels are, to JSON of how often in a row, why, and when it is
        asked again.
        """
        return self._key("tracking", "rests")

    @property
    def rates_made(self) -> str:
        """String: the UTC date on which the network was last told how often services were on time."""
        return self._key("tracking", "rates")

    def unknown_number(self, number: str) -> str:
        """Hash that expires: JSON of each event of a tracking number that no shipment has yet, to `INSTANT SOURCE`:
        when it was first heard, in UTC seconds, and of whom.
        """
        return self._key("tracking", "unknown", number)

    @property
    def page_secret(self) -> str:
        """String: what the tokens of pages about parcels follow from."""
        return self._key("tracking", "secret")

    @property
    def unknown_numbers(self) -> str:
        """Sorted set: tracking numbers that no shipment has yet, by when something was last heard of them."""
        return self._key("tracking", "unknown")

    @property
    def tracking_open(self) -> str:
        """Sorted set: `DECISION NUMBER` of each shipment that is with a carrier and not delivered, by the instant from
        which on its promise is at risk: 0 until a turn of the watch has looked at it.
        """
        return self._key("tracking", "open")

    @property
    def tracking_unraised(self) -> str:
        """Sorted set: those of `tracking_open` that are to be looked at again, by when: as something is to be said of
        them then, or nothing more is expected; 0: as soon as can be.
        """
        return self._key("tracking", "unraised")

    @property
    def heard_carriers(self) -> str:
        """Sorted set: carriers of which something was heard of late, by when it was last, in UTC seconds."""
        return self._key("tracking", "carriers")

    @property
    def hold_prefix(self) -> str:
        return self._key("hold", "")

    @property
    def expiring(self) -> str:
        """Sorted set: hold id by the instant it ends."""
        return self._key("expiring")

    @property
    def endings(self) -> str:
        """Hash: hold id to how and when each of its shipments ended: `confirmed:1795770000 - released:1795770060`. A
        shipment whose units ended in several ways has the last of them.
        """
        return self._key("endings")

    @property
    def open_holds(self) -> str:
        """Hash: caller to its number of open holds."""
        return self._key("open")

    def operation(self, decision: str, name: str) -> str:
        """String: what was requested of a hold under this name, and what was answered."""
        return self._key("operation", decision, name)

    @property
    def backlog(self) -> str:
        """Hash: decision id to its entry, JSON of the order and what of it still waits for stock."""
        return self._key("backlog")

    def order(self, order_id: str) -> str:
        """Hash: `first`, the order's first decision, which makes its id taken; and what calls on the order changed:
        `order`, JSON of the order as last amended; `cancelled`, JSON of units by line; `changes`, the number of those
        calls; `approval`, JSON, while the order is parked until a person approves it; `approved`, JSON of who did; and
        `returns`, JSON of what of it is to come back or did, by return (see flows/stored_return.py).
        """
        return self._key("order", order_id)

    @property
    def order_keys(self) -> str:
        """Hash: the first decision of an order to its key, base64, under which the personal values of its log entries
        are encrypted; or `erased:INSTANT`, in UTC seconds, once it is destroyed. Orders of earlier releases have none.
        """
        return self._key("orders", "keys")

    @property
    def orders(self) -> str:
        """Sorted set: order id by the instant it was placed."""
        return self._key("orders")

    @property
    def parked(self) -> str:
        """Sorted set: id of each order that is parked until a person approves it, by the instant it was placed."""
        return self._key("parked")

    @property
    def waiting(self) -> str:
        """Sorted set, an index of the backlog and of `promises_waiting`: for each SKU that an entry or a shipment waits
        for, the key of what is on hand of it, a line break, and its `rank_text`. All scores are 0, so those that wait
        for a SKU stand in their rank. The name of a shipment has a space in it, that of an entry's decision none.
        """
        return self._key("waiting")

    @property
    def due(self) -> str:
        """Sorted set: decision id of an entry that is not offered stock yet, by the instant from which it is. Until
        then it is not in `waiting`.
        """
        return self._key("due")

    @property
    def offers(self) -> str:
        """Hash: the key of what is on hand of a SKU to `STAMP RANK`: units came free at that stamp (see `changed`), and
        are to be offered to those that wait after RANK before newcomers get them. Also `due`, the first instant in
        `due`, and `circumstances`, under which all that waits was last offered what there is.
        """
        return self._key("offers")

    @property
    def offered(self) -> str:
        """Hash: decision id of an entry, or name of a shipment in `promises_waiting`, to `STAMP NOTE`: it was last
        offered what was there at that stamp. NOTE is JSON of when that was and why it led to nothing.
        """
        return self._key("offered")

    @property
    def offering(self) -> str:
        """String: there while one of the workers makes the offers that nobody else does."""
        return self._key("offering")

    def chain(self, first: str) -> str:
        """List: the decisions that decided again what was left of decision `first`, or of one of them."""
        return self._key("chain", first)

    @property
    def shipment_units(self) -> str:
        """Hash: `decision number` of a shipment to JSON {line: {state: units}}, what became of units of it that ended
        one by one: confirmed, released, expired, rejected, cancelled or amended. All others are held or, once it has
        ended, as `endings` says. Earlier releases stored only rejected units, as {line: units}, which gave the key its
        name.
        """
        return self._key("rejections")

    def confirms(self, decision: str) -> str:
        """Hash: log entry that confirmed units of a decision to JSON [instant, [[number, {line: units}], ...], left],
        what of it can be undone, and when it left, in UTC microseconds; where units were of lots, {SKU: [[label,
        units], ...]} stands behind the lines. It expires when nothing can be any more.
        """
        return self._key("confirms", decision)

    @property
    def resting(self) -> str:
        """Hash: node to `until rest`: the instant until which nothing is given to it, and the rest as JSON. Rests that
        are over may still be there: they are removed when the next rest begins.
        """
        return self._key("resting")

    @property
    def log(self) -> str:
        """Stream: every change, in order. That of the installation (INSTALLATION) has what happened to API keys, and
        which networks were reset: these entries outlive the network.
        """
        return self._key("log")

    @property
    def accesses(self) -> str:
        """Stream: who read personal data, see audit/accesses.py."""
        return self._key("accesses")

    @property
    def decisions(self) -> str:
        """Hash: decision id to its entry in the log."""
        return self._key("decisions")

    @property
    def search_index(self) -> str:
        """Hash: how the index was made by which decisions and orders are found by SKU and node (see search_index/):
        `cursor`, the last entry of the log that is in it, and `made`; without that, it is made anew.
        """
        return self._key("search")

    @property
    def search_days(self) -> str:
        """Set: `decided DATE` and `placed DATE` for each hash of that index that there is."""
        return self._key("search", "days")

    def search_day(self, name: str) -> str:
        """Hash, of the member `name` of `search_days`: `sku SKU`, `node NODE` and `damaged` to the decisions that were
        logged on that UTC date, or to the orders that were placed on it (see search_index/packed.py). Those of
        decisions that are archived are deleted.
        """
        return self._key("search", *name.split(" "))

    @property
    def search_turn(self) -> str:
        """String that expires: a worker has its turn of taking the log into the index."""
        return self._key("search", "turn")

    def idempotency(self, caller: str, key: str) -> str:
        """String: the decision that answered the request with this idempotency key. A caller's name may have a colon,
        which would end it.
        """
        return self._key("key", caller.replace("%", "%25").replace(":", "%3A"), key)

    def request(self, name: str) -> str:
        """Hash: `request`, what tells another request under the same idempotency key; and `answer`, once it has one.
        Until then the `attempt` that is being carried out, and `until`, the server's clock in milliseconds from which
        on another one may be.
        """
        return self._key("request", name)

    @property
    def personal_answers(self) -> str:
        """Sorted set: the names of requests whose kept answer has an order in it, by the instant it expires."""
        return self._key("answers", "personal")

    def request_count(self, name: str) -> str:
        """String: how many requests of a caller there were in its period. It is gone when the period ends."""
        return self._key("requests", name)

    def quote(self, quote_id: str) -> str:
        """String: a quote and its cart, compressed JSON. It is gone some time after nobody can take the quote up any
        more.
        """
        return self._key("quote", quote_id)

    @property
    def never_written(self) -> str:
        """A key that never exists: the check whether the server takes writes writes nothing into it."""
        return self._key("never")

    @property
    def policies(self) -> str:
        """Hash: version to the files of a policy set. Written once each."""
        return self._key("policies")

    @property
    def policy_tests(self) -> str:
        """Hash: version to the test files that were published with it last, if any were."""
        return self._key("policies", "tests")

    @property
    def known_answers(self) -> str:
        """Hash: version to what durable-rules has answered under that policy set: see known_answers.py. A cache."""
        return self._key("policies", "answers")

    @property
    def active_policy(self) -> str:
        """String: the active version, unless one that was scheduled is due."""
        return self._key("policies", "active")

    @property
    def scheduled_policies(self) -> str:
        """Sorted set: `instant:version` by the instant from which it is active. One version an instant."""
        return self._key("policies", "scheduled")

    @property
    def policies_before(self) -> str:
        """List: the versions that were active before and can be rolled back to, the latest last."""
        return self._key("policies", "before")

    @property
    def policy_history(self) -> str:
        """Stream: who published, activated, scheduled or rolled back what, when and why."""
        return self._key("policies", "history")

    @property
    def logged_activations(self) -> str:
        """Hash: `instant:version` of what is scheduled, due and logged as active, until it leaves the schedule."""
        return self._key("policies", "logged")

    @property
    def canary(self) -> str:
        """String: `SHARE:BASE:VERSION` while a version decides a share (in ten-thousandths) of the orders in place of
        the version `BASE`, as long as that is active.
        """
        return self._key("policies", "canary")

    @property
    def canary_state(self) -> str:
        """Hash: who began the canary, when and on which terms; how far the log was compared and what came of it; how it
        ended.
        """
        return self._key("policies", "canary", "state")

    @property
    def canary_orders(self) -> str:
        """Hash: the first decision of an order that the canary decides otherwise, to JSON of what differs."""
        return self._key("policies", "canary", "orders")

    @property
    def shadow_state(self) -> str:
        """Hash: of the shadow, as `canary_state`."""
        return self._key("policies", "shadow", "state")

    @property
    def shadow_orders(self) -> str:
        """Hash: of the shadow, as `canary_orders`."""
        return self._key("policies", "shadow", "orders")

    @property
    def trials_lease(self) -> str:
        """String: the worker that compares for shadow and canary at present. It expires, should that process die."""
        return self._key("policies", "trials", "lease")

    @property
    def policy_gates(self) -> str:
        """Hash: version to JSON of what came of its gate the last time that it was run."""
        return self._key("policies", "gates")

    @property
    def policy_drafts(self) -> str:
        """Hash: name of a draft of policies to its tag, a blank, and its JSON (see policy_drafts.py)."""
        return self._key("policies", "drafts")

    @property
    def webhooks(self) -> str:
        """Hash: id of a webhook to JSON of its URL, types, secrets and who added it when."""
        return self._key("webhooks")

    def webhook(self, name: str) -> str:
        """Hash: `version`, which rises with each change of what is stored of the webhook, and `state`, JSON of how far
        it has come.
        """
        return self._key("webhook", name)

    @property
    def webhook_progress(self) -> str:
        """Hash: id of a webhook to `WAITING DEAD OFF`: how many events wait to be sent again, how many are dead
        letters, and 1 if it is switched off, else 0. For those who watch the service.
        """
        return self._key("webhooks", "progress")

    def webhook_lanes(self, name: str) -> str:
        """Hash: lane to JSON of its events that wait to be sent to the webhook."""
        return self._key("webhook", name, "lanes")

    def webhook_dead(self, name: str) -> str:
        """Hash: id of an event to JSON of why it is not sent to the webhook any more."""
        return self._key("webhook", name, "dead")

    def webhook_lease(self, name: str) -> str:
        """String: who sends to the webhook at present. It expires, should that process die."""
        return self._key("webhook", name, "lease")

    @property
    def events(self) -> str:
        """Stream: the events, where a setting asks for it."""
        return self._key("events")

    @property
    def events_cursor(self) -> str:
        """String: how far the events have been written into that stream."""
        return self._key("events", "cursor")

    @property
    def preparing_events(self) -> str:
        """String: there while one of the workers sees to it that what is due is logged."""
        return self._key("events", "preparing")

    @property
    def policy_operations(self) -> str:
        """Hash: operation id to what it did with which version: `activated VERSION 0`."""
        return self._key("policies", "acts")

    @property
    def sealed(self) -> str:
        """Hash: the sealed log's `origin`, its `size` in entries, their `root` (32 bytes), the `last` entry, the
        `checkpoint` that is signed of it; `trimmed`, how many of its first entries were taken off the log since; and
        `cosigned`, the latest checkpoint with signatures of witnesses, and by `witness:NAME` the size each one signed.
        """
        return self._key("sealed")

    def sealed_leaves(self, bundle: int) -> str:
        """String: leaves of the sealed log (see engine/audit/sealing/leaf.py), up to 256 of them."""
        return self._key("sealed", "leaves", str(bundle))

    def sealed_hashes(self, level: int, tile: int) -> str:
        """String: hashes of a tile of the sealed log above level 0 (see engine/audit/sealing/tiles.py)."""
        return self._key("sealed", "tile", str(level), str(tile))

    @property
    def checked(self) -> str:
        """Hash: `body`, the state that the ledger should have after an entry that is sealed (see stored_replay.py), and
        the `note` that is signed of it.
        """
        return self._key("sealed", "checked")

    @property
    def publishing(self) -> str:
        """String: there while it is the turn of one of the workers to publish checkpoints."""
        return self._key("sealing", "publishing")

    @property
    def archived(self) -> str:
        """Hash: `through`, the last entry of the log that is in the archive alone, and the `folder` that it was written
        into.
        """
        return self._key("archived")

    @property
    def archived_days(self) -> str:
        """Hash: UTC date to `ENTRIES LAST` of the archive's file of that day, as it was written, and the kinds of
        entries that it has no more.
        """
        return self._key("archived", "days")

    @property
    def archived_kept(self) -> str:
        """Hash: entry of a decision that is archived, whose order still held units or waited then, to its fields
        (MessagePack): what goes on with such an order needs no archive.
        """
        return self._key("archived", "kept")

    @property
    def channel_feeds(self) -> str:
        """Set: the channels that have a feed."""
        return self._key("channels")

    def channel_feed(self, channel: str) -> str:
        """Hash: of the feed of a channel, its `generation`, another whenever it is begun anew; `number`, that of its
        last change; `cursor` of the availability feed up to which it is complete, and the instant `at` which it was.
        """
        return self._key("channels", "feed", channel)

    def channel_units(self, channel: str) -> str:
        """Hash: SKU to the units that the feed of the channel says it may take, -1 for any number."""
        return self._key("channels", "units", channel)

    def channel_changes(self, channel: str) -> str:
        """Sorted set: SKU to the number of the change by which the feed says so."""
        return self._key("channels", "changes", channel)

    def channel_lease(self, channel: str) -> str:
        """String: there while a process works a feed out, with a name that it gave itself."""
        return self._key("channels", "lease", channel)

    @property
    def low_positions(self) -> str:
        """Hash: SKU, a tab and node of each position that is low, to the units below which it is."""
        return self._key("low")

    @property
    def low_checked(self) -> str:
        """String: up to which change of stock, and under what, the positions were looked at that may be low."""
        return self._key("low", "checked")

    @property
    def low_lease(self) -> str:
        """String: there while a process looks for positions that are low."""
        return self._key("low", "lease")

    @property
    def shipments(self) -> str:
        """Hash: `DECISION/NUMBER` of each shipment of which something was packed to JSON of its parcels (see
        engine/store/fulfilment/stored_shipment.py).
        """
        return self._key("parcels", "shipments")

    @property
    def open_packings(self) -> str:
        """Hash: `DECISION/NUMBER/PACKING` of each packing that no manifest has to JSON [state, node, carrier]."""
        return self._key("parcels", "open")

    @property
    def unfinished_packings(self) -> str:
        """Sorted set: `DECISION/NUMBER/PACKING` of each packing for which a carrier is being asked for labels, or to
        take them back. Its score is from when on the service goes on with it by itself, in UTC seconds.
        """
        return self._key("parcels", "unfinished")

    @property
    def unfinished_return_labels(self) -> str:
        """Sorted set: id of each return whose label a carrier is being asked for, or to take back. Its score is from
        when on the service goes on with it by itself, in UTC seconds.
        """
        return self._key("parcels", "unfinished_return_labels")

    @property
    def late_purchases(self) -> str:
        """Sorted set: JSON of each purchase of a label of a return that may have been made after that label was
        cancelled (see engine/store/fulfilment/return_labels.py). Its score is when the carrier is asked to take it
        back, in UTC seconds.
        """
        return self._key("parcels", "late_purchases")

    @property
    def manifests(self) -> str:
        """Hash: id of a manifest to its JSON (see engine/store/fulfilment/stored_shipment.py)."""
        return self._key("parcels", "manifests")

    @property
    def unconfirmed_manifests(self) -> str:
        """Sorted set: id of each manifest of which not all was confirmed yet that is to be. Its score is from when on
        somebody else goes on with it, in UTC seconds.
        """
        return self._key("parcels", "unconfirmed")

    @property
    def parcel_labels(self) -> str:
        """Hash: `DECISION/NUMBER/PARCEL`, or `return ID`, to the label that a carrier sold, after its format and a line
        break, encrypted under the order's key.
        """
        return self._key("parcels", "labels")

    @property
    def addressees(self) -> str:
        """Hash: order id to JSON of its addressee, encrypted under the key `addressee:ORDER` of `order_keys`."""
        return self._key("addressees")

    @property
    def labels_stored(self) -> str:
        """Sorted set: fields of `parcel_labels` by the UTC second at which they were stored."""
        return self._key("parcels", "labels", "stored")

    @property
    def addressees_stored(self) -> str:
        """Sorted set: ids of orders by the UTC second at which their addressee was last stored."""
        return self._key("addressees", "stored")

    @property
    def packings_closed(self) -> str:
        """String that expires: packings that nobody handed over were looked through of late."""
        return self._key("parcels", "closed")

    @property
    def given_back_until(self) -> str:
        """String: up to which log entry labels were given back of packings whose units were let go."""
        return self._key("parcels", "given_back")

    @property
    def not_given_back(self) -> str:
        """Sorted set: `DECISION/NUMBER` of each shipment, and `return ID` of each return, whose carrier could not be
        asked to take labels back, and `undone ENTRY DECISION/NUMBER LINES` of each shipment that could not be listed
        again as to be handed over, whose confirm the log entry undid. Its score is when that is tried again, in UTC
        seconds.
        """
        return self._key("parcels", "not_given_back")

    @property
    def unneeded_labels_lease(self) -> str:
        """String: there while a process gives labels back, with a name that it gave itself."""
        return self._key("parcels", "lease")

    @property
    def claimed_serials(self) -> str:
        """Hash: of the installation, range of serials (see `serials`) to the network that gives them out, and up to
        where it may (see mark_serials.lua).
        """
        return self._key("serials")

    @property
    def claimed_numbers(self) -> str:
        """Hash: of the installation, range of tracking numbers (see `tracking_serials`) to the network that issues
        them, its last serial, and up to where the network may issue them (see mark_numbers.lua).
        """
        return self._key("tracking_serials")

    @property
    def serials(self) -> str:
        """Hash: of each range of numbers that parcels are given, how far it is used (see parts/serials.lua)."""
        return self._key("parcels", "serials")

    @property
    def whatif_jobs(self) -> str:
        """Sorted set: id of each what-if and gate that was asked for, by the UTC second at which it was."""
        return self._key("whatif", "jobs")

    @property
    def whatif_unended(self) -> str:
        """Sorted set: the same of those that wait or run."""
        return self._key("whatif", "unended")

    @property
    def whatif_waiting(self) -> str:
        """Set: ids of the what-ifs that nobody has begun yet."""
        return self._key("whatif", "waiting")

    def whatif_job(self, job: str) -> str:
        """Hash: what is to be tried, and what became of it (see engine/simulation/job.py)."""
        return self._key("whatif", "job", job)

    def whatif_result(self, job: str) -> str:
        """String: its record, compressed."""
        return self._key("whatif", "result", job)

    def whatif_lease(self, name: str) -> str:
        """The process that runs a what-if or a gate at present, by its id; and by place, those that may."""
        return self._key("whatif", "lease", name)

    @property
    def print_jobs(self) -> str:
        """Hash: id of a print job to its JSON (see engine/fulfilment/printing/print_job.py)."""
        return self._key("print", "jobs")

    def print_queue(self, node: str) -> str:
        """Sorted set: id of each job that is to be printed at the node, by the UTC microsecond at which it was asked
        for; none twice the same, so that they are printed in order.
        """
        return self._key("print", "queue", node)

    @property
    def print_nodes(self) -> str:
        """Set: the nodes at which something is to be printed."""
        return self._key("print", "nodes")

    @property
    def print_printed(self) -> str:
        """Sorted set: id of each job that was printed of late, by the UTC microsecond at which it was."""
        return self._key("print", "printed")

    @property
    def print_dead(self) -> str:
        """Sorted set: id of each job that was given up, by the UTC microsecond at which it was."""
        return self._key("print", "dead")

    @property
    def print_rests(self) -> str:
        """Hash: address of each printer that could not print to JSON of how often in a row, why, and when it is tried
        again.
        """
        return self._key("print", "rests")

    def print_lease(self, node: str) -> str:
        """The process that prints at the node at present."""
        return self._key("print", "lease", node)

    @property
    def sealing(self) -> str:
        """String: there while it is the turn of one of the workers to seal."""
        return self._key("sealing")

    def booked(self, carrier: str, reference: str) -> str:
        """String: JSON of what was begun at a carrier for a shipment, until it is long over
        (engine/store/fulfilment/begun_bookings.py).
        """
        return self._key("carriers", "booked", carrier, reference)

    def booking_lease(self, carrier: str, reference: str) -> str:
        """String: there while a process asks a carrier about that shipment, with a name that it gave itself."""
        return self._key("carriers", "lease", carrier, reference)

    @property
    def tracking_serials(self) -> str:
        """Hash: form of a range of tracking numbers, a tab and its first serial, to how far it is used (see
        parts/number_ranges.lua).
        """
        return self._key("parcels", "tracking_serials")

    @property
    def reserving_numbers(self) -> str:
        """String: there while one process reserves serials or tracking numbers, with a name that it gave itself."""
        return self._key("parcels", "reserving")

    @property
    def connectors(self) -> str:
        """Set: the name of each connector that ever ran."""
        return self._key("connectors")

    def connector_status(self, name: str) -> str:
        """Hash: how the connector is, and what it counted (see store/connectors/status.py)."""
        return self._key("connector", name, "status")

    def connector(self, name: str) -> str:
        """Hash: where a connector stands: `step`, how often that was stored, `by` whom it was last, and fields of its
        source and of the message that it reads.
        """
        return self._key("connector", name)

    def connector_once(self, name: str) -> str:
        """Sorted set: 16 bytes that stand for a message to the UTC second at which it was taken over."""
        return self._key("connector", name, "once")

    def connector_problems(self, name: str) -> str:
        """List: JSON of each problem of the message that is being read."""
        return self._key("connector", name, "problems")

    def connector_replay(self, name: str) -> str:
        """Hash: as `connector`, of messages that are sent again: what is read meanwhile keeps its own place."""
        return self._key("connector", name, "replay")

    def connector_replay_problems(self, name: str) -> str:
        """List: as `connector_problems`, of the message that is sent again."""
        return self._key("connector", name, "replay", "problems")

    def connector_lease(self, name: str) -> str:
        """String: there while a process runs the connector, with a name that it gave itself."""
        return self._key("connector", name, "lease")

    @property
    def edi_numbers(self) -> str:
        """Hash: of the installation, two partners of EDI to the last control number of an answer between them."""
        return self._key("edi_numbers")

    def edi_answer(self, name: str, digest: str) -> str:
        """Hash: the answers of a connector to an interchange that it read, the fields of each behind which it is: a
        digest of what it tells (`1 outcome`), its control `number`, when it got that (`at`), and what was written
        (`body`). It ends by itself.
        """
        return self._key("connector", name, "answer", digest)

    def connector_sent(self, name: str) -> str:
        """Hash: target, such as a node and SKU, to JSON of what was sent of it lately, and when."""
        return self._key("connector", name, "sent")
