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

from studies.published_trade.__main__ import BEGIN, END, PAGE, main, written
from studies.published_trade.comparison import (
    ENTREPOTS,
    PUBLISHED,
    REFERENCE,
    border_experiment,
    gaps,
    tables,
)
from studies.published_trade.loop import passes


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


def test_published_tables_on_the_page_are_those_of_the_study(data, found):
    page = PAGE.read_text(encoding="utf-8")
    shown = page.split(BEGIN)[1].split(END)[0].strip()
    # All but the last line, which is a rounding error and not the same on every machine.
    assert shown.splitlines()[:-1] == tables(data, found).strip().splitlines()[:-1]


def test_only_the_tables_of_a_page_are_replaced():
    page = f"before\n{BEGIN}\n\nold\n{END}\nafter\n"
    assert written(page, "new\n") == f"before\n{BEGIN}\n\nnew\n\n{END}\nafter\n"


def test_the_study_without_its_data(tmp_path, capsys):
    assert main(["--data", str(tmp_path)]) == 2
    assert capsys.readouterr() == (
        "",
        (
            "agtpa_ch2_border_input_2006.csv: found no such file,"
            f" expected a CSV file in {tmp_path / 'models'}\n"
        ),
    )


def test_the_published_tables_are_the_fifth_pass_of_a_loop_that_goes_on(data, found):
    rest = found.drop(list(ENTREPOTS))
    published, ours = (
        rest[[f"{name}{end}" for name in PUBLISHED]].to_numpy() for end in ("_published", "")
    )
    made = [one.loc[rest.index, list(PUBLISHED)].to_numpy() for one in passes(data, 20)]
    apart = [float(np.abs(one - published).max()) for one in made]  # percentage points
    assert apart[4] < 1e-5
    assert min(apart[:4] + apart[5:]) > 0.1
    # As the loop goes on, prices and resistances come nearer to ours, and real GDP does not.
    first, last = (np.abs(one - ours).max(axis=0) for one in (published, made[-1]))
    assert (last[1:] < first[1:]).all()
    assert last[0] == pytest.approx(first[0], abs=0.01)
