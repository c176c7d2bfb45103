"""The page in a real browser, cut off from any network: nothing overflows or fails, it prints,
and axe finds no barrier."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on the PATH")

CONTRAST = (Path(__file__).parent / "contrast.js").read_text(encoding="utf-8")
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="module")
def browser() -> Iterator[sync_api.Browser]:
    with sync_api.sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield started
        started.close()


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
    found = axe.Axe().run(tab, options={"runOnly": WCAG, "resultTypes": ["violations"]})
    barriers = found.response["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in barriers] == []
    assert tab.evaluate("document.documentElement.scrollWidth") == width
    context.close()


def test_texts_in_charts_stand_out_from_what_is_behind_them(browser, page):
    context = browser.new_context(viewport={"width": 1440, "height": 900}, bypass_csp=True)
    tab = context.new_page()
    tab.goto(page.as_uri())
    tab.add_style_tag(content="svg * { pointer-events: all !important }")
    assert tab.evaluate(CONTRAST) == []
    context.close()
