"""Trade between states by year, from the Correlates of War project (COW Trade 4.0).

Reads `cow_trade_v4_directed_dyadyear.parquet`, the project's dyadic file with a row for each
direction. Each row has a year, an importer (`ccode1`) and an exporter (`ccode2`), both as COW state
codes, and the importer's imports from the exporter (`flow1`, USD m at current prices). The years
are 1870 to 2014.

Traps:

- −9 and an empty cell mean missing and not zero. The module omits both.
- `flow2`, the other direction, is `flow1` of another row: adding both counts flows twice.
- `smoothflow1` and `smoothflow2` are interpolated.

Cite: Barbieri, Keshk and Pollins (2009), Trading Data: Evaluating our Assumptions and Coding Rules,
Conflict Management and Peace Science 26: 471-491; Barbieri and Keshk (2016), Correlates of War
Project Trade Data Set Codebook, Version 4.0.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float64, Int64

from servanda.errors import CaseError
from servanda.sources.frames import read_frame

COLUMNS = ("year", "ccode1", "ccode2", "flow1")


@dataclass(frozen=True, slots=True)
class Flows:
    """Imports of states from each other in a year, without missing flows.

    Attributes:
        importer: COW code of the importer.
        exporter: COW code of the exporter.
        musd: USD m, at current prices.
    """

    importer: Int64[np.ndarray, " pair"]
    exporter: Int64[np.ndarray, " pair"]
    musd: Float64[np.ndarray, " pair"]


def read_flows(path: Path, year: int) -> Flows:
    """Read the flows of a year; needs the extra `sources`.

    Raises:
        CaseError: The file cannot be read, lacks a column, or has nothing for the year.
        ServandaError: pandas or pyarrow is not installed.
    """
    frame = read_frame(path, COLUMNS)
    rows = frame[(frame["year"] == year) & (frame["flow1"] >= 0)]
    if len(rows) == 0:
        raise CaseError(path.name, f"no flow in {year}", "at least one")
    return Flows(
        rows["ccode1"].to_numpy(dtype=np.int64),
        rows["ccode2"].to_numpy(dtype=np.int64),
        rows["flow1"].to_numpy(dtype=np.float64),
    )
