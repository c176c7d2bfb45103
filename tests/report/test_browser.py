"""The page in a real browser, cut off from any network: nothing overflows or fails, it prints,
and axe finds no barrier."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser import barriers, chromium, needs_chromium, sync_api

pytestmark = needs_chromium

CONTRAST = (Path(__file__).parent / "contrast.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def browser() -> Iterator[sync_api.Browser]:
    with chromium() as started:
        yield started


@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_opens_offline(browser, page, width):
    context = browser.new_context(viewport={"width": width, "height": 900}, offline=True)
    tab = context.new_page()
    said: list[str] = []
    asked: list[str] = []
    tab.on("console", lambda message: said.append(message.text))
    tab.on("pageerror", lambda error: said.append(str(error)))
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto(page.as_uri())
    assert said == []
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    figures = tab.locator("figure svg")
    assert figures.count() >= 10
    for i in range(figures.count()):
        box = figures.nth(i).bounding_box()
        assert box is not None
        assert box["width"] > 200
        assert box["height"] > 50
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
    context.close()


def test_the_page_prints(browser, page: Path, tmp_path: Path):
    tab = browser.new_page()
    tab.goto(page.as_uri())
    out = tmp_path / "briefing.pdf"
    tab.pdf(path=out, format="A4")
    assert out.read_bytes().startswith(b"%PDF")
    assert out.stat().st_size > 20_000
    tab.close()


def test_text_in_charts_can_be_read_on_a_phone(browser, page):
    tab = browser.new_page(viewport={"width": 390, "height": 900})
    tab.goto(page.as_uri())
    smallest = tab.evaluate(
        """Math.min(...[...document.querySelectorAll('figure svg text')].map(t =>
        parseFloat(getComputedStyle(t).fontSize)
          * Math.hypot(t.getScreenCTM().a, t.getScreenCTM().b)))"""
    )
    assert smallest >= 6
    tab.close()


@pytest.mark.parametrize("width", [1440, 375, 320])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(browser, page, width):
    context = browser.new_context(viewport={"width": width, "height": 900}, bypass_csp=True)
    tab = context.new_page()
    tab.goto(page.as_uri())
    tab.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    long = "Statistics of western intelligence services 2024-10"
    tab.evaluate("text => { document.querySelector('.fact a').textContent = text }", long)
    assert barriers(tab) == []
    assert tab.evaluate("document.documentElement.scrollWidth") == width
    context.close()


def test_texts_in_charts_stand_out_from_what_is_behind_them(browser, page):
    context = browser.new_context(viewport={"width": 1440, "height": 900}, bypass_csp=True)
    tab = context.new_page()
    tab.goto(page.as_uri())
    tab.add_style_tag(content="svg * { pointer-events: all !important }")
    assert tab.evaluate(CONTRAST) == []
    context.close()
