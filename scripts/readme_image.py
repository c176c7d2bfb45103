"""Make docs/images/briefing.png from a run folder's briefing.

python scripts/readme_image.py runs/russia-dprk-1
"""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

OUT = Path(__file__).resolve().parents[1] / "docs" / "images" / "briefing.png"
LARGEST = 300_000
WIDTH = 1180


def main(folder: Path) -> None:
    """Take a picture of the answer and the first charts."""
    page = folder / "briefing.html"
    chromium = shutil.which("chromium")
    if not page.is_file() or chromium is None:
        sys.exit(f"{page} and a chromium on the PATH are needed")
    OUT.parent.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        tab = browser.new_page(viewport={"width": WIDTH, "height": 900})
        tab.goto(page.resolve().as_uri())
        top = tab.locator("#answer").bounding_box()
        last = tab.locator("#survival + .grid figure svg").nth(1).bounding_box()
        if top is None or last is None:
            sys.exit(f"{page} does not look like a briefing")
        tab.screenshot(
            path=OUT,
            clip={
                "x": 0,
                "y": top["y"] - 8,
                "width": WIDTH,
                "height": last["y"] + last["height"] - top["y"] + 4,
            },
            full_page=True,
        )
        browser.close()
    size = OUT.stat().st_size
    if size > LARGEST:
        sys.exit(f"{OUT} is {size:,} bytes, over {LARGEST:,}")
    print(f"{OUT}: {size:,} bytes")


if __name__ == "__main__":
    if not sys.argv[1:]:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
