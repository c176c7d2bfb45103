"""Where the model is wrong: series that lie further off it than was expected of any."""

from __future__ import annotations

from math import log

import numpy as np
import pytest

from servanda.analysis.hindcast import Coverage, Predicted
from servanda.analysis.misfit import Misfit, misfits_of
from servanda.analysis.moved import Interval, Moved
from servanda.observation import Figure
from servanda.observation.discrepancy import discrepancy
from tests.handmade import counted, observation, rule

PRIOR = (0.02, 0.2, 0.59)
USUAL, OFF, FAR = (0.02, 0.19, 0.5), (0.3, 0.5, 0.8), (0.6, log(3), 1.5)


def series(name: str, values: list[float], bound: str = "estimate") -> Coverage:
    """Figures of a series for which the model predicts 100, from 50 to 200."""
    own = counted("level", "stock[SUP.shells]", "round", rule(bound=bound))
    points = [
        Predicted(
            Figure(
                observation(n, value, f"2020-{n:02}-28"), own.rules[0], value, np.zeros(24), 0.3
            ),
            (50.0, 200.0),
            100.0,
        )
        for n, value in enumerate(values, start=1)
    ]
    return Coverage(own.model_copy(update={"name": name}), tuple(points))


def delta(name: str, posterior: Interval) -> Moved:
    return Moved(
        discrepancy(name),
        "discrepancy",
        "dimensionless",
        PRIOR,
        posterior,
        wider=False,
        place=(0.0, 0.0, 0.0),
        contraction=0.0,
        shift=0.0,
        errors=(0.1, 0.1),
        moved=False,
    )


def one(posterior: Interval, values: list[float], bound: str = "estimate") -> Misfit:
    return Misfit(series("s", values, bound), delta("s", posterior))


@pytest.mark.parametrize(
    ("posterior", "values", "wrong"),
    [
        (USUAL, [90, 100, 110], False),
        (OFF, [90, 100, 110], True),  # what a large discrepancy takes up lies inside
        (USUAL, [10, 100, 300], True),
        (USUAL, [10, 300], False),  # too few to count
    ],
)
def test_the_model_is_wrong_where_a_series_lies_off_or_outside(posterior, values, wrong):
    assert one(posterior, values).wrong == wrong


def test_the_factor_is_that_of_a_standard_deviation():
    assert one(FAR, [100]).factor == pytest.approx(3)


@pytest.mark.parametrize(
    ("values", "bound", "sides"),
    [
        ([90, 100, 110, 120], "estimate", (2, 1)),
        ([90, 110], "upper", (0, 0)),  # a bound lies on its side of the count
    ],
)
def test_estimates_lie_above_or_below_what_is_predicted(values, bound, sides):
    assert one(USUAL, values, bound).sides == sides


def test_the_series_that_lies_furthest_off_comes_first():
    content = {"usual": (USUAL, [100]), "off": (OFF, [100]), "far": (FAR, [100])}
    content["outside"] = (USUAL, [1, 1, 1])
    inputs = [delta(name, posterior) for name, (posterior, _) in content.items()]
    found = misfits_of(inputs, [series(name, values) for name, (_, values) in content.items()])
    assert [m.coverage.series.name for m in found] == ["far", "off", "outside", "usual"]
    assert [m.wrong for m in found] == [True, True, True, False]
