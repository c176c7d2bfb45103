"""What the record of exports says: leakage, its variants compared, and forecasts scored."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from servanda.sources.eurostat import Exports
from studies.rerouting import leakage as leaking
from studies.rerouting import neighbours
from studies.rerouting import scores as scoring
from studies.rerouting.diversion import Variant
from studies.rerouting.priors import Lognormal, Priors
from studies.rerouting.record import NEIGHBOURS, TARGET
from studies.rerouting.rounding import limits, mean, rounded
from studies.rerouting.scores import HORIZONS, MODELS, Score

VARIANTS: tuple[Variant, ...] = ("saturating", "network")
MADE_UP = 8  # records without diversion
KNOWN_LAGS = 3  # months over which increments of log evidence are taken to be correlated
# From one origin: told the loss after 2021, and told nothing after the first month of sanctions.
SINGLE = (("2021-12", "2022-03", True), ("2022-03", "2022-04", False))


def rerouted(exports: Exports) -> dict[str, Any]:
    """Leakage, its variants compared, and forecasts scored."""
    fits = fitted(exports, neighbours.PRIORS)
    scores = scoring.rolling(fits, exports)
    last = exports.months[-1]
    return {
        "first_month": exports.months[0],
        "last_month": last,
        "excess": rounded(leaking.excess_share(fits["saturating"])),
        "variants": {name: leaked(fits[name], last) for name in VARIANTS},
        "sensitivity": sensitivity(exports, fits),
        "nothing_there": nothing_there(exports),
        "rolling": [
            averaged([s for s in scores if s.horizon == horizon], model, horizon=horizon)
            for horizon in HORIZONS
            for model in MODELS
        ],
        "differences": differences(scores),
        "single": [
            averaged(once, model, origin=origin, told=told)
            for origin, first, told in SINGLE
            for once in [scoring.once(fits, exports, origin, first, told)]
            for model in MODELS
        ],
    }


def fitted(exports: Exports, priors: Priors) -> dict[str, neighbours.NeighboursFit]:
    """The three variants by the model's name."""
    return {
        "saturating": neighbours.fit(exports, "saturating", priors),
        "network": neighbours.fit(exports, "network", priors),
        "no-diversion": neighbours.fit(exports, "none", priors),
    }


def leaked(fit: neighbours.NeighboursFit, month: str) -> dict[str, Any]:
    """Posterior of one variant."""
    found = leaking.leakage(fit, month)
    single = ("last", "mean", "ceiling", "rate", *(("seed",) if fit.variant == "network" else ()))
    by_neighbour = ("last_of", "mean_of", "ceiling_of")
    return {
        **{name: limits(getattr(found, name)) for name in single},
        **{
            name: {code: limits(getattr(found, name)[code]) for code in NEIGHBOURS}
            for name in by_neighbour
        },
    }


def sensitivity(
    exports: Exports, fits: Mapping[str, neighbours.NeighboursFit]
) -> list[dict[str, Any]]:
    """Log Bayes factors and leakage at the priors used, and at others."""
    used = neighbours.PRIORS
    others = {
        "ρ: log-sd 1 for .5": replace(
            used, rate=Lognormal(used.rate.median, 1.0), nodes=(3, 25, 5, 31)
        ),
        "θ: half the median": replace(used, ceiling=Lognormal(0.0235, used.ceiling.log_sd)),
        "noise without memory": replace(used, noise=replace(used.noise, persistence=(0.0,))),
    }
    rows = [compared("as chosen", exports, fits)]
    return rows + [compared(what, exports, fitted(exports, p)) for what, p in others.items()]


def compared(
    what: str, exports: Exports, fits: Mapping[str, neighbours.NeighboursFit]
) -> dict[str, Any]:
    """Log Bayes factors over the sanctioned months, and leakage in the last of them."""
    before, last = exports.index(neighbours.SANCTIONS) - 1, exports.months[-1]
    path = {
        name: np.array([fits[name].joint(m).log_evidence for m in exports.months[before:]])
        for name in VARIANTS
    }
    monthly = np.diff(path["network"] - path["saturating"])
    error = scoring.newey_west(monthly, KNOWN_LAGS) * len(monthly)
    none = [fits["no-diversion"].joint(m).log_evidence for m in (exports.months[before], last)]
    over_none = path["saturating"][-1] - path["saturating"][0] - (none[1] - none[0])
    return {
        "what": what,
        "network_over_saturating": round(float(monthly.sum()), 4),
        "error": round(error, 4),
        "saturating_over_none": round(float(over_none), 4),
        **{name: limits(leaking.leakage(fits[name], last).last) for name in VARIANTS},
    }


def nothing_there(exports: Exports) -> list[float]:
    """Leakage found in made-up records without any, as noisy as the real one: medians' range.

    Their target loses what the record's does; neighbours keep a level, with noise of .15, φ = .5.
    """
    priors = replace(neighbours.PRIORS, nodes=(3, 9, 1, 25))
    size = len(exports.months), len(NEIGHBOURS)
    found = []
    for seed in range(MADE_UP):
        shocks = np.random.default_rng(seed).standard_normal(size)
        noise = shocks.copy()
        for month in range(1, len(noise)):
            noise[month] = 0.5 * noise[month - 1] + math.sqrt(0.75) * shocks[month]
        level = np.array([exports.of(code)[:36].mean() for code in NEIGHBOURS])
        value = np.column_stack([exports.of(TARGET), level * np.exp(0.15 * noise)])
        made_up = Exports(exports.months, (TARGET, *NEIGHBOURS), value)
        fit = neighbours.fit(made_up, "saturating", priors)
        found.append(leaking.leakage(fit, exports.months[-1], draws=1000).last.median)
    return [round(float(x), 4) for x in (min(found), np.median(found), max(found))]


def averaged(scores: Iterable[Score], model: str, **keys: Any) -> dict[str, Any]:
    """Mean scores of one model."""
    mine = [score for score in scores if score.model == model]
    return {
        **keys,
        "model": model,
        "log_score": mean(s.log_score for s in mine),
        "crps": mean(s.crps for s in mine),
        "covered": mean(s.covered for s in mine),
        "forecasts": len(mine),
        "by_neighbour": {
            code: mean(s.log_score for s in mine if s.partner == code) for code in NEIGHBOURS
        },
    }


def differences(scores: Sequence[Score]) -> list[dict[str, Any]]:
    """Each variant against every rival, and the two against each other."""
    pairs = [("network", "saturating")]
    pairs += [(variant, rival) for variant in VARIANTS for rival in scoring.RIVALS]
    rows = []
    for model, rival in pairs:
        for horizon in HORIZONS:
            mine = [score for score in scores if score.horizon == horizon]
            found = scoring.difference(mine, model, rival, horizon)
            rows.append(
                {
                    "model": model,
                    "rival": rival,
                    "horizon": horizon,
                    "mean": round(found.mean, 4),
                    "error": round(found.error, 4),
                    "months": found.months,
                }
            )
    return rows
