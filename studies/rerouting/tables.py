"""Tables of the study's results, in Markdown, from its file of results.

`rerouting_part`, `substitution_part` and `priors_part` fill the parts of docs/rerouting.md that
stand between `generated: rerouting`, `generated: substitution`, `generated: evasion priors` and
`end of generated`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from studies.rerouting.record import NEIGHBOURS
from studies.rerouting.results import Results
from studies.rerouting.scores import HORIZONS, MODELS
from studies.rerouting.substitution import UNBANNED

Row = Sequence[str]

TOLD = {True: "told the loss", False: "told nothing later"}
SUBSTITUTION_MODELS = ("saturating", "network", "no-substitution", "last-value")
NAMES = {"6704_wigs": "wigs", "2716_electricity": "electricity", "both": "both"}


def rerouting_part(results: Results) -> str:
    """Leakage through neighbours, and forecast scores."""
    found = results["rerouting"]
    bayes = (
        "Log Bayes factors over the sanctioned months, each variant told the loss month by month"
        " (standard error), and the last month's leakage:"
    )
    single = (
        "Forecasts of every later month from one origin. One origin is one event, so there is no"
        " standard error:"
    )
    pairs = "Mean log score of one model less another's, a neighbour and month (standard error):"
    parts = {
        "What the record to its last month says (median, 90 % interval):": _parameters(
            found["variants"]
        ),
        "Leakage by neighbour in the last month:": _by_neighbour(found),
        bayes: _sensitivity(found["sensitivity"]),
        "Leakage found in made-up records without any, as noisy as this one (medians):": _table(
            ("lowest", "middle", "highest"), [_three(found["nothing_there"])]
        ),
        "Forecasts from rolling origins, told nothing later; means:": _rolling(found["rolling"]),
        pairs: _differences(found["differences"]),
        "Mean log score by neighbour:": _log_scores(found["rolling"]),
        single: _single(found["single"]),
    }
    return _captioned(parts)


def substitution_part(results: Results) -> str:
    """Earnings that products outside the embargo won back, and forecast scores."""
    found = results["substitution"]
    rates = "Rate of substitution: earnings through wigs and electricity over what the ban took:"
    scores = (
        "Mean log score of forecasts one year ahead (standard error of the difference from"
        " `last-value`):"
    )
    parts = {
        "Parameters, fitted to 2023 (median, 90 % interval):": _substitution_parameters(
            found["variants"]
        ),
        rates: _substitution_rates(found["rates"]),
        "Log evidence of the years 2017 to 2023:": _substitution_evidence(found["evidence"]),
        scores: _substitution_scores(found["scores"]),
    }
    return _captioned(parts)


def priors_part(results: Results) -> str:
    """Priors for the case's evasion parameters that the fits suggest."""
    head = ("parameter", "route", "variant", "median", "log-sd", "from")
    rows = [
        (
            f"`{one['parameter']}`",
            f"`{one['route']}`",
            one["variant"],
            f"{one['median']:.2f}",
            f"{one['log_sd']:.2f}",
            one["why"],
        )
        for one in results["priors"]["suggested"]
    ]
    return _table(head, rows)


def _captioned(parts: Mapping[str, str]) -> str:
    return "\n".join(f"{caption}\n\n{text}" for caption, text in parts.items())


def _table(head: Row, rows: Iterable[Row]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _range(limits: Sequence[float], digits: int = 3) -> str:
    low, median, high = limits[:3]
    return f"{median:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def _three(values: Sequence[float]) -> Row:
    return tuple(f"{value:.2f}" for value in values)


def _parameters(variants: Results) -> str:
    rows = [
        (label, *(_range(variants[v][key]) for v in ("saturating", "network")))
        for label, key in (
            ("leakage in the last month", "last"),
            ("leakage, mean of sanctioned months", "mean"),
            ("Σ θ, ceiling of the five", "ceiling"),
            ("ρ, 1/month", "rate"),
        )
    ]
    rows.append(("s, seed", "–", _range(variants["network"]["seed"])))
    return _table(("quantity", "saturating", "network"), rows)


def _by_neighbour(found: Results) -> str:
    variants = found["variants"]
    rows = [
        (
            code,
            *(_range(variants[v]["last_of"][code]) for v in ("saturating", "network")),
            f"{found['excess'][code]:.3f}",
        )
        for code in NEIGHBOURS
    ]
    total = (_range(variants[v]["last"]) for v in ("saturating", "network"))
    rows.append(("all", *total, f"{found['excess']['all']:.3f}"))
    return _table(("neighbour", "saturating", "network", "plain excess, mean of months"), rows)


def _sensitivity(entries: Sequence[Results]) -> str:
    head = (
        "priors",
        "network over saturating",
        "saturating over no diversion",
        "leakage, saturating",
        "leakage, network",
    )
    rows = [
        (
            one["what"],
            f"{one['network_over_saturating']:+.1f} ({one['error']:.1f})",
            f"{one['saturating_over_none']:+.1f}",
            _range(one["saturating"], 2),
            _range(one["network"], 2),
        )
        for one in entries
    ]
    return _table(head, rows)


def _rolling(entries: Sequence[Results]) -> str:
    head = ("months ahead", "model", "log score", "CRPS", "in the 90 % interval", "forecasts")
    rows = [
        (
            str(one["horizon"]),
            one["model"],
            f"{one['log_score']:+.2f}",
            f"{one['crps']:.3f}",
            f"{one['covered']:.0%}",
            str(one["forecasts"]),
        )
        for one in entries
    ]
    return _table(head, rows)


def _differences(entries: Sequence[Results]) -> str:
    rows = []
    for pair in dict.fromkeys((one["model"], one["rival"]) for one in entries):
        mine = {one["horizon"]: one for one in entries if (one["model"], one["rival"]) == pair}
        cells = (f"{mine[h]['mean']:+.2f} ({mine[h]['error']:.2f})" for h in HORIZONS)
        rows.append((f"{pair[0]} less {pair[1]}", *cells))
    return _table(("models", *(f"{h} ahead" for h in HORIZONS)), rows)


def _log_scores(entries: Sequence[Results]) -> str:
    rows = [
        (
            str(one["horizon"]),
            one["model"],
            *(f"{one['by_neighbour'][code]:+.2f}" for code in NEIGHBOURS),
        )
        for one in entries
    ]
    return _table(("months ahead", "model", *NEIGHBOURS), rows)


def _single(entries: Sequence[Results]) -> str:
    rows = []
    for origin, told in dict.fromkeys((one["origin"], one["told"]) for one in entries):
        mine = {
            one["model"]: one for one in entries if (one["origin"], one["told"]) == (origin, told)
        }
        for model in MODELS:
            one = mine[model]
            cells = (f"{one['log_score']:+.2f}", f"{one['crps']:.3f}", f"{one['covered']:.0%}")
            rows.append((f"{origin}, {TOLD[told]}", model, *cells))
    return _table(("origin", "model", "log score", "CRPS", "in the 90 % interval"), rows)


def _substitution_parameters(variants: Results) -> str:
    rows = [
        (label, *(_range(variants[v][key]) for v in ("saturating", "network")))
        for label, key in (
            ("Σ θ, ceiling of both", "ceiling"),
            *((f"θ, {NAMES[product]}", product) for product in UNBANNED),
            ("ρ, 1/month", "rate"),
        )
    ]
    rows.append(("s, seed", "–", _range(variants["network"]["seed"])))
    return _table(("parameter", "saturating", "network"), rows)


def _substitution_rates(entries: Sequence[Results]) -> str:
    head = ("year", "fitted to", "saturating", "network", "plain sums", "bound with the rest")
    rows = [
        (
            str(one["year"]),
            str(one["fitted_to"]),
            _range(one["saturating"]),
            _range(one["network"]),
            f"{one['plain']:.3f}",
            f"{one['bound']:.3f}",
        )
        for one in entries
    ]
    return _table(head, rows)


def _substitution_evidence(entries: Sequence[Results]) -> str:
    head = ("clock of wigs in 2020–22", "saturating", "network", "no substitution")
    rows = [
        (one["closure"], *(f"{one[m]:.1f}" for m in ("saturating", "network", "none")))
        for one in entries
    ]
    return _table(head, rows)


def _substitution_scores(entries: Sequence[Results]) -> str:
    head = ("product", "years", *SUBSTITUTION_MODELS)
    rows = []
    for one in entries:
        cells = [
            f"{one[model]:+.2f}"
            + (f" ({one[model + '_error']:.2f})" if model != "last-value" else "")
            for model in SUBSTITUTION_MODELS
        ]
        rows.append((NAMES[one["product"]], str(one["years"]), *cells))
    return _table(head, rows)
