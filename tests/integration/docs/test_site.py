"""The site as `make docs` builds it: each table has a page, nothing is fetched from elsewhere."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from docs.site.build import ENVIRONMENT, build
from docs.site.html import POLICY, build_html
from docs.site.lineage import Lineage
from lake.errors import ConfigurationError
from lake.settings import Settings

pytestmark = pytest.mark.spark  # dbt compiles models in a Spark session

FETCHED = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src"}
NO_FETCH = {"canonical", "next", "prev", "alternate"}


class Fetches(HTMLParser):
    """Collects what a browser fetches by itself when it opens a page."""

    def __init__(self) -> None:
        """Begin with nothing."""
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an address that an element loads."""
        values = dict(attrs)
        address = values.get(FETCHED.get(tag, ""))
        if address and values.get("rel") not in NO_FETCH:
            self.found.append(address)


def fetches(page: str) -> list[str]:
    parser = Fetches()
    parser.feed(page)
    imports = re.findall(
        r"(?:@import|url\()\s*[\"']?([^\"')\s]+)", page.split("<body", maxsplit=1)[0]
    )
    return [*parser.found, *imports]


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
    assert 'href="exposure.sales_dashboard.html"' in page
    assert 'id="refund_amount"' in pages["lineage/raw_shop.returns.html"]


def test_an_erd_is_drawn_for_each_system(pages: dict[str, str]) -> None:
    systems = {"bakery", "checkout", "clickstream", "shop", "telemetry"}
    drawn = {n for n in systems if "<svg" in pages[f"relationships/{n}.html"].split("<article")[1]}
    assert drawn == systems
    shop = pages["relationships/shop.html"]
    assert re.search(r"shop__order_items</code></a>\s*<code>order_id</code></td>", shop)


def test_no_page_fetches_from_another_host(pages: dict[str, str]) -> None:
    elsewhere = {
        f"{name}: {address}"
        for name, page in pages.items()
        for address in fetches(page)
        if re.match(r"(?:https?:)?//", address)
    }
    assert elsewhere == set()
    assert all(POLICY in page.split("</head>")[0].replace("&#39;", "'") for page in pages.values())


@pytest.mark.parametrize(
    "page",
    [
        '<script src="https://a.example/x.js"></script>',
        '<link rel="stylesheet" href="//a.example/x.css">',
        '<img src="http://a.example/x.png">',
        "<head><style>@import 'https://a.example/x.css'</style></head>",
        "<head><style>a { background: url(https://a.example/x) }</style></head>",
    ],
)
def test_what_would_be_fetched_is_found(page: str) -> None:
    [address] = fetches(page)
    assert "a.example" in address


def test_styles_fetch_nothing_from_another_host(home: Path, lineage: Lineage) -> None:
    styles = list((home / "site").rglob("*.css"))
    assert styles
    found = [re.findall(r"(?:@import|url\()\s*[\"']?((?:https?:)?//[^\"')]+)", each.read_text())
             for each in styles]  # fmt: skip
    assert found == [[]] * len(styles)


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
