"""A page of HTML as a browser sees it: text -> what it fetches, links and anchors."""

import re
from html.parser import HTMLParser

LOADING = ("src", "srcset", "poster", "data")
LOADING_BY_HREF = {"link", "use", "image"}
NOT_LOADED = {"canonical", "next", "prev", "alternate"}
IN_STYLES = re.compile(r"(?:@import|url\()\s*[\"']?([^\"')\s]+)")


class HtmlPage(HTMLParser):
    """What a page holds: addresses it fetches, addresses it links, names of its anchors."""

    def __init__(self, text: str) -> None:
        """Read the page."""
        super().__init__()
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.fetched = IN_STYLES.findall(text.partition("<body")[0])
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what an element fetches, links or names."""
        values = {name.removeprefix("xlink:"): value for name, value in attrs if value}
        self.fetched += [values[name] for name in LOADING if name in values]
        if tag in LOADING_BY_HREF and values.get("rel") not in NOT_LOADED:
            self.fetched += [values["href"]] if "href" in values else []
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        if "id" in values:
            self.anchors.add(values["id"])


def is_elsewhere(address: str) -> bool:
    """Return whether an address is of another host."""
    return bool(re.match(r"(?:https?:)?//", address))
