"""Closures: how what a country spends follows from what it earns.

A country spends its earnings Y, the duties R that its treasury collects, and what it borrows, D,
which is negative if it lends. Its imports M, before duties, are its exports X plus D. A share h of
spending E goes to its own goods, and its treasury collects a share r:

    E = Y + R + D,   M = (1 − h − r) E,   X = Y − h E

- ``"export-share"``, the default: imports stay the same multiple of exports, M = m X. Where the
  loans of all countries then do not sum to zero, each country's spending is changed in proportion
  to its imports until they do. A country that sells or buys less abroad lends or borrows less. As
  all its trade is cut, imports go to zero and real income to its value in autarky. This closure is
  this project's; no source is known. Without imbalances it is the model with balanced trade.
- ``"multiplicative"``: E / Y stays as observed, and one number rescales all E so that the world
  spends its output (Yotov et al. 2016).
- ``"additive"``: D stays the same share of world output (Dekle, Eaton and Kortum 2008). A lender
  lends as much as before, so one that can no longer sell has no equilibrium.
- ``"held-shares"``: prices clear demand at the initial output and spending, and spending follows
  output afterwards, as in gegravity: see `servanda.trade.armington`.

**What the last three refuse.** They fix a country's loans whatever it trades. A borrower whose
trade is cut must then go on importing: its wage rises until foreign goods, costs included, are
cheap to it, and it ends with most of world output. These closures serve to compare with published
results, and `check_loans` refuses an answer in which the wage of a borrower has begun to rise in
this way. In a small open economy, dearer imports raise the value of imports exactly if
D > (σ − 1) X: each percent by which the wage rises lowers exports by σ − 1 percent and raises the
loan by one.

Sources: Yotov, Piermartini, Monteiro and Larch, "An Advanced Guide to Trade Policy Analysis",
WTO/UNCTAD 2016. Dekle, Eaton and Kortum, "Global Rebalancing with Gravity", IMF Staff Papers 55(3),
2008.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Float64

from servanda.errors import UsageError
from servanda.trade.flows import Economy

Closure = Literal["export-share", "multiplicative", "additive", "held-shares"]
CLOSURES: tuple[Closure, ...] = get_args(Closure)
Rule = Closure | Literal["balanced"]  # no loans: how the world without imbalances is found
LOANS_FIXED: tuple[Rule, ...] = ("multiplicative", "additive", "held-shares")
ROUNDING = 1e-9  # of imports

Nations = Float[Array, " country"]
ByRun = Float64[np.ndarray, "run sector origin destination"]


class Observed(NamedTuple):
    """What a country earned, spent, sold abroad and bought abroad before any change."""

    earned: Nations
    spent: Nations
    exports: Nations
    imports: Nations


class Shares(NamedTuple):
    """Shares of a country's spending.

    Attributes:
        home: What it spends on its own goods.
        abroad: What it spends on others' goods, duties included.
        collected: The duties that its treasury collects.
    """

    home: Nations
    abroad: Nations
    collected: Nations


def spending(rule: Rule, before: Observed, earned: Nations, shares: Shares) -> Nations:
    """Return what each country spends.

    A country that owes more than it earns spends NaN: no equilibrium exists.

    Args:
        rule: How spending depends on earnings.
        before: The accounts before any change.
        earned: What each country earns.
        shares: How its spending is divided.
    """
    if rule == "held-shares":
        return before.spent
    if rule == "additive":
        spent = earned + (before.spent - before.earned) * earned.sum() / before.earned.sum()
    elif rule == "multiplicative":
        spent = before.spent / before.earned * earned
        spent = spent / spent.sum() * earned.sum()
    elif rule == "balanced":
        spent = earned
    else:
        spent = _of_exports(before, earned, shares)
    return jnp.where(spent > 0, spent / (1 - shares.collected), jnp.nan)


def _of_exports(before: Observed, earned: Nations, shares: Shares) -> Nations:
    """Spending net of duties, (1 − r) E, with (1 − h − r) E = m (Y − h E) at first.

    What these loans do not sum to is divided in proportion to imports, so that a country without
    trade receives none of it.
    """
    multiple, abroad = before.imports / before.exports, shares.abroad - shares.collected
    spent = multiple * earned / (abroad + multiple * shares.home)
    net, imports = (1 - shares.collected) * spent, abroad * spent
    world = imports.sum()
    return net - imports / jnp.where(world > 0, world, 1) * (net - earned).sum()


def check_loans(
    rule: Rule,
    economy: Economy,
    costs: ByRun,
    elasticities: Float64[np.ndarray, "run sector"],
    flows: ByRun,
    first: int | None,
) -> None:
    """Refuse answers in which a borrower's wage has to rise for it to go on importing.

    Countries are checked if the cost of some of their trade rose and of none fell.

    Args:
        rule: How spending depended on earnings.
        economy: The flows before.
        costs: t̂ of each run.
        elasticities: σ of each run.
        flows: The new flows of each run, in any unit.
        first: The number of the first run; None if it is the only one.

    Raises:
        UsageError: A borrower's loan is above σ − 1 times its exports, σ being the lowest of its
            sectors; or, with held shares, its imports rose.
    """
    if rule not in LOANS_FIXED or costs.max() <= 1:  # the second is for speed
        return
    before = economy.flows.reshape(flows.shape[1:]) / economy.flows.sum()
    after = flows / flows.sum(axis=(1, 2, 3), keepdims=True)
    abroad = ~np.eye(before.shape[-1], dtype=bool)
    exports, imports = ((after * abroad).sum(axis=(1, axis)) for axis in (3, 2))
    bought = (before * abroad).sum(axis=(0, 1))
    loans = after.sum(axis=(1, 2)) - after.sum(axis=(1, 3))
    limit = (elasticities.min(axis=1, keepdims=True) - 1) * exports
    rises = (loans > limit) & (loans > ROUNDING * imports)
    if rule == "held-shares":
        rises |= imports > bought * (1 + ROUNDING)
    for run, place in np.argwhere(rises & _dearer(costs, before * abroad)):
        number = "" if first is None else f" of run {first + run}"
        raise UsageError(
            f"trade equilibrium{number}, closure {rule!r}",
            f"{economy.countries[place]!r} at higher trade costs with imports of "
            f"{imports[run, place] / bought[place]:.0%} of those observed, exports paying for "
            f"{min(1.0, exports[run, place] / imports[run, place]):.0%} of them",
            "a country that can pay for its imports: this closure fixes its loans",
            hint="use the closure 'export-share', or balance trade first (servanda.trade.balanced)",
        )


def _dearer(
    costs: ByRun, abroad: Float64[np.ndarray, "sector origin destination"]
) -> Bool[np.ndarray, "run country"]:
    """Whether the cost of some trade of a country rose and of none fell."""
    touched = np.stack([costs > 1, costs < 1]) & (abroad > 0)
    pairs = np.logical_or.reduce(touched, axis=2)
    rose, fell = np.logical_or.reduce(pairs, axis=2) | np.logical_or.reduce(pairs, axis=3)
    return np.asarray(rose & ~fell)
