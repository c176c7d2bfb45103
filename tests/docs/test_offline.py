"""The built documentation opens from a folder, without a server and without a network."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("mkdocs", reason="mkdocs is not installed")
sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on the PATH")


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


def test_links_search_and_the_sample_work_from_files(site):
    with sync_api.sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        tab = browser.new_context(offline=True).new_page()
        said: list[str] = []
        asked: list[str] = []
        tab.on("console", lambda message: said.append(message.text))
        tab.on("pageerror", lambda error: said.append(str(error)))
        tab.on("request", lambda request: asked.append(request.url))
        tab.goto((site / "index.html").as_uri())
        tab.locator("article").get_by_text("The month's plan").click()
        assert tab.url == (site / "mechanisms" / "index.html").as_uri()
        tab.locator("input.md-search__input").fill("ceasefire")
        tab.locator(".md-search-result__item a").first.wait_for(state="attached")
        found = tab.locator(".md-search-result__item a").evaluate_all("all => all.map(a => a.href)")
        assert any(url.startswith((site / "mechanisms" / "war.html").as_uri()) for url in found)
        tab.goto((site / "start.html").as_uri())
        pictures = "[...document.querySelectorAll('article img')].map(i => i.naturalWidth > 0)"
        assert tab.evaluate(pictures) == [True] * 4
        tab.locator("article").get_by_text("A sample").click()
        assert (
            tab.title() == "The Russia–North Korea partnership of June 2024 — a Servanda briefing"
        )
        assert said == []
        assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
        browser.close()
