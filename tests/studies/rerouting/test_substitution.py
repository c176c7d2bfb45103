"""Product substitution: the embargo's arithmetic, the closed border, the record."""

from __future__ import annotations

import math
import tomllib
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from servanda.errors import CaseError, UsageError
from studies.rerouting.diversion import diverted
from studies.rerouting.fit import Noise
from studies.rerouting.results import IMPORTS
from studies.rerouting.substitution import (
    ELECTRICITY,
    PRIORS,
    WIGS,
    Imports,
    fit,
    gain_share,
    last_value,
    read_imports,
    rest_bound,
)

ROOT = Path(__file__).resolve().parents[3]
RESULTS = ROOT / "docs" / "rerouting_results.toml"
COARSE = replace(PRIORS, nodes=(3, 17, 5, 41), noise=Noise((0.0,), 2.0, 0.05))
coarse_fit = partial(fit, priors=COARSE)
YEARS = tuple(range(2016, 2025))


def world(wigs: float, electricity: float = 0.0, rate: float = 0.05) -> Imports:
    """An embargo that takes 1200 at the start of 2017; the border is closed in 2020–22."""
    loss = np.array([[0.0, *[1200.0] * 8]])
    monthly = np.repeat(loss / 12, 12, axis=1)
    path = diverted("saturating", monthly, np.array([rate]), np.zeros(1))[0]
    by_year = path.reshape(9, 12).sum(axis=1)
    # Wigs' clock stands still for three years: 2023 goes on from 2019.
    opened = np.array([*by_year[:4], 0, 0, 0, *by_year[4:6]])
    return Imports(
        YEARS,
        np.array([1200.0, *[0.0] * 8]),
        {WIGS: 5 + wigs * opened, ELECTRICITY: 10 + electricity * by_year},
        np.full(9, 30.0),
    )


# ── by hand ───────────────────────────────────────────────────────────────────────────────────────


def test_the_plain_share_by_hand():
    # Of 1200 lost, wigs bring 24 more and electricity 6 more: 30/1200; the rest of 30 as well: 60.
    imports = Imports(
        (2016, 2017, 2018),
        np.array([1200.0, 600.0, 0.0]),
        {WIGS: np.array([1.0, 5.0, 25.0]), ELECTRICITY: np.array([4.0, 5.0, 10.0])},
        np.array([500.0, 100.0, 30.0]),
    )
    assert gain_share(imports, 2018) == pytest.approx(0.025)
    assert gain_share(imports, 2017) == pytest.approx(5 / 600)
    assert rest_bound(imports, 2018) == pytest.approx(0.05)


def test_the_last_value_with_one_change_by_hand():
    # Inverse gamma 2 and 2·.16 with one squared change of .04: rate .34 and shape 2.5.
    imports = world(0.0)
    changed = {WIGS: np.array([1.0, math.exp(0.2), *[1.0] * 7]), ELECTRICITY: np.ones(9)}
    imports = Imports(YEARS, imports.banned, changed, imports.rest)
    found = last_value(imports, 2017, WIGS, Noise((0.0,), 2.0, 0.4))
    assert float(found.centre[0]) == pytest.approx(0.2)
    assert float(found.scale[0]) == pytest.approx(math.sqrt(0.34 / 2.5))
    assert found.freedom == 5.0


# ── laws ──────────────────────────────────────────────────────────────────────────────────────────


def test_a_made_up_substitution_is_recovered():
    found = coarse_fit(world(0.1, 0.02), "saturating")
    parameters = found.parameters(2024)
    assert parameters[WIGS].low < 0.1 < parameters[WIGS].high
    assert parameters[ELECTRICITY].low < 0.02 < parameters[ELECTRICITY].high
    assert parameters["rate"].low < 0.05 < parameters["rate"].high
    rates = found.rate_of_substitution(2024, (2019, 2024))
    for year, one in rates.items():
        assert one.low < gain_share(world(0.1, 0.02), year) < one.high


def test_no_substitution_is_preferred_where_there_is_none():
    none, saturating = (
        coarse_fit(world(0.0), variant).joint(2024) for variant in ("none", "saturating")
    )
    assert none.log_evidence > saturating.log_evidence
    rate = coarse_fit(world(0.0), "saturating").rate_of_substitution(2024, (2024,))[2024]
    assert rate.high < 0.01


def test_closed_years_are_no_evidence_of_wigs():
    imports = world(0.1, 0.02)
    stormy = {**imports.unbanned, WIGS: imports.unbanned[WIGS].copy()}
    stormy[WIGS][4:7] = [0.1, 500.0, 3.0]
    other = Imports(YEARS, imports.banned, stormy, imports.rest)
    one, two = (
        coarse_fit(record, "network").joint(2024).log_evidence for record in (imports, other)
    )
    assert one == pytest.approx(two)


def test_a_clock_that_stops_is_preferred_where_it_stopped():
    imports = world(0.1, rate=0.02)
    stops, runs = (
        coarse_fit(imports, "saturating", closure=closure).joint(2024).log_evidence
        for closure in ("stops", "runs")
    )
    assert stops > runs


def test_a_forecast_does_not_see_the_year_it_is_of():
    imports = world(0.1, 0.02)
    bent = {
        name: np.array([*values[:3], *values[3:] * 7]) for name, values in imports.unbanned.items()
    }
    banned = np.array([*imports.banned[:3], *[400.0] * 6])
    other = Imports(YEARS, banned, bent, imports.rest)
    scores = [
        coarse_fit(record, "network").foresee(2018, WIGS).log_density(3.0)
        for record in (imports, other)
    ]
    assert scores[0] == pytest.approx(scores[1], rel=1e-9)


def test_a_closed_year_is_not_forecast():
    with pytest.raises(UsageError) as error:
        coarse_fit(world(0.1), "saturating").foresee(2019, WIGS)
    assert str(error.value) == (
        "forecast of 6704_wigs in 2020: found a year that does not count as evidence,"
        " expected one of 2017, 2018, 2019, 2023, 2024"
    )


# ── faults of the record ──────────────────────────────────────────────────────────────────────────

COLUMNS = (
    "year,6704_wigs,2701_coal,2601_iron_ore,61_knit_apparel,62_woven_apparel,03_seafood,"
    "2716_electricity,TOTAL"
)
ROWS = [f"{year},2000000,90000000,1,1,1,1,3000000,99000000" for year in (2016, 2017, 2018)]


def refused(folder: Path, rows: list[str]) -> str:
    path = folder / "imports.csv"
    path.write_text("\n".join([COLUMNS, *rows]) + "\n", encoding="utf-8")
    with pytest.raises(CaseError) as error:
        read_imports(path)
    return str(error.value)


def test_a_faulty_record_is_refused_on_one_line(tmp_path):
    assert refused(tmp_path, ROWS[:2]) == "imports.csv: found 2 years, expected 3 or more"
    assert refused(tmp_path, [*ROWS[1:], ROWS[2].replace("2018", "2019")]) == (
        "imports.csv: found 2017 first, expected 2016, the baseline"
    )
    assert refused(tmp_path, [ROWS[0].replace(",2000000,", ",0,"), *ROWS[1:]]) == (
        "imports.csv, 2016: found no 6704_wigs, expected a positive number"
    )


def test_products_are_banned_or_not_or_the_rest(tmp_path):
    path = tmp_path / "imports.csv"
    path.write_text("\n".join([COLUMNS, *ROWS]) + "\n", encoding="utf-8")
    imports = read_imports(path)
    # 90 and four times a millionth; 2 and 3; of 99.
    assert imports.banned.tolist() == pytest.approx([90.000004] * 3)
    assert {name: values[0] for name, values in imports.unbanned.items()} == {
        WIGS: 2.0,
        ELECTRICITY: 3.0,
    }
    assert imports.rest.tolist() == pytest.approx([3.999996] * 3)


# ── the record itself ─────────────────────────────────────────────────────────────────────────────


def test_the_bans_took_what_they_named(data):
    imports = read_imports(data / IMPORTS)
    assert imports.years == YEARS
    assert (imports.banned[2:] < 1e-4 * imports.banned[0]).all()
    for year in (2019, 2023):
        assert 0 < gain_share(imports, year) < rest_bound(imports, year) < 0.2


def test_substitution_stays_within_its_bound():
    found = tomllib.loads(RESULTS.read_text(encoding="utf-8"))["substitution"]
    for one in found["rates"]:
        for variant in ("saturating", "network"):
            low, median, high, _ = one[variant]
            assert 0 < low < median < high
            assert median < one["bound"]
