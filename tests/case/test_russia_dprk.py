"""The shipped case as data: it fits together, and what it took from the facts is what they say."""

from __future__ import annotations

import csv
from datetime import date

import pytest

from servanda.case import load, units
from servanda.case.evidence import REFERENCE
from servanda.engine import assemble
from servanda.files import read_rows
from servanda.results.metrics import check_metrics

# Carried over as they stand: evidence.csv column → facts.csv column.
CARRIED = {
    "ref_start": "ref_start",
    "ref_end": "ref_end",
    "known_on": "known_on",
    "value": "value",
    "low": "low",
    "high": "high",
    "confidence": "confidence",
}


@pytest.fixture(scope="module")
def case():
    return load("russia-dprk")


@pytest.fixture(scope="module")
def model(case):
    return assemble(case)


@pytest.fixture(scope="module")
def facts(shared_data):
    with (shared_data / "facts" / "facts.csv").open(encoding="utf-8", newline="") as file:
        return {row["id"]: row for row in csv.DictReader(file)}


def test_it_assembles_with_every_mechanism(model):
    assert {process.slot for process in model.plan} == {"ledger", *model.case.spec.mechanisms}


def test_its_metrics_are_of_quantities_that_runs_keep(model):
    check_metrics(model)


def test_what_its_series_observe_has_a_unit_that_theirs_converts_to(model):
    for series in model.case.evidence.series:
        for text in series.observes:
            unit = model.layout.resolve(text, series.name).unit.removesuffix("/month")
            plain = all(rule.equivalence == 1 for rule in series.rules)
            amount = series.unit.split("/")[0]
            if plain and series.counting != "level":
                assert units.factor(amount, unit.split("/")[0], series.name) > 0
            elif plain:
                assert units.factor(series.unit, unit, series.name) > 0


def test_every_bias_has_a_prior_and_every_prior_a_bias(case):
    used = {rule.bias for series in case.evidence.series for rule in series.rules}
    assert used - {REFERENCE} == set(case.parameters["observation.bias"].priors)


def test_every_observed_quantity_has_a_reference_class(case):
    biases: dict[str, set[str]] = {}
    for series in case.evidence.series:
        for text in series.observes:
            biases.setdefault(text, set()).update(rule.bias for rule in series.rules)
    assert [text for text, names in biases.items() if REFERENCE not in names] == []


def test_every_figure_is_in_a_unit_of_its_series(case):
    by_name = {series.name: series for series in case.evidence.series}
    for row in case.evidence.observations:
        assert units.factor(row.unit, by_name[row.series].unit, row.id) > 0


def test_every_source_has_a_link(case):
    assert not [s.key for s in case.evidence.sources if not s.url.startswith("http")]


def test_claims_rest_on_facts_and_sources_that_there_are(case):
    if not case.claims:
        pytest.skip("the case has no claims yet")
    known = {o.id for o in case.evidence.observations} | {s.key for s in case.evidence.sources}
    for claim in case.claims:
        assert {*claim.supports, *claim.opposes} <= known, claim.slug


def test_it_says_what_it_does_not_model(case):
    assert case.spec.not_modelled


def test_its_cutoff_can_be_any_origin_of_the_hindcast(case):
    counts = [len(case.at(month).known.observations) for month in ("2023-12", "2024-06", "2024-12")]
    assert 0 < counts[0] < counts[1] < counts[2]


def test_rows_later_than_the_cutoff_stay_in_the_file_and_out_of_a_run(case):
    later = [o for o in case.evidence.observations if o.known_on > date(2024, 12, 31)]
    assert later
    assert not set(later) & set(case.known.observations)


def _corrections(case):
    rows = read_rows(case.folder / "evidence_corrections.csv").values()
    return {(row["id"], row["column"]): row for row in rows}


def _same(ours: str, theirs: str) -> bool:
    try:
        return float(ours) == float(theirs)
    except ValueError:
        return ours == theirs


def test_facts_are_carried_over_unchanged_but_for_what_is_logged(case, facts):
    corrections = _corrections(case)
    rows = read_rows(case.folder / "evidence.csv").values()
    carried = [row for row in rows if row["id"] in facts]
    assert len(carried) > 500
    changed = [
        (row["id"], column, fact[theirs], row[column])
        for row in carried
        for fact in [facts[row["id"]]]
        for column, theirs in CARRIED.items()
        if not _same(row[column], fact[theirs]) and (row["id"], column) not in corrections
    ]
    assert changed == []


def test_every_logged_correction_is_made(case, facts):
    rows = {row["id"]: row for row in read_rows(case.folder / "evidence.csv").values()}
    for (name, column), row in _corrections(case).items():
        if name in rows and column in CARRIED:
            assert _same(rows[name][column], row["now"]), (name, column)
            assert _same(facts[name][CARRIED[column]], row["was"]), (name, column)
            assert row["why"]


def test_links_are_those_of_the_facts(case, facts):
    corrections = _corrections(case)
    links = {s.key: s.url for s in case.evidence.sources}
    differing = [
        (o.id, links[o.source], facts[o.id]["url"])
        for o in case.evidence.observations
        if o.id in facts
        and links[o.source] != facts[o.id]["url"]
        and (o.id, "url") not in corrections
        and (o.id, "source") not in corrections
    ]
    assert differing == []


def test_no_prior_knows_what_came_after_the_cutoff_and_a_cutoff_moved_far_back_says_which_do(case):
    assert case.late_priors == ()
    late = case.at("2022-12").late_priors
    assert "exchange.lane_ceiling[KOR>UKR:shells]" in late  # not lent by then, and no wider form
    assert "attrition.men[RUS]" not in late


def test_a_cutoff_at_which_a_metric_has_no_months_drops_it_and_says_so_of_its_claims(case):
    moved = case.at("2023-06")
    assert "fire" in {m.name for m in case.spec.metrics}
    assert "fire" not in {m.name for m in moved.spec.metrics}
    (claim,) = (c for c in moved.claims if c.slug == "shells-sustain-war")
    assert claim.test.kind == "untestable"
    assert claim.test.reason == "metric 'fire' covers no month at this cut-off"
    assert len(moved.claims) == len(case.claims)
    assemble(moved)
