"""Priors of the shipped case in their wider forms: no hindsight, and no figure counted twice."""

from __future__ import annotations

from functools import cache
from math import log

import numpy as np
import pytest

from servanda.case import Prior
from servanda.case.priors import label
from servanda.engine import assemble
from servanda.ensembles import Ensemble
from servanda.ensembles.draws import draw
from servanda.observation import dependent_figures
from servanda.results import run_policies
from tests.cases import shipped
from tests.priors import reference, truncated

ORIGINS = "2023-12", "2024-06", "2024-12"


@cache
def forms() -> dict[str, tuple[Prior, Prior]]:
    """Priors with a wider form, and that form, by printed name."""
    return {
        label(table.name, member): (prior, prior.wider)
        for table in shipped().model.case.parameters.values()
        for member, prior in table.priors.items()
        if prior.wider is not None
    }


def interval(prior: Prior) -> tuple[float, float]:
    """From the 5th to the 95th percentile; a number that is fixed is both."""
    if prior.family == "fixed":
        return prior.centre, prior.centre
    at, _ = truncated(prior)
    return at[1], at[5]


def mass(prior: Prior, low: float, high: float) -> float:
    """The share of a prior from low to high."""
    if prior.family == "fixed":
        return float(low < prior.centre < high)
    inside, whole = (
        np.diff(reference(prior).cdf(np.clip(ends, prior.low, prior.high)))[0]
        for ends in ([low, high], [prior.low, prior.high])
    )
    return float(inside / whole)


def width(prior: Prior, ratio: bool) -> float:
    low, high = interval(prior)
    return log(high / low) if ratio else high - low


@pytest.mark.parametrize("origin", ORIGINS)
def test_no_prior_of_a_rolling_origin_knows_what_came_after_it(origin):
    assert shipped().model.case.at(origin).late_priors == ()


@pytest.mark.parametrize("origin", ORIGINS)
def test_a_calibration_learns_from_every_figure_that_is_compared(origin):
    assert dependent_figures(assemble(shipped().model.case.at(origin))) == {}


def test_wider_forms_cite_nothing_and_say_what_they_rest_on():
    assert [n for n, (_, wider) in forms().items() if wider.sources or not wider.note] == []


def test_each_is_wider_than_its_prior_by_a_quarter_or_more():
    """From the 5th to the 95th percentile; of a lognormal prior, on the log scale."""
    narrow = [
        name
        for name, (prior, wider) in forms().items()
        for ratio in [prior.family == "lognormal"]
        if not width(wider, ratio) >= 1.25 * width(prior, ratio)
    ]
    assert narrow == []


def test_what_the_figures_said_was_thought_possible_without_them():
    """The middle nine tenths of each wider form hold four fifths of its prior or more."""
    surprised = [n for n, (prior, wider) in forms().items() if mass(prior, *interval(wider)) < 0.8]
    assert surprised == []


def test_runs_with_every_prior_in_its_wider_form_are_finite():
    """A run that is not finite is refused."""
    model = shipped().model
    drawn = draw({n: forms()[n][1] for n in model.uncertain if n in forms()}, 1, np.arange(256))
    factors = {name: np.float32(number.factor) for name, number in model.parameters.items()}
    given = {name: values * factors.get(name, 1) for name, values in drawn.items()}
    (results,) = run_policies(shipped(), Ensemble.of(model, given))
    assert len(results.ensemble) == 256
