"""The record of exports that the study uses: partners and sanctioning states.

The United Kingdom is omitted: it left the union in January 2020 and its rows stop there. The 27
others then sum to the publisher's own EU27 in every month.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from servanda.sources import eurostat
from servanda.sources.eurostat import Exports

CODES: Mapping[str, str] = {
    "Russia": "RUS",
    "Kyrgyzstan": "KGZ",
    "Armenia": "ARM",
    "Kazakhstan": "KAZ",
    "Georgia": "GEO",
    "Uzbekistan": "UZB",
}
TARGET = "RUS"
NEIGHBOURS = tuple(code for code in CODES.values() if code != TARGET)
LEFT_THE_UNION = ("United Kingdom",)


def read_exports(path: Path) -> Exports:
    """Member states' exports to the target and its neighbours, EUR m a month.

    Raises:
        CaseError: The file is not what `servanda.sources.eurostat` expects.
    """
    return eurostat.read_exports(path, CODES, without=LEFT_THE_UNION)
