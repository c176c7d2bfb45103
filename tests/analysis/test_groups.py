"""Runs that have something in common."""

from __future__ import annotations

import numpy as np
import pytest

from servanda.analysis.groups import by_class, thirds, varying
from servanda.engine import assemble
from servanda.ensembles import Ensemble
from tests.builders import tiny_case
from tests.handmade import results, tiny, uncertain_case

DRAW, OTHER = "commitment.class_draw", "balancing.speed[ring]"


def test_thirds_are_the_lowest_and_the_highest_third_of_the_runs():
    """Of 0, 1, …, 9: up to 3 and from 6 on, the runs on an edge included."""
    found = thirds(np.arange(10.0)[::-1], np.full(10, 0.1))
    assert (found.lower, found.upper) == pytest.approx((3, 6))
    assert found.lowest.tolist() == [False] * 6 + [True] * 4
    assert found.highest.tolist() == [True] * 4 + [False] * 6


def test_thirds_are_of_the_weight_of_runs():
    """The first run is nearly all there is, so that it is in both."""
    found = thirds(np.arange(4.0), np.array([0.9, 0.04, 0.03, 0.03]))
    assert (found.lower, found.upper) == (0, 0)
    assert found.lowest.tolist() == [True, False, False, False]


def test_parameters_vary_where_runs_differ_in_them_and_the_class_is_none_of_them():
    model = assemble(uncertain_case(DRAW, OTHER))
    drawn = Ensemble.prior(model, 5)
    assert set(drawn.parameters) == {DRAW, OTHER}
    assert [name for name, _ in varying(drawn)] == [OTHER]
    assert list(varying(Ensemble.prior(model, 1))) == []
    same = Ensemble.of(model, {OTHER: [0.1] * 5})
    assert list(varying(same)) == []


def test_runs_are_grouped_by_the_classes_that_some_run_is_in():
    model = assemble(uncertain_case(DRAW))
    two = Ensemble.of(model, {DRAW: [0.1, 0.9, 0.3]})
    assert {name: own.tolist() for name, own in by_class(model, two).items()} == {
        "loose": [True, False, True],
        "tight": [False, True, False],
    }
    assert set(by_class(model, Ensemble.of(model, {DRAW: [0.9, 0.8]}))) == {"tight"}
    assert set(by_class(tiny(), results(runs=2).ensemble)) == {"loose"}


def test_a_class_whose_runs_have_no_weight_is_no_group():
    model = assemble(uncertain_case(DRAW))
    one = Ensemble.of(model, {DRAW: [0.1, 0.9, 0.3]}, weights=[1, 0, 1])
    assert set(by_class(model, one)) == {"loose"}


def test_a_case_with_one_class_has_no_groups():
    one = assemble(tiny_case(spec={"reference_classes": ["loose"]}))
    assert by_class(one, Ensemble.prior(one, 3)) == {}
