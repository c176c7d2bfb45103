"""Reductions over runs by their weights, against NumPy's plain ones and against repeated rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from servanda.ensembles import weighted

# No share of a few whole weights: at one, rounding decides between two neighbours.
LEVELS = (0.0317, 0.2718, 0.5772, 0.9431)
NUMBERS = st.floats(-1e3, 1e3, width=32)


@st.composite
def counted_rows(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Values (month, run), and how often each run counts; never all alike."""
    counts = draw(st.lists(st.integers(1, 5), min_size=2, max_size=8))
    counts[0] = counts[1] + 1
    shape = (3, len(counts))
    return draw(arrays(np.float32, shape, elements=NUMBERS)), np.array(counts)


def test_runs_without_weight_have_no_mean_and_no_quantile():
    values, none = np.arange(6.0).reshape(2, 3), np.zeros(3)
    assert np.isnan(weighted.mean(values, none)).tolist() == [True, True]
    assert np.isnan(weighted.quantile(values, (0.1, 0.5), none)).all()
    assert weighted.effective(none) == 0


@given(arrays(np.float32, st.tuples(st.just(3), st.integers(1, 9)), elements=NUMBERS))
def test_equal_weights_change_no_bit_of_the_plain_reductions(values):
    runs = values.shape[-1]
    weights = np.full(runs, 1 / runs)
    plain = np.quantile(values, LEVELS, axis=-1)
    assert (weighted.mean(values, weights) == values.mean(axis=-1, dtype=float)).all()
    assert (weighted.quantile(values, LEVELS, weights) == plain).all()
    assert (weighted.mean(values > 0, weights) == (values > 0).mean(axis=-1)).all()
    assert weighted.effective(weights) == runs
    deviation = np.std(values[0], dtype=float)
    assert weighted.mean_error(values[0], weights) == deviation / np.sqrt(runs)
    assert weighted.share_error(0.3, weights) == np.sqrt(0.3 * (1 - 0.3) / runs)


@given(counted_rows())
def test_a_whole_weight_is_as_many_rows(both):
    values, counts = both
    weights, repeated = counts / counts.sum(), np.repeat(values, counts, axis=-1)
    np.testing.assert_allclose(
        weighted.mean(values, weights), repeated.mean(axis=-1, dtype=float), rtol=1e-9, atol=1e-9
    )
    stepwise = np.quantile(repeated, LEVELS, axis=-1, method="inverted_cdf")
    np.testing.assert_array_equal(weighted.quantile(values, LEVELS, weights), stepwise)
    # of a mean's variance: that of the rows, over as many runs as the weights are worth
    variance = np.var(repeated[0], dtype=float)
    worth = counts.sum() ** 2 / (counts**2).sum()
    assert weighted.mean_error(values[0], weights) == pytest.approx(
        np.sqrt(variance / worth), rel=1e-6, abs=1e-9
    )


@given(counted_rows(), st.booleans())
def test_a_run_of_weight_zero_is_left_out(both, alike):
    values, counts = both
    given_ = (np.ones(len(counts)) if alike else counts).astype(float)
    some = np.concatenate([given_, [0.0]])
    more = np.concatenate([values, np.full((3, 1), 1e9, np.float32)], axis=-1)
    few, weights = given_ / given_.sum(), some / some.sum()
    np.testing.assert_allclose(weighted.mean(more, weights), weighted.mean(values, few), rtol=1e-6)
    np.testing.assert_array_equal(
        weighted.quantile(more, LEVELS, weights), weighted.quantile(values, LEVELS, few)
    )
    assert weighted.effective(weights) == pytest.approx(weighted.effective(few))


def test_ranks_are_the_weight_below_and_half_of_that_of_equals():
    values = np.array([3.0, 1.0, 3.0, 2.0])
    assert weighted.ranks(values, np.full(4, 0.25)).tolist() == [3.5, 1, 3.5, 2]
    weights = np.array([0.125, 0.5, 0.125, 0.25])
    # 1 weighs 0.5; 2 has it below; both 3 have 0.75 below and weigh 0.25 together
    assert weighted.ranks(values, weights).tolist() == [0.875, 0.25, 0.875, 0.625]


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ([1, 1, 1, 1], 4),
        ([1, 0, 0, 0], 1),
        ([1, 1, 0, 0], 2),
        ([3, 1], 16 / 10),  # (3 + 1)² / (9 + 1)
        ([2, 1, 1], 16 / 6),
    ],
)
def test_runs_are_worth_the_square_of_the_sum_over_the_sum_of_squares(weights, expected):
    given_ = np.array(weights) / sum(weights)
    assert weighted.effective(given_) == pytest.approx(expected, rel=1e-12)


def test_errors_of_a_weighted_share_and_mean_by_hand():
    weights = np.array([0.5, 0.25, 0.25])  # worth 1 / (1/4 + 1/16 + 1/16) = 8/3 runs
    assert weighted.share_error(0.5, weights) == pytest.approx(np.sqrt(0.25 * 3 / 8))
    # values 0, 4, 4 have mean 2 and variance 4
    error = weighted.mean_error(np.array([0.0, 4.0, 4.0]), weights)
    assert error == pytest.approx(np.sqrt(4 * 3 / 8))


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_runs_that_are_all_alike_do_not_make_a_share_certain(share):
    weights = np.full(100, 0.01)
    assert weighted.share_error(share, weights) == 0
    # as a share of one in ten thousand would vary: √(10⁻⁴ / 100)
    assert weighted.least_share_error(share, weights) == pytest.approx(1e-3)
    assert weighted.least_share_error(0.5, weights) == weighted.share_error(0.5, weights)


def test_quantiles_that_some_run_has_are_defined_beside_infinite_values():
    weights = np.full(4, 0.25)
    values = np.array([3.0, np.inf, 1.0, np.inf])
    assert weighted.attained(values, (0.2, 0.4, 0.6), weights).tolist() == [1, 3, np.inf]
