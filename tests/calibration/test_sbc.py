"""What the sampler learns from data simulated in a small case, of which the truth is known."""

from __future__ import annotations

import json
from functools import cache
from itertools import islice

import numpy as np
import pytest
from scipy import stats

from servanda.calibration.posterior import Settings
from servanda.calibration.sampler import climb, start
from servanda.calibration.target import Target
from servanda.observation import expected
from servanda.results import prepare
from studies.sbc import study as studied
from studies.sbc.__main__ import RESULTS, main
from studies.sbc.data_sets import DataSet, data_sets, runs_of
from studies.sbc.faults import FAULTS
from studies.sbc.ranks import ranks
from studies.sbc.reduced import UNCERTAIN, reduced
from studies.sbc.uniformity import DRAWS, p_values, together
from studies.sbc.verdicts import LEVEL, NONE, is_right, read, table_part

TWENTY, EIGHT = 20, 8
SAMPLERS = [name for name, fault in FAULTS.items() if fault.likelihood is Target and name != NONE]


@cache
def simulated() -> tuple[Target, list[DataSet]]:
    """The likelihood of the reduced case, and twenty data sets simulated from its priors."""
    simulator = prepare(reduced())
    target = Target(simulator, seed=1)
    return target, list(islice(data_sets(simulator, target, seed=1), TWENTY))


def p_of(fault: str, sets: int) -> float:
    """The probability of ranks as far from uniform, over all unknowns and the log likelihood."""
    target, every = simulated()
    with FAULTS[fault].sampler():
        found = [
            ranks(target, data, Settings(particles=128, moves=1, seed=n))
            for n, data in enumerate(every[:sets])
        ]
    return together(p_values(np.array(found)))


# ── the sampler ─────────────────────────────────────────────────────────────────────────────────


def test_truths_have_uniform_ranks_among_draws_of_the_posterior_learned_from_their_data():
    assert p_of(NONE, TWENTY) > LEVEL


@pytest.mark.parametrize("fault", SAMPLERS)
def test_a_sampler_with_a_planted_fault_fails_in_eight_data_sets(fault):
    assert p_of(fault, EIGHT) < LEVEL


def test_the_published_study_passes_and_each_planted_fault_fails():
    found = read(RESULTS)
    assert set(found["ranks"]) == set(FAULTS)
    assert len(found["ranks"][NONE]) >= 200
    for name, rows in found["ranks"].items():
        assert (together(p_values(np.array(rows))) < LEVEL) == (name != NONE), name
    assert is_right(found)
    page = (RESULTS.parent / "calibration.md").read_text(encoding="utf-8")
    assert table_part(found) in page


# ── one truth, far from the prior ───────────────────────────────────────────────────────────────

BIAS = "observation.bias[government-deliveries]"


def learned(name: str, place: float) -> dict[str, np.ndarray]:
    """Draws of each unknown, from figures as expected where one unknown is far from its prior.

    All places are on the standard normal scale of the prior.
    """
    simulator, target = prepare(reduced()), simulated()[0]
    z = np.zeros((target.size, 1))
    z[target.space.names.index(name)] = place
    runs = runs_of(simulator, target, z, np.zeros(1, np.uint32), np.zeros(1, int), seed=1)
    values = {
        figure.observation.id: count
        for record in target.likelihood.records
        for figure, count in zip(
            record.figures, expected(runs, record.series, record.figures)[:, 0], strict=True
        )
    }
    counted = [
        values[f.observation.id] if f.rule.error else np.round(values[f.observation.id])
        for f in target.likelihood.figures
    ]
    own = target.with_counts(np.array(counted))
    (*_, at) = climb(own, start(own, 512, seed=1), 2, lambda *_: None)
    return dict(zip(target.space.names, at.z, strict=True))


@pytest.mark.parametrize("place", [-2.5, 2.5])
def test_a_bias_far_from_its_prior_is_learned_from_the_record(place):
    draws = learned(BIAS, place)
    low, high = sorted(np.sign(place) * np.quantile(draws[BIAS], (0.05, 0.95)))
    assert 0.5 < low < abs(place) < high
    assert np.std(draws[BIAS]) < 0.75


@pytest.mark.parametrize("place", [-3.0, 3.0])
def test_a_large_shock_is_learned_in_its_month_and_in_no_other(place):
    draws = learned("war/shock//4", place)
    shocks = np.array([draws[f"war/shock//{month}"] for month in range(12)]) * np.sign(place)
    low, middle, _ = np.quantile(shocks, (0.05, 0.5, 0.95), axis=1)
    assert low[4] > 0
    assert middle[4] > 1.2
    assert (np.abs(np.delete(middle, 4)) < 0.4).all()
    assert (np.delete(low, 4) < -1).all()


# ── the data sets ───────────────────────────────────────────────────────────────────────────────


def test_the_reduced_case_has_every_kind_of_figure_and_twelve_months():
    target, _ = simulated()
    kinds = {(figure.rule.bound, figure.rule.error is None) for figure in target.likelihood.figures}
    assert kinds == {("estimate", False), ("estimate", True), ("upper", False)}
    assert target.space.months == 12
    assert set(UNCERTAIN) < set(target.space.inputs)
    assert len(target.space.inputs) == len(UNCERTAIN) + 1 + 4  # one bias, four discrepancies


def test_truths_of_data_sets_follow_the_prior_where_no_bound_passes_over_some():
    _, every = simulated()
    shocks = np.concatenate([data.z[-12:, 0] for data in every])
    assert stats.kstest(shocks, "norm").pvalue > 0.001


def test_data_sets_have_bounds_as_published_and_counts_of_their_own():
    target, every = simulated()
    bound = np.array([figure.rule.bound != "estimate" for figure in target.likelihood.figures])
    counted = np.array([data.counted for data in every])
    assert (counted[:, bound] == target.counted[bound]).all()
    assert (np.std(counted[:, ~bound], axis=0) > 0).all()


def test_the_first_data_sets_are_the_same_however_many_are_taken():
    target, every = simulated()
    (again,) = islice(data_sets(prepare(reduced()), target, seed=1), 1)
    np.testing.assert_array_equal(again.z, every[0].z)
    np.testing.assert_array_equal(again.counted, every[0].counted)


# ── whether ranks are uniform ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("sets", [5, 100])
def test_uniform_ranks_are_refused_no_more_often_than_the_level_says(sets):
    uniform = np.random.default_rng(3).integers(0, DRAWS + 1, (sets, 2000))
    p = p_values(uniform)
    for level in (0.01, 0.1, 0.5):
        assert (p < level).mean() < level + 3 * np.sqrt(level * (1 - level) / 2000)


def test_ranks_that_are_shifted_too_wide_or_too_narrow_are_refused():
    at = np.random.default_rng(4).random(100)
    shapes = {
        "shifted": at**1.6,
        "too wide a posterior": stats.norm.cdf(0.6 * stats.norm.ppf(at)),
        "too narrow a posterior": stats.norm.cdf(1.6 * stats.norm.ppf(at)),
    }
    found = np.array([np.floor(shape * (DRAWS + 1)) for shape in shapes.values()]).astype(int).T
    assert (p_values(found) < LEVEL).all()


def test_of_several_quantities_the_least_uniform_one_counts_as_often_as_there_are_any():
    assert together([0.5, 0.004, 0.2]) == pytest.approx(0.012)
    assert together([0.5, 0.9]) == 1


# ── the command ─────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def quick(monkeypatch):
    """A study that draws ranks in place of learning."""

    def drawn(_target: Target, _data: DataSet, settings: Settings) -> np.ndarray:
        return np.random.default_rng(settings.seed).integers(0, DRAWS + 1, 29)

    _, every = simulated()
    monkeypatch.setattr(studied, "ranks", drawn)
    monkeypatch.setattr(studied, "data_sets", lambda *_: iter(every))
    return monkeypatch


def test_an_interrupted_study_goes_on_to_the_same_result(quick, tmp_path, capsys):
    whole, parts = tmp_path / "whole.json", tmp_path / "parts.json"
    assert main(["12", "--out", str(whole)]) == 1  # ranks by chance: the planted faults pass
    drawn, calls = studied.ranks, []

    def until_ctrl_c(*given: object) -> np.ndarray:
        calls.append(given)
        if len(calls) == 5:
            raise KeyboardInterrupt
        return drawn(*given)

    quick.setattr(studied, "ranks", until_ctrl_c)
    capsys.readouterr()
    assert main(["12", "--out", str(parts)]) == 130
    assert capsys.readouterr().err.splitlines()[-1] == (
        "interrupted: what is done is kept, and the same command goes on"
    )
    assert not parts.exists()
    assert main(["12", "--out", str(parts)]) == 1
    assert len(calls) == 5 + 12 * len(FAULTS) - 4
    assert parts.read_bytes() == whole.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["parts.json", "whole.json"]


@pytest.mark.usefixtures("quick")
def test_a_study_that_was_kept_with_other_settings_is_refused(tmp_path, capsys):
    kept = tmp_path / "out.partial.json"
    kept.write_text(json.dumps({"settings": {}, "quantities": [], "ranks": {}}))
    assert main(["3", "--out", str(tmp_path / "out.json")]) == 2
    assert capsys.readouterr().err.endswith(
        f"study '{kept}': found no ranks that can be read, or other settings, expected an "
        "interrupted study of the same settings\n  hint: delete it, and begin anew\n"
    )
