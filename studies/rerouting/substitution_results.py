"""What the record of imports says: rates of substitution, variants compared, forecasts scored."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from studies.rerouting import substitution
from studies.rerouting.diversion import VARIANTS as ALL_VARIANTS
from studies.rerouting.neighbour_results import VARIANTS
from studies.rerouting.rounding import limits, mean
from studies.rerouting.substitution import UNBANNED, Imports

EVIDENCE_TO = 2023  # the totals of 2024 were known in 2025, after the case's cut
FIRST_FORECAST = 2018  # from two years on


def substituted(imports: Imports) -> dict[str, Any]:
    """Rates of substitution, variants compared, and forecasts scored."""
    fits: dict[str, substitution.SubstitutionFit] = {
        name: substitution.fit(imports, name) for name in ALL_VARIANTS
    }
    parameters = {name: fits[name].parameters(EVIDENCE_TO) for name in VARIANTS}
    return {
        "variants": {
            name: {
                key: limits(value)
                for key, value in found.items()
                if key != "seed" or name == "network"
            }
            for name, found in parameters.items()
        },
        "rates": [
            {
                "year": year,
                "fitted_to": origin,
                **{
                    name: limits(fits[name].rate_of_substitution(origin, (year,))[year])
                    for name in VARIANTS
                },
                "plain": round(substitution.gain_share(imports, year), 4),
                "bound": round(substitution.rest_bound(imports, year), 4),
            }
            for year, origin in ((2019, EVIDENCE_TO), (2023, EVIDENCE_TO), (2024, 2024))
        ],
        "evidence": [
            {"closure": closure, **evidence(imports, closure)} for closure in ("stops", "runs")
        ],
        "scores": yearly(imports, fits),
    }


def evidence(imports: Imports, closure: substitution.Closure) -> dict[str, float]:
    """Log evidence of the years after the first, by variant."""
    fits = {n: substitution.fit(imports, n, closure=closure) for n in ALL_VARIANTS}
    return {
        name: round(fit.joint(EVIDENCE_TO).log_evidence - fit.joint(2016).log_evidence, 4)
        for name, fit in fits.items()
    }


def yearly(
    imports: Imports, fits: Mapping[str, substitution.SubstitutionFit]
) -> list[dict[str, Any]]:
    """Mean log scores of forecasts one year ahead, by product and together."""
    noise = substitution.PRIORS.noise
    scores: dict[str, list[dict[str, float]]] = {product: [] for product in UNBANNED}
    for row, product in enumerate(UNBANNED):
        for year in (y for y in fits["none"].seen[row] if y >= FIRST_FORECAST):
            value = math.log(imports.unbanned[product][imports.years.index(year)])
            made = {
                "no-substitution" if name == "none" else name: fit.foresee(year - 1, product)
                for name, fit in fits.items()
            }
            made["last-value"] = substitution.last_value(imports, year - 1, product, noise)
            scores[product].append({m: f.log_density(value) for m, f in made.items()})
    both = [one for product in UNBANNED for one in scores[product]]
    return [summary(name, rows) for name, rows in (*scores.items(), ("both", both))]


def summary(product: str, rows: Sequence[Mapping[str, float]]) -> dict[str, Any]:
    """Means, and the standard error of each difference from the last value."""
    entry: dict[str, Any] = {"product": product, "years": len(rows)}
    for model in rows[0]:
        apart = np.array([row[model] - row["last-value"] for row in rows])
        entry[model] = mean(row[model] for row in rows)
        if model != "last-value":
            entry[f"{model}_error"] = round(float(apart.std(ddof=1) / math.sqrt(len(apart))), 4)
    return entry
