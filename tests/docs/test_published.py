"""The page on trade quotes what its script prints."""

from __future__ import annotations

from scripts.published_trade import BEGIN, END, PAGE, tables


def test_published_tables_on_the_page_are_those_of_the_script(data):
    page = PAGE.read_text(encoding="utf-8")
    shown = page.split(BEGIN)[1].split(END)[0].strip()
    # All but the last line, which is a rounding error and not the same on every machine.
    assert shown.splitlines()[:-1] == tables(data).strip().splitlines()[:-1]
