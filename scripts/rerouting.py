#!/usr/bin/env python3
"""Hold rerouting and product substitution against the record, and print what came of it.

    scripts/rerouting.py --data DIR [--write]

DIR holds the publishers' files, which never enter the repository:

- `trade/eu_exports_to_russia_neighbours_monthly.csv`, Eurostat's monthly exports of member states
  (euros) to Russia and five neighbours;
- `dprk/comtrade_china_imports_from_dprk_by_hs_2016_2024_usd.csv`, China's imports from North Korea
  by heading (UN Comtrade, dollars a year).

With `--write` the fitted numbers, scores and intervals go to docs/rerouting_results.toml, which the
tables of docs/rerouting.md are made from. It holds no series of others.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from servanda.errors import ServandaError
from servanda.rerouting import fit as quadrature
from servanda.rerouting import leakage as leaking
from servanda.rerouting import neighbours, substitution
from servanda.rerouting import scores as scoring
from servanda.rerouting.exports import NEIGHBOURS, Exports, read_exports
from servanda.rerouting.priors import Lognormal, Priors
from servanda.rerouting.scores import HORIZONS, MODELS, Score
from servanda.rerouting.substitution import UNBANNED, Imports, read_imports
from servanda.rerouting.tables import priors_part, rerouting_part, substitution_part

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "docs/rerouting_results.toml"
EXPORTS = "trade/eu_exports_to_russia_neighbours_monthly.csv"
IMPORTS = "dprk/comtrade_china_imports_from_dprk_by_hs_2016_2024_usd.csv"

VARIANTS = ("saturating", "network")
WEST, NORTH = "west-to-russia", "world-to-north-korea"
MADE_UP = 8  # records without diversion
KNOWN_LAGS = 3  # months over which increments of log evidence are taken to be correlated
EVIDENCE_TO = 2023  # the totals of 2024 were known in 2025, after the case's cut
FIRST_FORECAST = 2018  # from two years on
# What the record cannot say, as log-sd, added to the posterior's: how much of the recorded excess
# went on to the target, and how much went by routes that are not in the file. Assumed.
UNSEEN_CEILING, UNSEEN_RATE, UNSEEN_NORTH_KOREA = 0.4, 0.2, 0.8
# From one origin: told the loss after 2021, and told nothing after the first month of sanctions.
SINGLE = (("2021-12", "2022-03", True), ("2022-03", "2022-04", False))


def results(data: Path) -> dict[str, Any]:
    """Everything that is reported."""
    exports, imports = read_exports(data / EXPORTS), read_imports(data / IMPORTS)
    found = {"rerouting": rerouted(exports), "substitution": substituted(imports)}
    return {**found, "priors": {"suggested": suggested(found)}}


# ── rerouting ─────────────────────────────────────────────────────────────────────────────────────


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


def fitted(exports: Exports, priors: Priors) -> dict[str, neighbours.Fit]:
    """The three variants by the model's name."""
    return {
        "saturating": neighbours.fit(exports, "saturating", priors),
        "network": neighbours.fit(exports, "network", priors),
        "no-diversion": neighbours.fit(exports, "none", priors),
    }


def limits(one: quadrature.Interval) -> list[float]:
    """Low, median, high and the log's standard deviation, rounded."""
    return [round(x, 4) for x in (one.low, one.median, one.high, one.log_sd)]


def leaked(fit: neighbours.Fit, month: str) -> dict[str, Any]:
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


def sensitivity(exports: Exports, fits: Mapping[str, neighbours.Fit]) -> list[dict[str, Any]]:
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


def compared(what: str, exports: Exports, fits: Mapping[str, neighbours.Fit]) -> dict[str, Any]:
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
        value = np.column_stack([exports.of("RUS"), level * np.exp(0.15 * noise)])
        made_up = Exports(exports.months, ("RUS", *NEIGHBOURS), value)
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


# ── substitution ──────────────────────────────────────────────────────────────────────────────────


def substituted(imports: Imports) -> dict[str, Any]:
    """Rates of substitution, variants compared, and forecasts scored."""
    fits = {name: substitution.fit(imports, name) for name in (*VARIANTS, "none")}
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
    fits = {n: substitution.fit(imports, n, closure=closure) for n in (*VARIANTS, "none")}
    return {
        name: round(fit.joint(EVIDENCE_TO).log_evidence - fit.joint(2016).log_evidence, 4)
        for name, fit in fits.items()
    }


def yearly(imports: Imports, fits: Mapping[str, substitution.Fit]) -> list[dict[str, Any]]:
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


# ── priors, printing and writing ──────────────────────────────────────────────────────────────────


def suggested(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Lognormal priors for the case: the posterior, widened by what the record cannot say."""
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
    """Median of a posterior, and its log-sd with what is unseen added."""
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


def mean(values: Iterable[float]) -> float:
    """Their mean, to four decimals."""
    return round(float(np.mean(list(values))), 4)


def rounded(values: Mapping[str, float]) -> dict[str, float]:
    """Each to four decimals."""
    return {key: round(value, 4) for key, value in values.items()}


def toml(values: Mapping[str, Any], path: tuple[str, ...] = ()) -> str:
    """Tables, lists of tables and plain values as TOML."""
    plain, below = [], []
    for key, value in values.items():
        inside = (*path, key)
        if isinstance(value, Mapping):
            below.append(f"\n[{'.'.join(inside)}]\n" + toml(value, inside))
        elif isinstance(value, list) and isinstance(value[0], Mapping):
            below += [f"\n[[{'.'.join(inside)}]]\n" + toml(one, inside) for one in value]
        else:
            plain.append(f"{key} = {written(value)}\n")
    return "".join(plain + below)


def written(value: Any) -> str:
    """One plain value as TOML."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    return str(value)


def main() -> int:
    """Print the tables, and write them with --write; or say on one line why not."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the publishers' files")
    parser.add_argument("--write", action="store_true", help=f"write docs/{RESULTS.name}")
    arguments = parser.parse_args()
    for name in (EXPORTS, IMPORTS):
        if not (arguments.data / name).is_file():
            print(f"--data: found no {name} in it, expected the file", file=sys.stderr)
            return 2
    try:
        found = results(arguments.data)
    except ServandaError as error:
        print(error, file=sys.stderr)
        return 2
    print("\n".join(part(found) for part in (rerouting_part, substitution_part, priors_part)))
    if arguments.write:
        head = (
            "# Written by scripts/rerouting.py: fitted numbers and scores, no series of others.\n"
        )
        RESULTS.write_text(head + toml(found), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
