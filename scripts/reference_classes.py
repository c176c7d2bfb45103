#!/usr/bin/env python3
"""Fit the reference classes of a case to ATOP's record, and put the table into the documentation.

    scripts/reference_classes.py --data DIR    fit, write the case's csv, then the page's table
    scripts/reference_classes.py               write the page's table from the csv as it stands
    scripts/reference_classes.py --check       exit 1 if the page's table is not that of the csv

DIR holds `alliances/atop5_1_alliance.csv`, the publisher's file. It never enters the repository.
"""

import argparse
import math
import sys
from collections.abc import Iterable
from pathlib import Path

from servanda import history
from servanda.errors import ServandaError

ROOT = Path(__file__).resolve().parents[1]
CASE = ROOT / "src/servanda/cases/russia-dprk"
TABLE = CASE / "reference_classes.csv"
CLASSES = CASE / "reference_classes.toml"
PAGE = ROOT / "docs/reference-classes.md"
BEGIN = "<!-- reference classes: written by scripts/reference_classes.py -->\n"
END = "<!-- end of reference classes -->\n"

# Signed in June 2024, so half a year old at the case's as_of, 2024-12; its horizon is 2030-12.
AGE_AS_OF = 0.5
AGE_HORIZON = 6.5


def fit(data: Path) -> list[history.FittedClass]:
    """Fit every class that the case declares."""
    alliances = history.read_alliances(data / "alliances" / "atop5_1_alliance.csv")
    declared = history.read_reference_classes(CLASSES)
    return [
        history.fit_class(
            one.name,
            history.lifetimes(history.select(alliances, one)),
            declared.ages,
            declared.min_events,
        )
        for one in declared.classes
    ]


def markdown(fitted: Iterable[history.FittedClass]) -> str:
    """The table of the documentation page."""
    labels = {one.name: one.label for one in history.read_reference_classes(CLASSES).classes}
    columns = (
        "class",
        "alliances (ended)",
        "in force after 5 years (95 %)",
        "ends by 2030-12",
        "fulfilled / renegotiated / violated",
        "% a month, by age in years",
    )
    lines = [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
    for one in fitted:
        low, high = one.five_year_limits
        ends = history.probability_of_ending(one.bands, AGE_AS_OF, AGE_HORIZON)
        ways = " / ".join(f"{share:.0%}" for share in one.shares)
        hazards = ", ".join(
            f"{_ages(band)}: {100 * band.hazard_mean:.2f} (×/÷ {math.exp(band.hazard_log_sd):.2f})"
            for band in one.bands
        )
        lines.append(
            f"| {labels[one.name]} | {one.n_alliances} ({one.n_ended}) "
            f"| {one.five_year_survival:.2f} ({low:.2f} to {high:.2f}) | {ends:.2f} | {ways} "
            f"| {hazards} |"
        )
    return "\n".join(lines) + "\n"


def _ages(band: history.Band) -> str:
    if math.isinf(band.age_to):
        return f"{band.age_from:g}+"
    return f"{band.age_from:g}–{band.age_to:g}"


def page_with(table: str) -> str:
    """The documentation page with its table replaced."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table}\n{END}{after}"


def main() -> int:
    """Do what the arguments ask; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="folder that holds alliances/")
    parser.add_argument("--check", action="store_true", help="write nothing, compare")
    given = parser.parse_args()
    try:
        if given.data is not None and not given.check:
            history.write_fitted(TABLE, fit(given.data))
        page = page_with(markdown(history.read_fitted(TABLE).values()))
    except ServandaError as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    if given.check:
        if page == PAGE.read_text(encoding="utf-8"):
            return 0
        sys.stderr.write(f"{PAGE.name} is stale: run scripts/reference_classes.py\n")
        return 1
    PAGE.write_text(page, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
