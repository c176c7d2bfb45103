"""What the record taught: the same in a sentence, in charts, on the page and in the terminal."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from altair.utils.schemapi import debug_mode

from servanda.analysis.hindcast import coverages
from servanda.analysis.learned import Learned
from servanda.case import Prior
from servanda.case.priors import BIAS, label
from servanda.cli.answer import answer
from servanda.observation.discrepancy import discrepancy
from servanda.report import contraction, learned, words
from servanda.report.figure import check
from servanda.report.page import brief
from servanda.results import Results
from tests.handmade import counted, observation, rule, uncertain_case, with_evidence
from tests.report.invented import invented

TOLD, IDLE = "commitment.class_draw", "arsenal.usable_share[SUP.shells]"
RUNS = 200


@pytest.fixture(scope="module")
def taught() -> Results:
    """Invented runs of a posterior that learned one of two parameters, a bias, and a series' δ."""
    rules = rule(error=0.2), rule("ministry", bias="boast", error=0.2)
    series = counted("level", "stock[BUY.shells]", "round", *rules)
    rows = [observation(n, 2 + n / 10, f"2020-0{n}-28") for n in range(1, 5)]
    boast = Prior("lognormal", (1.0, 0.5), 0.1, 10, "dimensionless", "assumed")
    boast = replace(boast, sources=("E1",), wider=replace(boast, numbers=(1.0, 1.0)))
    model = with_evidence(series, rows, {"boast": boast}, uncertain_case(TOLD, IDLE))
    given = {
        TOLD: np.linspace(0.2, 0.3, RUNS),
        IDLE: np.random.default_rng(1).uniform(0.001, 0.999, RUNS),
        label(BIAS, "boast"): np.linspace(2.0, 2.2, RUNS),
        discrepancy("s"): np.linspace(0.65, 0.75, RUNS),
    }
    made = invented(model, RUNS)
    parameters = {name: values.astype(np.float32) for name, values in given.items()}
    return replace(
        made, ensemble=replace(made.ensemble, parameters=parameters, origin="posterior", chains=2)
    )


@pytest.fixture(scope="module")
def found(taught: Results) -> Learned:
    return Learned.of(taught, coverages(taught))


def flat(text: str) -> str:
    return text.replace(words.THIN, " ")


SENTENCE = (
    "The record moved 1 of 2 uncertain parameters beyond the error of the sampler; the others keep "
    "their priors. The model is wrong in 1 of 1 series: it is typically off by a factor of 2.0 in "
    "“S”."
)


def test_the_sentence_counts_what_moved_and_names_where_the_model_is_wrong(found):
    assert learned.sentence(found) == SENTENCE


def test_where_no_series_lies_off_the_sentence_says_so(found):
    usual = replace(found.misfits[0].discrepancy, posterior=(0.01, 0.18, 0.5))
    fits = replace(found, misfits=[replace(found.misfits[0], discrepancy=usual)])
    assert learned.sentence(fits).endswith("In none of 1 series is the model clearly wrong.")


def test_the_terminal_says_the_same(taught, capsys):
    answer(taught, coverages(taught))
    said = " ".join(capsys.readouterr().out.split())
    assert SENTENCE in said


def test_the_charts_say_in_words_what_they_show(taught, found):
    with debug_mode(False):
        moved, misfits = contraction.figures(taught.model, found)
        check(moved)
        check(misfits)
    name = words.parameter(taught.model, TOLD)
    assert moved.title == f"The record narrows “{name}” most"
    assert flat(moved.alternative) == (
        f"Median and 90 % interval under prior and posterior: {name}: prior 0.5 (0.05 to 0.95), "
        "posterior 0.25 (0.2 to 0.29), contraction 0.91."
    )
    assert misfits.title == "“S” lies furthest off the model"
    assert flat(misfits.alternative) == (
        "Median and 90 % interval of δ; its prior is 0.2 (0.02 to 0.59). S: δ 0.7 (0.65 to 0.74), "
        "× 2.0, 4 above and 0 below the median; 4 of 4 inside 90 %."
    )


def test_a_bias_has_its_row(found):
    assert learned.bias_rows(found) == [
        learned.BiasRow(
            "boast", "1 (0.21 to 4.8), wider form", "2.1 (2 to 2.2)", "0.97", moved=True
        )
    ]


def test_what_did_not_move_is_not_drawn(taught, found):
    still = [replace(one, moved=False) for one in found.inputs]
    assert contraction.figures(taught.model, replace(found, inputs=still, misfits=[])) == []


def test_the_page_tells_it_after_the_verdicts(taught, tmp_path):
    page = brief(taught, [], coverages(taught), tmp_path / "b.html").read_text(encoding="utf-8")
    order = re.findall(r'<h2 id="(\w+)"', page)
    assert order[order.index("taught") - 1 : order.index("taught") + 2] == [
        "claims",
        "taught",
        "hinges",
    ]
    assert f"<p>{SENTENCE}</p>" in page
    for part in ('<figure id="moved">', '<figure id="misfits">', "Biases of source classes"):
        assert part in page


def test_runs_of_the_prior_say_how_to_learn(results, tmp_path):
    page = brief(results, [], [], tmp_path / "b.html").read_text(encoding="utf-8")
    assert (
        "<p>These runs are not drawn from a posterior, so they do not say what the record teaches: "
        "servanda run tiny learns from it, and draws from that.</p>" in page
    )
    assert 'figure id="moved"' not in page


def test_where_nothing_can_be_learned_the_page_says_why(results):
    series = results.model.case.evidence.series
    without = with_evidence(series[0], [])
    assert learned.not_learned(without) == (
        "These runs are not drawn from a posterior, so they do not say what the record teaches; "
        "there is nothing to learn from, because the record of case 'tiny' to 2020-12 has no "
        "figure that is compared with runs."
    )
