"""The scoreboard: a row for each figure and origin, as a table and as a JSON document."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

import numpy as np
import xarray as xr

from servanda.case import Case
from servanda.case.content import SCORES
from servanda.errors import UsageError
from servanda.files.documents import document
from servanda.scoring.points import HORIZONS, LeftOut
from servanda.scoring.scores import LEVELS, Scores
from servanda.scoring.totals import Row, Skill, Total, skill, totals

MANY = 3
"""Figures of a series from which the aim counts it."""
AIM_AHEAD, AIM_COVERAGE = 2 / 3, (0.80, 0.97)
"""The aims: the share of such series that are ahead, and the coverage of the 90 % interval."""


@dataclass(frozen=True)
class Scoreboard:
    """Scores of forecasts at rolling origins.

    Attributes:
        made_from: case, its digest, version, origins, seed, numbers of runs and particles, and what
            the runs of each origin were drawn from.
        rows: a row for each figure and origin.
        left_out: figures after an origin that are not scored.
        late_priors: by origin, the number of priors that cite what became known later.
    """

    made_from: Mapping[str, Any]
    rows: tuple[Row, ...]
    left_out: tuple[LeftOut, ...]
    late_priors: Mapping[str, int] = field(default_factory=dict)

    @property
    def compared(self) -> tuple[Row, ...]:
        """The rows that have a baseline."""
        return tuple(row for row in self.rows if row.against is not None)

    @property
    def coverage(self) -> tuple[float, float]:
        """The share of compared figures in the model's 50 % and 90 % intervals; NaN without any."""
        if not self.compared:
            return np.nan, np.nan
        inside = [(row.model.inside_50, row.model.inside_90) for row in self.compared]
        half, most = np.mean(inside, axis=0).tolist()
        return half, most

    @property
    def apart(self) -> tuple[Row, ...]:
        """The rows of series that had fewer than two earlier figures."""
        return tuple(row for row in self.rows if row.against is None)

    def by_series(self, rows: Iterable[Row]) -> list[Total]:
        """What some rows add up to by series, the series with most figures first."""
        found = totals(rows, lambda row: row.series)
        return sorted(found, key=lambda one: (-one.points, one.name))

    def by_horizon(self) -> list[Total]:
        """What the compared rows add up to by horizon."""
        found = {one.name: one for one in totals(self.compared, lambda row: str(row.horizon))}
        return [found[str(end)] for end in HORIZONS if str(end) in found]

    @property
    def aimed(self) -> tuple[int, int]:
        """The series with three figures or more: those ahead of their baseline, and all."""
        many = [one for one in self.by_series(self.compared) if one.points >= MANY]
        return sum(one.ahead for one in many), len(many)

    def skill(self) -> Skill | None:
        """The skill over all compared rows, or None if the baselines made no error."""
        return skill(self.compared, self.made_from["seed"])

    def dataset(self) -> xr.Dataset:
        """The rows as columns along `row`; `to_dataframe` makes a table of them."""
        columns = [_flat(row) for row in self.rows]
        names = columns[0] if columns else ()
        variables = {name: ("row", [column[name] for column in columns]) for name in names}
        return xr.Dataset(variables, attrs={k: json.dumps(v) for k, v in self.made_from.items()})

    def json(self) -> str:
        """The scoreboard as a JSON document with six digits, a figure a line. `read` reads it."""
        return document(json.loads(json.dumps(asdict(self)), parse_float=_short))


def read(text: str) -> Scoreboard:
    """The scoreboard that `Scoreboard.json` wrote."""
    given = json.loads(text)
    rows = tuple(
        Row(**{**row, "model": _scores(row["model"]), "against": _scores(row["against"])})
        for row in given["rows"]
    )
    left_out = tuple(LeftOut(**one) for one in given["left_out"])
    return Scoreboard(given["made_from"], rows, left_out, given["late_priors"])


def carried(case: Case) -> Scoreboard | None:
    """The scoreboard in the folder of a case, or None; it may be of other content.

    Raises:
        UsageError: if it cannot be read.
    """
    path = case.folder / SCORES
    if not path.is_file():
        return None
    try:
        return read(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise UsageError(
            f"scoreboard '{path}'",
            "no scoreboard that can be read",
            "a file that `servanda score --out` wrote",
            "write it again, or remove it",
        ) from None


def _short(number: str) -> float:
    return float(f"{float(number):.6g}")


def _scores(given: Mapping[str, Any] | None) -> Scores | None:
    return None if given is None else Scores(**{**given, "quantiles": tuple(given["quantiles"])})


def _flat(row: Row) -> dict[str, Any]:
    """A row as plain values: missing numbers are NaN."""
    plain = {
        f.name: getattr(row, f.name) for f in fields(row) if f.name not in ("model", "against")
    }
    plain["baseline"] = row.baseline or ""
    for name, scores in (("model", row.model), ("baseline", row.against)):
        for score in ("crps", "log_score", "inside_50", "inside_90", "pit", "brier"):
            found = None if scores is None else getattr(scores, score)
            plain[f"{name}_{score}"] = np.nan if found is None else float(found)
        for level, number in enumerate(LEVELS):
            own = np.nan if scores is None else scores.quantiles[level]
            plain[f"{name}_{100 * number:.0f}%"] = own
    return plain
