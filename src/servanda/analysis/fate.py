"""The fate of a pact: its state by month, its ways of ending, and its reference classes."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import hypot

import numpy as np
from jaxtyping import Bool, Float

from servanda.analysis.groups import CLEAR, by_class
from servanda.case.schema import Partnership
from servanda.ensembles import weighted
from servanda.results import Results
from servanda.world.axes import ENDINGS

_YES = 0.5


@dataclass(frozen=True, eq=False)
class Fate:
    """The state of one partnership in all runs.

    Attributes:
        results: results of the runs.
        partnership: the partnership.
    """

    results: Results
    partnership: Partnership

    @cached_property
    def _alive(self) -> Bool[np.ndarray, "month run"]:
        return np.asarray(self.results.series(f"alive[{self.partnership.label}]") > _YES)

    @cached_property
    def _dormant(self) -> Bool[np.ndarray, "month run"]:
        return np.asarray(self.results.series(f"dormant[{self.partnership.label}]") > _YES)

    @cached_property
    def _ending(self) -> Float[np.ndarray, "month run"]:
        return np.asarray(np.round(self.results.series(f"ending[{self.partnership.label}]")))

    @property
    def alive(self) -> Bool[np.ndarray, "run"]:
        """The runs in which the pact is in force at the horizon."""
        return np.asarray(self._alive[-1])

    @property
    def dormant(self) -> Bool[np.ndarray, "run"]:
        """The runs in which the pact is in force and dormant at the horizon."""
        return np.asarray(self._alive[-1] & self._dormant[-1])

    @cached_property
    def states(self) -> Mapping[str, Float[np.ndarray, "month"]]:
        """Share of runs with the pact in use, dormant and over, by month."""
        runs = {
            "in use": self._alive & ~self._dormant,
            "dormant": self._alive & self._dormant,
            "over": ~self._alive,
        }
        return {state: weighted.mean(own, self.results.weights) for state, own in runs.items()}

    @cached_property
    def ways(self) -> Mapping[str, Float[np.ndarray, "month"]]:
        """Share of runs whose pact has ended in each way, by month."""
        return {
            way: weighted.mean(self._ending == number, self.results.weights)
            for number, way in enumerate(ENDINGS, start=1)
        }

    def when_over(self, share: float) -> int | None:
        """The position of the first month in which this share of pacts is over, or None."""
        over = self.states["over"]
        return int(np.argmax(over >= share)) if over[-1] >= share else None

    @property
    def half_ended(self) -> int | None:
        """The month by which half of the endings to the horizon have happened, or None."""
        last = float(self.states["over"][-1])
        return self.when_over(last / 2) if last > 0 else None

    @property
    def commonest_way(self) -> tuple[str, float]:
        """The most frequent way of ending, and its share of all runs at the horizon."""
        final = {way: float(shares[-1]) for way, shares in self.ways.items()}
        way = max(final, key=lambda name: final[name])
        return way, final[way]

    @property
    def by_class_alone(self) -> float:
        """The probability of being in force at the horizon by the base hazard alone.

        The mean over runs of exp(−Σ base hazard), summed over the months after the cut-off.
        """
        label = self.partnership.label
        hazard = self.results.series(f"base_hazard[{label}]")[self.results.cutoff + 1 :]
        return float(weighted.mean(np.exp(-hazard.sum(axis=0, dtype=float)), self.results.weights))

    @cached_property
    def classes(self) -> Mapping[str, Bool[np.ndarray, "run"]]:
        """The runs of each reference class; empty if there is one class only."""
        return by_class(self.results.model, self.results.ensemble)

    def class_curve(self, name: str) -> Float[np.ndarray, "month"]:
        """The share of a class's runs with the pact in force, by month."""
        own = self.classes[name]
        return weighted.mean(self._alive[:, own], self.results.weights[own])

    def class_shares(self, name: str) -> Mapping[str, float]:
        """Share of a class's runs in each state or way of ending at the horizon."""
        own = self.classes[name]

        def share(runs: Bool[np.ndarray, "run"]) -> float:
            return float(weighted.mean(runs[own], self.results.weights[own]))

        ways = {w: share(self._ending[-1] == n) for n, w in enumerate(ENDINGS, start=1)}
        dormant = share(self.dormant)
        return {"in use": share(self.alive) - dormant, "dormant": dormant, **ways}

    @property
    def class_span(self) -> tuple[tuple[str, float], tuple[str, float]]:
        """The classes in which the pact is least and most often in force at the horizon."""
        alive = {name: float(self.class_curve(name)[-1]) for name in self.classes}
        least, most = min(alive, key=lambda n: alive[n]), max(alive, key=lambda n: alive[n])
        return (least, alive[least]), (most, alive[most])

    @property
    def classes_differ(self) -> bool:
        """Whether those two classes differ at the horizon beyond chance."""
        (least, low), (most, high) = self.class_span
        errors = (
            weighted.least_share_error(share, self.results.weights[self.classes[name]])
            for name, share in ((least, low), (most, high))
        )
        return high - low > CLEAR * hypot(*errors)


def fates(results: Results) -> list[Fate]:
    """The fate of every partnership of a case."""
    return [Fate(results, partnership) for partnership in results.model.case.spec.partnerships]
