"""A published result: what a world of 69 countries gains if borders cost nothing.

Yotov, Piermartini, Monteiro and Larch, "An Advanced Guide to Trade Policy Analysis" (WTO and
UNCTAD, 2016), chapter 2, application 1. Estimates and σ = 7 are theirs.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from servanda.trade import Economy, counterfactual

SIGMA = 7.0
DISTANCE, CONTIGUITY, BORDER = -0.791, 0.674, -2.474


def fitted_economy(rows: pd.DataFrame) -> Economy:
    """Flows as PPML with exporter and importer effects fits them: it keeps every total."""
    countries = tuple(sorted(set(rows["exporter"])))
    log_cost = DISTANCE * rows["ln_DIST"] + CONTIGUITY * rows["CNTG"] + BORDER * rows["INTL_BRDR"]

    def matrix(values: pd.Series) -> np.ndarray:
        square = np.zeros((len(countries),) * 2)
        place = rows["exporter"].map(countries.index), rows["importer"].map(countries.index)
        square[place] = values
        return square

    trade, ease = matrix(rows["trade"]), matrix(np.exp(log_cost))
    sent, received = trade.sum(axis=1), trade.sum(axis=0)
    importer = np.ones(len(countries))
    for _ in range(2000):
        exporter = sent / (ease @ importer)
        importer = received / (ease.T @ exporter)
    return Economy(countries, exporter[:, None] * ease * importer)


def test_the_border_experiment_of_the_advanced_guide(data):
    models = data / "models"
    economy = fitted_economy(
        pd.read_csv(models / "agtpa_ch2_border_input_2006.csv").dropna(subset=["trade"])
    )
    no_border = np.full_like(economy.flows, np.exp(BORDER / (SIGMA - 1)))
    np.fill_diagonal(no_border, 1)
    after = counterfactual(economy, no_border, SIGMA)
    theirs = pd.read_csv(models / "agtpa_ch2_app1_border_RESULTS.csv").set_index("country")
    ours = pd.Series(100 * (after.real_income - 1), index=list(economy.countries))
    both = pd.DataFrame({"ours": ours, "theirs": theirs["change_rGDP_FULL"]}).dropna()
    assert len(both) >= 68
    gap = (both["ours"] - both["theirs"]).abs()
    entrepots = ["HKG", "MAC"]  # they re-export more than they make
    assert gap.drop(entrepots).max() < 0.15
    assert gap[entrepots].max() < 0.65
    assert np.corrcoef(both["ours"], both["theirs"])[0, 1] > 0.9999
