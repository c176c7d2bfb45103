"""Gravity data and results of "An Advanced Guide to Trade Policy Analysis", chapter 2.

Reads the data of its border experiment (`agtpa_ch2_border_input_2006.csv`: one row for each pair of
69 countries, domestic pairs included, with exports in USD m as `trade` and trade costs as
`ln_DIST`, `CNTG`, `INTL_BRDR` and others) and its published results
(`agtpa_ch2_app1_border_RESULTS*.csv`: changes in percent by country, in one file with all, one for
producers and one for consumers).

Traps:

- the guide calls its reference country ZZZ, so that Stata omits its effect, and sets its inward
  resistance to 1. Its unit of money is therefore such that P is 1 there. Its outward resistance is
  in that unit: Π of Anderson and van Wincoop times world output to the power 1/(1−σ);
- an empty `trade` is missing and not zero: the module omits the row.

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
# Changes in percent when borders cost nothing: real GDP, factory-gate price, resistances.
CHANGES = ("change_rGDP_FULL", "change_price_FULL", "change_IMR_FULL", "change_OMR_FULL")
AGREE = 1e-9  # relative; a figure in two files must be the same in both


def read_border_input(path: Path, costs: Sequence[str], reference: str) -> pd.DataFrame:
    """The data, with one row for each pair with known trade; needs the extra `sources`.

    Args:
        path: The file.
        costs: Required columns of trade costs.
        reference: The name to give to the reference country.

    Raises:
        CaseError: The file cannot be read or lacks a column.
        ServandaError: pandas is not installed.
    """
    rows = read_frame(path, (*PAIR, "trade", *costs)).dropna(subset=["trade"])
    return rows.replace({name: {REFERENCE: reference} for name in PAIR})


def read_border_results(folder: Path) -> pd.DataFrame:
    """The results by country, `CHANGES` among them; needs the extra `sources`.

    Args:
        folder: The folder of the three files of results.

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
