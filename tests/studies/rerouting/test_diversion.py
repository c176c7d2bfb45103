"""Diversion: recursions by hand, by law and as the mechanism has them, and priors' nodes."""

from __future__ import annotations

import dataclasses
import math

import jax.numpy as jnp
import numpy as np
import pytest

from servanda.mechanisms import evasion
from studies.rerouting.diversion import approach, diverted


def test_a_saturating_step_by_hand():
    # ρ = ln 2: half of the way to what is lost, each month: 50, 75, 87.5 of 100.
    path = diverted("saturating", np.full((1, 3), 100.0), np.array([math.log(2)]), np.zeros(1))
    assert path[0] == pytest.approx([50, 75, 87.5])


def test_a_network_step_by_hand():
    # s = 1, ρ = ln(2)/2, so e = 1/2. From nothing u = 0: 1·½/(1 + ½) = 1/3 of the way.
    # Then u = 1/3: (4/3)(1/2)/(4/3 + (2/3)(1/2)) = 2/5 of what is left: 1/3 + 2/5·2/3 = 3/5.
    path = diverted("network", np.full((1, 2), 90.0), np.array([math.log(2) / 2]), np.ones(1))
    assert path[0] == pytest.approx([30, 54])


@pytest.mark.parametrize(
    ("variant", "mechanism"),
    [
        ("saturating", evasion.Saturating),
        ("network", evasion.Network),
    ],
)
def test_the_recursion_is_that_of_the_mechanism(variant, mechanism):
    # `_approach` reads only its arguments, so no case is needed to ask it.
    random = np.random.default_rng(1)
    rate, seed, used = random.uniform(0.01, 1, 50), random.uniform(0, 0.4, 50), random.random(50)
    numbers = {
        "ceiling": used,
        "rate": rate,
        "network_rate": rate,
        "age": used,
        "seed": seed,
        "enforcement_bite": used,
        "carried": used,
    }
    wanted = {field.name for field in dataclasses.fields(mechanism.Parameters)}
    parameters = mechanism.Parameters(
        **{name: jnp.asarray(numbers[name])[:, None] for name in wanted}
    )
    ceiling = jnp.full((50, 1), 1000.0)
    for months_of_step in (1.0, 0.5):
        theirs = mechanism._approach(
            None, parameters, jnp.asarray(1000 * used)[:, None], ceiling, months_of_step
        )
        ours = approach(variant, rate, seed, used, months_of_step)
        assert ours == pytest.approx(
            np.asarray(theirs)[:, 0], rel=2e-5
        )  # theirs is in single precision


def test_without_diversion_a_step_goes_no_part_of_the_way():
    some = np.full(50, 0.3)
    assert not approach("none", some, some, some).any()


@pytest.mark.parametrize("variant", ["saturating", "network"])
def test_two_half_steps_are_one_step(variant):
    rate, seed, used = np.array([0.3]), np.array([0.1]), np.array([0.2])
    whole = used + (1 - used) * approach(variant, rate, seed, used)
    half = used + (1 - used) * approach(variant, rate, seed, used, 0.5)
    again = half + (1 - half) * approach(variant, rate, seed, half, 0.5)
    assert again == pytest.approx(whole)


@pytest.mark.parametrize("variant", ["saturating", "network", "none"])
def test_nothing_lost_is_nothing_diverted(variant):
    path = diverted(variant, np.zeros((2, 12)), np.full(2, 0.3), np.full(2, 0.1))
    assert (path == 0).all()


@pytest.mark.parametrize("variant", ["saturating", "network"])
def test_diversion_never_passes_a_steady_loss_and_reaches_it(variant):
    path = diverted(variant, np.full((1, 400), 80.0), np.array([0.2]), np.array([0.05]))[0]
    assert (np.diff(path) >= -1e-9).all()
    assert path[-1] == pytest.approx(80)


def test_what_is_diverted_fades_when_the_loss_ends():
    loss = np.array([[100.0, 100, 0, 0]])
    for variant in ("saturating", "network"):
        path = diverted(variant, loss, np.array([0.5]), np.array([0.1]))[0]
        assert path[1] > path[2] > path[3] > 0


def test_a_network_starts_more_slowly_than_saturation_at_one_rate():
    loss, rate, seed = np.full((1, 6), 100.0), np.array([0.2]), np.array([0.05])
    assert (diverted("network", loss, rate, seed) < diverted("saturating", loss, rate, seed)).all()
