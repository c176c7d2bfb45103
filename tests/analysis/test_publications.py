"""What a briefing cites: whoever lent a number to the model."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest

from servanda.analysis.publications import publications
from servanda.case import load
from servanda.engine import assemble
from servanda.ensembles import Ensemble
from servanda.errors import CaseError
from servanda.results import RunFolder
from tests.cases import shipped, template
from tests.handmade import tiny


def test_a_model_of_assumptions_cites_nothing():
    assert publications(tiny()) == []


def test_a_prior_cites_its_source_or_that_of_its_row_of_evidence_once():
    model = shipped().model
    found = publications(model)
    titles = [one.title for one in found]
    assert len(titles) == len(set(titles))
    evidence = model.case.evidence
    rows = {o.id: o.source for o in evidence.observations}
    for parameter in model.parameters.values():
        for name in parameter.prior.sources:
            assert evidence.source(rows.get(name, name)).title in titles


def test_the_alliances_and_the_trade_flows_are_cited_as_their_authors_ask():
    cited = {one.title: one.publisher for one in publications(shipped().model)}
    atop = "Alliance treaty obligations and provisions, 1815-2018 (version 5.1)"
    assert cited[atop].startswith("Leeds, Ritter, Mitchell and Long")
    flows = (
        "Trading data: evaluating our assumptions and coding rules (trade data set, version 4.0)"
    )
    assert cited[flows].startswith("Barbieri, Keshk and Pollins")
    assert "China's imports from North Korea by heading, 2016-2024" in cited  # UN Comtrade


def test_without_the_table_of_trade_its_sources_are_not_cited():
    case = shipped().model.case.with_mechanism("trade", "no-effect")
    cited = {one.title for one in publications(assemble(case))}
    assert not any(title.startswith("Trading data") for title in cited)


def test_a_case_without_files_of_trade_cites_its_priors_only(tmp_path):
    case = replace(template(), folder=tmp_path)
    assert len(publications(assemble(case))) == len(publications(assemble(template())))


def test_pages_of_one_publisher_under_one_title_are_cited_once_by_the_first_in_every_process():
    """Sets have another order in each process, and a briefing is made to the byte again."""
    case = template()
    (known, *_), keys = case.evidence.sources, [f"page-{n}" for n in range(20)]
    pages = [
        replace(known, key=key, title="A page", url=f"https://example.org/{key}") for key in keys
    ]
    other = replace(known, key="other", title="a page", publisher="Another publisher")
    sources = (*case.evidence.sources, *pages, other)
    case = replace(case, evidence=replace(case.evidence, sources=sources))
    name = next(iter(assemble(case).uncertain))
    case = case.with_prior(name, uniform=[0.1, 0.2], sources=[*keys, "other"])
    urls = [one.url for one in publications(assemble(case)) if one.title.casefold() == "a page"]
    assert sorted(urls) == sorted(["https://example.org/page-0", known.url])


def test_a_run_folder_cites_what_its_case_cited(tmp_path):
    model = shipped().model
    folder = RunFolder.create(tmp_path / "run", model.case, model, Ensemble.prior(model, 1))
    assert publications(assemble(folder.case())) == publications(model)


def test_a_source_of_trade_that_is_none_is_told(tmp_path):
    case = load(shutil.copytree(shipped().model.case.folder, tmp_path / "case"))
    (case.folder / "regimes.toml").write_text('sources = { book = "A book" }')
    with pytest.raises(CaseError) as caught:
        publications(assemble(case))
    assert (
        str(caught.value) == "regimes.toml line 1: sources.book: found 'A book', expected a table"
    )
