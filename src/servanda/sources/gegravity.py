"""The sample data of the package gegravity: trade of 30 countries in 2006.

Reads `gegravity_sample_30country_2006.csv`: one row for each pair, domestic pairs included, with
exports in USD m (`trade`), output of the exporter (`Y`), expenditure of the importer (`E`), and
trade costs (`pta`, `contiguity`, `common_language`, `lndist`, `international`).

Trap: `Y` and `E` differ from the sums of the flows and, by 0.8 percent in all, from each other.

Cite: Herman (2021), gegravity: General Equilibrium Gravity Modeling in Python, USITC Economics
Working Paper 2021-04-B.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from servanda.sources.frames import read_frame

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    "exporter",
    "importer",
    "year",
    "trade",
    "Y",
    "E",
    "pta",
    "contiguity",
    "common_language",
    "lndist",
    "international",
)


def read_sample(path: Path) -> pd.DataFrame:
    """The sample, with one row for each pair; needs the extra `sources`.

    Raises:
        CaseError: The file cannot be read or lacks a column.
        ServandaError: pandas is not installed.
    """
    return read_frame(path, COLUMNS)
