"""Laws of the page: nothing from outside, every figure in words too, every link arrives."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import get_args

import pytest

from servanda.analysis.hindcast import coverages
from servanda.cli import show
from servanda.ensembles import Origin
from servanda.errors import RunFolderError
from servanda.report import argument
from servanda.report.page import brief

LOADS = ("src", "srcset", "poster", "data", "xlink:href", "background", "action", "formaction")
VOID = {"meta", "link", "br", "hr", "img", "input"}


class Reader(HTMLParser):
    """Tags with their attributes, and whether every tag is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))


@pytest.fixture(scope="module")
def html(page: Path) -> str:
    return page.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def tags(html: str) -> list[tuple[str, dict[str, str | None]]]:
    reader = Reader()
    reader.feed(html)
    assert reader.open == []
    return reader.tags


def test_nothing_is_loaded_from_outside(html, tags):
    for tag, attributes in tags:
        assert tag not in ("script", "iframe", "object", "embed", "img")
        for name in LOADS:
            assert name not in attributes, f"{tag} loads {attributes[name]}"
        if tag == "link":
            assert attributes["href"] == "data:,"
        if tag not in ("a", "link") and "href" in attributes:
            assert attributes["href"].startswith("#")
    assert "@import" not in html
    assert re.findall(r"url\((?!#)", html) == []


def test_only_evidence_links_leave_the_page(tags):
    outside = {a["href"] for tag, a in tags if tag == "a" and not a["href"].startswith("#")}
    assert outside == {"https://example.org/seen?a=1&b=2", "https://example.org/told"}


def test_every_link_inside_arrives_and_ids_are_unique(tags):
    ids = [a["id"] for _, a in tags if "id" in a]
    assert len(ids) == len(set(ids))
    inside = [a["href"][1:] for tag, a in tags if tag == "a" and a["href"].startswith("#")]
    assert inside
    assert set(inside) <= set(ids)
    assert {"T0", "T1", "T2", "T9"} <= set(inside)


def test_every_figure_has_a_title_and_words(html):
    figures = re.findall(r"<figure.*?</figure>", html, re.DOTALL)
    assert len(figures) >= 10
    for figure in figures:
        assert re.search(r"<h3>[^<]{10,}</h3>", figure)
        assert re.search(r'<svg[^>]* role="img" aria-labelledby="\S+-title \S+-desc"', figure)
        assert re.search(
            r"<title id=[^>]+>[^<]{10,}</title><desc id=[^>]+>[^<]{20,}</desc>", figure
        )
        assert "<figcaption>" in figure


def test_what_others_wrote_is_escaped(html):
    assert "It &lt;i&gt;lasts&lt;/i&gt;." in html
    assert "&lt;b&gt;1&lt;/b&gt; hundred rounds &amp; more" in html
    assert "<b>1</b> hundred" not in html


def test_a_partial_run_says_so_at_the_top(html):
    flag = html.index("This run is partial")
    assert flag < html.index('id="answer"')
    assert "stopped after 200 of 300 runs" in html


def test_a_probability_of_shares_is_not_called_a_share_of_runs(model, verdict, capsys):
    show.claims(model, [verdict, replace(verdict, of_runs=False, error=0.0)])
    of_runs, of_shares = re.findall(r"│ (\S[^│]*); effect", capsys.readouterr().out)
    assert (of_runs, of_shares) == ("holds in 80% ± 1.0 of runs", "probability 80%")


def test_later_facts_are_marked(html):
    assert '<tr id="T9"><th scope="row">T9 ◇</th>' in html
    assert '<tr id="T0"><th scope="row">T0</th>' in html


def test_the_statement_stands(html):
    assert "no help in evading sanctions or in planning attacks" in html
    assert "Weather." in html


def test_without_verdicts_the_page_says_how_to_make_them(results, tmp_path):
    text = brief(results, [], [], tmp_path / "b.html").read_text(encoding="utf-8")
    assert "servanda claims tiny" in text
    assert "This run is partial" not in text
    assert 'id="series"' not in text


def test_the_same_run_gives_the_same_page(results, verdict, tmp_path):
    found = coverages(results)
    pages = [brief(results, [verdict], found, tmp_path / name) for name in ("a.html", "b.html")]
    assert pages[0].read_bytes() == pages[1].read_bytes()


SAID = {
    "prior": "The runs draw the parameters from their priors. What the record says of them is not "
    "used. Every probability depends on these priors.",
    "posterior": "The runs draw the parameters from a posterior, which was learned from the record "
    "to the evidence cut-off (posterior 1234, seed 1). Parameters on which no figure bears keep "
    "their priors.",
    "design": "The runs take the parameters from an experimental design. Shares of runs are "
    "therefore no probabilities.",
    "given": "The runs take the parameters as they were given. Every probability depends on these "
    "values.",
}


@pytest.mark.parametrize("origin", get_args(Origin))
def test_it_says_where_the_parameters_come_from(results, origin, tmp_path):
    learned = "posterior 1234, seed 1" if origin == "posterior" else ""
    own = replace(results.ensemble, origin=origin, learned=learned)
    other = replace(results, ensemble=own)
    text = brief(other, [], [], tmp_path / "b.html").read_text(encoding="utf-8")
    assert f"<dt>Origin of the parameters</dt><dd>{learned or origin}</dd>" in text
    assert {name for name, said in SAID.items() if f" assumed. {said} " in text} == {origin}


def test_a_folder_that_is_not_there_is_one_clear_message(results, tmp_path):
    out = tmp_path / "no" / "b.html"
    with pytest.raises(RunFolderError) as caught:
        brief(results, [], [], out)
    assert str(caught.value) == (
        f"briefing '{out}': found a write that failed: No such file or directory, "
        "expected a place that can be written, on a disk with free space"
    )


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", " JAVASCRIPT:x", "//x"])
def test_the_page_links_to_no_address_that_runs(model, url):
    evidence = model.case.evidence
    sources = tuple(replace(source, url=url) for source in evidence.sources)
    case = replace(model.case, evidence=replace(evidence, sources=sources))
    cited = argument.cited(case, list(evidence.observations))
    assert {row.url for row in cited} == {""}
    assert all(row.url for row in argument.cited(model.case, list(evidence.observations)))
