"""Learning from the record of a small case: what is kept, gone on with, and refused."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr

import servanda
from servanda.analysis import misfit
from servanda.analysis.hindcast import coverages
from servanda.calibration import calibrate as learning
from servanda.calibration.calibrate import calibrate, kept_of, path_of_posterior
from servanda.calibration.posterior import Posterior, Settings, open_posterior
from servanda.calibration.target import Target
from servanda.case import Evidence
from servanda.case.priors import BIAS, DISCREPANCY
from servanda.errors import ResultError, UsageError
from servanda.observation import Likelihood
from servanda.results import Results, open_run, prepare, run_policies, run_to_folder
from tests.calibration.conftest import HOW
from tests.cases import template

CUTOFF = 24  # months of the template's record


def of_posterior(learned: Posterior, runs: int, seed: int = 1) -> Results:
    simulator = prepare(template())
    (found,) = run_policies(simulator, learned.ensemble(simulator.model, runs, seed))
    return found


# ── the posterior ───────────────────────────────────────────────────────────────────────────────


def test_runs_of_the_posterior_have_the_likelihood_that_it_was_learned_by(learned):
    """Two programs compute them: all months of a run, and those to the cut-off alone."""
    found = of_posterior(learned, len(learned))
    likelihood = Likelihood(found.model)
    values = jnp.stack([jnp.asarray(found.series(n)) for n in likelihood.observed], axis=1)
    inputs = {name: jnp.asarray(v) for name, v in found.ensemble.parameters.items()}
    each, _ = likelihood.by_figure(values, inputs)
    chain, draw = np.arange(len(learned)) % 2, np.arange(len(learned)) // 2
    np.testing.assert_allclose(each, learned.by_figure[:, chain * 128 + draw], atol=2e-3)


def test_the_first_runs_are_of_all_chains(learned):
    name = "war.volatility"
    some = learned.ensemble(prepare(template()).model, 4)
    by_chain = learned.by_chain(learned.inputs[name])
    assert some.chains == 2
    np.testing.assert_array_equal(some.parameters[name], by_chain[:, :2].T.ravel())


def test_runs_that_share_a_particle_share_its_past_and_not_its_future(learned):
    particles = len(learned)
    tempo = np.asarray(of_posterior(learned, particles + 20).arrays["tempo"])
    one, again = tempo[:, :20], tempo[:, particles:]
    np.testing.assert_array_equal(one[:CUTOFF], again[:CUTOFF])
    assert (one[CUTOFF:] != again[CUTOFF:]).any(axis=0).all()


def test_another_seed_of_runs_changes_the_future_alone(learned):
    one, other = (np.asarray(of_posterior(learned, 20, seed).arrays["tempo"]) for seed in (1, 2))
    np.testing.assert_array_equal(one[:CUTOFF], other[:CUTOFF])
    assert (one[CUTOFF:] != other[CUTOFF:]).any(axis=0).all()


def test_runs_of_the_posterior_fit_the_record_better_than_runs_of_the_prior(learned):
    """In the prior the record is as probable as its evidence says, on average."""
    assert np.median(learned.by_figure.sum(axis=0)) > learned.log_evidence


# ── kept, and gone on with ──────────────────────────────────────────────────────────────────────


@pytest.mark.usefixtures("cache")
def test_a_posterior_that_was_learned_before_is_read(learned, monkeypatch):
    monkeypatch.setattr(learning, "climb", None)
    again = calibrate(template(), **HOW)
    assert same(again, learned)


def same(one: Posterior, other: Posterior) -> bool:
    inputs = all((one.inputs[name] == other.inputs[name]).all() for name in other.inputs)
    pasts = zip(one.past, other.past, strict=True)
    arrays = [*pasts, (one.by_figure, other.by_figure)]
    plain = [(getattr(p, k) for p in (one, other)) for k in ("figures", "path", "settings", "case")]
    return (
        inputs
        and list(one.inputs) == list(other.inputs)
        and all(np.array_equal(a, b) for a, b in arrays)
        and all(a == b for a, b in plain)
    )


def after_one_rung(seen: list[float] | None = None) -> Any:
    """Press Ctrl-C in the second rung, and note the powers."""
    powers = [] if seen is None else seen

    def press_ctrl_c(_: int, power: float, *__: int) -> None:
        powers.append(power)
        if len(set(powers)) == 2:
            raise KeyboardInterrupt

    return press_ctrl_c


def test_an_interrupted_calibration_goes_on_to_the_same_posterior(learned, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    seen: list[float] = []
    with pytest.raises(KeyboardInterrupt):
        calibrate(template(), progress=after_one_rung(seen), **HOW)
    (kept,) = (tmp_path / "servanda" / "posteriors").glob("*.partial.npz")
    ahead: list[float] = []
    found = calibrate(template(), progress=lambda _, power, *__: ahead.append(power), **HOW)
    assert same(found, learned)
    assert ahead[0] == seen[-1]  # the rung that was not ended is done again, those before are not
    assert not kept.exists()


def test_a_cache_that_cannot_be_written_is_told(tmp_path, monkeypatch):
    (tmp_path / "servanda").write_text("a file in the way")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(UsageError) as caught:
        calibrate(template(), **HOW)
    path = path_of_posterior(prepare(template()).model, Settings(**HOW))
    assert str(caught.value) == (
        f"posterior '{path}': found a write that failed: Not a directory, expected a place that "
        "can be written, on a disk with free space"
    )


def test_the_file_is_what_arviz_reads(learned, cache):
    path = path_of_posterior(prepare(template()).model, Settings(**HOW))
    assert path.parent == cache
    tree = xr.open_datatree(path, engine="zarr")
    assert set(tree.children) == {"posterior", "sample_stats", "log_likelihood"}
    inputs = tree["posterior"]["inputs"]
    assert inputs.dims == ("chain", "draw", "input")
    one = inputs.sel(input="war.volatility").values
    np.testing.assert_array_equal(one, learned.by_chain(learned.inputs["war.volatility"]))
    total = tree["sample_stats"]["log_likelihood"].values
    np.testing.assert_allclose(total, learned.by_chain(learned.by_figure.sum(axis=0)))


def test_a_run_folder_keeps_the_past_of_its_runs(learned, tmp_path):
    simulator = prepare(template())
    ensemble = learned.ensemble(simulator.model, 6)
    folder = run_to_folder(template(), tmp_path / "run", ensemble)
    assert folder.note["origin"] == "posterior"
    stored = open_run(tmp_path / "run").planned().past
    assert stored is not None
    assert open_run(tmp_path / "run").planned().chains == 2
    for one, other in zip(stored, ensemble.past, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("content", [b"", b"PK", b"no archive"])
def test_an_interrupted_calibration_that_cannot_be_read_is_refused(tmp_path, monkeypatch, content):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    path = path_of_posterior(prepare(template()).model, Settings(**HOW))
    path = kept_of(path, 0)
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        calibrate(template(), **HOW)
    assert str(caught.value) == (
        f"calibration '{path}': found no calibration that can be read, expected one that was "
        "interrupted\n  hint: delete the file, and begin anew"
    )


def test_an_interrupted_calibration_of_another_case_or_other_settings_is_refused(
    tmp_path, monkeypatch
):
    """Also where as many particles have as many unknowns."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    case = template()
    with pytest.raises(KeyboardInterrupt):
        calibrate(case, chains=1, particles=64, moves=1, progress=after_one_rung())
    (kept,) = (tmp_path / "servanda" / "posteriors").glob("*.partial.npz")
    other = case.with_prior("war.volatility", normal=[0.3, 0.04], bounds=[0.05, 0.5])
    digests = [prepare(one).model.digest for one in (case, other)]
    for given, how, found, wanted in (
        (case, {"moves": 2, "seed": 5}, "moves 1, seed 1", "moves 2, seed 5"),
        (other, {"moves": 1}, f"case {digests[0]}", f"case {digests[1]}"),
    ):
        path = path_of_posterior(prepare(given).model, Settings(1, 64, **how))
        own = shutil.copy(kept, kept_of(path, 0))
        with pytest.raises(UsageError) as caught:
            calibrate(given, chains=1, particles=64, **how)
        assert str(caught.value) == (
            f"calibration '{own}': found {found}, expected {wanted}\n"
            "  hint: delete the file, and begin anew"
        )


# ── refused ─────────────────────────────────────────────────────────────────────────────────────


def damaged(path: Path, tmp_path: Path, how: Any) -> str:
    copy = shutil.copytree(path, tmp_path / "posterior.zarr")
    how(copy)
    with pytest.raises(UsageError) as caught:
        open_posterior(copy)
    return str(caught.value).replace(str(copy), "PATH")


@pytest.mark.usefixtures("cache")
def test_a_posterior_that_was_changed_is_refused(learned, tmp_path):
    path = path_of_posterior(prepare(template()).model, learned.settings)

    def edit(copy: Path) -> None:
        tree = xr.open_datatree(copy, engine="zarr").load()
        tree["posterior"]["inputs"][..., 0] = 7.0
        tree.to_zarr(copy, mode="w", zarr_format=2, consolidated=True)

    assert damaged(path, tmp_path, edit) == (
        "posterior 'PATH': found other content than was written, expected the file as written\n"
        "  hint: learn it again: servanda calibrate"
    )


@pytest.mark.usefixtures("cache")
def test_a_folder_that_is_no_posterior_is_refused(tmp_path):
    (tmp_path / "posterior.zarr").mkdir()
    with pytest.raises(UsageError) as caught:
        open_posterior(tmp_path / "posterior.zarr")
    assert str(caught.value) == (
        f"posterior '{tmp_path}/posterior.zarr': found no posterior that can be read, "
        "expected one that servanda wrote\n  hint: learn it again: servanda calibrate"
    )


@pytest.mark.usefixtures("cache")
def test_a_posterior_of_which_a_part_is_missing_is_refused(learned, tmp_path):
    path = path_of_posterior(prepare(template()).model, learned.settings)
    message = damaged(path, tmp_path, lambda copy: shutil.rmtree(copy / "sample_stats"))
    assert message == (
        "posterior 'PATH': found other content than was written, expected the file as written\n"
        "  hint: learn it again: servanda calibrate"
    )


def test_a_posterior_of_another_cutoff_is_refused(learned):
    other = prepare(template().at("2021-06")).model
    with pytest.raises(UsageError) as caught:
        learned.ensemble(other, 10)
    assert str(caught.value) == (
        f"posterior: found one of digest {learned.case}, expected one of the case 'tiny' as it is "
        f"now, digest {other.digest}\n  hint: learn it again: servanda calibrate"
    )


def test_without_a_figure_or_with_bounds_alone_there_is_nothing_to_learn():
    case, expected = (
        template(),
        ("expected at least one figure that is an estimate or a count, and compared with runs"),
    )
    where = "the record of case 'tiny' to 2021-12"
    rows = case.evidence.observations
    bounds = tuple(replace(row, bound="at least") for row in rows[:1])
    for kept, found in (((), "no figure that is compared with runs"), (bounds, "only bounds")):
        evidence = Evidence(kept, case.evidence.series, case.evidence.sources)
        with pytest.raises(UsageError) as caught:
            servanda.calibrate(replace(case, evidence=evidence))
        assert str(caught.value) == f"{where}: found {found}, {expected}"


def test_a_likelihood_that_is_no_number_names_the_particle_and_the_figure():
    target = Target(prepare(template()), seed=1)
    target.likelihood.by_figure = lambda *_: (jnp.full((2, 128), jnp.nan), None)
    with pytest.raises(ResultError) as caught:
        target.log_likelihood(np.zeros((target.size, 1)), np.zeros(1, np.uint32))
    assert str(caught.value) == (
        "calibration, particle 0: found no number as the likelihood of figure 'E1' of series "
        "'shells-delivered', expected a number"
    )


def test_a_figure_that_no_draw_of_the_priors_allows_is_named():
    target = Target(prepare(template()), seed=1)
    never = np.array([[0.0, -np.inf, -1.0], [-np.inf, -np.inf, -np.inf]])
    target.by_figure = lambda *_: never
    with pytest.raises(ResultError) as caught:
        target.check_possible(np.zeros((target.size, 3)), np.zeros(3, np.uint32))
    assert str(caught.value) == (
        "calibration: found a likelihood of zero of figure 'E2' of series 'shells-delivered', "
        "300000, in all 3 draws of the priors, expected a likelihood above zero in some\n"
        "  hint: counts of events are whole numbers, and none is counted where none is expected"
    )


def test_names_of_inputs_that_no_case_lists_are_known_apart(learned):
    kinds = {name.partition("[")[0] for name in learned.inputs}
    assert {BIAS, DISCREPANCY} <= kinds


def test_a_theory_without_shocks_is_learned_too(tmp_path, monkeypatch):
    """Nothing is drawn from month to month under a constant tempo; its ensemble runs."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    constant = template().with_mechanism("war", "constant-tempo")
    found = calibrate(constant, chains=1, particles=64, moves=1)
    assert found.past.shocks.shape == (CUTOFF, 0, 64)
    ensemble = open_posterior(path_of_posterior(prepare(constant).model, found.settings)).ensemble(
        prepare(constant).model, 5
    )
    assert servanda.run(constant, ensemble=ensemble).sizes["run"] == 5


def test_what_the_data_moved_is_told_of_a_posterior_of_its_runs_and_of_a_run_folder(
    learned, tmp_path
):
    model = prepare(template()).model
    ensemble = learned.ensemble(model, len(learned))
    folder = run_to_folder(template(), tmp_path / "run", ensemble)
    found = servanda.moved(template(), learned)
    assert found == servanda.moved(template(), ensemble)
    assert found == servanda.moved(folder.case(), open_run(folder.path).planned())
    assert {one.name for one in found} == set(model.uncertain)
    assert {one.kind for one in found} == {"parameter", "bias", "discrepancy"}
    assert next(one.name for one in found if one.moved) == found[0].name


def test_misfits_are_those_of_runs_of_the_posterior_of_a_case(learned, monkeypatch):
    monkeypatch.setattr(misfit, "learned", lambda _: learned)
    (found,) = servanda.misfits(template(), runs=64)
    (same,) = misfit.misfits_of(
        servanda.moved(template(), learned.ensemble(prepare(template()).model, 64)),
        coverages(of_posterior(learned, 64)),
    )
    assert found.discrepancy == same.discrepancy
    assert [p.interval for p in found.coverage.points] == [p.interval for p in same.coverage.points]
