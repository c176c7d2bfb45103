"""The guide's loop, pass by pass: how far from an equilibrium its published tables are.

The Stata code of Yotov et al. (2016) repeats a regression until factory-gate prices change by less
than a hundredth from one pass to the next. Each pass estimates exporter and importer effects again,
on flows that the last changes in prices and resistances have moved. After the last pass, output and
expenditure follow prices, while inward resistances are those of the pass.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Float64

from servanda.sources import agtpa
from servanda.trade import estimate
from servanda.trade.resistance import balance
from studies.published_trade.comparison import COSTS, REFERENCE, SIGMA

Pairs = Float64[np.ndarray, "origin destination"]
Countries = Float64[np.ndarray, " country"]


class Pass(NamedTuple):
    """What one regression gives: fitted flows, and prices and resistances to the power 1 − σ."""

    flows: Pairs
    price: Countries
    inward: Countries
    outward: Countries


def passes(data: Path, number: int) -> list[pd.DataFrame]:
    """Changes in percent without borders, by country, after each pass of the guide's loop.

    Args:
        data: The folder that holds `models/`, with the guide's files.
        number: How many passes.
    """
    rows = agtpa.read_border_input(data / "models" / agtpa.INPUT, COSTS, REFERENCE)
    gravity = estimate(rows, COSTS)
    countries, home = gravity.countries, gravity.countries.index(REFERENCE)
    border = gravity.coefficients[COSTS.index("INTL_BRDR")]
    baseline = np.log(gravity.ease)
    free = baseline - border * (1 - np.eye(len(countries)))
    multiple = gravity.fitted.sum(axis=0) / gravity.fitted.sum(axis=1)

    def regress(log_ease: Pairs, flows: Pairs) -> Pass:
        output = flows.sum(axis=1)
        seller, buyer = balance(log_ease, output, flows.sum(axis=0))
        seller, buyer = seller + buyer[home], buyer - buyer[home]
        spent = multiple * output
        return Pass(
            np.exp(seller[:, None] + buyer + log_ease),
            price=np.exp(seller) / spent[home],
            inward=spent / np.exp(buyer) / spent[home],
            outward=output * spent[home] / np.exp(seller),
        )

    def risen(new: Countries, old: Countries) -> Countries:
        change: Countries = (new / old) ** (1 / (1 - SIGMA))
        return change

    start = regress(baseline, gravity.fitted)
    old, last = start, regress(free, start.flows)
    moved = np.ones((len(countries),) * 2)
    found = []
    for _ in range(number):
        price = risen(last.price, old.price)
        old, last = last, regress(free, last.flows * np.outer(price, price) / moved)
        moved = np.outer(last.outward / old.outward, last.inward / old.inward)
        price, inward = risen(last.price, start.price), risen(last.inward, start.inward)
        outward = risen(price * start.flows.sum(axis=1) / last.price, start.outward)
        changes = {"real_gdp": price / inward, "price": price, "inward": inward, "outward": outward}
        frame = pd.DataFrame(changes, index=list(countries))
        found.append(100 * (frame - 1))
    return found
