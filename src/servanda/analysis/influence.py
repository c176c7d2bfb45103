"""Influence: who shares in which client, and who leads."""

from collections.abc import Mapping, Sequence

from servanda.analysis.accounts import median
from servanda.case.schema import Patronage
from servanda.results import Results


def clients(results: Results) -> Mapping[str, Sequence[Patronage]]:
    """Patrons by client, where there are two or more to share in it."""
    found: dict[str, list[Patronage]] = {}
    for patronage in results.model.case.spec.patronages:
        found.setdefault(patronage.client, []).append(patronage)
    return {client: patrons for client, patrons in found.items() if len(patrons) > 1}


def leader(
    results: Results, patrons: Sequence[Patronage], accounting: str, month: int
) -> tuple[str, float]:
    """The patron with the largest median share in a month, and that share."""
    shares = {
        p.patron: median(
            results.series(f"influence_{accounting}[{p.label}]")[month], results.weights
        )
        for p in patrons
    }
    first = max(shares, key=lambda code: shares[code])
    return first, shares[first]
