"""A figure moves a prior or enters the likelihood of a calibration, and never both."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from servanda.calibration.calibrate import check_record
from servanda.calibration.space import Space
from servanda.case import Prior
from servanda.engine import Model
from servanda.errors import UsageError
from servanda.observation import (
    Likelihood,
    cited_by_priors,
    dependent_figures,
    independent_priors,
    known_records,
)
from tests.handmade import counted, observation, rule, with_evidence

WIDE = Prior("lognormal", (1.0, 0.9), 0.1, 10.0, "dimensionless", "assumed")
CITES = Prior("lognormal", (2.0, 0.1), 0.1, 10.0, "dimensionless", "measured", ("E1", "press"))
NAME = "observation.bias[high]"
ROWS = [
    observation(1, 300, "2020-02-29", "2020-02-01"),
    observation(2, 400, "2020-03-31", "2020-03-01"),
]


def model(prior: Prior, rows: Any = tuple(ROWS)) -> Model:
    """The tiny case with two monthly counts, of which a prior of a bias cites the first."""
    series = counted("flow", "arrived[SUP>BUY:shells]", "round", rule(bias="high"))
    return with_evidence(series, list(rows), {"high": prior})


def learned(found: Model) -> list[str]:
    return [figure.observation.id for figure in Likelihood(found).figures]


def test_priors_that_cite_figures_which_are_compared_are_named():
    assert cited_by_priors(model(CITES)) == {NAME: ("E1",)}
    assert cited_by_priors(model(replace(CITES, sources=("press",)))) == {}


def test_a_calibration_starts_from_the_wider_form_and_learns_from_every_figure():
    found = model(replace(CITES, wider=WIDE))
    assert independent_priors(found)[NAME] == WIDE
    assert found.uncertain[NAME].numbers == CITES.numbers  # of runs
    assert dependent_figures(found) == {}
    assert learned(found) == ["E1", "E2"]


def test_without_a_wider_form_it_does_not_learn_from_what_the_prior_cites():
    found = model(CITES)
    assert independent_priors(found)[NAME] == CITES
    assert dependent_figures(found) == {"E1": NAME}
    assert learned(found) == ["E2"]
    assert len(known_records(found)[0].figures) == 2  # still compared with runs


def test_a_wider_form_that_cites_the_figure_too_leaves_it_out():
    found = model(replace(CITES, wider=replace(WIDE, sources=("E1",))))
    assert dependent_figures(found) == {"E1": NAME}
    assert learned(found) == ["E2"]


def test_a_prior_that_cites_nothing_compared_keeps_its_form():
    found = model(replace(CITES, sources=("press",), wider=WIDE))
    assert independent_priors(found)[NAME].numbers == CITES.numbers


def test_the_unknowns_of_a_calibration_have_the_wider_form():
    space = Space(model(replace(CITES, wider=WIDE)))
    at_median = space.values(np.zeros((space.size, 1)))
    assert at_median[space.inputs.index(NAME), 0] == pytest.approx(1.0)


def test_a_record_that_priors_use_up_is_said():
    with pytest.raises(UsageError) as error:
        check_record(model(CITES, ROWS[:1]))
    assert str(error.value) == (
        "the record of case 'tiny' to 2020-12: found no figure that is compared with runs, but "
        "those that priors without a wider form cite, expected at least one figure that is an "
        "estimate or a count, and compared with runs"
    )
