"""Neighbours: what a made-up record hides is found, and a forecast sees nothing of the future."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from servanda.errors import UsageError
from servanda.sources.eurostat import Exports
from studies.rerouting.fit import Noise
from studies.rerouting.leakage import excess_share, leakage
from studies.rerouting.neighbours import PRIORS, fit, regressors
from tests.studies.rerouting.made_up import months, world

COARSE = replace(PRIORS, nodes=(3, 9, 3, 25), noise=Noise((0.0, 0.4), 2.0, 0.05))


@pytest.mark.parametrize(
    ("variant", "theta", "rate"), [("saturating", 0.08, 0.15), ("network", 0.08, 0.3)]
)
def test_a_made_up_ceiling_and_rate_are_recovered(variant, theta, rate):
    record = world(theta, rate, variant)
    found = leakage(fit(record, variant, COARSE), record.months[-1], draws=1000)
    assert found.ceiling.low < 5 * theta < found.ceiling.high
    assert found.rate.low < rate < found.rate.high
    assert found.ceiling.log_sd < 0.3
    for one in found.ceiling_of.values():
        assert one.median == pytest.approx(theta, rel=0.35)


@pytest.mark.parametrize("truth", ["saturating", "network"])
def test_the_variant_that_made_the_record_is_preferred(truth):
    record = world(0.1, 0.15 if truth == "saturating" else 0.3, truth, noise=0.02)
    log_evidence = {
        variant: fit(record, variant, COARSE).joint(record.months[-1]).log_evidence
        for variant in ("saturating", "network", "none")
    }
    assert max(log_evidence, key=log_evidence.__getitem__) == truth
    assert min(log_evidence, key=log_evidence.__getitem__) == "none"


def test_without_diversion_none_is_found_and_none_is_preferred():
    record = world(theta=0.0)
    last = record.months[-1]
    saturating = fit(record, "saturating", COARSE)
    # A lognormal prior cannot say zero; it can say little.
    assert leakage(saturating, last, draws=1000).last.high < 0.1
    assert (
        fit(record, "none", COARSE).joint(last).log_evidence > saturating.joint(last).log_evidence
    )


def test_the_unit_of_money_changes_nothing():
    last = "2023-06"
    euros, cents = (
        leakage(fit(world(0.08, money=money), "saturating", COARSE), last, draws=500)
        for money in (1.0, 100.0)
    )
    assert cents.last.median == pytest.approx(euros.last.median, rel=1e-6)
    assert cents.rate.median == pytest.approx(euros.rate.median, rel=1e-6)


def test_a_forecast_does_not_see_what_came_after_its_origin():
    record = world(0.08)
    known = record.index("2022-09") + 1
    other = record.value.copy()
    other[known:] *= np.linspace(0.3, 4.0, len(other) - known)[:, None]
    forecasts = []
    for exports in (record, replace(record, value=other)):
        one = fit(exports, "network", COARSE)
        forecasts.append(one.foresee(one.joint("2022-09"), "2022-09", "2022-12"))
    for mine, theirs in zip(*forecasts, strict=True):
        assert theirs.log_density(5.5) == pytest.approx(mine.log_density(5.5), rel=1e-9)


def test_before_sanctions_every_variant_foresees_no_diversion():
    record = world(0.08)
    scores = []
    for variant in ("saturating", "network", "none"):
        one = fit(record, variant, COARSE)
        mixture = one.foresee(one.joint("2022-02"), "2022-02", "2022-05")[0]
        scores.append(mixture.log_density(5.4))
    assert scores[0] == pytest.approx(scores[2])
    assert scores[1] == pytest.approx(scores[2])


def test_told_the_loss_a_variant_foresees_the_rise():
    record = world(0.08)
    one = fit(record, "saturating", COARSE)
    joint = one.joint("2022-02")
    value = math.log(record.of("KGZ")[record.index("2022-12")])
    told, untold = (
        one.foresee(joint, "2022-02", "2022-12", told)[0].log_density(value)
        for told in (True, False)
    )
    assert told > untold + 1


def test_the_plain_excess_agrees_where_the_baseline_is_known():
    record = world(0.08, noise=0.001)
    quiet = replace(COARSE, noise=Noise((0.0,), 2.0, 0.002))
    one = fit(record, "saturating", quiet)
    found = leakage(one, "2023-06", draws=500)
    assert excess_share(one)["all"] == pytest.approx(found.mean.median, rel=0.1)


def test_a_short_history_is_refused():
    record = world()
    short = Exports(record.months[20:], record.partners, record.value[20:])
    with pytest.raises(UsageError) as error:
        fit(short, "saturating")
    assert str(error.value) == (
        "exports from 2020-09: found 16 months to 2021-12, expected at least 24\n"
        "  hint: the baseline needs every month twice before sanctions"
    )


def test_a_year_has_one_of_every_month():
    design, prior_sd = regressors(months("2019-01", 12))
    assert design[:, 1:13].sum(axis=0).tolist() == [1.0] * 12
    assert design.shape[1] == len(prior_sd)
