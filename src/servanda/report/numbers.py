"""What a briefing shows, as small numbers: states, ways, bands and worths."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float

from servanda.case.schema import Partnership, Tie, month_name, month_number
from servanda.engine import Model
from servanda.engine.parameters import sample
from servanda.experiments.metrics import Arrays, series
from servanda.report import words
from servanda.world.axes import ENDINGS

# A number that says which of several unordered classes a run is in: it has no high and low.
CLASS_DRAW = "commitment.class_draw"
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True)
class Runs:
    """The results that a briefing is made from.

    Attributes:
        model: what was run.
        arrays: every kept quantity, (month, member, run).
        seed: of the runs, from which their parameters are drawn again.
        given: the parameters of each run, where they were not drawn from the priors.
    """

    model: Model
    arrays: Arrays
    seed: int
    given: Mapping[str, np.ndarray] | None = field(default=None, repr=False)

    @cached_property
    def count(self) -> int:
        """How many runs."""
        return int(next(iter(self.arrays.values())).shape[-1])

    @cached_property
    def start(self) -> int:
        """First month, since year zero."""
        return month_number(self.model.case.spec.start)

    @cached_property
    def cut(self) -> int:
        """Position of the last month that history fixes."""
        return month_number(self.model.case.spec.as_of) - self.start

    @cached_property
    def months(self) -> int:
        """How many months a run has."""
        return month_number(self.model.case.spec.horizon) - self.start + 1

    @cached_property
    def years(self) -> Float[np.ndarray, "month"]:
        """Each month's end as a year with decimals."""
        return (self.start + np.arange(self.months) + 1) / 12

    @cached_property
    def drawn(self) -> Mapping[str, np.ndarray]:
        """The uncertain parameters of every run, by printed name."""
        if self.given is not None:
            return self.given
        return sample(self.model.numbers, self.seed, np.arange(self.count))

    def month(self, position: int) -> str:
        """The `YYYY-MM` of a position."""
        return month_name(self.start + position)

    def series(self, name: str) -> Float[np.ndarray, "month run"]:
        """One member of a kept quantity, like `alive[RUS-PRK]`, or one that has no members."""
        return series(self.model, self.arrays, name)

    def parameter(self, label: str) -> Any:
        """A parameter's draws, its fixed number, or None where the model has none of this name."""
        if label in self.drawn:
            return self.drawn[label]
        number = self.model.numbers.get(label)
        return None if number is None else number.prior.numbers[0] * number.factor


def quantiles(values: np.ndarray, levels: tuple[float, ...] = LEVELS) -> np.ndarray:
    """Quantiles over runs, (level, ...): one partition for all levels, the nearest run to each."""
    runs = values.shape[-1]
    places = [min(int(level * runs), runs - 1) for level in levels]
    ordered = np.partition(values, sorted(set(places)), axis=-1)
    return np.stack([ordered[..., place] for place in places]).astype(float)


@dataclass(frozen=True)
class Pact:
    """One partnership's futures.

    Attributes:
        partnership: which.
        states: share of runs in use, dormant and over, by month.
        ways: share of runs that have ended in each way, by month.
        classes: by reference class, whether each run belongs to it; empty where there is one only.
    """

    runs: Runs
    partnership: Partnership
    states: Mapping[str, Float[np.ndarray, "month"]]
    ways: Mapping[str, Float[np.ndarray, "month"]]
    classes: Mapping[str, np.ndarray]

    @property
    def alive(self) -> Float[np.ndarray, "run"]:
        """One for each run in which the pact is in force at the horizon."""
        return np.asarray(self.runs.series(f"alive[{self.partnership.label}]")[-1])

    @property
    def dormant(self) -> Float[np.ndarray, "run"]:
        """One for each run in which it is in force at the horizon but hardly used."""
        return np.asarray(self.runs.series(f"dormant[{self.partnership.label}]")[-1])

    def ending(self, way: int) -> np.ndarray:
        """Whether each run's pact ended in this way, counted from one."""
        final = self.runs.series(f"ending[{self.partnership.label}]")[-1]
        return np.asarray(np.round(final) == way)

    def when_over(self, share: float) -> int | None:
        """Position of the first month in which this share of runs has no pact, or None."""
        over = self.states["over"]
        return int(np.argmax(over >= share)) if over[-1] >= share else None


def pact(runs: Runs, partnership: Partnership) -> Pact:
    """The futures of one partnership."""
    name = partnership.label
    alive, dormant = runs.series(f"alive[{name}]"), runs.series(f"dormant[{name}]")
    ending = np.round(runs.series(f"ending[{name}]"))
    in_force, quiet = alive.mean(-1, dtype=float), dormant.mean(-1, dtype=float)
    states = {"in use": in_force - quiet, "dormant": quiet, "over": 1 - in_force}
    ways = {way: (ending == i).mean(-1) for i, way in enumerate(ENDINGS, start=1)}
    return Pact(runs, partnership, states, ways, _classes(runs))


def _classes(runs: Runs) -> dict[str, np.ndarray]:
    names = runs.model.case.spec.reference_classes
    draw = runs.drawn.get(CLASS_DRAW)
    if draw is None or not names[1:]:
        return {}
    own = np.minimum((np.asarray(draw) * len(names)).astype(int), len(names) - 1)
    return {name: own == i for i, name in enumerate(names) if (own == i).any()}


def moved(runs: Runs, tie: Tie) -> Float[np.ndarray, "month run"]:
    """What a tie delivered each month, or how many lent people were there."""
    lent = runs.model.axes.kind(tie) == "lent"
    return runs.series(f"{'lent' if lent else 'arrived'}[{tie.label}]")


def worth(runs: Runs, tie: Tie, months: slice) -> Float[np.ndarray, "run"] | None:
    """What a tie brought at market worth over some months, USD; None if it has no worth."""
    value = runs.parameter(f"exchange.unit_value[{tie.label}]")
    if value is None:
        return None
    return np.asarray(moved(runs, tie)[months].sum(axis=0, dtype=float) * value)


def in_words(runs: Runs, label: str) -> str:
    """A number's description, and whom it is about."""
    name, _, member = label.partition("[")
    described = runs.model.case.parameters[name].description
    if not member:
        return described
    return f"{described} ({words.member(runs.model.case.spec, member.removesuffix(']'))})"
