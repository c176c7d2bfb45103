"""Scoring a registered forecast as facts come.

A fact is a row of a file with the columns of `evidence.csv`. Its source class is that of its source
in the case, or is in a column `source_class`. A fact about whole months of a flow is compared with
the forecast of the same months; a level or a running total with the forecasts of the ends of the
two nearest months, between which quantiles are interpolated.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
from scoringrules import crps_quantile

from servanda.case import Observation, units
from servanda.case.evidence import last_day
from servanda.case.evidence_rows import Rows
from servanda.case.schema import month_number
from servanda.errors import CaseError, UsageError, nearest
from servanda.files import read_rows
from servanda.files.faults import Faults
from servanda.scoring.history import scaled
from servanda.scoring.points import months_after
from servanda.scoring.registry import LEVELS, FigureForecast, Forecast

_CLASS = "source_class"
_LOW, _LOWER, _UPPER, _HIGH = (LEVELS.index(level) for level in (0.05, 0.25, 0.75, 0.95))
_MIDDLE = LEVELS.index(0.5)


@dataclass(frozen=True)
class ScoredFact:
    """A fact beside what was forecast of it.

    Attributes:
        figure: its id.
        series: its series.
        value: the count that was forecast, in the unit of the series; what a running total added.
        low, middle, high: the 5 %, 50 % and 95 % quantiles of the forecast.
        crps: continuous ranked probability score on the scale log(1 + x), from the quantiles.
        inside_50, inside_90: whether the fact lies in the intervals.
        foreknown: whether it was known on the day on which the forecast was made, though not by the
            cut-off.
    """

    figure: str
    series: str
    value: float
    low: float
    middle: float
    high: float
    crps: float
    inside_50: bool
    inside_90: bool
    foreknown: bool


@dataclass(frozen=True)
class Facts:
    """A registered forecast beside the facts that came.

    Attributes:
        scored: facts that were forecast.
        unscored: ids of the others, with the reason.
    """

    scored: tuple[ScoredFact, ...]
    unscored: Mapping[str, str]

    @property
    def crps(self) -> float:
        """The mean CRPS of the facts that were forecast."""
        return float(np.mean([one.crps for one in self.scored]))

    @property
    def coverage(self) -> tuple[float, float]:
        """The share of these facts in the 50 % and 90 % intervals."""
        inside = [(one.inside_50, one.inside_90) for one in self.scored]
        half, most = np.mean(inside, axis=0).tolist()
        return half, most


def score_facts(forecast: Forecast, file: Path) -> Facts:
    """Score a registered forecast by the facts of a file.

    Raises:
        CaseError: on faults in the file; and if a figure was known by the forecast's cut-off.
        UsageError: if no figure of the file was forecast.
    """
    faults = Faults()
    read = Rows(None, None, faults).read(file) or {}
    rows = {} if faults.found else read_rows(file)
    cutoff = last_day(forecast.as_of)
    for figure, line in read.values():
        if figure.known_on <= cutoff or figure.ref_end <= cutoff:
            known = f"known on {figure.known_on}, about a time to {figure.ref_end}"
            expected = f"one that became known after {cutoff}, about a time that ends after it"
            faults.add([CaseError(f"{file.name} line {line}", f"a figure {known}", expected)])
    faults.raise_any()
    scored, unscored = [], {}
    for figure, line in read.values():
        found = _score(forecast, figure, rows[line].get(_CLASS, ""))
        if isinstance(found, str):
            unscored[figure.id] = found
        else:
            scored.append(found)
    if not scored:
        why = "; ".join(f"'{id_}': {reason}" for id_, reason in unscored.items())
        found_ = f"no figure that was forecast{': ' if why else ''}{why}"
        raise UsageError(file.name, found_, "at least one")
    return Facts(tuple(scored), unscored)


def _score(forecast: Forecast, figure: Observation, given: str) -> ScoredFact | str:
    """The score of a fact, or the reason why it has none."""
    counted = forecast.series.get(figure.series)
    if counted is None:
        hint = nearest(figure.series, forecast.series)
        return f"series '{figure.series}' is not in the forecast" + (f", {hint}" if hint else "")
    if figure.bound in ("at least", "at most"):
        return "a bound, which says no value"
    own = [one for one in forecast.figures if one.series == figure.series]
    classes = sorted({one.source_class for one in own})
    source_class = given or forecast.sources.get(figure.source, "")
    if not source_class and len(classes) == 1:
        (source_class,) = classes
    if source_class not in classes:
        what = f"source class '{source_class}'" if source_class else f"source '{figure.source}'"
        return f"no rule of the series covers {what}, only {', '.join(classes)}"
    try:
        factor = units.factor(figure.unit, counted.unit, figure.id)
    except CaseError as error:
        return f"{error.found}, and not {error.expected}"
    matching = [one for one in own if one.source_class == source_class]
    quantiles = (
        _of_months(matching, figure)
        if counted.counting in ("flow", "event")
        else _at(matching, figure, forecast.as_of)
    )
    if quantiles is None:
        return f"its days, to {figure.ref_end}, are none that were forecast"
    return _beside(forecast, figure, figure.value * factor - matching[0].base, quantiles)


def _of_months(own: Sequence[FigureForecast], figure: Observation) -> np.ndarray | None:
    """The quantiles of the whole months that a flow is about."""
    first, last = figure.ref_start or figure.ref_end, figure.ref_end
    if first.day != 1 or (last + timedelta(days=1)).day != 1:
        return None
    span = (f"{first:%Y-%m}", f"{last:%Y-%m}")
    return next((np.array(one.quantiles) for one in own if (one.first, one.last) == span), None)


def _at(own: Sequence[FigureForecast], figure: Observation, as_of: str) -> np.ndarray | None:
    """The quantiles of a day, between the ends of two months."""
    by_month = {month_number(one.last) - month_number(as_of): one.quantiles for one in own}
    ahead = months_after(as_of, figure.ref_end)
    after = int(np.ceil(ahead))
    before = after - 1 if after - 1 in by_month else after
    if after not in by_month:
        return None
    share = ahead - (after - 1)
    return (1 - share) * np.array(by_month[before]) + share * np.array(by_month[after])


def _beside(
    forecast: Forecast, figure: Observation, value: float, quantiles: np.ndarray
) -> ScoredFact:
    low, lower, middle, upper, high = quantiles[[_LOW, _LOWER, _MIDDLE, _UPPER, _HIGH]].tolist()
    crps = crps_quantile(float(scaled(value)), scaled(quantiles), np.array(LEVELS))
    return ScoredFact(
        figure=figure.id,
        series=figure.series,
        value=value,
        low=low,
        middle=middle,
        high=high,
        crps=float(crps),
        inside_50=lower <= value <= upper,
        inside_90=low <= value <= high,
        foreknown=figure.known_on <= date.fromisoformat(forecast.made_on),
    )
