"""Closures: how what a country spends follows from what it earns.

A country spends its earnings Y, the duties R that its treasury collects, and what it borrows, D,
which is negative if it lends. Its imports M, before duties, are its exports X plus D. A share h of
spending E goes to its own goods, and its treasury collects a share r:

    E = Y + R + D,   M = (1 − h − r) E,   X = Y − h E

- ``"export-share"``, the default: imports are M = κ m X, m the observed multiple of exports. One
  factor κ for all countries makes world imports equal world exports, so that loans sum to zero. A
  country that sells or buys less abroad lends or borrows less. As all its trade is cut, imports go
  to zero and real income to its value in autarky. This closure is this project's; no source is
  known. Without imbalances it is the model with balanced trade.
- ``"multiplicative"``: (E − R) / Y stays as observed, and one number rescales it so that the world
  spends what it earns (Yotov et al. 2016).
- ``"additive"``: D stays the same share of world output (Dekle, Eaton and Kortum 2008). A lender
  lends as much as before, so one that can no longer sell has no equilibrium.
- ``"held-shares"``: prices clear demand at the initial output and spending, and spending follows
  output afterwards, as in gegravity: see `servanda.trade.armington`.

**What the last three refuse.** They fix a country's loans whatever it trades. A borrower whose
trade is cut must then go on importing: its wage rises until foreign goods, costs included, are
cheap to it, and it ends with most of world output. These closures serve to compare with published
results, and `check_loans` refuses an answer in which a loan is above σ − 1 times exports although
trade became dearer. In a small open economy under ``"multiplicative"``, with one sector and γ = 1,
dearer imports raise the value of imports exactly if D > (σ − 1) X: each percent by which the wage
rises lowers exports by σ − 1 percent and raises the loan by one. Elsewhere it is a rule of thumb,
and an answer is also refused in which costs rose for one country alone, its trade is unbalanced,
and its imports or its real income rose.

Sources: Yotov, Piermartini, Monteiro and Larch, "An Advanced Guide to Trade Policy Analysis",
WTO/UNCTAD 2016. Dekle, Eaton and Kortum, "Global Rebalancing with Gravity", IMF Staff Papers 55(3),
2008.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Bool, Float, Float64

from servanda.errors import UsageError
from servanda.trade.flows import Economy

Closure = Literal["export-share", "multiplicative", "additive", "held-shares"]
CLOSURES: tuple[Closure, ...] = get_args(Closure)
Rule = Closure | Literal["balanced"]  # no loans: how the world without imbalances is found
_OTHERS = "use the closure 'export-share', or balance trade first (servanda.trade.balanced)"
LOANS_FIXED: tuple[Rule, ...] = ("multiplicative", "additive", "held-shares")
ROUNDING = 1e-9  # of imports
NEWTON_STEPS = 6
LONGEST_STEP = 1.0  # log points of κ

Nations = Float[Array, " country"]
Scalar = Float[Array, ""]
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
    """Spending net of duties, (1 − r) E = Y + D, that leaves imports M = κ m X.

    With a = 1 − h − r spent abroad net of duties, a E = κ m (Y − h E), and so
    D = a Y (κ m − 1) / (a + κ m h), which rises with κ. Newton's method finds the κ at which loans
    sum to zero. Its last two steps alone are differentiated: from the root, two steps have its
    first three derivatives.
    """
    given = before.imports / before.exports, shares.abroad - shares.collected, shares.home, earned
    held = lax.stop_gradient(given)

    def step(of: tuple[Nations, ...], log_factor: Scalar) -> Scalar:
        wanted, slopes = _loans(log_factor, *of)
        slope = slopes.sum()
        taken = -wanted.sum() / jnp.where(slope > 0, slope, 1)
        return log_factor + jnp.clip(taken, -LONGEST_STEP, LONGEST_STEP)

    start = jnp.zeros_like(earned[0])
    root = lax.fori_loop(0, NEWTON_STEPS - 1, lambda _, factor: step(held, factor), start)
    return earned + _loans(step(given, step(given, root)), *given)[0]


def _loans(
    log_factor: Scalar, multiple: Nations, abroad: Nations, home: Nations, earned: Nations
) -> tuple[Nations, Nations]:
    """What each country borrows at a factor κ, and its slope in log κ."""
    imported = jnp.exp(log_factor) * multiple
    divided = abroad + imported * home
    slopes = imported * earned * abroad * (abroad + home) / divided**2
    return abroad * earned * (imported - 1) / divided, slopes


def check_loans(
    rule: Rule,
    economy: Economy,
    costs: ByRun,
    elasticities: Float64[np.ndarray, "run sector"],
    flows: ByRun,
    real_income: Float64[np.ndarray, "run country"],
    first: int | None,
) -> None:
    """Refuse answers in which a borrower's wage has to rise for it to go on importing.

    Countries are checked whose trade became dearer, on average by observed trade.

    Args:
        rule: How spending depended on earnings.
        economy: The flows before.
        costs: t̂ of each run.
        elasticities: σ of each run.
        flows: The new flows of each run, in any unit.
        real_income: The change of real income, as a ratio.
        first: The number of the first run; None if it is the only one.

    Raises:
        UsageError: A borrower's loan is above σ − 1 times its exports, σ being the lowest of its
            sectors. Or costs rose for one country alone, its trade is unbalanced, and its imports
            or its real income rose. Or, with held shares, a country's imports rose.
    """
    if rule not in LOANS_FIXED or costs.max() <= 1:  # the second is for speed
        return
    before = economy.flows.reshape(flows.shape[1:]) / economy.flows.sum()
    after = flows / flows.sum(axis=(1, 2, 3), keepdims=True)
    abroad = ~np.eye(before.shape[-1], dtype=bool)
    exports, imports = ((after * abroad).sum(axis=(1, axis)) for axis in (3, 2))
    bought = imports / (before * abroad).sum(axis=(0, 1))
    loans = after.sum(axis=(1, 2)) - after.sum(axis=(1, 3))
    limit = (elasticities.min(axis=1, keepdims=True) - 1) * exports
    dearer = _dearer(costs, before * abroad)
    unbalanced = np.abs(loans) > ROUNDING * imports
    for run, place in np.argwhere((loans > limit) & unbalanced & dearer).tolist():
        raise UsageError(
            _place(rule, run, first),
            f"{economy.countries[place]!r} at higher trade costs with imports of "
            f"{bought[run, place]:.0%} of those observed, exports paying for "
            f"{min(1.0, exports[run, place] / imports[run, place]):.0%} of them",
            "a country that can pay for its imports: this closure fixes its loans",
            _OTHERS,
        )
    more = bought > 1 + ROUNDING
    gains = unbalanced & _alone(costs) & (more | (real_income > 1 + ROUNDING))
    if rule == "held-shares":
        gains |= more & dearer
    for run, place in np.argwhere(gains).tolist():
        raise UsageError(
            _place(rule, run, first),
            f"{economy.countries[place]!r} at higher trade costs with imports of "
            f"{bought[run, place]:.2%} of those observed, and real income of "
            f"{real_income[run, place]:.2%}",
            "imports and real income that do not rise with costs",
            _OTHERS,
        )


def _place(rule: Rule, run: int, first: int | None) -> str:
    number = "" if first is None else f" of run {first + run}"
    return f"trade equilibrium{number}, closure {rule!r}"


def _dearer(
    costs: ByRun, abroad: Float64[np.ndarray, "sector origin destination"]
) -> Bool[np.ndarray, "run country"]:
    """Whether the trade of a country became dearer on average."""
    change = np.log(costs) * abroad
    return np.asarray(change.sum(axis=(1, 2)) + change.sum(axis=(1, 3)) > ROUNDING * abroad.sum())


def _alone(costs: ByRun) -> Bool[np.ndarray, "run country"]:
    """Whether costs rose in the trade of a country with others, and changed nowhere else."""
    one = np.eye(costs.shape[-1], dtype=bool)
    own = one[:, :, None] ^ one[:, None, :]
    changed = (costs != 1).any(axis=1)
    elsewhere = (changed[:, None] & ~own).any(axis=(2, 3))
    no_fall = costs.min(axis=(1, 2, 3), keepdims=True)[:, 0, 0] >= 1
    return np.asarray(~elsewhere & no_fall)
