#!/usr/bin/env python3
"""Print published results of trade models beside this project's: a table for the documentation.

    scripts/published_trade.py --data DIR [--write]

With `--write` the tables go to their place in docs/trade.md. They quote a dozen countries of each.

DIR holds the publishers' files, which never enter the repository:

- `models/agtpa_ch2_*`: data and results of the border experiment in Yotov, Piermartini, Monteiro
  and Larch, "An Advanced Guide to Trade Policy Analysis" (WTO/UNCTAD 2016), chapter 2;
- `trade/gegravity_sample_30country_2006.csv`: the sample of gegravity (Herman 2021), which is run.

The guide calls Germany ZZZ so that Stata leaves out its effect, and puts its inward resistance at
1. Its money is therefore such that P is 1 there, and its outward resistance is in that money: Π of
Anderson and van Wincoop times world output to the power 1/(1−σ).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks import gegravity_model as oracle  # noqa: E402 - the line above finds it
from servanda.trade import Economy, counterfactual, estimate  # noqa: E402 - as above

SIGMA = 7.0
COSTS = ("ln_DIST", "CNTG", "INTL_BRDR")
REFERENCE, THEIR_REFERENCE = "DEU", "ZZZ"
ENTREPOTS = ("HKG", "MAC")
# Results of the guide: our name of each, and its column.
PUBLISHED = {
    "real_gdp": "change_rGDP_FULL",
    "price": "change_price_FULL",
    "inward": "change_IMR_FULL",
    "outward": "change_OMR_FULL",
}
MEANINGS = {
    "real_gdp": "real GDP",
    "price": "factory-gate price",
    "inward": "inward resistance",
    "outward": "outward resistance",
}
WORST = 6
PAGE = ROOT / "docs" / "trade.md"
BEGIN, END = "<!-- written by scripts/published_trade.py -->", "<!-- end of written -->"
LARGEST = 6


def border_experiment(data: Path, closure: str = "multiplicative") -> pd.DataFrame:
    """Changes in percent without borders, by country: ours, and with `_published`, the guide's."""
    rows = pd.read_csv(data / "models" / "agtpa_ch2_border_input_2006.csv")
    codes = {name: {THEIR_REFERENCE: REFERENCE} for name in ("exporter", "importer")}
    estimated = estimate(rows.dropna(subset=["trade"]).replace(codes), COSTS)
    economy, border = estimated.economy, estimated.coefficients[COSTS.index("INTL_BRDR")]
    no_border = np.full_like(economy.flows, np.exp(border / (SIGMA - 1)))
    np.fill_diagonal(no_border, 1)
    after = counterfactual(economy, no_border, SIGMA, closure)
    # Our money is such that world output stays; in theirs, it changes to 1 / level.
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
    return ours.join(_published(data), how="outer")


def _published(data: Path) -> pd.DataFrame:
    def table(which: str) -> pd.DataFrame:
        file = data / "models" / f"agtpa_ch2_app1_border_RESULTS{which}.csv"
        return pd.read_csv(file).set_index("country")

    producers, consumers = table("_producers"), table("_consumers")
    whole = table("").join(producers[["change_OMR_FULL"]])
    for file in (producers, consumers):  # what stands in two files is the same in both
        for column in set(file) & set(PUBLISHED.values()):
            np.testing.assert_allclose(file[column], whole.loc[file.index, column], rtol=1e-9)
    return pd.DataFrame({f"{name}_published": whole[column] for name, column in PUBLISHED.items()})


def gaps(found: pd.DataFrame) -> pd.DataFrame:
    """Percentage points between ours and the published, by country."""
    return pd.DataFrame({n: (found[n] - found[f"{n}_published"]).abs() for n in PUBLISHED})


def border_tables(found: pd.DataFrame) -> str:
    """A dozen countries, those furthest apart among them, and every gap."""
    apart = gaps(found)
    worst = apart["real_gdp"].nlargest(WORST).index
    others = found.drop(worst)["real_gdp"].sort_values().index
    evenly = others[np.linspace(0, len(others) - 1, 12 - WORST).round().astype(int)]
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
    """What Canada and Japan's agreement does, by gegravity and by us, to those it does most to."""
    sample = pd.read_csv(data / "trade" / "gegravity_sample_30country_2006.csv")
    estimated = estimate(sample, oracle.COSTS)
    theirs = oracle.simulate(
        sample, dict(zip(estimated.costs, estimated.coefficients.tolist(), strict=True))
    )
    change = theirs.cost_change
    economy = Economy(theirs.countries, theirs.flows)
    held = counterfactual(economy, change, oracle.SIGMA, "held-shares")
    default = counterfactual(economy, change, oracle.SIGMA)
    lines = [
        "| country | real GDP, gegravity | ours, its closure | ours, the default |",
        "|---|---|---|---|",
    ]
    for i in np.argsort(-np.abs(theirs.real_gdp - 1))[:LARGEST]:
        changes = (theirs.real_gdp[i], held.real_income[i], default.real_income[i])
        values = " | ".join(f"{100 * (value - 1):+.6f}" for value in changes)
        lines.append(f"| {theirs.countries[i]} | {values} |")
    most = 100 * np.abs(theirs.real_gdp - held.real_income).max()
    lines += ["", f"Largest gap of {len(theirs.countries)} countries: {most:.1e} points."]
    return "\n".join(lines)


def tables(data: Path) -> str:
    """Everything, as Markdown."""
    held = gaps(border_experiment(data, "held-shares"))["real_gdp"].drop(list(ENTREPOTS)).max()
    without = " and ".join(ENTREPOTS)
    return f"""\
Borders that cost nothing, 69 countries: change in percent, P = 1 in Germany.

{border_tables(border_experiment(data))}

With gegravity's closure, `held-shares`, the largest gap in real GDP would be {held:.1f} points
even without {without}.

Canada and Japan sign an agreement, 30 countries: change in percent.

{agreement_table(data)}
"""


def written(page: str, text: str) -> str:
    """A page with its tables replaced."""
    begin, rest = page.split(BEGIN)
    return f"{begin}{BEGIN}\n\n{text}\n{END}{rest.split(END, 1)[1]}"


def main() -> None:
    """Print the tables, or write them into the page."""
    parser = argparse.ArgumentParser(description="Print published results beside ours.")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="others' files")
    parser.add_argument("--write", action="store_true", help="into docs/trade.md")
    arguments = parser.parse_args()
    text = tables(arguments.data)
    if arguments.write:
        PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), text), encoding="utf-8")
    else:
        print(text)


if __name__ == "__main__":
    main()
