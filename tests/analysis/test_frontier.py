"""The frontier of hidden payment: a grid of runs of which each quarter is known."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from servanda.analysis.accounts import accounts
from servanda.analysis.fate import fates
from servanda.analysis.frontier import BINS, FEWEST, Frontier, frontiers
from servanda.engine import Model, assemble
from tests.analysis.pact import MONTHS, pact_of
from tests.handmade import tiny, uncertain_case

CREDIT = "exchange.credit_horizon[BUY-SUP]"
RATE = "commitment.discount_rate"
SUPPLIER, BUYER = "commitment.security[BUY-SUP/SUP]", "commitment.security[BUY-SUP/BUY]"
EACH = 25  # runs in each of 4 × 4 quarters
RUNS = BINS**2 * EACH
# The quarter of hidden payment and the quarter of the parameter that each run is in.
ACROSS, UP = (quarter.ravel() for quarter in np.indices((BINS, BINS, EACH))[:2])
WITHIN = np.tile(np.linspace(0.0, 0.9, EACH), BINS**2)


@cache
def model() -> Model:
    return assemble(uncertain_case(CREDIT, RATE, SUPPLIER, BUYER))


def found(
    alive: np.ndarray, hidden: Any = None, given: dict[str, Any] | None = None, **more: Any
) -> list[Frontier]:
    """A pact that paid so much out of sight in its first month, or hidden quarter by quarter."""
    paid = np.zeros((MONTHS, len(alive)))
    paid[0] = ACROSS + WITHIN if hidden is None else hidden
    made = pact_of(
        len(alive),
        more.pop("model", model()),
        alive=np.ones((MONTHS, 1)) * alive,
        paid=paid,
        given=given,
        **more,
    )
    return frontiers(fates(made)[0], accounts(made)[0])


def credit(alive: np.ndarray, **more: Any) -> Frontier:
    """With credit in known quarters."""
    (one,) = [f for f in found(alive, given={CREDIT: UP + WITHIN}, **more) if "Credit" in f.name]
    return one


def test_each_quarter_has_the_share_of_its_runs_that_keep_the_pact():
    """The pact lasts where credit and hidden payment are both in their upper half."""
    grid = credit(((ACROSS >= 2) & (UP >= 2)).astype(float))
    assert (grid.name, grid.ends, grid.unit) == (
        "Credit horizon",
        ("shortest", "longest"),
        "month",
    )
    expected = np.zeros((BINS, BINS))
    expected[2:, 2:] = 1
    np.testing.assert_array_equal(grid.alive, expected)


def test_shares_are_by_quarter_of_the_parameter_and_then_of_hidden_payment():
    """Every run of hidden payment's top quarter lasts, whatever the credit, and no other."""
    grid = credit((ACROSS == 3).astype(float))
    np.testing.assert_array_equal(grid.alive, [[0, 0, 0, 1]] * BINS)
    np.testing.assert_array_equal(credit((UP == 3).astype(float)).alive[3], [1] * BINS)


def test_margins_are_shares_of_whole_quarters_and_cells_carry_their_error():
    """The pact lasts where both are in their upper half: half of the runs of such a quarter."""
    grid = credit(((ACROSS >= 2) & (UP >= 2)).astype(float))
    np.testing.assert_allclose(grid.by_hidden, [0, 0, 0.5, 0.5])
    np.testing.assert_allclose(grid.by_parameter, [0, 0, 0.5, 0.5])
    half = credit((np.arange(RUNS) % 2).astype(float))
    share = half.alive[0, 0]  # 12 of 25
    assert half.error[0, 0] == pytest.approx(np.sqrt(share * (1 - share) / EACH))


def test_edges_are_quarters_of_the_runs():
    grid = credit((UP == 0).astype(float))
    sizes = ACROSS + WITHIN
    np.testing.assert_allclose(grid.across, np.quantile(sizes, [0, 0.25, 0.5, 0.75, 1]), rtol=1e-6)
    assert len(grid.up) == BINS + 1


def test_a_quarter_with_too_few_runs_has_no_share():
    """Where hidden payment and credit go together only the diagonal has runs, a hundred each."""
    hidden = np.linspace(0, 4, 400)
    given = {CREDIT: np.linspace(1, 30, 400)}
    (grid,) = [f for f in found((hidden > 2).astype(float), hidden, given) if "Credit" in f.name]
    assert (~np.isnan(grid.alive)).tolist() == np.eye(BINS, dtype=bool).tolist()
    few = EACH * BINS // 2
    hidden, given = np.linspace(0, 4, few), {CREDIT: np.linspace(1, 30, few)}
    (grid,) = [f for f in found((hidden > 2).astype(float), hidden, given) if "Credit" in f.name]
    assert few / BINS < FEWEST
    assert np.isnan(grid.alive).all()


def test_patience_is_how_long_a_discount_rate_takes_and_security_is_of_both_partners():
    alive = (UP == 0).astype(float)
    rate = 1 / (UP + 1.0 + WITHIN)
    grids = {f.name: f for f in found(alive, given={RATE: rate})}
    assert set(grids) == {"Credit horizon", "Patience", "Worth of security"}
    patience = grids["Patience"]
    assert (patience.ends, patience.unit) == (("least", "most"), "month")
    assert patience.up[[0, -1]] == pytest.approx([1, 4.9], rel=1e-6)
    np.testing.assert_array_equal(patience.alive[0], [1] * BINS)
    np.testing.assert_array_equal(patience.alive[1:], np.zeros((BINS - 1, BINS)))
    worth = {SUPPLIER: UP * 1.0, BUYER: 10 * (UP + WITHIN)}
    (security,) = [f for f in found(alive, given=worth) if f.name == "Worth of security"]
    assert security.up[[0, -1]] == pytest.approx([0, 3 + 39], rel=1e-6)
    assert security.unit == "USD/month"


def test_shares_are_of_the_weight_of_runs():
    """Of two runs that alternate one lasts, and it weighs three times as much."""
    lasts = np.arange(RUNS) % 2 == 0
    weights = np.where(lasts, 3.0, 1.0).tolist()
    grid = credit(lasts.astype(float), weights=weights)
    share = grid.alive[~np.isnan(grid.alive)]
    assert len(share) > BINS
    np.testing.assert_allclose(share, 0.75, atol=0.05)


@pytest.mark.parametrize("alive", [0.0, 1.0])
def test_there_is_none_where_every_or_no_run_keeps_the_pact(alive):
    assert found(np.full(RUNS, alive)) == []


def test_there_is_none_where_hidden_payment_does_not_vary():
    assert found((UP == 0).astype(float), hidden=5.0) == []
    assert found((UP == 0).astype(float), hidden=np.minimum(ACROSS, 2)) == []  # three values


def test_there_is_none_of_a_parameter_that_does_not_vary():
    assert found((UP == 0).astype(float), model=tiny()) == []
    constant = {CREDIT: np.full(RUNS, 12.0)}
    names = [f.name for f in found((UP == 0).astype(float), given=constant)]
    assert names == ["Patience", "Worth of security"]


def test_a_frontier_moves_if_a_quarter_or_a_square_differs_beyond_chance():
    noise = np.random.default_rng(4).integers(0, 2, RUNS).astype(float)
    assert not credit(noise).moves
    assert credit((UP == 0).astype(float)).moves
    assert credit((ACROSS == 0).astype(float)).moves
    corner = np.where((ACROSS == 3) & (UP == 0), 1.0, noise)
    assert credit(corner).moves
