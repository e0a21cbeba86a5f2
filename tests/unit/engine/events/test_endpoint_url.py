"""No webhook leads inside: whatever the form in which an address is written, and whatever a name leads to."""

import ipaddress
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InputInvalid
from engine.events.webhooks.endpoint_url import AddressRefused, addresses_of, parse_url

INSIDE = (ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("fd00::/8"))
REFUSED = [
    *("127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.0.1"),
    *("169.254.169.254", "100.64.0.1", "192.0.2.1", "198.18.0.1", "203.0.113.9", "224.0.0.1", "240.0.0.1"),
    *("255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "fd12::1", "ff02::1", "fec0::1", "2001:db8::1"),
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "2002:7f00:1::", "2002:0a00:0001::1"),
    *("64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2001:0:7f00:1::1", "100::1", "4000::1"),
]
PUBLIC = ["93.184.216.34", "8.8.8.8", "172.32.0.1", "2606:4700::1111", "64:ff9b::808:808", "::ffff:8.8.8.8"]
OTHER_FORMS = ["127.1", "127.0.1", "2130706433", "0x7f000001", "0177.0.0.1", "0x7f.1", "3232235521", "0"]


def answering(*addresses):
    """A resolver that knows every name as these."""

    def resolve(host, port, **_):
        return [
            (socket.AF_INET6 if ":" in item else socket.AF_INET, socket.SOCK_STREAM, 6, "", (item, port))
            for item in addresses
        ]

    return resolve


def addresses(url, *given, allowed=()):
    return addresses_of(parse_url(url, allowed=allowed), allowed=allowed, resolve=answering(*given))


@pytest.mark.parametrize("address", REFUSED)
def test_a_name_that_leads_inside_is_refused(address):
    with pytest.raises(AddressRefused, match="which is not public; POINTSMAN_WEBHOOK_ALLOW"):
        addresses("https://shop.example/", address)
    with pytest.raises(AddressRefused):
        addresses("https://shop.example/", "8.8.8.8", address)


@pytest.mark.parametrize("address", PUBLIC)
def test_a_name_that_leads_outside_is_taken(address):
    assert addresses("https://shop.example/", address) == [ipaddress.ip_address(address)]


@pytest.mark.parametrize("address", [*REFUSED, *OTHER_FORMS])
def test_an_address_inside_is_refused_when_it_is_added(address):
    host = f"[{address}]" if ":" in address else address
    with pytest.raises(InputInvalid, match="which is not public"):
        parse_url(f"https://{host}/", allowed=())


@pytest.mark.parametrize("form", OTHER_FORMS)
def test_what_the_system_makes_of_other_forms_is_checked_too(form):
    """As if it had not been seen when it was added."""
    numbers = socket.inet_ntoa(socket.inet_aton(form))
    with pytest.raises(AddressRefused):
        addresses("https://shop.example/", numbers)


@given(st.ip_addresses())
def test_an_address_in_a_form_that_maps_another_is_public_only_if_the_other_is(address):
    url = parse_url("https://shop.example/", allowed=())

    def refused(given):
        try:
            addresses_of(url, allowed=(), resolve=answering(str(given)))
        except AddressRefused:
            return True
        return False

    if address.version == 4:
        mapped = ipaddress.IPv6Address(f"::ffff:{address}")
        carried = ipaddress.IPv6Address(int(ipaddress.IPv6Address("64:ff9b::")) + int(address))
        assert refused(address) == refused(mapped) == refused(carried)
    if not refused(address):
        assert address.is_global
        assert not address.is_multicast


def test_a_network_that_is_allowed_is_and_its_neighbours_are_not():
    assert addresses("http://shop.example/", "10.1.2.3", allowed=INSIDE)
    assert addresses("https://shop.example/", "fd12::1", "::ffff:10.0.0.1", allowed=INSIDE)
    for address in ("11.0.0.1", "8.8.8.8"):
        with pytest.raises(AddressRefused, match="use https://"):
            addresses("http://shop.example/", address, allowed=INSIDE)
    with pytest.raises(AddressRefused, match="not public"):
        addresses("https://shop.example/", "192.168.0.1", allowed=INSIDE)


@pytest.mark.parametrize(
    "text",
    [
        *("", "shop.example", "//shop.example/", "ftp://shop.example/", "https://", "https:///x", "https://[::1"),
        *("https://shop.example:0/", "https://shop.example:70000/", "https://shop.example:x/"),
        *("https://me:pw@shop.example/", "https://me@shop.example/", "https://shop.example/#x"),
        *("https://shop.example\\@10.0.0.1/", "https://shop.example/ x", "https://shop.example/\r\nHost: x"),
        *("http://shop.example/", "javascript:alert(1)", "https://shöp.example/", f"https://a/{'x' * 2_000}"),
    ],
)
def test_what_is_no_url_for_a_webhook_is_refused(text):
    with pytest.raises(InputInvalid):
        parse_url(text, allowed=())


def test_the_parts_of_a_url():
    url = parse_url("https://Shop.Example.:8443/a/b?c=d", allowed=())
    assert (url.host, url.port, url.target, url.authority) == ("shop.example", 8443, "/a/b?c=d", "shop.example:8443")
    url = parse_url("https://shop.example", allowed=())
    assert (url.port, url.target, url.authority) == (443, "/", "shop.example")
    url = parse_url("http://[fd00::1]/x", allowed=INSIDE)
    assert (url.host, url.port, url.authority) == ("fd00::1", 80, "[fd00::1]")
