"""The site as `make docs` builds it: each table has a page, nothing is fetched from elsewhere."""

import json
import posixpath
import re
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Page, expect

from docs.site.build import ENVIRONMENT, build
from docs.site.html import POLICY, build_html
from docs.site.lineage import Lineage
from lake.errors import ConfigurationError
from lake.settings import Settings
from tests.chromium import running_chromium
from tests.integration.docs.html_page import IN_STYLES, HtmlPage, is_elsewhere

pytestmark = [pytest.mark.spark, pytest.mark.browser]  # dbt compiles models in a Spark session

FROM_ITS_FOLDER = "404.html"  # a host shows it for any address, so its links begin with a slash


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, shared_classes: None) -> Path:
    """Return a FIRN_HOME in which nothing was built, with the environment that draws the pages."""
    folder = tmp_path_factory.mktemp("home")
    (folder / ENVIRONMENT).symlink_to(Settings.load().home / ENVIRONMENT)
    return folder


@pytest.fixture(scope="module")
def lineage(home: Path) -> Lineage:
    return build(Settings(project_dir=Settings.load().project_dir, home=home))


@pytest.fixture(scope="module")
def pages(home: Path, lineage: Lineage) -> dict[str, str]:
    """Return all pages of the built site."""
    site = home / "site"
    found = {p.relative_to(site).as_posix(): p.read_text("utf-8") for p in site.rglob("*.html")}
    assert len(found) > 100
    return found


@pytest.fixture(scope="module")
def read_pages(pages: dict[str, str]) -> dict[str, HtmlPage]:
    return {name: HtmlPage(text) for name, text in pages.items()}


@pytest.fixture(scope="module")
def manifest(home: Path, lineage: Lineage) -> dict[str, dict[str, dict[str, str]]]:
    file = home / "site-build" / "home" / "target" / "manifest.json"
    return dict(json.loads(file.read_bytes()))


def test_every_model_source_and_exposure_has_a_page(
    pages: dict[str, str], manifest: dict[str, dict[str, dict[str, str]]]
) -> None:
    models = [n for n in manifest["nodes"].values() if n["resource_type"] in {"model", "seed"}]
    wanted = {f"lineage/{each['schema']}.{each['alias']}.html" for each in models}
    wanted |= {
        f"lineage/{e['schema']}.{e['identifier']}.html" for e in manifest["sources"].values()
    }
    wanted |= {f"lineage/exposure.{e['name']}.html" for e in manifest["exposures"].values()}
    assert len([each for each in wanted if each.startswith("lineage/gold.")]) > 20
    assert sorted(wanted - pages.keys()) == []


def test_every_column_of_the_project_is_traced(lineage: Lineage) -> None:
    assert lineage.untraced() == []
    assert lineage.counted().total() > 600


def test_a_mart_leads_to_raw_columns_and_its_dashboard(pages: dict[str, str]) -> None:
    page = pages["lineage/gold.sales_daily.html"]
    assert 'href="raw_shop.returns.html#refund_amount"' in page
    assert 'href="exposure.shop_dashboard.html"' in page
    assert 'id="refund_amount"' in pages["lineage/raw_shop.returns.html"]


def test_an_erd_is_drawn_for_each_system(pages: dict[str, str]) -> None:
    systems = {"bakery", "checkout", "clickstream", "shop", "telemetry"}
    drawn = {n for n in systems if "<svg" in pages[f"relationships/{n}.html"].split("<article")[1]}
    assert drawn == systems
    shop = pages["relationships/shop.html"]
    assert re.search(r"shop__order_items</code></a>\s*<code>order_id</code></td>", shop)


def test_no_page_fetches_from_another_host(
    pages: dict[str, str], read_pages: dict[str, HtmlPage]
) -> None:
    fetched = [(name, each) for name, page in read_pages.items() for each in page.fetched]
    assert len(fetched) > 500
    assert [each for each in fetched if is_elsewhere(each[1])] == []
    heads = [page.partition("</head>")[0].replace("&#39;", "'") for page in pages.values()]
    assert all(POLICY in head for head in heads)


@pytest.mark.parametrize(
    "page",
    [
        '<script src="https://a.example/x.js"></script>',
        '<link rel="stylesheet" href="//a.example/x.css">',
        '<img src="http://a.example/x.png">',
        '<svg><use xlink:href="https://a.example/x.svg#y"/></svg>',
        "<head><style>@import 'https://a.example/x.css'</style></head>",
        "<head><style>a { background: url(https://a.example/x) }</style></head>",
    ],
)
def test_what_would_be_fetched_is_found(page: str) -> None:
    [address] = HtmlPage(page).fetched
    assert is_elsewhere(address)


def test_styles_fetch_nothing_from_another_host(home: Path, lineage: Lineage) -> None:
    styles = [each.read_text("utf-8") for each in (home / "site").rglob("*.css")]
    assert styles
    assert [each for text in styles for each in IN_STYLES.findall(text) if is_elsewhere(each)] == []


def test_every_link_of_the_site_leads_somewhere(
    home: Path, read_pages: dict[str, HtmlPage]
) -> None:
    """Those of drawings too, which MkDocs does not check."""
    links = [
        (name, link.partition("#"))
        for name, page in read_pages.items()
        for link in page.links
        if name not in {"dbt.html", FROM_ITS_FOLDER} and not re.match(r"[a-z]+:", link)
    ]
    assert len(links) > 10_000
    broken = set()
    for name, (path, _, anchor) in links:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(name), path)) if path else name
        page = read_pages.get(target)
        is_there = page or (home / "site" / target).is_file()
        has_anchor = not page or target == "dbt.html" or not anchor or anchor in page.anchors
        if not (is_there and has_anchor):
            broken.add((name, path, anchor))
    assert broken == set()


def test_dbt_s_docs_are_there_and_name_no_folder_of_this_machine(
    pages: dict[str, str], home: Path
) -> None:
    page = pages["dbt.html"]
    assert "model.firn.sales_daily" in page
    assert '"send_anonymous_usage_stats": false' in page
    assert str(home) not in page
    assert str(Settings.load().project_dir) not in page


def test_a_word_of_a_page_is_found(home: Path, lineage: Lineage) -> None:
    index = json.loads((home / "site" / "search" / "search_index.json").read_bytes())
    found = {doc["location"] for doc in index["docs"] if "compare-and-set" in doc["text"]}
    assert any(each.startswith("docs/architecture.html") for each in found)
    assert any(
        each["location"].startswith("lineage/gold.sales_daily.html") for each in index["docs"]
    )


def test_a_link_that_leads_nowhere_is_an_error(home: Path, tmp_path: Path) -> None:
    pages = tmp_path / "pages"
    pages.mkdir()
    (pages / "index.md").write_text("# A page\n\n[gone](gone.md) [anchor](#gone)\n")
    with pytest.raises(ConfigurationError, match=r"gone\.md") as raised:
        build_html(pages, tmp_path / "site", [{"A": "index.md"}], home / ENVIRONMENT / "bin")
    assert "'#gone'" in raised.value.message


def test_a_page_that_the_navigation_lacks_is_an_error(home: Path, tmp_path: Path) -> None:
    pages = tmp_path / "pages"
    pages.mkdir()
    for name in ("index", "forgotten"):
        (pages / f"{name}.md").write_text("# A page\n")
    with pytest.raises(ConfigurationError, match="forgotten"):
        build_html(pages, tmp_path / "site", [{"A": "index.md"}], home / ENVIRONMENT / "bin")


class _Quiet(SimpleHTTPRequestHandler):
    """Serves a folder and says nothing."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def address(home: Path, lineage: Lineage) -> Iterator[str]:
    """Serve the site, as the search needs it, and return where."""
    handler = partial(_Quiet, directory=str(home / "site"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def browsed(address: str) -> Iterator[Page]:
    """Open a tab of Chromium for all tests here."""
    with running_chromium() as browser:
        yield browser.new_page(viewport={"width": 1280, "height": 900})


@pytest.fixture
def complaints(browsed: Page) -> Iterator[list[str]]:
    """Return what goes wrong in the tab: errors, what its policy forbids, what is not there."""
    found: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error":
            found.append(f"{message.text} {message.location.get('url')}")

    browsed.on("console", note)
    yield found
    browsed.remove_listener("console", note)


@pytest.mark.parametrize(
    ("page", "shown"),
    [
        ("index.html", "Firn"),
        ("docs/architecture.html", "Architecture"),
        ("lineage/gold.sales_daily.html", "refund_amount"),
        ("relationships/shop.html", "Shop: relationships"),
    ],
)
def test_a_page_is_shown_as_it_is_meant(
    browsed: Page, address: str, complaints: list[str], page: str, shown: str
) -> None:
    browsed.goto(f"{address}/{page}")
    expect(browsed.get_by_text(shown).first).to_be_visible()
    assert complaints == []
    grave = [
        f"{one['id']}: {[node['html'][:200] for node in one['nodes']]}"
        for one in Axe().run(browsed).response["violations"]
        if one["impact"] in {"serious", "critical"}
    ]
    assert not grave, "\n".join(grave)


def test_what_is_typed_is_found_and_leads_to_its_page(
    browsed: Page, address: str, complaints: list[str]
) -> None:
    browsed.goto(f"{address}/index.html")
    browsed.get_by_role("textbox", name="Search").click()
    browsed.keyboard.type("sales_daily")
    found = browsed.locator(".md-search-result__link[href*='gold.sales_daily.html']").first
    expect(found).to_be_visible(timeout=20_000)
    found.click()
    expect(browsed).to_have_url(re.compile(r"/lineage/gold\.sales_daily\.html"))
    assert complaints == []


def test_dbts_own_docs_draw_a_model(browsed: Page, address: str, complaints: list[str]) -> None:
    browsed.goto(f"{address}/dbt.html#!/model/model.firn.sales_daily")
    expect(browsed.get_by_role("heading", name="sales_daily").first).to_be_visible(timeout=20_000)
    expect(browsed.get_by_text("refund_amount").first).to_be_visible()
    # dbt's page asks for pictures by its templates, which it has not filled in
    assert [each for each in complaints if "%7B" not in each] == []
