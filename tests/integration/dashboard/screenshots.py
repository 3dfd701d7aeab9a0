"""`make screenshots`: the lake of FIRN_HOME -> its pages -> docs/images/*.png.

python -m tests.integration.dashboard.screenshots
"""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser

from lake.settings import Settings
from tests.chromium import running_chromium
from tests.integration.dashboard.server import Server, running_server
from tests.integration.dashboard.tab import Tab
from tests.integration.ingestion.home import ROOT

FOLDER = ROOT / "docs" / "images"
SIZE = {"width": 1280, "height": 1000}
PICTURES: dict[str, dict[str, str]] = {
    "shop": {"page": "Shop", "by": "week", "period": "last 365 days"},
    "bakery": {"page": "Bakery"},
    "checkout": {"page": "Checkout", "view": "Orders"},
    "clickstream": {"page": "Clickstream", "view": "Funnel"},
    "telemetry": {"page": "Telemetry", "view": "Alerts"},
    "operations": {"page": "Operations", "view": "Quarantine"},
}


def take(browser: Browser, server: Server, name: str) -> Path:
    """Write the picture of a page and return its file."""
    context = browser.new_context(viewport=SIZE, color_scheme="light")  # type: ignore[arg-type]
    tab = Tab(context.new_page())
    tab.open(server.url(**PICTURES[name]))
    for number in range(tab.charts.count()):
        tab.marks(number)
    picture = Image.open(io.BytesIO(tab.page.screenshot(animations="disabled")))
    context.close()
    file = FOLDER / f"{name}.png"
    picture.convert("RGB").save(file, optimize=True)
    return file


def main() -> None:
    """Take all pictures."""
    FOLDER.mkdir(exist_ok=True)
    with running_server(Settings.load()) as server, running_chromium() as browser:
        for name in PICTURES:
            file = take(browser, server, name)
            print(f"{file.relative_to(ROOT)}: {file.stat().st_size // 1000} kB")  # noqa: T201


if __name__ == "__main__":
    main()
