"""Influence: patrons of each client, their shares, and the largest share."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float

from servanda.analysis.observed import BANDS
from servanda.case.schema import Patronage
from servanda.ensembles import weighted
from servanda.results import Results


def clients(results: Results) -> Mapping[str, Sequence[Patronage]]:
    """The patrons of each client that has two or more."""
    found: dict[str, list[Patronage]] = {}
    for patronage in results.model.case.spec.patronages:
        found.setdefault(patronage.client, []).append(patronage)
    return {client: patrons for client, patrons in found.items() if len(patrons) > 1}


def bands(
    results: Results, patronage: Patronage, accounting: str
) -> Float[np.ndarray, "level month"]:
    """Quantiles over runs of a patron's share by month, at the levels of `BANDS`."""
    shares = results.series(f"influence_{accounting}[{patronage.label}]")
    return weighted.quantile(shares, BANDS, results.weights)


def leader(
    results: Results, patrons: Sequence[Patronage], accounting: str, month: int
) -> tuple[str, float]:
    """The patron with the largest median share in a month, and that share."""
    shares = {
        p.patron: float(bands(results, p, accounting)[BANDS.index(0.5), month]) for p in patrons
    }
    first = max(shares, key=lambda code: shares[code])
    return first, shares[first]
