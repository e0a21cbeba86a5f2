"""A catalogue that knows how many units of each article a channel may still sell; standard library only.

KEY=pointsman_... python examples/calling/catalogue.py --url http://localhost:8000 --channel web catalogue.json

The first run writes all articles into the file, later runs what has changed. What a caller has to take care of is
marked with NOTE.
"""

import argparse
import http.client
import json
import os
from contextlib import closing
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

SECONDS = 60


class Refused(Exception):
    """The service answered with a problem (RFC 9457)."""


class BrokenOff(Exception):
    """The answer ended before its last line."""


def follow(url: str, key: str, channel: str, catalogue: dict[str, Any]) -> str:
    """Brings the catalogue up to date: `free` by SKU, and the `cursor`. Returns what was done."""
    query = {name: catalogue[name] for name in ("since", "after") if name in catalogue}
    last: dict[str, Any] = {}
    with closing(http.client.HTTPConnection(urlsplit(url).netloc, timeout=SECONDS)) as connection:
        path = f"/v1/availability/feed?{urlencode({'channel': channel, **query})}"
        connection.request("GET", path, headers={"Authorization": f"Bearer {key}"})
        response = connection.getresponse()
        if response.status != HTTPStatus.OK:
            raise Refused(response.read().decode())
        first = json.loads(response.readline())
        if first["full"]:
            # NOTE: all articles follow. What is in the catalogue and doesn't follow is no article any more.
            catalogue.clear()
            catalogue["free"] = {}
        for line in response:
            last = json.loads(line)
            if "sku" in last:
                catalogue["free"][last["sku"]] = last["free"]
                # NOTE: should the answer break off here, these two go on with it.
                catalogue["since"], catalogue["after"] = first["cursor"], last["sku"]
    if "skus" not in last:
        raise BrokenOff(last.get("stopped", "run it again"))
    # NOTE: the answer is complete. Without `after`, its cursor asks for what changes from now on.
    catalogue["since"] = first["cursor"]
    catalogue.pop("after", None)
    return f"{last['skus']} articles" + (f" ({first['because']})" if first["full"] else " changed")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default="http://localhost:8000")
    parser.add_argument("--channel", default="web")
    parser.add_argument("file", type=Path)
    arguments = parser.parse_args()
    file = arguments.file
    catalogue = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {"free": {}}
    try:
        print(follow(arguments.url, os.environ["KEY"], arguments.channel, catalogue))
    finally:
        file.write_text(json.dumps(catalogue, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    main()
