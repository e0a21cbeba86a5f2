"""A browser draws the page about a parcel by its own style alone, on a phone and on a desk, and nothing sticks out."""

import io
import shutil
import subprocess
import threading

import pytest
from PIL import Image
from werkzeug.serving import make_server

from api.http.app import create_app
from engine.service import Pointsman
from engine.settings import Settings
from tests.support.facts import HOUR, NOW
from tests.support.parcels import decided, pack, packing_network
from tests.support.tracking import said, tell

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
PAPER, FINE, CARD = (0xF4, 0xF5, 0xF7), (0x0B, 0x5C, 0xAD), (0xFF, 0xFF, 0xFF)
"""The colours of style.css: behind the cards, of a parcel that is fine, of the cards."""
HEIGHT = 1_400

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
]


@pytest.fixture
def shop(tmp_path, clock):
    with Pointsman(Settings(data=tmp_path / "data"), clock=clock) as shop:
        yield packing_network(shop)


@pytest.fixture
def address(shop):
    """Where a page is served that has long words in it."""
    (parcel,) = pack(shop, decided(shop, ("A", 1), promise_by=NOW + 48 * HOUR)).shipment.parcels
    town = "Saint-Remy-en-Bouzemont-Saint-Genest-et-Isson"
    tell(shop, said(parcel.sscc, "out_for_delivery", NOW, town=town), said(parcel.sscc, "in_transit", NOW - 60))
    server = make_server("127.0.0.1", 0, create_app(shop), threaded=True)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    yield f"http://127.0.0.1:{server.server_port}/track/{parcel.sscc}"
    server.shutdown()
    serving.join()
    server.server_close()


def drawn(address, width, tmp_path):
    picture = tmp_path / "page.png"
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--window-size={width},{HEIGHT}"]
    home = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    subprocess.run(
        [CHROMIUM, *options, f"--screenshot={picture}", address],
        check=True,
        capture_output=True,
        timeout=120,
        env=home,
    )
    return Image.open(io.BytesIO(picture.read_bytes())).convert("RGB")


@pytest.mark.parametrize("width", [500, 1_280])
def test_the_page_is_drawn_as_it_is_meant(address, width, tmp_path):
    image = drawn(address, width, tmp_path)
    assert image.size == (width, HEIGHT)
    colours = dict((colour, count) for count, colour in image.getcolors(1 << 24))  # noqa: C402  # turned round
    assert colours[PAPER] > 0
    assert colours[CARD] > colours[FINE] > 500
    # cards end before the edge: what would stick out is on the paper there
    assert {image.getpixel((x, y)) for x in (2, width - 3) for y in range(HEIGHT)} == {PAPER}
