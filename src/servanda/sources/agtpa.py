"""Gravity data and results of "An Advanced Guide to Trade Policy Analysis", chapter 2.

Reads the data of its border experiment (`agtpa_ch2_border_input_2006.csv`: one row a pair of 69
countries, home included, with exports in USD m as `trade` and what lies between as `ln_DIST`,
`CNTG`, `INTL_BRDR` and others) and its published results (`agtpa_ch2_app1_border_RESULTS*.csv`:
changes in percent by country, in one file of all, one of producers and one of consumers).

Traps:

- the guide calls its reference country ZZZ, so that Stata leaves out its effect, and puts its
  inward resistance at 1. Its money is therefore such that P is 1 there, and its outward resistance
  is in that money: Π of Anderson and van Wincoop times world output to the power 1/(1−σ);
- an empty `trade` is missing and not zero: the row is left out here.

Cite: Yotov, Piermartini, Monteiro and Larch (2016), An Advanced Guide to Trade Policy Analysis: The
Structural Gravity Model, WTO and UNCTAD.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from servanda.errors import CaseError
from servanda.sources.frames import read_frame

if TYPE_CHECKING:
    import pandas as pd

REFERENCE = "ZZZ"
PAIR = ("exporter", "importer")
INPUT = "agtpa_ch2_border_input_2006.csv"
RESULTS = "agtpa_ch2_app1_border_RESULTS"
COUNTRY = "country"
# Changes in percent once borders cost nothing: real GDP, factory-gate price, resistances.
CHANGES = ("change_rGDP_FULL", "change_price_FULL", "change_IMR_FULL", "change_OMR_FULL")
AGREE = 1e-9  # relative: what stands in two files is the same in both


def read_border_input(path: Path, costs: Sequence[str], reference: str) -> pd.DataFrame:
    """The data, one row a pair whose trade is known; needs the extra `sources`.

    Args:
        path: The file.
        costs: Columns of what lies between that have to be there.
        reference: What to call the reference country.

    Raises:
        CaseError: The file cannot be read or lacks a column.
        ServandaError: pandas is not installed.
    """
    rows = read_frame(path, (*PAIR, "trade", *costs)).dropna(subset=["trade"])
    return rows.replace({name: {REFERENCE: reference} for name in PAIR})


def read_border_results(folder: Path) -> pd.DataFrame:
    """The results by country, `CHANGES` among them; needs the extra `sources`.

    Args:
        folder: Where the three files of results are.

    Raises:
        CaseError: A file cannot be read, lacks a column, or differs from another.
        ServandaError: pandas is not installed.
    """
    found = _results(folder, "")
    for kind in ("_producers", "_consumers"):
        part = _results(folder, kind).reindex(found.index)
        for column in part:
            if column not in found:
                found = found.assign(**{column: part[column]})
            elif not np.allclose(part[column], found[column], rtol=AGREE, atol=0.0):
                raise CaseError(
                    f"{RESULTS}{kind}.csv", f"another {column}", f"that of {RESULTS}.csv"
                )
    for column in CHANGES:
        if column not in found:
            expected = "a file with it among the results"
            raise CaseError(f"{RESULTS}*.csv", f"no column {column!r}", expected)
    return found


def _results(folder: Path, kind: str) -> pd.DataFrame:
    return read_frame(folder / f"{RESULTS}{kind}.csv", (COUNTRY,)).set_index(COUNTRY)
