"""A browser's tab: an address -> the page when it is drawn, and what went wrong in it."""

from dataclasses import dataclass, field

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Locator, Page, expect

DRAWN_MILLISECONDS = 30_000
CHART = "[data-testid=stVegaLiteChart]"
GRAVE = {"serious", "critical"}


@dataclass
class Tab:
    """A page, the errors on its console, and the addresses that it asked."""

    page: Page
    errors: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begin to listen."""
        self.page.on("console", self._note)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))

    @property
    def charts(self) -> Locator:
        """The charts that are drawn."""
        return self.page.locator(f"{CHART} svg")

    def open(self, url: str) -> None:
        """Go to an address and wait until the server has sent all of the page."""
        self.page.goto(url)
        expect(self.page.get_by_text("read at")).to_be_visible(timeout=DRAWN_MILLISECONDS)
        self.settled()

    def settled(self) -> None:
        """Wait until the server is not drawing, and every chart is drawn."""
        app = self.page.locator("[data-testid=stApp][data-test-script-state=notRunning]")
        expect(app).to_be_visible(timeout=DRAWN_MILLISECONDS)
        expect(self.page.get_by_test_id("stSkeleton")).to_have_count(0, timeout=DRAWN_MILLISECONDS)
        for chart in self.page.locator(CHART).all():
            expect(chart.locator("svg").first).to_be_visible(timeout=DRAWN_MILLISECONDS)

    def marks(self, chart: int = 0) -> list[str]:
        """Return the shapes that stand for values in one chart."""
        found = self.charts.nth(chart).locator(
            ".mark-rect path, .mark-line path, .mark-symbol path"
        )
        expect(found).not_to_have_count(0)
        return [mark.get_attribute("d") or "" for mark in found.all()]

    def violations(self) -> list[str]:
        """Return what axe-core finds that keeps people out."""
        found = Axe().run(self.page).response["violations"]
        return [
            f"{one['id']}: {one['help']}: {[node['html'][:200] for node in one['nodes']]}"
            for one in found
            if one["impact"] in GRAVE
        ]

    def _note(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(message.text)
