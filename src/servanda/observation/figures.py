"""The figures of the record that are compared with runs, and the months of each figure.

A figure is compared with a weighted sum of the model's monthly values. A level is interpolated to
its day between the ends of the two nearest months. A flow is summed over the days of its period, in
proportion of each month; if its unit has a time, it is a mean rate. A running total counts from the
case's start. Each amount enters once, see `servanda.observation.once`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from servanda.case import Case, Observation, Series
from servanda.engine import Model
from servanda.observation.figure import Figure, figure_of, rule_of
from servanda.observation.months import Months
from servanda.observation.once import Found, increments, remainders

NO_DAYS = "about no time that other figures of its source class leave"
TOO_EARLY = "dated before the case starts"
DERIVED = "derived from another figure, which is compared in its place"


@dataclass(frozen=True, eq=False)
class Record:
    """The figures of one series.

    Attributes:
        series: the series.
        figures: the figures that are compared, in order of time.
        omitted: the figures that are not compared, and the reason.
    """

    series: Series
    figures: tuple[Figure, ...]
    omitted: tuple[tuple[Observation, str], ...]


def known_records(model: Model) -> list[Record]:
    """The figures known at the evidence cut-off, for each series that the model observes."""
    known = model.case.known
    return [record(model, s, known.of(s.name)) for s in known.series if s.quantitative]


def record(model: Model, series: Series, observations: Sequence[Observation]) -> Record:
    """The figures of a series in the form that is compared, in order of time.

    Args:
        model: model of the case.
        series: the series.
        observations: figures of the series in order of time. The caller has chosen those known.
    """
    months = Months(model.case)
    total, level = series.counting == "running_total", series.counting == "level"
    kept, omitted = [], []
    for o in observations:
        first = o.ref_end if level or total else o.ref_start or o.ref_end
        if first < months.first_day:
            omitted.append((o, TOO_EARLY))
        elif _is_derived(model.case, o):
            omitted.append((o, DERIVED))
        else:
            kept.append(o)
    figures: list[Figure] = []
    for rule in series.rules:
        own = [o for o in kept if rule_of(model.case, series, o) == rule]
        found = _compared(model, months, series, own)
        figures += [figure for figure in found.figures if figure.months.any()]
        omitted += found.omitted
        omitted += [(f.observation, NO_DAYS) for f in found.figures if not f.months.any()]
    figures.sort(key=lambda figure: (figure.observation.ref_end, figure.observation.id))
    return Record(series, tuple(figures), tuple(omitted))


def _is_derived(case: Case, o: Observation) -> bool:
    """Whether a figure is derived from one that was known by the cut-off, or as early as it."""
    if o.derived_from is None:
        return False
    return case.evidence.observation(o.derived_from).known_on <= max(case.cutoff, o.known_on)


def _compared(
    model: Model, months: Months, series: Series, observations: Sequence[Observation]
) -> Found:
    """The figures of one source class, so that each amount enters once."""
    case = model.case

    def level(o: Observation) -> Figure:
        return figure_of(case, series, o, months.at(o.ref_end))

    def flow(o: Observation) -> Figure:
        return figure_of(case, series, o, months.during(series, o))

    def total(o: Observation) -> Figure:
        return figure_of(case, series, o, months.share(months.first_day, o.ref_end))

    match series.counting:
        case "level":
            return Found([level(o) for o in observations], [])
        case "running_total":
            return increments(map(level if carried(model, series) else total, observations))
        case _:
            return remainders(map(flow, observations), rates="/" in series.unit)


def carried(model: Model, series: Series) -> bool:
    """Whether a series observes quantities that are carried from month to month."""
    found = [model.layout.resolve(name, series.name) for name in series.observes]
    return all(reference.quantity.carried for reference in found)


def bearing(model: Model) -> Mapping[str, int]:
    """The number of compared figures that bear on each mechanism.

    A figure bears on the mechanism that writes the observed quantity. It also bears on the
    mechanisms whose flows that mechanism reads in the same month. For example, deliveries bear on
    the ledger, which grants them, and on the exchange, which asks for them.
    """
    writer = {name: q.slot for name, q in model.layout.quantities.items()}
    flows = {name for name, q in model.layout.quantities.items() if not q.carried}
    feeds = {slot: {writer[name] for name in reads & flows} for slot, reads in model.reads.items()}
    counts = {theory.slot: 0 for theory in model.plan}
    for known in known_records(model):
        observed = [model.layout.resolve(n, known.series.name) for n in known.series.observes]
        reached = {writer[reference.quantity.name] for reference in observed}
        reached |= {slot for first in reached for slot in feeds[first]}
        for slot in reached:
            counts[slot] += len(known.figures)
    return counts
