"""What may enter the likelihood twice: one amount in two series."""

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np

from servanda.case.notes import Note
from servanda.engine import Model
from servanda.observation import Figure, Record, known_records

_ROUNDING = 1e-9  # of the share of a month


def told_twice(model: Model) -> Iterator[Note]:
    """Notes on figures of two series, of one source class and about the same days of a quantity.

    Of each pair of series and class the first is noted. A figure that says that it is derived from
    another one is compared with runs no more, and not noted.
    """
    for one, other in combinations(known_records(model), 2):
        if not set(one.series.observes) & set(other.series.observes):
            continue
        for source_class in dict.fromkeys(figure.rule.source_class for figure in one.figures):
            pairs = _same_days(*(_of_class(known, source_class) for known in (one, other)))
            for figure, again in pairs:
                place = model.case.lines.get(again.observation.id)
                where = "evidence.csv" if place is None else f"evidence.csv line {place}"
                yield Note(
                    where,
                    f"'{again.observation.id}' and '{figure.observation.id}' of "
                    f"'{one.series.name}' are about the same days, by source class "
                    f"'{source_class}': derived_from says if one repeats the other",
                )
                break


def _of_class(known: Record, source_class: str) -> list[Figure]:
    return [figure for figure in known.figures if figure.rule.source_class == source_class]


def _same_days(
    figures: Sequence[Figure], others: Sequence[Figure]
) -> Iterator[tuple[Figure, Figure]]:
    for figure in figures:
        for other in others:
            if (np.minimum(abs(figure.months), abs(other.months)) > _ROUNDING).any():
                yield figure, other
