"""Survival estimates: by hand, against closed forms, and laws that hold for any record."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise, product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from servanda.errors import CaseError, ServandaError
from servanda.history import (
    Band,
    Conditions,
    Lifetimes,
    ReferenceClass,
    band_at,
    fit_bands,
    fit_class,
    kaplan_meier,
    lifetimes,
    probability_of_ending,
    read_fitted,
    select,
    write_fitted,
)
from servanda.sources.atop import Alliance, Ending

AGES = (0.0, 2.0, 5.0, 10.0)
NAMES = ("bilateral", "wartime", "defence")
FLAGS = [
    frozenset(name for name, has in zip(NAMES, which, strict=True) if has)
    for which in product((False, True), repeat=3)
]
# How many days ago an alliance began, how it ended, and what it is.
LIVES = st.tuples(st.integers(1, 20_000), st.sampled_from(Ending), st.sampled_from(FLAGS))


def lives(years: Sequence[float], ended: Sequence[bool]) -> Lifetimes:
    endings = tuple(Ending.VIOLATED if end else Ending.IN_FORCE for end in ended)
    return Lifetimes(np.array(years, dtype=np.float64), np.array(ended, dtype=np.bool_), endings)


@st.composite
def records(draw: st.DrawFn) -> tuple[Alliance, ...]:
    today, made = date(2018, 12, 31), []
    for number, (days, ending, flags) in enumerate(draw(st.lists(LIVES, min_size=1, max_size=40))):
        end = None if ending is Ending.IN_FORCE else today
        made.append(Alliance(number, today - timedelta(days=days), end, ending, flags))
    return tuple(made)


def test_kaplan_meier_by_hand() -> None:
    # Five alliances: ended at 1, 3 and 5; lost from sight at 2 and 4.
    curve = kaplan_meier(lives([1, 2, 3, 4, 5], [True, False, True, False, True]))
    assert curve.at(0.0) == 1
    assert curve.at(0.99) == 1
    assert curve.at(1.0) == pytest.approx(4 / 5)
    assert curve.at(2.5) == pytest.approx(4 / 5)
    assert curve.at(3.0) == pytest.approx(4 / 5 * 2 / 3)
    assert curve.at(5.0) == pytest.approx(0, abs=1e-12)
    assert curve.ending_between(1.0, 4.0) == pytest.approx(1 / 3)
    # Greenwood at 3: the variance of log S is 1/(5*4) + 1/(3*2); limits on the log-log scale.
    share = 8 / 15
    spread = 1.959964 * math.sqrt(1 / 20 + 1 / 6) / abs(math.log(share))
    low, high = curve.limits(3.0)
    assert low == pytest.approx(share ** math.exp(spread), rel=1e-5)
    assert high == pytest.approx(share ** math.exp(-spread), rel=1e-5)


def test_bands_by_hand() -> None:
    # Ages 1, 3 (ended), 4 (censored), 12 (ended): exposure 1+2+2+2, then 0+1+2+3, then 7.
    record = lives([1, 3, 4, 12], [True, True, False, True])
    young, middle, old = fit_bands(record, (0.0, 2.0, 5.0), min_events=1)
    assert (young.events, young.exposure_months) == (1, 84)
    assert (middle.events, middle.exposure_months) == (1, 72)
    assert (old.events, old.exposure_months) == (1, 84)
    assert young.hazard_mean == pytest.approx(1.5 / 84)
    # The lognormal has the mean and the variance of Gamma(1.5, 84).
    assert young.hazard_median * math.exp(young.hazard_log_sd**2 / 2) == pytest.approx(1.5 / 84)
    variance = math.expm1(young.hazard_log_sd**2) * young.hazard_mean**2
    assert variance == pytest.approx(1.5 / 84**2)


def test_a_band_with_too_few_endings_joins_the_next() -> None:
    record = lives([1, 3, 4, 12], [True, True, False, True])
    (first, last) = fit_bands(record, (0.0, 2.0, 5.0, 20.0), min_events=1)[:2]
    assert (first.age_from, first.age_to) == (0, 2)
    assert (last.age_from, last.age_to) == (2, 5)
    (whole,) = fit_bands(record, (0.0, 2.0, 5.0), min_events=3)
    assert (whole.age_from, whole.age_to, whole.events) == (0, math.inf, 3)
    assert whole.exposure_months == 240
    # Nothing ends after 12: the open band joins the one before it.
    assert fit_bands(record, (0.0, 2.0, 20.0), min_events=1)[-1].age_from == 2


def test_exponential_lifetimes_against_the_closed_form() -> None:
    rate, number, cut = 0.13, 4_000, 9.0
    grid = (np.arange(number) + 0.5) / number
    years = -np.log1p(-grid) / rate
    record = lives(np.minimum(years, cut).tolist(), (years <= cut).tolist())

    curve = kaplan_meier(record)
    for age in (0.5, 2.0, 5.0, 8.5):
        assert curve.at(age) == pytest.approx(math.exp(-rate * age), abs=1e-3)
    bands = fit_bands(record, (0.0, 2.0, 5.0), min_events=5)
    for band in bands:
        assert band.hazard_mean == pytest.approx(rate / 12, rel=0.01)
    expected = 1 - math.exp(-rate * 6)
    assert probability_of_ending(bands, 0.5, 6.5) == pytest.approx(expected, abs=2e-3)
    assert curve.ending_between(0.5, 6.5) == pytest.approx(expected, abs=2e-3)


def test_probability_of_ending_averages_over_the_posterior() -> None:
    # Gamma(1.5, 100) for 50 months: survival (100/150)**1.5; then Gamma(2.5, 40) for 20.
    bands = (Band(0.0, 50 / 12, 1, 100.0), Band(50 / 12, math.inf, 2, 40.0))
    assert probability_of_ending(bands, 0.0, 50 / 12) == pytest.approx(1 - (100 / 150) ** 1.5)
    assert probability_of_ending(bands, 0.0, 70 / 12) == pytest.approx(
        1 - (100 / 150) ** 1.5 * (40 / 60) ** 2.5
    )
    assert probability_of_ending(bands, 3.0, 3.0) == 0
    assert band_at(bands, 50 / 12) is bands[1]
    with pytest.raises(CaseError):
        band_at(bands, -1.0)


@given(records())
def test_survival_starts_at_one_and_never_rises(record: tuple[Alliance, ...]) -> None:
    curve = kaplan_meier(lifetimes(record))
    assert curve.survival[0] == 1
    assert np.all(np.diff(curve.survival) <= 0)
    assert np.all((curve.survival >= 0) & (curve.survival <= 1))


@given(records(), st.randoms(use_true_random=False))
def test_relabelling_and_reordering_change_nothing(
    record: tuple[Alliance, ...], random: object
) -> None:
    order = list(range(len(record)))
    random.shuffle(order)  # type: ignore[attr-defined]
    renamed = [
        Alliance(900 + i, record[i].begin, record[i].end, record[i].ending, record[i].flags)
        for i in order
    ]
    one = fit_class("x", lifetimes(record), AGES, 2)
    other = fit_class("x", lifetimes(renamed), AGES, 2)
    assert one.n_ended == other.n_ended
    assert one.endings == other.endings
    assert one.five_year_survival == pytest.approx(other.five_year_survival, nan_ok=True)
    for mine, theirs in zip(one.bands, other.bands, strict=True):
        assert mine.events == theirs.events
        assert mine.exposure_months == pytest.approx(theirs.exposure_months)


@given(records())
def test_a_class_of_everyone_is_the_pooled_estimate(record: tuple[Alliance, ...]) -> None:
    everyone = select(record, ReferenceClass("all", "all", "", Conditions()))
    assert everyone == record
    wartime = select(record, ReferenceClass("w", "w", "", Conditions(wartime=True)))
    peace = select(record, ReferenceClass("p", "p", "", Conditions(wartime=False)))
    assert sorted(one.atop_id for one in wartime + peace) == [one.atop_id for one in record]
    pooled = fit_bands(lifetimes(record), (0.0,), 1)[0]
    parts = [fit_bands(lifetimes(part), (0.0,), 1)[0] for part in (wartime, peace)]
    assert sum(part.events for part in parts) == pooled.events
    assert sum(p.exposure_months for p in parts) == pytest.approx(pooled.exposure_months)


@given(records(), st.integers(1, 10))
def test_bands_share_out_every_ending_and_all_exposure(
    record: tuple[Alliance, ...], min_events: int
) -> None:
    seen = lifetimes(record)
    bands = fit_bands(seen, AGES, min_events)
    assert sum(band.events for band in bands) == seen.ended.sum()
    assert sum(band.exposure_months for band in bands) == pytest.approx(12 * seen.years.sum())
    assert bands[0].age_from == 0
    assert bands[-1].age_to == math.inf
    assert all(a.age_to == b.age_from for a, b in pairwise(bands))
    assert len(bands) == 1 or all(band.events >= min_events for band in bands)


@given(records(), st.floats(0, 30), st.floats(0, 30))
def test_a_longer_wait_never_makes_ending_less_likely(
    record: tuple[Alliance, ...], first: float, second: float
) -> None:
    bands = fit_bands(lifetimes(record), AGES, 2)
    sooner, later = sorted([first, second])
    assert (
        0
        <= probability_of_ending(bands, 0.0, sooner)
        <= probability_of_ending(bands, 0.0, later)
        < 1
    )


@given(records())
def test_twice_the_age_is_half_the_hazard(record: tuple[Alliance, ...]) -> None:
    seen = lifetimes(record)
    slower = Lifetimes(2 * seen.years, seen.ended, seen.endings)
    doubled = fit_bands(slower, [2 * age for age in AGES], 2)
    for fast, slow in zip(fit_bands(seen, AGES, 2), doubled, strict=True):
        assert slow.hazard_mean == pytest.approx(fast.hazard_mean / 2)
        assert slow.hazard_log_sd == fast.hazard_log_sd


@given(record=records())
def test_a_written_table_reads_back(
    tmp_path_factory: pytest.TempPathFactory, record: tuple[Alliance, ...]
) -> None:
    path = tmp_path_factory.mktemp("table") / "fitted.csv"
    one = fit_class("some class", lifetimes(record), AGES, 3)
    write_fitted(path, [one])
    back = read_fitted(path)["some class"]
    assert (back.n_alliances, back.n_ended, back.endings) == (
        one.n_alliances,
        one.n_ended,
        one.endings,
    )
    for mine, theirs in zip(one.bands, back.bands, strict=True):
        assert theirs.events == mine.events
        assert theirs.exposure_months == pytest.approx(mine.exposure_months, abs=0.051)


def test_shares_count_only_coded_endings() -> None:
    endings = (Ending.FULFILLED, Ending.VIOLATED, Ending.VIOLATED, Ending.UNCODED, Ending.IN_FORCE)
    record = Lifetimes(np.arange(1.0, 6.0), np.array([True, True, True, False, False]), endings)
    fitted = fit_class("x", record, (0.0,), 1)
    assert fitted.endings == (1, 0, 2)
    assert fitted.shares == pytest.approx((1 / 3, 0, 2 / 3))
    assert fitted.n_uncoded == 1


def test_no_alliances_is_an_error() -> None:
    with pytest.raises(CaseError) as caught:
        kaplan_meier(lives([], []))
    assert str(caught.value) == "Kaplan-Meier: found no alliances, expected at least one"


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "lifelines", None)
    with pytest.raises(ServandaError) as caught:
        kaplan_meier(lives([1.0], [True]))
    assert str(caught.value) == (
        "servanda.history: found lifelines is not installed,"
        " expected the extra 'history', which estimating survival needs\n"
        "  hint: pip install 'servanda[history]'"
    )


HEAD = (
    "class,n_alliances,n_ended,n_uncoded,age_from,age_to,events,exposure_months,"
    "hazard_per_month_mean,hazard_log_sd,five_year_survival,five_year_low,five_year_high,"
    "n_fulfilled,n_renegotiated,n_violated,share_fulfilled,share_renegotiated,share_violated"
)
LINE = "x,9,4,0,0,inf,4,800.0,0.005625,0.4463,0.7000,0.5000,0.9000,1,1,2,0.25,0.25,0.5"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "class,n\nx,1\n",
            f"line 1: found columns class, n, expected columns {HEAD.replace(',', ', ')}",
        ),
        (
            f"{HEAD}\n{LINE},7\n",
            (
                "line 2: found 20 cells, expected 19, one for each column\n"
                "  hint: a text with a comma in it needs quotes"
            ),
        ),
        (
            f"{HEAD}\n{LINE}\n{LINE.replace('800.0', 'many')}\n",
            "line 3: found exposure_months 'many', expected a finite number",
        ),
        (
            f"{HEAD}\n{LINE.replace('x,9', 'x,nine')}\n",
            "line 2: found n_alliances 'nine', expected a whole number",
        ),
    ],
)
def test_a_broken_table_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "fitted.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CaseError) as caught:
        read_fitted(path)
    assert str(caught.value) == f"fitted.csv {message}"
