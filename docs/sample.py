#!/usr/bin/env python3
"""Make the sample briefing that the documentation shows, and pictures of its parts.

Runs the shipped case, which takes a minute or two, and needs Chromium for the pictures. They are
kept in the repository, because not every machine that builds the documentation has a browser.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright
from shipped import CASE

DOCS = Path(__file__).resolve().parent
SAMPLE = DOCS / "sample" / "briefing.html"
RUNS = 4000
# A picture's name, and the part of the page that it shows.
PARTS = {
    "survival": "#survival-rus-prk",
    "shells": "#fan-dprk-shells-delivered",
    "hinges": "#hinges-rus-prk",
    "claim": "article.claim",
}


def main() -> None:
    """Write the briefing and the pictures."""
    SAMPLE.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        servanda = Path(sys.executable).with_name("servanda")
        subprocess.run([servanda, "run", CASE, "--runs", str(RUNS), "--out", out], check=True)
        shutil.copyfile(out / "briefing.html", SAMPLE)
    with sync_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": 1100, "height": 1000}, device_scale_factor=1.5)
        tab.goto(SAMPLE.as_uri())
        tab.screenshot(path=DOCS / "images" / "briefing.png")
        for name, part in PARTS.items():
            tab.locator(part).first.screenshot(path=DOCS / "images" / f"{name}.png")
        browser.close()


if __name__ == "__main__":
    main()
