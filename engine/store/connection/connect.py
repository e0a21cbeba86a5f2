"""Makes the client that a URL describes: of one server, of a Redis Cluster, or of the primary that Sentinels name.

    redis://user:password@host:6379/0               one server; rediss:// with TLS, unix:///path a socket
    redis+cluster://user:password@host:7000,host:7001               nodes of a cluster; they know the others
    redis+sentinel://user:password@host:26379,host:26379/service/0  Sentinels, and the service they watch

The last takes `?sentinel_username=` and `?sentinel_password=` if the Sentinels ask for them. `rediss+...` means TLS.
With TLS any of them takes `?ssl_ca_certs=` (the authorities that signed the servers' certificates, if the system does
not trust them), and `ssl_certfile=` and `ssl_keyfile=` (our own certificate, if the servers ask for one).
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import redis
from redis import cluster, sentinel
from redis.backoff import NoBackoff
from redis.driver_info import DriverInfo
from redis.retry import Retry

from engine.errors import BadSetting
from engine.settings import SEVERAL_SERVERS

_TLS = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile")
_PORTS = {"cluster": 6379, "sentinel": 26379}
# Any: redis-py leaves these without types
_node: Any = cluster.ClusterNode
_sentinels: Any = sentinel.Sentinel
_DRIVER = DriverInfo(lib_version=redis.__version__)
"""What redis-py tells the server of itself; else it looks among all installed packages for its version, each time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A parsed URL of several servers. `kind` is cluster or sentinel; `service` and `db` are the service that Sentinels
    watch and its database. `parameters` come after the question mark.
    """

    kind: str
    tls: bool
    hosts: tuple[tuple[str, int], ...]
    username: str | None
    password: str | None
    service: str
    db: int
    parameters: dict[str, str]


def connect(url: str, *, retry: Retry, reading: bool = False, **options: Any) -> Any:
    """A client of the server or servers at `url`. A cluster is asked for its nodes at once; the others connect when
    they are first used.

    With `reading`, replicas of a cluster answer too, and Sentinels are asked for a replica instead of the primary.

    Raises redis-py's own errors, and BadSetting for a URL of several servers that can't be parsed.
    """
    if not url.startswith(SEVERAL_SERVERS):
        return redis.Redis.from_url(url, retry=retry, driver_info=_DRIVER, **options)
    address = read_address(url)
    login: dict[str, Any] = {"username": address.username, "password": address.password}
    tls = (
        {"ssl": True, **{name: address.parameters[name] for name in _TLS if name in address.parameters}}
        if address.tls
        else {}
    )
    login |= tls
    if address.kind == "cluster":
        nodes = [_node(host, port) for host, port in address.hosts]
        if reading:
            options["load_balancing_strategy"] = cluster.LoadBalancingStrategy.ROUND_ROBIN_REPLICAS
        # a part of the cluster that is down does not concern the networks on the other parts
        return cluster.RedisCluster(startup_nodes=nodes, require_full_coverage=False, retry=retry, **login, **options)
    sentinel_options = {
        "username": address.parameters.get("sentinel_username"),
        "password": address.parameters.get("sentinel_password"),
        **tls,
        "socket_timeout": options.get("socket_timeout"),
        "socket_connect_timeout": options.get("socket_connect_timeout"),
        "retry": Retry(NoBackoff(), 0),  # the next Sentinel is asked instead
    }
    given = {name: value for name, value in sentinel_options.items() if value is not None}
    sentinels = _sentinels(list(address.hosts), sentinel_kwargs=given)
    client_for = sentinels.slave_for if reading else sentinels.master_for
    return client_for(address.service, db=address.db, retry=retry, **login, **options)


def read_address(url: str) -> Address:
    """Parse a URL of several servers. Raises BadSetting, with no password in it."""
    parts = urlsplit(url)
    scheme, _, kind = parts.scheme.partition("+")
    login, _, hosts = parts.netloc.rpartition("@")
    username, _, password = login.partition(":")
    service, _, db = parts.path.strip("/").partition("/")
    try:
        addresses = tuple(_host(item, _PORTS[kind]) for item in hosts.split(","))
        database = int(db or 0)
    except ValueError:
        raise _bad(url) from None
    if (kind == "sentinel") != bool(service):
        raise _bad(url)
    return Address(
        kind=kind,
        tls=scheme == "rediss",
        hosts=addresses,
        username=unquote(username) or None,
        password=unquote(password) or None,
        service=unquote(service),
        db=database,
        parameters=dict(parse_qsl(parts.query)),
    )


def _host(text: str, default_port: int) -> tuple[str, int]:
    host, colon, port = text.rpartition(":") if ":" in text.rpartition("]")[2] else (text, "", "")
    if not host.strip("[]"):
        raise ValueError(text)
    return host.strip("[]"), int(port) if colon else default_port


def _bad(url: str) -> BadSetting:
    parts = urlsplit(url)
    allowed = (
        "a URL such as redis+cluster://host:port,host:port or redis+sentinel://host:port,host:port/service"
        " (a cluster has no service and no database)"
    )
    shown = parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl()
    return BadSetting(name="POINTSMAN_REDIS_URL", value=shown, allowed=allowed)
