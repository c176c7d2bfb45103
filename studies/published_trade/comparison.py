"""The two comparisons, by country, and tables of them in Markdown."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks import gegravity_model as oracle
from servanda.sources import agtpa
from servanda.sources.gegravity import read_sample
from servanda.trade import Closure, Economy, counterfactual, estimate

SIGMA = 7.0
COSTS = ("ln_DIST", "CNTG", "INTL_BRDR")
REFERENCE = "DEU"
ENTREPOTS = ("HKG", "MAC")
# Results of the guide: name in this project, and column.
PUBLISHED = dict(zip(("real_gdp", "price", "inward", "outward"), agtpa.CHANGES, strict=True))
MEANINGS = {
    "real_gdp": "real GDP",
    "price": "factory-gate price",
    "inward": "inward resistance",
    "outward": "outward resistance",
}
WORST = 6
SHOWN = 12
LARGEST = 6


def border_experiment(data: Path, closure: Closure = "multiplicative") -> pd.DataFrame:
    """Changes in percent without borders, by country: ours, and the guide's (`_published`).

    Args:
        data: The folder that holds `models/`, with the guide's files.
        closure: The closure of our model.

    Raises:
        CaseError: A file is not what `servanda.sources.agtpa` expects.
    """
    rows = agtpa.read_border_input(data / "models" / agtpa.INPUT, COSTS, REFERENCE)
    estimated = estimate(rows, COSTS)
    economy, border = estimated.economy, estimated.coefficients[COSTS.index("INTL_BRDR")]
    no_border = np.full_like(economy.flows, np.exp(border / (SIGMA - 1)))
    np.fill_diagonal(no_border, 1)
    after = counterfactual(economy, no_border, SIGMA, closure)
    # Our unit of money keeps world output constant; in theirs it changes to 1 / level.
    level = after.inward[economy.countries.index(REFERENCE)]
    changes = {
        "real_gdp": after.real_income,
        "price": after.price / level,
        "inward": after.inward / level,
        "outward": after.outward * level * level ** (1 / (SIGMA - 1)),
    }
    ours = pd.DataFrame(
        {name: 100 * (change - 1) for name, change in changes.items()},
        index=list(economy.countries),
    )
    results = agtpa.read_border_results(data / "models")
    columns = {f"{name}_published": results[column] for name, column in PUBLISHED.items()}
    return ours.join(pd.DataFrame(columns), how="outer")


def gaps(found: pd.DataFrame) -> pd.DataFrame:
    """Percentage points between ours and the published, by country."""
    return pd.DataFrame({n: (found[n] - found[f"{n}_published"]).abs() for n in PUBLISHED})


def border_tables(found: pd.DataFrame) -> str:
    """A dozen countries, including those with the largest gaps, and a summary of all gaps."""
    apart = gaps(found)
    worst = apart["real_gdp"].nlargest(WORST).index
    others = found.drop(worst)["real_gdp"].sort_values().index
    evenly = others[np.linspace(0, len(others) - 1, SHOWN - WORST).round().astype(int)]
    lines = [
        "| country | real GDP, published | ours | price, published | ours |",
        "|---|---|---|---|---|",
    ]
    for country in (*worst, *evenly):
        row = found.loc[country]
        values = [row[f"{n}{end}"] for n in ("real_gdp", "price") for end in ("_published", "")]
        lines.append(f"| {country} | " + " | ".join(f"{value:+.2f}" for value in values) + " |")
    without = " and ".join(ENTREPOTS)
    lines += [
        "",
        f"| of {len(found)} countries | largest gap, points | without {without} | correlation |",
        "|---|---|---|---|",
    ]
    for name, meaning in MEANINGS.items():
        together = np.corrcoef(found[name], found[f"{name}_published"])[0, 1]
        most, rest = apart[name].max(), apart[name].drop(list(ENTREPOTS)).max()
        lines.append(f"| {meaning} | {most:.2f} | {rest:.2f} | {together:.6f} |")
    return "\n".join(lines)


def agreement_table(data: Path) -> str:
    """Effects of an agreement of Canada and Japan in both models, for the most affected."""
    sample = read_sample(data / "trade" / "gegravity_sample_30country_2006.csv")
    estimated = estimate(sample, oracle.COSTS)
    theirs = oracle.simulate(
        sample, dict(zip(estimated.costs, estimated.coefficients.tolist(), strict=True))
    )
    change = theirs.cost_change
    economy = Economy(theirs.countries, theirs.flows)
    held = counterfactual(economy, change, oracle.SIGMA, "held-shares")
    ours = counterfactual(economy, change, oracle.SIGMA, "multiplicative")
    lines = [
        "| country | real GDP, gegravity | ours, its closure | ours, `multiplicative` |",
        "|---|---|---|---|",
    ]
    for i in np.argsort(-np.abs(theirs.real_gdp - 1))[:LARGEST]:
        changes = (theirs.real_gdp[i], held.real_income[i], ours.real_income[i])
        values = " | ".join(f"{100 * (value - 1):+.6f}" for value in changes)
        lines.append(f"| {theirs.countries[i]} | {values} |")
    most = 100 * np.abs(theirs.real_gdp - held.real_income).max()
    lines += ["", f"Largest gap of {len(theirs.countries)} countries: {most:.1e} points."]
    return "\n".join(lines)


def tables(data: Path, found: pd.DataFrame) -> str:
    """All tables, as Markdown, given our `border_experiment`."""
    held = gaps(border_experiment(data, "held-shares"))["real_gdp"].drop(list(ENTREPOTS)).max()
    without = " and ".join(ENTREPOTS)
    return f"""\
Borders that cost nothing, 69 countries: change in percent, P = 1 in Germany.

{border_tables(found)}

With gegravity's closure, `held-shares`, the largest gap in real GDP would be {held:.1f} points
even without {without}.

Canada and Japan sign an agreement, 30 countries: change in percent.

{agreement_table(data)}
"""
