"""A sheet whose texts are only texts: XlsxWriter's worksheet -> the same, without markup."""

from typing import Any

from xlsxwriter.worksheet import Worksheet


class PlainSheet(Worksheet):  # type: ignore[misc] # the library has no types
    """A worksheet that writes `<r>…</r>` as the text that it is.

    XlsxWriter takes such a text for its own formatted text and writes it into the XML as it stands,
    with which a value could add cells and formulas.
    """

    def _xml_rich_inline_string(self, string: str, attributes: Any = ()) -> None:  # noqa: ANN401
        self._xml_inline_string(string, False, attributes)
