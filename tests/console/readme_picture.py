"""`python -m tests.console.readme_picture DATA FILE`: the picture of the console that the README shows, taken of the
network "demo" of this data directory, as `make demo` leaves it.
"""

import sys
from pathlib import Path

from engine.service import Pointsman
from engine.settings import Settings
from tests.support.browser import browser
from tests.support.console import console_site, page_of


def main() -> None:
    data, file = map(Path, sys.argv[1:])
    with (
        Pointsman(Settings(data=data, network="demo")) as pointsman,
        console_site(pointsman, file.parent) as site,
        browser() as opened,
        page_of(opened, site, "/today", role="merchandiser", width=1_280) as look,
    ):
        while look.page.get_by_text("still being added up").count():
            look.page.reload()
        look.page.screenshot(path=file, clip={"x": 0, "y": 0, "width": 1_280, "height": 800})


if __name__ == "__main__":
    main()
