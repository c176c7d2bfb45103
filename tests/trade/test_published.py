"""A published result: what a world of 69 countries gains if borders cost nothing.

Yotov, Piermartini, Monteiro and Larch, "An Advanced Guide to Trade Policy Analysis" (WTO and
UNCTAD, 2016), chapter 2, application 1, with σ = 7. They solve by repeating PPML until prices
settle, with the same ratio of spending to output, and publish what that gives; it stands a little
off an exact solution, most for the two entrepôts, which re-export more than they make.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scripts.published_trade import ENTREPOTS, PUBLISHED, REFERENCE, border_experiment, gaps


@pytest.fixture(scope="module")
def found(data: Path) -> pd.DataFrame:
    return border_experiment(data)


def test_every_country_is_compared(found):
    assert len(found) == 69
    assert REFERENCE in found.index
    assert not found.isna().any(axis=None)


# In percentage points; the changes themselves reach 72, 44, −18 and −34 percent.
@pytest.mark.parametrize(
    ("result", "most", "entrepots"),
    [("real_gdp", 0.15, 0.65), ("price", 0.25, 0.5), ("inward", 0.25, 0.85), ("outward", 0.2, 0.6)],
)
def test_the_border_experiment_of_the_advanced_guide(found, result, most, entrepots):
    gap = gaps(found)[result]
    assert gap.drop(list(ENTREPOTS)).max() < most
    assert gap[list(ENTREPOTS)].max() < entrepots


@pytest.mark.parametrize(
    ("result", "least"),
    [("real_gdp", 0.9999), ("price", 0.9998), ("inward", 0.9998), ("outward", 0.9998)],
)
def test_countries_differ_as_published(found, result, least):
    assert np.corrcoef(found[result], found[f"{result}_published"])[0, 1] >= least


def test_inward_resistance_stays_1_in_the_reference_in_both(found):
    assert found.loc[REFERENCE, "inward"] == pytest.approx(0, abs=1e-9)
    assert found.loc[REFERENCE, "inward_published"] == 0
    assert set(PUBLISHED) == {"real_gdp", "price", "inward", "outward"}
