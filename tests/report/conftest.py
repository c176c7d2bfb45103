"""A tiny run and its briefing, made once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from servanda.analysis.hindcast import coverages
from servanda.case import Evidence, Observation, Series, SourceRule
from servanda.case.evidence import Source
from servanda.case.schema import Claim, Threshold
from servanda.engine import Model, assemble
from servanda.report.page import brief
from servanda.results import Results
from servanda.verdicts import Flip, Verdict
from tests.builders import tiny_case
from tests.report.invented import invented

FACTS = tuple(
    Observation(
        f"T{i}",
        "deliveries",
        None,
        date(2020, 2 + 3 * i, 28),
        date(2020, 3 + 3 * i, 5),
        150.0 * (i + 1),
        None,
        None,
        "round",
        "B",
        "seen" if i % 2 else "told",
        f"<b>{i + 1}</b> hundred rounds & more",
    )
    for i in range(4)
)
LATER = Observation(
    "T9",
    "deliveries",
    None,
    date(2021, 6, 30),
    date(2021, 7, 2),
    900.0,
    None,
    None,
    "round",
    "C",
    "seen",
    "later",
)
SOURCES = (
    Source("seen", "What was seen", "Press", "https://example.org/seen?a=1&b=2", "open-source"),
    Source("told", "What was told", "Ministry", "https://example.org/told", "ministry"),
)


def _rule(source_class: str, bound: str = "estimate") -> SourceRule:
    return SourceRule.model_validate(
        {
            "source_class": source_class,
            "counts": "rounds",
            "bound": bound,
            "bias": "reference",
            "error": 0.2,
        }
    )


@pytest.fixture(scope="session")
def model() -> Model:
    """The tiny case with one series of four known figures from two classes, and a later one."""
    series = Series(
        name="deliveries",
        label="Rounds delivered",
        unit="round",
        counting="level",
        observes=("stock[BUY.shells]",),
        rule=(_rule("open-source"), _rule("ministry", "upper")),
    )
    metric = {
        "name": "alive",
        "label": "In force",
        "unit": "dimensionless",
        "quantity": "alive[BUY-SUP]",
    }
    case = tiny_case(spec={"metrics": [metric], "not_modelled": ["Weather."]})
    return assemble(replace(case, evidence=Evidence((*FACTS, LATER), (series,), SOURCES)))


@pytest.fixture(scope="session")
def results(model: Model) -> Results:
    """Two hundred invented runs: half end by renegotiation, a tenth go dormant."""
    return invented(model, 200)


@pytest.fixture(scope="session")
def verdict() -> Verdict:
    """A verdict with facts on both sides, one later, and a flip."""
    test = Threshold(kind="threshold", metric="alive", direction="above", value=0.5)
    claim = Claim(slug="it-lasts", text="It <i>lasts</i>.", system="5 commitment", test=test)
    flip = Flip("accounting", "arms valued", "counted with arms valued", "open", 0.5)
    return Verdict(
        claim,
        "leaning",
        0.8,
        0.01,
        0.25,
        0.1,
        0.4,
        0.01,
        "dimensionless",
        FACTS[:2],
        FACTS[2:3],
        (LATER,),
        (flip,),
    )


@pytest.fixture(scope="session")
def page(results: Results, verdict: Verdict, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The briefing of these runs, as if they had been stopped."""
    out = tmp_path_factory.mktemp("briefing") / "briefing.html"
    stopped = replace(results, note={"runs": 300, "done": 200, "partial": True, "hash": "abc"})
    found = coverages(results)
    assert len(found[0].points) == 4
    assert np.isfinite(found[0].points[0].interval).all()
    return brief(stopped, [verdict], found, out)
