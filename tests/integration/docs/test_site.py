"""The site as `make docs` builds it: each table has a page, nothing is fetched from elsewhere."""

import json
import posixpath
import re
from pathlib import Path

import pytest

from docs.site.build import ENVIRONMENT, build
from docs.site.html import POLICY, build_html
from docs.site.lineage import Lineage
from lake.errors import ConfigurationError
from lake.settings import Settings
from tests.integration.docs.html_page import IN_STYLES, HtmlPage, is_elsewhere

pytestmark = pytest.mark.spark  # dbt compiles models in a Spark session

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
