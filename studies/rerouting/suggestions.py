"""Priors for the case from the fits: posteriors, widened for what the record cannot show."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from studies.rerouting.neighbour_results import VARIANTS
from studies.rerouting.substitution_results import EVIDENCE_TO

WEST, NORTH = "west-to-russia", "world-to-north-korea"
# Log-sd added to the posterior's for what the record cannot show: how much of the recorded excess
# reached the target, and how much went by routes that are not in the file. Assumed.
UNSEEN_CEILING, UNSEEN_RATE, UNSEEN_NORTH_KOREA = 0.4, 0.2, 0.8


def suggested(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Lognormal priors for the case: the posterior, widened for what the record cannot show."""
    bound = next(r["bound"] for r in found["substitution"]["rates"] if r["year"] == EVIDENCE_TO)
    why = "bound with the rest, 2023; smuggling is unseen, so the width is assumed"
    rows = [prior("ceiling", NORTH, "either", (bound, UNSEEN_NORTH_KOREA), why)]
    for name in VARIANTS:
        west, north = (found[part]["variants"][name] for part in ("rerouting", "substitution"))
        monthly = "posterior, EU exports by five neighbours to 2023-06, widened"
        yearly = "posterior, two products to 2023, widened"
        rows += [
            prior("ceiling", WEST, name, widened(west["ceiling"], UNSEEN_CEILING), monthly),
            prior("rate", WEST, name, widened(west["rate"], UNSEEN_RATE), monthly),
            prior("rate", NORTH, name, widened(north["rate"], UNSEEN_RATE), yearly),
        ]
    return sorted(
        rows, key=lambda row: (row["route"], row["parameter"], row["variant"] == "network")
    )


def widened(posterior: Sequence[float], unseen: float) -> tuple[float, float]:
    """Median of a posterior, and its log-sd widened by the unseen part."""
    return posterior[1], math.hypot(posterior[3], unseen)


def prior(
    parameter: str, route: str, variant: str, lognormal: tuple[float, float], why: str
) -> dict[str, Any]:
    """One lognormal prior."""
    return {
        "parameter": f"evasion.{parameter}",
        "route": route,
        "variant": variant,
        "median": round(lognormal[0], 2),
        "log_sd": round(lognormal[1], 2),
        "why": why,
    }
