"""A registered forecast: what a case says of the months after its cut-off, in a plain file.

The file is a JSON document with a line for each forecast. It says on which day it was made and from
what. Its last entry is a hash of all others, so that a change shows. It holds what is needed to
score it when facts come, without the case:

- *figures*: quantiles of the count of each source class in each series. Of a flow it is the amount
  from the first month to the last, both whole; if its unit has a time, the mean rate. Of a level it
  is that at the end of the last month. Of a running total it is what is added, by the end of the
  last month, to the last total that was known (`base`).
- *events*: probabilities of states of a pact.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from hashlib import blake2b
from pathlib import Path
from typing import Any

from servanda.errors import UsageError
from servanda.files import drafts
from servanda.files.documents import document

FORM = 1
LEVELS = (0.01, *(n / 20 for n in range(1, 20)), 0.99)
"""The levels of the quantiles."""
_HINT = "write it again: servanda forecast"


@dataclass(frozen=True)
class Counted:
    """How the figures of a series are counted: their unit, and whether they are flows or others."""

    unit: str
    counting: str


@dataclass(frozen=True)
class FigureForecast:
    """The forecast of one count.

    Attributes:
        series: name of the series.
        source_class: the source class that counts.
        first: first month of a flow; None for a level or a running total.
        last: last month.
        base: the running total that was known; zero for other series.
        quantiles: at `LEVELS`, in the unit of the series.
    """

    series: str
    source_class: str
    first: str | None
    last: str
    base: float
    quantiles: tuple[float, ...]


@dataclass(frozen=True)
class EventForecast:
    """The probability that something is so in a month, in words."""

    event: str
    month: str
    probability: float


@dataclass(frozen=True)
class Forecast:
    """A registered forecast.

    Attributes:
        form: the form of the file.
        made_on: the day on which it was made.
        made_from: case, digest, cut-off, seed, numbers of runs and particles, and versions.
        series: by name of the series, how its figures are counted.
        sources: by key of a source of the case, its class.
        figures: forecasts of figures.
        events: forecasts of events.
    """

    form: int
    made_on: str
    made_from: Mapping[str, Any]
    series: Mapping[str, Counted]
    sources: Mapping[str, str]
    figures: tuple[FigureForecast, ...]
    events: tuple[EventForecast, ...]

    @property
    def as_of(self) -> str:
        """The last month that it knew."""
        return str(self.made_from["as_of"])

    def text(self) -> str:
        """The file."""
        content = json.loads(json.dumps(asdict(self)))
        content["hash"] = _hash(content)
        return document(content)

    def write(self, path: Path) -> None:
        """Write the file.

        Raises:
            UsageError: if there is such a file, because a registered forecast is not replaced, or
                it cannot be written.
        """
        check_free(path)
        with drafts.explained(f"forecast '{path}'"):
            path.parent.mkdir(parents=True, exist_ok=True)
            drafts.write(path, self.text())


def check_free(path: Path) -> None:
    """Raise `UsageError` if there is a file, because a registered forecast is not replaced."""
    if path.exists():
        found = "a file of this name"
        raise UsageError(f"forecast '{path}'", found, "a file that does not exist yet")


def read_forecast(path: Path) -> Forecast:
    """Read a registered forecast.

    Raises:
        UsageError: if it cannot be read, is of another form, or was changed.
    """
    where, expected = f"forecast '{path}'", "a file that `servanda forecast` wrote"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        given, form = content.pop("hash"), content["form"]
    except (OSError, ValueError, KeyError, AttributeError, TypeError, RecursionError):
        raise UsageError(where, "no forecast that can be read", expected, _HINT) from None
    if form != FORM:
        raise UsageError(where, f"form {form!r}", f"form {FORM}, which this version reads")
    if given != _hash(content):
        raise UsageError(where, "other content than was written", "the file as it was written")
    counted = {name: Counted(**own) for name, own in content["series"].items()}
    figures = tuple(_of(FigureForecast, own) for own in content["figures"])
    events = tuple(_of(EventForecast, own) for own in content["events"])
    return Forecast(**{**content, "series": counted, "figures": figures, "events": events})


def _of(kind: Any, given: Mapping[str, Any]) -> Any:
    """A record whose lists are tuples."""
    plain = {f.name: given[f.name] for f in fields(kind)}
    return kind(**{k: tuple(v) if isinstance(v, list) else v for k, v in plain.items()})


def _hash(content: Mapping[str, Any]) -> str:
    return blake2b(json.dumps(content, sort_keys=True).encode(), digest_size=16).hexdigest()
