"""The forecasts of an origin, by the model and by the baseline of each series, with their scores.

The count of a figure's source in each run is drawn as in a hindcast, with bias, discrepancy and
error.
"""

from collections.abc import Sequence

from servanda.observation import expected, log_density, sample
from servanda.results import Results
from servanda.scoring.choice import Baseline, choose
from servanda.scoring.history import FEW, History, coverage
from servanda.scoring.points import Outlook
from servanda.scoring.scores import of_draws, of_normal
from servanda.scoring.totals import Row


def forecasts(results: Results, found: Sequence[Outlook]) -> list[Row]:
    """The rows of an origin.

    Args:
        results: runs of the case with the origin as its evidence cut-off.
        found: the series as they were known at the origin, and what became known later.
    """
    model, origin = results.model, results.cutoff + 1
    known = [one for one in found if len(one.earlier) >= FEW]
    histories = {one.series.name: History.of(model, one.series, one.earlier) for one in known}
    chosen = choose({name: one for name, one in histories.items() if one.has_rate}, origin)
    rows = []
    for outlook in found:
        if outlook.later:
            rows += _of_series(results, outlook, chosen.get(outlook.series.name))
    return rows


def _of_series(results: Results, outlook: Outlook, baseline: Baseline | None) -> list[Row]:
    """The rows of a series at an origin."""
    series, seed, origin = outlook.series, results.ensemble.seed, results.cutoff + 1
    figures = [point.figure for point in outlook.later]
    expectations = expected(results, series, figures)
    draws = sample(figures, expectations, results)
    densities = log_density(figures, expectations, results)
    months = coverage(results.model, series, figures)
    rows = []
    for i, (point, figure) in enumerate(zip(outlook.later, figures, strict=True)):
        source_class, against = figure.rule.source_class, None
        if baseline is not None:
            forecast = baseline.forecast(source_class, months[i], origin, point.horizon)
            against = of_normal(figure, *forecast, seed)
        rows.append(
            Row(
                series=series.name,
                figure=figure.observation.id,
                origin=results.model.case.spec.as_of,
                horizon=point.horizon,
                ahead=round(point.ahead, 2),
                source_class=source_class,
                unit=series.unit,
                value=figure.value,
                model=of_draws(figure, draws[i], float(densities[i]), seed),
                baseline=None if baseline is None else baseline.name,
                against=against,
            )
        )
    return rows
