"""The account of a pact: what deliveries cost and earned, what was paid, and what is owed."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from servanda.case.schema import Partnership, Tie
from servanda.ensembles import weighted
from servanda.results import Results

_YEAR = 12


@dataclass(frozen=True, eq=False)
class Account:
    """One partnership's debts and payments.

    Attributes:
        results: of the runs.
        partnership: which.
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
        """What payments settled, USD since the start."""
        return self._total("paid")

    @cached_property
    def in_sight(self) -> Float[np.ndarray, "month run"]:
        """Payments that observers can count, USD since the start."""
        return self._total("paid_in_sight")

    @cached_property
    def hidden(self) -> Float[np.ndarray, "month run"]:
        """Payments that observers cannot count, USD since the start."""
        return np.asarray(self.paid - self.in_sight)

    @cached_property
    def arrears(self) -> Float[np.ndarray, "month run"]:
        """Owed and not paid, USD."""
        return self._series("arrears")

    def shares_at_cut(self) -> Mapping[str, float]:
        """Median shares of what was earned by the cut-off: paid in sight, hidden, still owed.

        Runs that had earned nothing by then are left out; empty where all are.
        """
        cut = self.results.cut
        some = self.earned[cut] > 0
        if not some.any():
            return {}
        parts = {"in sight": self.in_sight, "hidden": self.hidden, "arrears": self.arrears}
        weights = self.results.weights[some]
        return {
            name: median(values[cut][some] / self.earned[cut][some], weights)
            for name, values in parts.items()
        }

    def gains(self, months: slice) -> Mapping[str, Float[np.ndarray, "month run"]]:
        """Each partner's surplus from the bargain over some months, USD a month, buyer first."""
        own = self.partnership
        return {
            code: self.results.series(f"gain[{own.label}/{code}]")[months]
            for code in (own.buyer, own.supplier)
        }

    @property
    def covered(self) -> float:
        """Share of runs in which what was paid by the cut-off is more than deliveries cost."""
        cut = self.results.cut
        return float(weighted.mean(self.paid[cut] > self.cost[cut], self.results.weights))

    @property
    def ties(self) -> list[Tie]:
        """The ties under the pact, the supplier's first."""
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
    """What a tie delivered each month, or how many lent people were there."""
    lent = results.model.axes.kind(tie) == "lent"
    return results.series(f"{'lent' if lent else 'arrived'}[{tie.label}]")


def worth(results: Results, tie: Tie, months: slice) -> Float[np.ndarray, "run"] | None:
    """What a tie brought at market worth over some months, USD; None if it has no worth."""
    value = results.parameter(f"exchange.unit_value[{tie.label}]")
    if value is None:
        return None
    return np.asarray(moved(results, tie)[months].sum(axis=0, dtype=float) * value)


def leakage(results: Results, route: str, months: slice) -> Float[np.ndarray, "run"]:
    """Mean share of sanctioned trade that a route wins back over some months."""
    return np.asarray(results.series(f"leakage[{route}]")[months].mean(axis=0))


def last_year(results: Results) -> slice:
    """The twelve months to the cut-off, as far as the case has them."""
    return slice(max(results.cut - _YEAR + 1, 0), results.cut + 1)


def median(values: Float[np.ndarray, "run"], weights: Float[np.ndarray, "run"]) -> float:
    """The median over runs."""
    return float(weighted.quantile(values, (0.5,), weights)[0])
