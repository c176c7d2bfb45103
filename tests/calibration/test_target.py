"""The likelihood of a case's record as a function of what was counted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from servanda.calibration.sampler import start
from servanda.calibration.target import Target
from servanda.case import Case
from servanda.results import prepare
from tests.cases import template


def counted_otherwise(values: tuple[float, ...]) -> Case:
    """The template with other figures, rounded to the same digit, so that they err alike."""
    evidence = template().evidence
    rows = zip(evidence.observations, values, strict=True)
    changed = tuple(replace(o, value=value, low=None, high=None) for o, value in rows)
    return replace(template(), evidence=replace(evidence, observations=changed))


def test_other_counts_have_the_likelihood_of_a_case_that_counted_them_and_compile_nothing():
    target = Target(prepare(template()), seed=1)
    at = start(target, 64, seed=1)
    other = target.with_counts(np.array([200_000.0, 700_000.0]))
    found = other.by_figure(at.z, at.numbers)
    exact = Target(prepare(counted_otherwise((2e5, 7e5))), seed=1).by_figure(at.z, at.numbers)
    np.testing.assert_array_equal(found, exact)
    np.testing.assert_array_equal(target.log_likelihood(at.z, at.numbers), at.log_likelihood)
    assert (other.log_likelihood(at.z, at.numbers) != at.log_likelihood).all()
    assert target._compiled._cache_size() == 1
