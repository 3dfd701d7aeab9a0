"""A small lake, the server of the pages over it, and a browser: shared by all tests here."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext

from lake.settings import Settings
from tests.chromium import running_chromium
from tests.integration.dashboard.fixed_lake import write_lake
from tests.integration.dashboard.server import Server, running_server
from tests.integration.dashboard.tab import Tab


@pytest.fixture(scope="session")
def small_lake(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Write the small lake once."""
    return write_lake(tmp_path_factory.mktemp("dashboard") / "home")


@pytest.fixture
def fixed_lake(small_lake: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Let pages of this process find the small lake."""
    monkeypatch.setenv("FIRN_HOME", str(small_lake.home))
    monkeypatch.setenv("FIRN_PROJECT_DIR", str(small_lake.project_dir))
    return small_lake


@pytest.fixture(scope="session")
def server(small_lake: Settings) -> Iterator[Server]:
    """Serve the pages over the small lake."""
    with running_server(small_lake) as running:
        yield running


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Start the browser: while it runs, no other event loop can run in this process."""
    with running_chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def window(chromium: Browser) -> Iterator[BrowserContext]:
    """Open a window for all tests, so that Streamlit's code is fetched and compiled once.

    It is high, as Streamlit scrolls inside the page.
    """
    context = chromium.new_context(viewport={"width": 1280, "height": 2400})
    yield context
    context.close()


@pytest.fixture
def tab(window: BrowserContext) -> Iterator[Tab]:
    """Open a tab."""
    page = window.new_page()
    yield Tab(page)
    page.close()
