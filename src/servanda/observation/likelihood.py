"""The log likelihood of the record: of all figures known at the cut-off, in many runs at once.

On the scale on which figures err (`servanda.observation.counts`), figure i of a series, at time t,
is

    asinh(y/h) = asinh(m/h) + g·d(t) + ε,    ε ~ N(0, σ²),    d ~ AR(1) with standard deviation δ

The discrepancy d persists, so several figures of a few months are little more than one figure.
Where it stands at the last figure is returned for forecasts.

The estimates of a series in order of time are a Gaussian state-space model, whose likelihood
is the product of one-step predictions (Kalman, "A New Approach to Linear Filtering and Prediction
Problems", Journal of Basic Engineering 82, 1960). A bound has the probability of its side with the
variance σ² + g²δ², by itself. A count of events is negative binomial
(`servanda.observation.events`). What counts say of the rate of a series is kept as the mean and
variance of a gamma variate, which return to 1 and δ² over time (Harvey and Fernandes, "Time Series
Models for Count or Qualitative Observations", JBES 7, 1989).
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from servanda.engine import Model
from servanda.observation import amounts, events
from servanda.observation.counts import factors
from servanda.observation.discrepancy import PERSISTENCE, discrepancy
from servanda.observation.figure import Figure
from servanda.observation.figures import Record, known_records
from servanda.observation.independent import dependent_figures

_LEAST = 1e-6  # of the variance of a rate
_FEWEST = 1e-2  # events: below it the log of a mean says little


class Deviation(NamedTuple):
    """Where the discrepancy of each series stands at the last figure: mean and variance by run.

    Of a series of counts of events they are those of its rate, which is one by itself.
    """

    mean: Float[Array, "series run"]
    variance: Float[Array, "series run"]


_Learn = Callable[[Deviation, Array, Array], tuple[Deviation, Array]]


def learned_records(model: Model) -> tuple[Record, ...]:
    """The series with figures known at the cut-off that are compared and in no prior."""
    left = dependent_figures(model)
    every = (
        replace(known, figures=tuple(f for f in known.figures if f.observation.id not in left))
        for known in known_records(model)
    )
    return tuple(known for known in every if known.figures)


class Likelihood:
    """The log likelihood of the figures known at the cut-off of a model's case.

    Figures that a prior cites are left out (`servanda.observation.independent`).

    Attributes:
        records: the series with figures that are compared.
        figures: all these figures, series by series in order of time.
        counted: what the record has counted: the value of each figure.
        observed: printed names of the quantities that the series observe.
        inputs: printed names of the biases and discrepancies that it depends on.
    """

    def __init__(self, model: Model) -> None:
        self.records = learned_records(model)
        self.figures = tuple(
            f for r in self.records for f in sorted(r.figures, key=lambda f: f.time)
        )
        self.counted = np.array([f.value for f in self.figures])
        self.observed = tuple(dict.fromkeys(n for r in self.records for n in r.series.observes))
        biases = dict.fromkeys(f.bias for f in self.figures)
        self.inputs = (*filter(None, biases), *(discrepancy(r.series.name) for r in self.records))
        lengths = [len(r.figures) for r in self.records]
        self._series = np.repeat(np.arange(len(self.records)), lengths)
        units = [factors(model, r.series) for r in self.records]
        self._units = np.array([[own.get(n, 0.0) for n in self.observed] for own in units])
        self._months = np.stack([f.weights for f in self.figures])
        self._groups = {
            kind: np.array([i for i, f in enumerate(self.figures) if _kind(f) == kind], int)
            for kind in ("estimate", "bound", "events")
        }
        times = np.array([f.time for f in self.figures])
        self._steps = _Steps.of(self._series, self._groups["estimate"], times)
        self._event_steps = _Steps.of(self._series, self._groups["events"], times)

    def by_figure(
        self,
        values: Float[Array, "month observed run"],
        inputs: Mapping[str, Float[Array, "run"]],
        counted: Float[Array | np.ndarray, "figure"] | None = None,
    ) -> tuple[Float[Array, "figure run"], Deviation]:
        """The log likelihood of each figure; of estimates and counts, given those before it.

        Compiled with `counted` as an argument, one program serves all data sets of the same
        figures, such as simulated ones.

        Args:
            values: the observed quantities by month, in their own units. Months after the last one
                that a figure is about may be left out.
            inputs: biases and discrepancies, by printed name.
            counted: the value of each figure; what the record has counted if none is given.

        Returns:
            One value for each figure and run, and where the discrepancies stand at the end.
        """
        mean = self.expected(values, inputs)
        delta = jnp.stack([inputs[discrepancy(r.series.name)] for r in self.records])
        value = jnp.asarray(self.counted if counted is None else counted, mean.dtype)[:, None]
        found = jnp.zeros_like(mean)
        estimates, deviation = self._of_estimates(value, mean, delta)
        if len(where := self._groups["bound"]):
            found = found.at[where].set(self._of_bounds(value, mean, delta))
        if len(where := self._groups["events"]):
            events_found, rates = self._of_events(value, mean, delta)
            found = found.at[where].set(events_found)
            of_events = np.isin(np.arange(len(self.records)), self._series[where])[:, None]
            deviation = _where(jnp.asarray(of_events), rates, deviation)
        return found.at[self._groups["estimate"]].set(estimates), deviation

    def expected(
        self, values: Float[Array, "month observed run"], inputs: Mapping[str, Float[Array, "run"]]
    ) -> Float[Array, "figure run"]:
        """The expected count of each figure's source."""
        monthly = jnp.einsum("so,mor->smr", jnp.asarray(self._units, values.dtype), values)
        months = jnp.asarray(self._months[:, : len(values)], values.dtype)
        ones = jnp.ones_like(values[0, 0])
        biases = jnp.stack([ones if f.bias is None else inputs[f.bias] for f in self.figures])
        return jnp.einsum("fm,fmr->fr", months, monthly[self._series]) * biases

    def places(
        self, values: Float[Array, "month observed run"], inputs: Mapping[str, Float[Array, "run"]]
    ) -> tuple[Float[Array, "figure run"], Float[Array, "figure run"]]:
        """What is expected of each figure on the scale on which it errs, and its variance there.

        For counts of events this is the scale of logs, to first order.
        """
        mean = self.expected(values, inputs)
        delta = jnp.stack([inputs[discrepancy(r.series.name)] for r in self.records])
        near, error = self._scales(np.arange(len(self.figures)), mean.dtype)
        delta = delta[self._series]
        place = amounts.place(mean, near)
        variance = error**2 + (amounts.loading(mean, near) * delta) ** 2
        is_event = np.array([_kind(f) == "events" for f in self.figures])[:, None]
        some = jnp.where(is_event, jnp.maximum(mean, _FEWEST), 1.0)
        return (
            jnp.where(is_event, jnp.log(some), place),
            jnp.where(is_event, 1 / some + delta**2, variance),
        )

    def _of_estimates(
        self,
        value: Float[Array, "figure 1"],
        mean: Float[Array, "figure run"],
        delta: Float[Array, "series run"],
    ) -> tuple[Float[Array, "estimate run"], Deviation]:
        """The filter of Kalman, over the estimates of all series at once."""
        where = self._groups["estimate"]
        start = Deviation(jnp.zeros_like(delta), delta**2)
        if not len(where):
            return mean[where], start
        near, error = self._scales(where, mean.dtype)
        value, mean = value[where], mean[where]
        away = amounts.place(value, near) - amounts.place(mean, near)
        loading = amounts.loading(mean, near)

        def learn(state: Deviation, rows: Array, kept: Array) -> tuple[Deviation, Array]:
            prior = kept * state.mean, kept**2 * state.variance + (1 - kept**2) * delta**2
            own = loading[rows]
            total = own**2 * prior[1] + error[rows] ** 2
            off = away[rows] - own * prior[0]
            found = amounts.log_density(value[rows], off, near[rows], jnp.sqrt(total))
            gain = own * prior[1] / total
            after = Deviation(prior[0] + gain * off, prior[1] * error[rows] ** 2 / total)
            return after, found

        state, found = self._steps.over(start, learn)
        return found[self._steps.turn, self._series[where]], state

    def _of_bounds(
        self,
        value: Float[Array, "figure 1"],
        mean: Float[Array, "figure run"],
        delta: Float[Array, "series run"],
    ) -> Float[Array, "bound run"]:
        where = self._groups["bound"]
        near, error = self._scales(where, mean.dtype)
        value, mean = value[where], mean[where]
        upper = np.array([self.figures[i].rule.bound == "upper" for i in where])[:, None]
        off = amounts.place(value, near) - amounts.place(mean, near)
        own = delta[self._series[where]]
        deviation = jnp.hypot(error, amounts.loading(mean, near) * own)
        return amounts.log_side(off, deviation, upper)

    def _of_events(
        self,
        value: Float[Array, "figure 1"],
        mean: Float[Array, "figure run"],
        delta: Float[Array, "series run"],
    ) -> tuple[Float[Array, "event run"], Deviation]:
        """The filter of a rate that is off by a gamma variate, over all series at once."""
        where = self._groups["events"]
        bound = np.array([self.figures[i].rule.bound for i in where])[:, None]
        exact, upper = jnp.asarray(bound == "estimate"), jnp.asarray(bound == "upper")
        count, own = value[where], mean[where]

        def learn(state: Deviation, rows: Array, kept: Array) -> tuple[Deviation, Array]:
            rate = 1 + kept * (state.mean - 1)
            variance = kept**2 * state.variance + (1 - kept**2) * delta**2
            variance = jnp.maximum(variance, _LEAST)
            spread = jnp.sqrt(variance) / rate
            given = count[rows], own[rows] * rate, spread
            found = events.log_probability(*given)
            if (bound != "estimate").any():
                found = jnp.where(exact[rows], found, events.log_side(*given, upper[rows]))
            shape, scale = rate**2 / variance + count[rows], rate / variance + own[rows]
            after = Deviation(shape / scale, shape / scale**2)
            return _where(exact[rows], after, Deviation(rate, variance)), found

        start = Deviation(jnp.ones_like(delta), delta**2)
        state, found = self._event_steps.over(start, learn)
        return found[self._event_steps.turn, self._series[where]], state

    def _scales(self, where: Int[np.ndarray, "some"], dtype: Any) -> tuple[Array, Array]:
        """The scale h of some figures, and their errors, each (figure, 1)."""
        figures = [self.figures[i] for i in where]
        rows = np.array([(f.near, f.rule.error or 1.0) for f in figures]).reshape(-1, 2)
        near, error = jnp.asarray(rows.T[..., None], dtype)
        return near, error


class _Steps(NamedTuple):
    """Figures of all series step by step: each step has one of each series, or none.

    Attributes:
        rows: positions among these figures; −1 for none.
        kept: correlation of the discrepancy with that at the step before.
        turn: step of each figure.
    """

    rows: Int[np.ndarray, "step series"]
    kept: Float[np.ndarray, "step series"]
    turn: Int[np.ndarray, "estimate"]

    @classmethod
    def of(
        cls,
        series: Int[np.ndarray, "figure"],
        estimates: Int[np.ndarray, "estimate"],
        times: Float[np.ndarray, "figure"],
    ) -> "_Steps":
        """The steps of some figures that stand series by series, in order of time."""
        own = series[estimates]
        turn = np.array([(own[:i] == s).sum() for i, s in enumerate(own)], int)
        shape = (turn.max(initial=-1) + 1, series.max() + 1)
        rows, kept = np.full(shape, -1), np.ones(shape)
        for i, (step, s) in enumerate(zip(turn, own, strict=True)):
            rows[step, s] = i
            if step:
                apart = times[estimates[i]] - times[estimates[rows[step - 1, s]]]
                kept[step, s] = np.exp(-max(apart, 0.0) / PERSISTENCE)
        return cls(rows, kept, turn)

    def over(
        self, start: Deviation, learn: _Learn
    ) -> tuple[Deviation, Float[Array, "step series run"]]:
        """The state after all figures, and the log likelihood of each step's figures.

        Args:
            start: the state before the first.
            learn: the state after the figures of a step, and their log likelihood, from the state
                before, the positions of the figures and the correlation with the step before.
        """

        def step(state: Deviation, at: tuple[Array, Array]) -> tuple[Deviation, Array]:
            rows, kept = at
            there = (rows >= 0)[:, None]
            after, found = learn(state, rows, kept[:, None].astype(start.mean.dtype))
            return _where(there, after, state), jnp.where(there, found, 0.0)

        return jax.lax.scan(step, start, (jnp.asarray(self.rows), jnp.asarray(self.kept)))


def _where(condition: Array, one: Deviation, other: Deviation) -> Deviation:
    """One state where a condition holds, and the other elsewhere."""
    return Deviation(*(jnp.where(condition, a, b) for a, b in zip(one, other, strict=True)))


def _kind(figure: Figure) -> str:
    if figure.rule.error is None:
        return "events"
    return "estimate" if figure.rule.bound == "estimate" else "bound"
