"""A registered forecast: what it says, that a change of it shows, and how facts score it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from servanda.case import Case
from servanda.errors import CaseError, UsageError
from servanda.scoring.facts import Facts, score_facts
from servanda.scoring.forecast import AHEAD, forecast
from servanda.scoring.registry import (
    LEVELS,
    Counted,
    EventForecast,
    FigureForecast,
    Forecast,
    read_forecast,
)

HEAD = "id,series,ref_start,ref_end,known_on,value,low,high,unit,confidence,source,claim,bound"
FLAT = tuple(float(n) for n in range(100, 100 + 10 * len(LEVELS), 10))


@pytest.fixture(scope="module")
def made(told: Case) -> Forecast:
    return forecast(told, runs=64, prior=True)


def by_hand() -> Forecast:
    """Forecasts of the first months of 2022, by quantiles that rise by ten."""

    def of(series: str, first: str | None, last: str, base: float, shift: float) -> FigureForecast:
        return FigureForecast(series, "press", first, last, base, tuple(q + shift for q in FLAT))

    return Forecast(
        form=1,
        made_on="2022-02-15",
        made_from={"case": "tiny", "as_of": "2021-12"},
        series={
            "sent": Counted("round", "flow"),
            "stock": Counted("round", "level"),
            "total": Counted("round", "running_total"),
        },
        sources={"a-paper": "press"},
        figures=(
            of("sent", "2022-01", "2022-01", 0, 0),
            of("sent", "2022-02", "2022-02", 0, 0),
            of("sent", "2022-01", "2022-02", 0, 100),
            of("stock", None, "2022-01", 0, 0),
            of("stock", None, "2022-02", 0, 280),
            of("total", None, "2022-01", 5000, 0),
        ),
        events=(EventForecast("the pact is over", "2022-12", 0.1),),
    )


def facts(tmp_path: Path, *rows: str, head: str = HEAD) -> Path:
    path = tmp_path / "new.csv"
    path.write_text("\n".join([head, *rows]), encoding="utf-8")
    return path


def fact(series: str, value: float, end: str, start: str = "", **more: str) -> str:
    given = {"id": "N1", "known_on": "2022-03-10", "unit": "round", "source": "a-paper",
             "bound": ""} | more  # fmt: skip
    return (
        f"{given['id']},{series},{start},{end},{given['known_on']},{value},,,{given['unit']},B,"
        f"{given['source']},Told,{given['bound']}"
    )


def scored(tmp_path: Path, *rows: str) -> Facts:
    return score_facts(by_hand(), facts(tmp_path, *rows))


# ── what it says ────────────────────────────────────────────────────────────────────────────────


def test_it_says_when_it_was_made_and_from_what(made, told):
    assert made.made_on == datetime.now(UTC).date().isoformat()
    assert made.made_from["case_digest"] == told.digest
    assert (made.as_of, made.made_from["drawn_from"]) == ("2021-12", "prior")
    assert made.series == {"shells-delivered": Counted("round", "running_total")}
    assert made.sources == {"a-report": "open-source", "a-ministry": "government"}


def test_each_source_class_is_forecast_for_two_years_from_its_last_total(made):
    """A total that is less than 25 days after the last one would be another reading of it."""
    classes = {name: [one for one in made.figures if one.source_class == name]
               for name in ("open-source", "government")}  # fmt: skip
    assert {name: {one.base for one in own} for name, own in classes.items()} == {
        "open-source": {300_000},
        "government": {400_000},
    }
    for own in classes.values():
        assert [one.last for one in own][:2] == ["2022-01", "2022-02"]
        assert len(own) == AHEAD
        assert all(list(one.quantiles) == sorted(one.quantiles) for one in own)
        middles = [one.quantiles[LEVELS.index(0.5)] for one in own]
        assert middles[-1] > middles[0]


def test_the_states_of_a_pact_have_probabilities_that_fit_together(made):
    shares = {(one.event, one.month): one.probability for one in made.events}
    assert {month for _, month in shares} == {f"{year}-12" for year in range(2022, 2026)}
    for month in ("2022-12", "2025-12"):
        over, dormant, either = (
            shares[f"BBB-AAA {event}", month]
            for event in ("is over", "is in force and dormant",
                          "has been dormant or over since the cut-off")
        )  # fmt: skip
        assert 0 <= over + dormant <= either + 1e-9 <= 1 + 1e-9
    ever = [share for (event, _), share in shares.items() if "has been" in event]
    assert ever == sorted(ever)


def test_the_same_seed_gives_the_same_forecast(made, told):
    assert forecast(told, runs=64, prior=True).text() == made.text()
    assert forecast(told, runs=64, prior=True, seed=2).figures != made.figures


# ── the file ────────────────────────────────────────────────────────────────────────────────────


def test_a_forecast_is_read_as_it_was_written(made, tmp_path):
    path = tmp_path / "forecasts" / "one.json"
    made.write(path)
    assert read_forecast(path) == made
    assert json.loads(path.read_text(encoding="utf-8"))["hash"]


def test_a_registered_forecast_is_not_replaced(tmp_path):
    path = tmp_path / "one.json"
    by_hand().write(path)
    with pytest.raises(UsageError) as refused:
        replace(by_hand(), made_on="2023-01-01").write(path)
    assert str(refused.value) == (
        f"forecast '{path}': found a file of this name, expected a file that does not exist yet"
    )
    assert read_forecast(path) == by_hand()


UNREADABLE = (
    "no forecast that can be read, expected a file that `servanda forecast` wrote\n"
    "  hint: write it again: servanda forecast"
)


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda text: text.replace('"2022-02-15"', '"2022-02-14"'),
         "other content than was written, expected the file as it was written"),
        (lambda text: text.replace("150.0", "151.0", 1),
         "other content than was written, expected the file as it was written"),
        (lambda text: text.replace('"form": 1', '"form": 2'),
         "form 2, expected form 1, which this version reads"),
        (lambda _: "{", UNREADABLE),
        (lambda _: "[]", UNREADABLE),
    ],
)  # fmt: skip
def test_a_file_that_was_changed_is_refused(tmp_path, change, found):
    path = tmp_path / "one.json"
    path.write_text(change(by_hand().text()), encoding="utf-8")
    with pytest.raises(UsageError) as refused:
        read_forecast(path)
    assert str(refused.value) == f"forecast '{path}': found {found}"


# ── facts ───────────────────────────────────────────────────────────────────────────────────────


def crps(value: float, quantiles: Any) -> float:
    """Twice the mean pinball loss of the quantiles, written out."""
    logs, at = np.log1p(np.array(quantiles)), np.log1p(value)
    below = (at < logs).astype(float)
    return float(2 * np.mean((below - np.array(LEVELS)) * (logs - at)))


@pytest.mark.parametrize(
    ("row", "value", "quantiles"),
    [
        (fact("sent", 150, "2022-01-31", "2022-01-01"), 150, FLAT),
        (fact("sent", 350, "2022-02-28", "2022-01-01"), 350, [q + 100 for q in FLAT]),
        (fact("sent", 0.2, "2022-01-31", "2022-01-01", unit="kiloround"), 200, FLAT),
        (fact("stock", 90, "2022-01-31"), 90, FLAT),
        (fact("stock", 300, "2022-02-14"), 300, [q + 140 for q in FLAT]),
        (fact("stock", 300, "2022-01-05"), 300, FLAT),
        (fact("total", 5170, "2022-01-31"), 170, FLAT),
        (fact("sent", 150, "2022-01-31", "2022-01-01", source="unheard-of"), 150, FLAT),
    ],
)
def test_a_fact_is_scored_by_the_quantiles_of_its_time(tmp_path, row, value, quantiles):
    (found,) = scored(tmp_path, row).scored
    low, middle, high = (quantiles[LEVELS.index(level)] for level in (0.05, 0.5, 0.95))
    assert (found.value, found.low, found.middle, found.high) == pytest.approx(
        (value, low, middle, high)
    )
    assert found.crps == pytest.approx(crps(value, quantiles))
    assert found.inside_90 == (low <= value <= high)
    assert not found.foreknown


def test_a_fact_that_was_known_when_the_forecast_was_made_is_marked(tmp_path):
    (found,) = scored(
        tmp_path, fact("sent", 150, "2022-01-31", "2022-01-01", known_on="2022-02-10")
    ).scored
    assert found.foreknown


RIGHT = fact("sent", 150, "2022-01-31", "2022-01-01", id="N0")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"series": "sentt"}, "series 'sentt' is not in the forecast, did you mean 'sent'?"),
        ({"series": "other"}, "series 'other' is not in the forecast"),
        ({"end": "2022-01-30"}, "its days, to 2022-01-30, are none that were forecast"),
        (
            {"series": "stock", "end": "2022-03-05"},
            "its days, to 2022-03-05, are none that were forecast",
        ),
        ({"bound": "at least"}, "a bound, which says no value"),
        ({"unit": "USD"}, "unit 'USD', and not a unit that converts to 'round'"),
    ],
)
def test_what_was_not_forecast_is_named_and_the_rest_is_scored(tmp_path, change, why):
    given = {"series": "sent", "value": 1, "end": "2022-01-31", "start": "2022-01-01"} | change
    found = scored(tmp_path, RIGHT, fact(**given))
    assert [one.figure for one in found.scored] == ["N0"]
    assert found.unscored == {"N1": why}


def test_a_source_that_no_rule_covers_is_named_and_a_column_may_say_its_class(tmp_path):
    own = by_hand()
    more = replace(own.figures[0], source_class="ministry")
    both = replace(own, figures=(*own.figures, more))
    row = fact("sent", 150, "2022-01-31", "2022-01-01", source="unheard-of")
    path = facts(tmp_path, RIGHT, row)
    assert score_facts(both, path).unscored == {
        "N1": "no rule of the series covers source 'unheard-of', only ministry, press"
    }
    path = facts(tmp_path, f"{row},ministry", head=f"{HEAD},source_class")
    assert [one.figure for one in score_facts(both, path).scored] == ["N1"]
    path = facts(tmp_path, f"{RIGHT},", f"{row},radio", head=f"{HEAD},source_class")
    assert score_facts(both, path).unscored == {
        "N1": "no rule of the series covers source class 'radio', only ministry, press"
    }


@pytest.mark.parametrize(
    ("row", "found"),
    [
        (
            fact("sent", 1, "2021-12-31", "2021-12-01"),
            "known on 2022-03-10, about a time to 2021-12-31",
        ),
        (
            fact("sent", 1, "2022-01-31", "2021-12-01", known_on="2021-12-20"),
            "known on 2021-12-20, about a time to 2022-01-31",
        ),
    ],
)  # fmt: skip
def test_a_fact_that_was_known_by_the_cut_off_is_refused(tmp_path, row, found):
    with pytest.raises(CaseError) as refused:
        scored(tmp_path, RIGHT, row)
    assert str(refused.value) == (
        f"new.csv line 3: found a figure {found}, expected one that became known after 2021-12-31, "
        "about a time that ends after it"
    )


def test_a_file_without_any_fact_that_was_forecast_is_refused(tmp_path):
    with pytest.raises(UsageError) as refused:
        scored(tmp_path, fact("other", 1, "2022-01-31"))
    assert str(refused.value) == (
        "new.csv: found no figure that was forecast: 'N1': series 'other' is not in the forecast, "
        "expected at least one"
    )


def test_faults_of_the_file_are_those_of_evidence(tmp_path):
    with pytest.raises(CaseError) as refused:
        scored(tmp_path, RIGHT.replace("2022-01-31", "31.1.2022"))
    assert str(refused.value) == (
        "new.csv line 2: found date '31.1.2022', expected a date like 2024-06-19"
    )
