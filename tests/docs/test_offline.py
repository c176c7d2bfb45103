"""The built documentation opens from a folder, without a server and without a network."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser import barriers, chromium, needs_chromium, sync_api

pytest.importorskip("mkdocs", reason="mkdocs is not installed")

ROOT = Path(__file__).resolve().parents[2]
pytestmark = needs_chromium


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    built = tmp_path_factory.mktemp("docs") / "site"
    subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", built],
        cwd=ROOT,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        check=True,
    )
    return built


@pytest.fixture(scope="module")
def browser() -> Iterator[sync_api.Browser]:
    with chromium() as started:
        yield started


@pytest.mark.parametrize(
    ("page", "width"),
    [("index.html", 320), ("trade.html", 375), ("mechanisms/attrition.html", 1440)],
)
def test_axe_finds_no_barrier(browser, site, page, width):
    context = browser.new_context(viewport={"width": width, "height": 900}, offline=True)
    tab = context.new_page()
    tab.goto((site / page).as_uri())
    assert barriers(tab) == []
    assert tab.evaluate("document.documentElement.scrollWidth") == width
    context.close()


def test_links_search_and_the_sample_work_from_files(browser, site):
    tab = browser.new_context(offline=True).new_page()
    said: list[str] = []
    asked: list[str] = []
    tab.on("console", lambda message: said.append(message.text))
    tab.on("pageerror", lambda error: said.append(str(error)))
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto((site / "index.html").as_uri())
    tab.locator("article").get_by_text("The month's plan").click()
    assert tab.url == (site / "mechanisms" / "index.html").as_uri()
    tab.wait_for_load_state()
    field = tab.locator("input.md-search__input")
    # The page reads its index once the field has the focus, and finds what is typed from then on.
    field.focus()
    tab.get_by_text("Type to start searching").wait_for(state="attached")
    field.press_sequentially("ceasefire")
    tab.locator(".md-search-result__item a").first.wait_for(state="attached")
    found = tab.locator(".md-search-result__item a").evaluate_all("all => all.map(a => a.href)")
    assert any(url.startswith((site / "mechanisms" / "war.html").as_uri()) for url in found)
    tab.goto((site / "start.html").as_uri())
    pictures = "[...document.querySelectorAll('article img')].map(i => i.naturalWidth > 0)"
    assert tab.evaluate(pictures) == [True] * 4
    tab.locator("article").get_by_text("A sample").click()
    assert tab.title() == "The Russia–North Korea partnership of June 2024 — a Servanda briefing"
    assert said == []
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
