#!/usr/bin/env python3
"""Write the pages that are made from the code and the shipped case, and generated parts of others.

    docs/generate.py            write what is stale
    docs/generate.py --check    write nothing; exit 1 and name what is stale

Whole pages: one for each mechanism, the month's plan, every quantity, publishers' files, the
command line, the shipped case. Parts, between `generated: NAME` and `end of generated`: the
navigation in mkdocs.yml, key tables of the case format, tables of trade effects, reference classes,
rerouting and the check of the sampler, what the model leaves out, the claims, and the scoreboard.
"""

import argparse
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import case_keys
from history_tables import reference_classes_part
from markup import code, table
from mechanism_pages import mechanism_page, plan_page
from publishers_page import publishers_page
from reference_pages import case_page, cli_page, quantities_page
from score_tables import (
    apart_part,
    events_part,
    horizons_part,
    series_part,
    summary_part,
    unscored_part,
)
from shipped import CASE, Docstring, case, chosen, slots
from study_tables import priors_part, rerouting_part, sbc_part, substitution_part
from trade_tables import effects_part, variants_part

from servanda.files import drafts

DOCS = Path(__file__).resolve().parent
CONFIG = DOCS.parent / "mkdocs.yml"


def keys_part(name: str) -> str:
    """The description of a record of the case format, and its keys."""
    rows = [(code(key), *rest) for key, *rest in case_keys.keys(name)]
    head = ("key", "takes", "if left out", "meaning")
    return f"**{name}.** {case_keys.about(name)}\n\n{table(head, rows)}"


def navigation_part() -> str:
    """The mechanisms' entries of mkdocs.yml."""
    lines = [f"      - {Docstring.of(chosen(s)).title}: mechanisms/{s}.md\n" for s in slots()]
    return "      - The month's plan: mechanisms/index.md\n" + "".join(lines)


def left_out_part() -> str:
    """What each mechanism leaves out."""
    rows = [(f"[{s}](mechanisms/{s}.md)", Docstring.of(chosen(s)).left_out) for s in slots()]
    return table(("mechanism", "leaves out"), [r for r in rows if r[1]])


def not_modelled_part() -> str:
    """What the case does not model."""
    return "".join(f"- {text}\n" for text in case().spec.not_modelled)


def claims_part() -> str:
    """The claims of the case, by system."""
    rows = [(c.system, code(c.slug), c.text, c.test.kind) for c in case().claims]
    return table(("system", "claim", "what it says", "test"), sorted(rows, key=lambda r: r[0]))


PARTS: Mapping[str, Callable[[], str]] = {
    "navigation": navigation_part,
    "left out": left_out_part,
    "not modelled": not_modelled_part,
    "trade effects": effects_part,
    "trade variants": variants_part,
    "reference classes": reference_classes_part,
    "rerouting": rerouting_part,
    "substitution": substitution_part,
    "evasion priors": priors_part,
    "simulation-based calibration": sbc_part,
    "claims": claims_part,
    "scoreboard summary": summary_part,
    "scoreboard series": series_part,
    "scoreboard horizons": horizons_part,
    "scoreboard events": events_part,
    "scoreboard apart": apart_part,
    "scoreboard left out": unscored_part,
}
_PART = re.compile(
    r"(?P<begin>^[ ]*(?:<!--|#) generated: (?P<name>[^\n]+?)(?: -->)?\n)"
    r".*?(?P<end>^[ ]*(?:<!--|#) end of generated(?: -->)?\n)",
    re.DOTALL | re.MULTILINE,
)


def filled(text: str) -> str:
    """A text with its generated parts replaced."""

    def part(found: re.Match[str]) -> str:
        name = found["name"]
        body = (
            keys_part(name.removeprefix("keys of "))
            if name.startswith("keys of ")
            else PARTS[name]()
        )
        space = "\n" if found["begin"].startswith("<!--") else ""
        return found["begin"] + space + body + space + found["end"]

    return _PART.sub(part, text)


def wanted() -> dict[Path, str]:
    """The right text of every page that is generated or has a generated part."""
    whole = {DOCS / "mechanisms" / f"{slot}.md": mechanism_page(slot) for slot in slots()}
    whole |= {
        DOCS / "mechanisms" / "index.md": plan_page(),
        DOCS / "quantities.md": quantities_page(),
        DOCS / "publishers.md": publishers_page(),
        DOCS / "cli.md": cli_page(),
        DOCS / f"{CASE}.md": case_page(),
    }
    by_hand = [CONFIG, *(p for p in sorted(DOCS.glob("*.md")) if p not in whole)]
    return whole | {path: filled(path.read_text(encoding="utf-8")) for path in by_hand}


def main() -> int:
    """Write stale pages, or only name them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 if a page is stale"
    )
    check = parser.parse_args().check
    pages = wanted()
    stale = [
        p for p, text in pages.items() if not p.is_file() or p.read_text(encoding="utf-8") != text
    ]
    orphans = [p for p in sorted((DOCS / "mechanisms").glob("*.md")) if p not in pages]
    names = ", ".join(str(p.relative_to(CONFIG.parent)) for p in (*stale, *orphans))
    if check:
        if names:
            print(
                f"stale: {names}\n  hint: run docs/generate.py and look at what changed",
                file=sys.stderr,
            )
        return 1 if names else 0
    for path in stale:
        path.parent.mkdir(exist_ok=True)
        drafts.write(path, pages[path])
    for path in orphans:
        path.unlink()
    print(f"written: {names}" if names else "nothing was stale")
    return 0


if __name__ == "__main__":
    sys.exit(main())
