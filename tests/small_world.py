"""Three countries and two sectors, small enough to follow, for tests of sanctions."""

from __future__ import annotations

import numpy as np

from servanda.trade import Baseline, Economy, Measure

ABC = ("AAA", "BBB", "CCC")
FLOWS = np.array([[70.0, 20.0, 10.0], [25.0, 100.0, 5.0], [5.0, 10.0, 30.0]])
OTHER = np.array([[20.0, 1.0, 9.0], [15.0, 40.0, 5.0], [2.0, 6.0, 10.0]])
ECONOMY = Economy(ABC, np.stack([FLOWS, OTHER]), 0.5, ("fuels", "other"), 0.5)
BASELINE = Baseline(ECONOMY, ((4.0, 8.0, 16.0), (4.0, 5.5, 8.0)), "fixed", "export-share", ABC)
SOLD = Measure(
    target="AAA",
    senders=("BBB",),
    direction="from-target",
    kind="trade",
    sectors=("fuels",),
    start="2022-04",
    cover=(0.25, 0.5, 0.75),
    tariff_equivalent=(0.1, 0.5, 1.0),
    status="assumed",
    sources=(),
    note="",
)


def multiples(flows: np.ndarray) -> np.ndarray:
    """Imports over exports of each country."""
    abroad = flows * (1 - np.eye(len(flows)))
    return abroad.sum(axis=0) / abroad.sum(axis=1)
