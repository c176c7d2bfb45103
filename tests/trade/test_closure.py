"""What countries spend under the default closure, by its first and second derivatives."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from servanda.trade.closure import Observed, Shares, spending

EXPORTS, IMPORTS = np.array([1.0, 2.0, 3.0]), np.array([2.0, 1.5, 2.5])
EARNED = np.array([6.0, 5.0, 9.0])


def spent(point):
    """Spending where earnings and the shares of spending differ from what was observed."""
    observed = EARNED, EARNED + IMPORTS - EXPORTS, EXPORTS, IMPORTS
    before = Observed(*map(jnp.asarray, observed))
    home, collected = 0.6 - 0.1 * point[0], 0.05 * point[1] ** 2
    shares = Shares(jnp.full(3, home), jnp.full(3, 1 - home), jnp.full(3, collected))
    return spending("export-share", before, EARNED * jnp.exp(point[2:]), shares)


@pytest.mark.parametrize("order", [1, 2])
def test_derivatives_of_spending_are_those_of_small_differences(order):
    # Loans sum to zero by Newton's method, of which two steps alone are differentiated.
    point, step = np.array([0.2, 0.3, -0.2, 0.1, 0.3]), 1e-5
    with jax.enable_x64(True):
        function = jax.jit(spent if order == 1 else jax.jacfwd(spent))
        moved = [
            (function(point + change) - function(point - change)) / (2 * step)
            for change in step * np.eye(5)
        ]
        found = jax.jit(jax.jacfwd(function))(point)
    np.testing.assert_allclose(found, np.stack(moved, axis=-1), atol=1e-8)
    assert np.abs(found).max() > 1


def test_loans_sum_to_zero():
    with jax.enable_x64(True):
        point = jnp.array([0.2, 0.0, -0.2, 0.1, 0.3])
        lent = np.asarray(spent(point)) - EARNED * np.exp(point[2:])
    assert lent.sum() == pytest.approx(0, abs=1e-14)
    assert np.abs(lent).min() > 0.1
