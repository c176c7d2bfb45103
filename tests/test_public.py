"""The public functions: what a user sees of the package and may give it."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

import servanda
from servanda.case import as_case
from servanda.ensembles import Ensemble
from servanda.errors import CaseError, RunFolderError, UsageError
from servanda.results import RunFolder, open_run, prepare, run_to_folder
from tests.cases import blank, shipped, template, template_folder

COST = "exchange.cost[AAA>BBB:shells]"


def test_completion_shows_the_public_names_and_nothing_else():
    assert sorted(dir(servanda)) == sorted([*servanda.__all__, "__version__"])
    for name in servanda.__all__:
        assert getattr(servanda, name).__name__ in (name, "registry", "create")


def test_reading_a_case_imports_no_jax():
    code = (
        "import sys, servanda; servanda.load('russia-dprk');"
        "print([m for m in ('jax', 'numpyro', 'equinox') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


# ── a case ──────────────────────────────────────────────────────────────────────────────────────


def test_a_case_fits_on_a_screen():
    lines = repr(shipped().model.case).splitlines()
    assert len(lines) <= 24
    assert lines[0] == "case         russia-dprk: The Russia–North Korea partnership of June 2024"
    assert sum(map(len, lines)) < 2000


def test_a_notebook_shows_the_same_as_a_table_without_markup_of_its_own():
    case = template().with_prior(COST, fixed=1)
    html = case._repr_html_()
    assert html.startswith("<table>")
    assert html.count("<tr>") == len(repr(case).splitlines())
    spec = case.spec.model_copy(update={"title": "<b>x</b>"})
    assert "&lt;b&gt;x&lt;/b&gt;" in replace(case, spec=spec)._repr_html_()


def test_what_takes_a_case_takes_a_name_or_a_folder_too():
    by_folder = servanda.run(template_folder(), 4, prior=True)
    assert by_folder.identical(servanda.run(str(template_folder()), 4, prior=True))
    assert by_folder.identical(servanda.run(template(), 4, prior=True))
    assert servanda.check(template_folder()).case.digest == template().digest


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    "call",
    [as_case, servanda.run, servanda.claims, servanda.hindcast, servanda.check, servanda.priors],
)
def test_what_is_no_case_is_refused(call):
    with pytest.raises(UsageError) as caught:
        call(42)
    assert str(caught.value) == (
        "case: found 42 of type int, "
        "expected a case from servanda.load, the name of a shipped case, or a folder"
    )


# ── a case made from a case ─────────────────────────────────────────────────────────────────────


def test_another_prior_is_drawn_from_and_the_first_case_stays_as_it_was():
    dear = template().with_prior(COST, uniform=[900, 1000])
    assert dear.digest != template().digest
    before, after = (
        Ensemble.prior(prepare(case).model, 50).parameters for case in (template(), dear)
    )
    assert (after[COST] >= 900).all()
    assert (before[COST] < 900).any()
    for name in before.keys() - {COST}:
        np.testing.assert_array_equal(before[name], after[name], err_msg=name)


def test_another_theory_takes_the_slot():
    case = template().with_mechanism("commitment", "constant-hazard")
    assert prepare(case).model.theories["commitment"].variant == "constant-hazard"
    assert prepare(template()).model.theories["commitment"].variant == "relational-contract"


def test_a_changed_case_comes_back_from_its_folder(tmp_path):
    case = template().with_prior(COST, uniform=[900, 1000], note="dear")
    case = case.with_mechanism("commitment", "constant-hazard").at("2021-06")
    model = prepare(case).model
    # as if it had run, which would compile it
    written = RunFolder.create(tmp_path / "run", case, model, Ensemble.prior(model, 5))
    written.append(blank(model, 5))
    folder = open_run(written.path)
    again = folder.case()
    assert again.digest == case.digest
    assert again.spec == case.spec
    assert again.parameters == case.parameters
    assert folder.results(model).ensemble.case == case.digest


def test_a_folder_whose_case_was_edited_after_the_run_is_refused(tmp_path):
    simulator = prepare(template())
    folder = run_to_folder(template(), tmp_path / "run", Ensemble.prior(simulator.model, 1))
    file = folder.path / "case" / "case.toml"
    file.write_text(file.read_text().replace('horizon = "2025-12"', 'horizon = "2025-11"'))
    with pytest.raises(RunFolderError) as caught:
        open_run(folder.path).case()
    assert str(caught.value) == (
        f"run folder '{folder.path}', case/case.toml: found other content than was written, "
        "expected the file that the run wrote"
    )


@pytest.mark.parametrize(
    ("name", "prior", "message"),
    [
        (
            "exchange.cots[AAA>BBB:shells]",
            {"fixed": 1},
            (
                "prior of 'exchange.cots[AAA>BBB:shells]': found parameter 'exchange.cots', "
                "expected a parameter of the case\n  hint: did you mean 'exchange.cost'?"
            ),
        ),
        (
            "war.volatility[AAA]",
            {"fixed": 1},
            (
                "prior of 'war.volatility[AAA]': found member 'AAA', "
                "expected one of war.volatility\n"
                "  hint: did you mean 'war.volatility'?"
            ),
        ),
        (
            COST,
            {"uniform": [2, 1]},
            (
                f"prior of '{COST}': found uniform [2, 1] in [2, 1], "
                "expected a low bound below the high one"
            ),
        ),
    ],
    ids=["unknown parameter", "member of one number", "no distribution"],
)
def test_a_change_that_makes_no_sense_is_refused(name, prior, message):
    with pytest.raises(CaseError) as caught:
        template().with_prior(name, **prior)
    assert str(caught.value) == message


# ── tables ──────────────────────────────────────────────────────────────────────────────────────


def test_the_table_of_priors_has_every_parameter_in_which_runs_differ():
    table = servanda.priors(template())
    drawn = Ensemble.prior(prepare(template()).model, 1)
    assert set(table["parameter"].values.tolist()) == set(drawn.parameters)
    row = table.sel(parameter=COST)
    prior = template().parameters["exchange.cost"].priors["AAA>BBB:shells"]
    assert (row["family"].item(), row["first"].item(), row["second"].item()) == (
        prior.family,
        *prior.numbers,
    )
    assert (row["unit"].item(), row["status"].item()) == (prior.unit, prior.status)
    ceiling = table["wider"].sel(parameter="exchange.lane_ceiling[AAA>BBB:shells]").item()
    assert (row["wider"].item(), ceiling) == ("", "lognormal [50000, 0.8] in [8000, 250000]")
    assert table.to_dataframe().shape == (len(drawn.parameters), 9)


def test_a_check_counts_the_figures_that_are_compared():
    found = servanda.check(template())
    assert [step.mechanism for step in found.plan] == [
        t.slot for t in prepare(template()).model.plan
    ]
    figures = sum(found.compared.values())
    assert repr(found) == (
        f"<Check of tiny: {len(found.plan)} mechanisms, {len(found.evidence)} parameter tables, "
        f"{figures} figures in {len(found.compared)} series>"
    )
    known = len(template().known.observations)
    assert figures + sum(found.omitted.values()) <= known


def test_units_are_those_of_cases():
    units = servanda.unit_registry()
    assert units("3 kiloround").to("round").magnitude == 3000
