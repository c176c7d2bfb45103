"""How far a series lies off the model.

The discrepancy d of a series is how far it lies off the model on the log scale (Kennedy and
O'Hagan, "Bayesian Calibration of Computer Models", JRSS B 63, 2001). It is a stationary AR(1)
process whose standard deviation δ is an uncertain input. It scales what the model expects, so its
weight g is one for a large count, and zero where nothing is expected. It persists: its correlation
over t months is exp(−t/τ), with τ = 12. Counts of events are Poisson with mean m·u, where the rate
u is gamma with mean one and variance δ², and persists in the same way.
"""

from servanda.case.priors import DISCREPANCY, label

PERSISTENCE = 12.0
"""Months over which the correlation of a discrepancy falls by the factor e: a judgement."""


def discrepancy(series: str) -> str:
    """The printed name of the standard deviation of the discrepancy of a series."""
    return label(DISCREPANCY, series)
