"""The wider form of a prior: what was known without the figures that it cites."""

from __future__ import annotations

import pytest

from servanda.case import load, new
from servanda.engine import assemble
from servanda.errors import CaseError
from tests.cases import template

SHELLS = "AAA>BBB:shells"
CEILING = f"exchange.lane_ceiling[{SHELLS}]"
BIAS = "observation.bias[government-deliveries]"
FORM = f'"{SHELLS}" = {{ lognormal = [50000, 0.8], note = "a few shiploads a month" }}'


def written(tmp_path, old: str, form: str):
    folder = new("tiny", tmp_path)
    text = (folder / "parameters.toml").read_text()
    assert old in text
    (folder / "parameters.toml").write_text(text.replace(old, form))
    return folder


def prior(case, name: str):
    return assemble(case).uncertain[name]


def test_a_wider_form_has_the_unit_and_bounds_of_its_prior_unless_it_gives_its_own():
    own = template().parameters["exchange.lane_ceiling"].priors[SHELLS]
    wider = own.wider
    assert wider is not None
    assert (wider.numbers, wider.status) == ((50000.0, 0.8), "assumed")
    assert (wider.unit, wider.low, wider.high) == (own.unit, own.low, own.high)


def test_at_the_cutoff_of_the_case_runs_have_the_prior_itself():
    assert prior(template(), CEILING).numbers == (40000.0, 0.4)
    assert prior(template(), BIAS).numbers == (1.5, 0.4)


def test_at_an_earlier_cutoff_they_have_the_wider_form_of_what_cites_later_figures():
    before = template().at("2021-06")  # E2 became known in July
    assert prior(before, CEILING).numbers == (50000.0, 0.8)
    assert prior(before, BIAS).numbers == (1.0, 0.7)
    assert before.late_priors == ()


def test_a_prior_without_a_wider_form_is_named_as_hindsight(tmp_path):
    case = load(written(tmp_path, FORM, ""))
    assert case.at("2021-06").late_priors == (CEILING,)


def test_a_wider_form_is_part_of_the_content_of_a_case(tmp_path):
    changed = load(written(tmp_path, "[50000, 0.8]", "[50000, 0.9]"))
    assert changed.digest != template().digest


def test_a_parameter_with_one_value_may_have_one_wider_form(tmp_path):
    value = 'value = { normal = [0.83, 0.08], bounds = [0.5, 0.97], status = "assumed" }'
    folder = written(tmp_path, value, f"{value}\nwider = {{ uniform = [0.6, 0.95] }}")
    wider = load(folder).parameters["war.persistence"].priors[""].wider
    assert wider is not None
    assert (wider.family, wider.low, wider.high) == ("uniform", 0.6, 0.95)


AT = f"parameters.toml line 137: exchange.lane_ceiling.wider.{SHELLS}: found "
REFUSED = {
    f'"{SHELLS}" = {{ fixed = 50000 }}': (
        f"{AT}fixed [50000] in [8000, 250000] in round/month, expected a distribution that is not "
        "fixed, in round/month"
    ),
    f'"{SHELLS}" = {{ lognormal = [50000, 0.8], unit = "round/year" }}': (
        f"{AT}lognormal [50000, 0.8] in [8000, 250000] in round/year, expected a distribution "
        "that is not fixed, in round/month"
    ),
    f'"{SHELLS}" = {{ lognormal = [5, 1] }}': (
        f"{AT}lognormal [5, 1] in [8000, 250000] with 0% of its mass within the bounds, expected "
        "at least 90%\n  hint: widen the bounds, or move the prior"
    ),
    '"AAA>BBB:shell" = { lognormal = [50000, 0.8] }': (
        "parameters.toml line 137: exchange.lane_ceiling.wider.AAA>BBB:shell: found a wider form "
        "for 'AAA>BBB:shell', expected one for a member with a prior: AAA>BBB:shells, BBB>AAA:oil"
        f"\n  hint: did you mean '{SHELLS}'?"
    ),
    f'"{SHELLS}" = {{ lognormal = [50000, 0.8], sources = ["E9"] }}': (
        f"{AT}source 'E9', expected an id in evidence.csv or a key in sources.csv"
    ),
    f'"{SHELLS}" = {{ normal = [50000, 20000], bounds = [-1e5, 3e5] }}': (
        f"parameters.toml: exchange.lane_ceiling.wider.{SHELLS}: found normal [50000, 20000] in "
        "[-100000, 300000] round/month, expected at least 0 round/month"
    ),
    f'"{SHELLS}" = 7': f"{AT}7, expected a table",
}


@pytest.mark.parametrize("form", REFUSED)
def test_a_wrong_wider_form_is_refused(tmp_path, form: str):
    folder = written(tmp_path, FORM, form)
    with pytest.raises(CaseError) as error:
        assemble(load(folder))
    assert str(error.value) == REFUSED[form]
