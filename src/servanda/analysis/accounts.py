"""The account of a pact: cost and earnings of deliveries, payments and arrears."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter

import numpy as np
from jaxtyping import Float

from servanda.case.schema import Partnership, Tie
from servanda.ensembles.weighted import Spread, mean, quantile, spread
from servanda.results import Results

_YEAR = 12
# Less than this is left over by rounding.
DOLLAR = 1.0


@dataclass(frozen=True)
class Gains:
    """The gain of each partner from the orders of some months, at its own values.

    Attributes:
        by_partner: gain in USD, buyer first.
        both: the share of runs in which both partners gain.
        ahead: the partner that gains more in most runs.
        share: the share of runs in which that partner gains more.
    """

    by_partner: Mapping[str, Spread]
    both: float
    ahead: str
    share: float


@dataclass(frozen=True)
class Entry:
    """What a tie of the pact delivered to the evidence cut-off and after it.

    Attributes:
        tie: the tie.
        amount: amount to the cut-off, in the good's unit; for lent people, the number then present.
        worth, after: USD at market prices, to the cut-off and after it; None if it has no price.
    """

    tie: Tie
    amount: Spread
    worth: Spread | None
    after: Spread | None


@dataclass(frozen=True, eq=False)
class Account:
    """The debts and payments of one partnership.

    Attributes:
        results: results of the runs.
        partnership: the partnership.
    """

    results: Results
    partnership: Partnership

    def _series(self, name: str) -> Float[np.ndarray, "month run"]:
        return self.results.series(f"{name}[{self.partnership.label}]")

    def _total(self, name: str) -> Float[np.ndarray, "month run"]:
        return np.asarray(np.cumsum(self._series(name), axis=0, dtype=float))

    @cached_property
    def earned(self) -> Float[np.ndarray, "month run"]:
        """What deliveries earned at the price agreed, USD since the start."""
        return self._total("obligation")

    @cached_property
    def cost(self) -> Float[np.ndarray, "month run"]:
        """What deliveries cost the supplier, USD since the start."""
        return self._total("delivery_cost")

    @cached_property
    def paid(self) -> Float[np.ndarray, "month run"]:
        """Payments, at their worth to the payee, USD since the start."""
        return self._total("paid")

    @cached_property
    def in_sight(self) -> Float[np.ndarray, "month run"]:
        """Payments that observers can count, USD since the start."""
        return self._total("paid_in_sight")

    @cached_property
    def hidden(self) -> Float[np.ndarray, "month run"]:
        """Hidden payments, which observers cannot count, USD since the start."""
        return np.asarray(self.paid - self.in_sight)

    @cached_property
    def arrears(self) -> Float[np.ndarray, "month run"]:
        """Arrears: owed and not paid, USD."""
        return self._series("arrears")

    def shares_at_cutoff(self) -> Mapping[str, float]:
        """Median shares of earnings to the cut-off: paid in sight, hidden payment, and arrears.

        Runs that earned less than a dollar by then are left out. Empty if that is every run.
        """
        cutoff = self.results.cutoff
        some = self.earned[cutoff] >= DOLLAR
        if not some.any():
            return {}
        parts = {"in sight": self.in_sight, "hidden": self.hidden, "arrears": self.arrears}
        weights = self.results.weights[some]
        return {
            name: spread(values[cutoff][some] / self.earned[cutoff][some], weights).median
            for name, values in parts.items()
        }

    def gains(self, months: slice) -> Mapping[str, Float[np.ndarray, "month run"]]:
        """Each partner's surplus from the bargain over some months, USD a month, buyer first."""
        own = self.partnership
        return {
            code: self.results.series(f"gain[{own.label}/{code}]")[months]
            for code in (own.buyer, own.supplier)
        }

    def gained(self) -> Gains | None:
        """The gains from the orders up to the cut-off, taken as delivered and paid for in full.

        None if none reaches a dollar.
        """
        weights, own = self.results.weights, self.partnership
        past = self.gains(slice(self.results.cutoff + 1))
        total = {code: values.sum(axis=0, dtype=float) for code, values in past.items()}
        if not any((np.abs(values) >= DOLLAR).any() for values in total.values()):
            return None
        both = float(mean(np.all([values > 0 for values in total.values()], axis=0), weights))
        more = float(mean(total[own.buyer] > total[own.supplier], weights))
        ahead, share = max((own.buyer, more), (own.supplier, 1 - more), key=itemgetter(1))
        by_partner = {code: spread(values, weights) for code, values in total.items()}
        return Gains(by_partner, both, ahead, share)

    def middle_half(self) -> Mapping[str, Float[np.ndarray, "3 month"]]:
        """The median and the quartiles of each line of the account, by month."""
        lines = {
            "earned": self.earned,
            "hidden": self.hidden,
            "in sight": self.in_sight,
            "arrears": self.arrears,
        }
        levels, weights = (0.25, 0.5, 0.75), self.results.weights
        return {name: quantile(values, levels, weights) for name, values in lines.items()}

    def entries(self) -> list[Entry]:
        """What each tie under the pact delivered, the supplier's ties first."""
        return [self._entry(tie) for tie in self.ties]

    def _entry(self, tie: Tie) -> Entry:
        results, cutoff = self.results, self.results.cutoff
        past, future = slice(0, cutoff + 1), slice(cutoff + 1, results.months)
        block = moved(results, tie)[past]
        amount = block[-1] if results.model.axes.kind(tie) == "lent" else block.sum(axis=0)
        worths = [worth(results, tie, months) for months in (past, future)]
        brought, after = (
            None if values is None else spread(values, results.weights) for values in worths
        )
        return Entry(tie, spread(amount, results.weights), brought, after)

    @property
    def covered(self) -> float:
        """Share of runs in which payments to the cut-off exceed the cost of deliveries."""
        cutoff = self.results.cutoff
        return float(mean(self.paid[cutoff] > self.cost[cutoff], self.results.weights))

    @property
    def ties(self) -> list[Tie]:
        """The ties under the pact, the supplier's ties first."""
        pair = {self.partnership.supplier, self.partnership.buyer}
        found = [
            t
            for t in self.results.model.case.spec.ties
            if {t.giver, t.receiver} == pair and t.basis in ("contract", "payment")
        ]
        return sorted(found, key=lambda t: t.basis != "contract")


def accounts(results: Results) -> list[Account]:
    """The account of every partnership of a case."""
    return [Account(results, partnership) for partnership in results.model.case.spec.partnerships]


def moved(results: Results, tie: Tie) -> Float[np.ndarray, "month run"]:
    """What a tie delivered each month, or the number of lent people present."""
    lent = results.model.axes.kind(tie) == "lent"
    return results.series(f"{'lent' if lent else 'arrived'}[{tie.label}]")


def worth(results: Results, tie: Tie, months: slice) -> Float[np.ndarray, "run"] | None:
    """The worth of a tie's deliveries over some months, in USD; None if the tie has no price."""
    value = results.parameter(f"exchange.unit_value[{tie.label}]")
    if value is None:
        return None
    return np.asarray(moved(results, tie)[months].sum(axis=0, dtype=float) * value)


def leakage(results: Results, route: str, months: slice) -> Float[np.ndarray, "run"]:
    """The mean leakage of a route over some months."""
    return np.asarray(results.series(f"leakage[{route}]")[months].mean(axis=0))


def leaked_last_year(results: Results) -> Mapping[str, float]:
    """The median leakage in the last year to the evidence cut-off, by target of the route."""
    months = slice(max(results.cutoff - _YEAR + 1, 0), results.cutoff + 1)
    return {
        route.target: spread(leakage(results, route.name, months), results.weights).median
        for route in results.model.case.spec.routes
    }
