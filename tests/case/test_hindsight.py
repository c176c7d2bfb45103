"""Sources have dates, so a prior that rests on a later publication is seen."""

from __future__ import annotations

from datetime import date

import pytest

from servanda.case import load, new
from servanda.case.evidence import last_day
from servanda.errors import CaseError

PERSISTENCE = 'value = { normal = [0.83, 0.08], bounds = [0.5, 0.97], status = "assumed" }'
MEASURED = PERSISTENCE.replace('"assumed"', '"measured", sources = ["a-book"]')


@pytest.fixture
def cited(tmp_path):
    """A folder of a case whose cut-off is 2021-12, with a prior that a book supports."""

    def write(published: str):
        folder = new("tiny", tmp_path)
        text = (folder / "parameters.toml").read_text()
        (folder / "parameters.toml").write_text(text.replace(PERSISTENCE, MEASURED))
        with (folder / "sources.csv").open("a") as file:
            file.write(f"a-book,A book,A press,,research,{published}\n")
        return folder

    return write


@pytest.mark.parametrize(
    ("published", "hint"),
    [
        ("2022-01-01", ""),
        ("2022", ""),
        ("2021-12-31", None),
        ("2021-12", None),
        ("2021", None),
        ("1985", None),
    ],
)
def test_a_prior_cites_what_was_published_by_the_cutoff(cited, published, hint):
    folder = cited(published)
    if hint is None:
        assert load(folder).late_priors == ()
        return
    with pytest.raises(CaseError) as caught:
        load(folder)
    assert str(caught.value) == (
        f"parameters.toml line 22: war.persistence.value: found source 'a-book', published "
        f"{published},"
        " expected what was known by 2021-12-31"
    )


def test_a_year_that_the_cutoff_lies_in_may_be_too_late(cited):
    folder = cited("2021")
    text = (folder / "case.toml").read_text()
    (folder / "case.toml").write_text(text.replace('as_of = "2021-12"', 'as_of = "2021-06"'))
    with pytest.raises(CaseError) as caught:
        load(folder)
    assert str(caught.value) == (
        "parameters.toml line 22: war.persistence.value: found source 'a-book', published 2021,"
        " expected what was known by 2021-06-30\n"
        "  hint: write the month or the day in sources.csv, if it is earlier"
    )


def test_at_an_earlier_cutoff_a_later_source_is_hindsight(cited):
    case = load(cited("2021-07"))
    assert "war.persistence" not in case.at("2021-07").late_priors
    assert "war.persistence" in case.at("2021-06").late_priors


def test_a_source_without_a_date_shows_nothing(cited):
    case = load(cited(""))
    assert case.late_priors == ()
    assert case.undated_priors == ("war.persistence",)


def test_no_prior_of_the_shipped_case_rests_on_an_undated_source():
    assert load("russia-dprk").undated_priors == ()


def test_sources_of_old_cases_need_no_dates(tmp_path):
    folder = new("tiny", tmp_path)
    rows = (folder / "sources.csv").read_text().splitlines()
    (folder / "sources.csv").write_text("\n".join(row.rpartition(",")[0] for row in rows))
    assert [source.published for source in load(folder).evidence.sources] == ["", ""]


@pytest.mark.parametrize(
    ("text", "day"),
    [("2007", (2007, 12, 31)), ("2008-02", (2008, 2, 29)), ("2007-12", (2007, 12, 31))],
)
def test_a_year_or_a_month_was_known_by_its_last_day(text, day):
    assert last_day(text) == date(*day)


@pytest.mark.parametrize(
    "published", ["soon", "2007-13", "2007-02-30", "2007-02-00", "07", "2007-3", "0000", "2999"]
)
def test_what_is_no_date_is_refused(cited, published):
    with pytest.raises(CaseError) as caught:
        load(cited(published))
    assert str(caught.value) == (
        f"sources.csv line 4: found published '{published}',"
        " expected a year from 1800 to 2100, or a month or a day of it, such as 2007-03-05"
    )
