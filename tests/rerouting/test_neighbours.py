"""Rerouting: recursions, exact weights, leakage, scores, the reader, and the record itself."""

from __future__ import annotations

import dataclasses
import itertools
import math
import runpy
import subprocess
import sys
import tomllib
from dataclasses import replace
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from servanda.errors import CaseError, UsageError
from servanda.mechanisms import evasion
from servanda.rerouting import scores as scoring
from servanda.rerouting.diversion import Lognormal, Seed, approach, diverted
from servanda.rerouting.exports import NEIGHBOURS, Exports, month_after, read_exports
from servanda.rerouting.fit import Evidence, Mixture, Noise, combine, forecast, pick, weigh
from servanda.rerouting.leakage import excess_share, leakage
from servanda.rerouting.neighbours import Priors, fit, regressors
from servanda.rerouting.tables import (
    priors_part,
    read_results,
    rerouting_part,
    substitution_part,
)

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "rerouting.py"
RESULTS = ROOT / "docs" / "rerouting_results.toml"
PAGE = ROOT / "docs" / "rerouting.md"
FILE = "trade/eu_exports_to_russia_neighbours_monthly.csv"

COARSE = Priors(nodes=(3, 9, 3, 25), noise=Noise((0.0, 0.4), 2.0, 0.05))


def months(first: str, count: int) -> tuple[str, ...]:
    chain = itertools.accumulate(
        range(count - 1), lambda month, _: month_after(month), initial=first
    )
    return tuple(chain)


def world(
    theta: float = 0.0,
    rate: float = 0.15,
    variant: str = "saturating",
    lost: float = 0.5,
    noise: float = 0.03,
    count: int = 54,
    money: float = 1.0,
) -> Exports:
    """A made-up record: half of what the target bought goes in 2022-03, and θ of it comes round."""
    random = np.random.default_rng(7)
    when = months("2019-01", count)
    # A season of the noise's size, as in the record and as the priors expect.
    season = 1 + 1.4 * noise * np.sin(2 * np.pi * np.arange(count) / 12)
    sanctioned = np.array([month >= "2022-03" for month in when])
    would = 1000.0 * season
    actual = would * (1 - lost * sanctioned)
    rates, seeds = np.array([rate]), np.array([0.1])
    path = diverted(variant, (would - actual)[None], rates, seeds)[0]
    shake = np.exp(noise * random.standard_normal((count, 6)))
    columns = [actual, *[200.0 * season + theta * path for _ in NEIGHBOURS]]
    return Exports(when, ("RUS", *NEIGHBOURS), money * np.stack(columns, axis=1) * shake)


# ── the recursions ────────────────────────────────────────────────────────────────────────────────


def test_a_saturating_step_by_hand():
    # ρ = ln 2: half of the way to what is lost, each month: 50, 75, 87.5 of 100.
    path = diverted("saturating", np.full((1, 3), 100.0), np.array([math.log(2)]), np.zeros(1))
    assert path[0] == pytest.approx([50, 75, 87.5])


def test_a_network_step_by_hand():
    # s = 1, ρ = ln(2)/2, so e = 1/2. From nothing u = 0: 1·½/(1 + ½) = 1/3 of the way.
    # Then u = 1/3: (4/3)(1/2)/(4/3 + (2/3)(1/2)) = 2/5 of what is left: 1/3 + 2/5·2/3 = 3/5.
    path = diverted("network", np.full((1, 2), 90.0), np.array([math.log(2) / 2]), np.ones(1))
    assert path[0] == pytest.approx([30, 54])


@pytest.mark.parametrize(
    ("variant", "mechanism"),
    [
        ("saturating", evasion.Saturating),
        ("network", evasion.Network),
        ("none", evasion.NoEvasion),
    ],
)
def test_the_recursion_is_that_of_the_mechanism(variant, mechanism):
    # `_approach` reads only its arguments, so no case is needed to ask it.
    random = np.random.default_rng(1)
    rate, seed, used = random.uniform(0.01, 1, 50), random.uniform(0, 0.4, 50), random.random(50)
    numbers = {
        "ceiling": used,
        "rate": rate,
        "network_rate": rate,
        "age": used,
        "seed": seed,
        "enforcement_bite": used,
        "carried": used,
    }
    wanted = {field.name for field in dataclasses.fields(mechanism.Parameters)}
    parameters = mechanism.Parameters(
        **{name: jnp.asarray(numbers[name])[:, None] for name in wanted}
    )
    ceiling = jnp.full((50, 1), 1000.0)
    for months_of_step in (1.0, 0.5):
        theirs = mechanism._approach(
            None, parameters, jnp.asarray(1000 * used)[:, None], ceiling, months_of_step
        )
        ours = approach(variant, rate, seed, used, months_of_step)
        assert ours == pytest.approx(
            np.asarray(theirs)[:, 0], rel=2e-5
        )  # theirs is in single precision


@pytest.mark.parametrize("variant", ["saturating", "network"])
def test_two_half_steps_are_one_step(variant):
    rate, seed, used = np.array([0.3]), np.array([0.1]), np.array([0.2])
    whole = used + (1 - used) * approach(variant, rate, seed, used)
    half = used + (1 - used) * approach(variant, rate, seed, used, 0.5)
    again = half + (1 - half) * approach(variant, rate, seed, half, 0.5)
    assert again == pytest.approx(whole)


@pytest.mark.parametrize("variant", ["saturating", "network", "none"])
def test_nothing_lost_is_nothing_diverted(variant):
    path = diverted(variant, np.zeros((2, 12)), np.full(2, 0.3), np.full(2, 0.1))
    assert (path == 0).all()


@pytest.mark.parametrize("variant", ["saturating", "network"])
def test_diversion_never_passes_a_steady_loss_and_reaches_it(variant):
    path = diverted(variant, np.full((1, 400), 80.0), np.array([0.2]), np.array([0.05]))[0]
    assert (np.diff(path) >= -1e-9).all()
    assert path[-1] == pytest.approx(80)


def test_what_is_diverted_fades_when_the_loss_ends():
    loss = np.array([[100.0, 100, 0, 0]])
    for variant in ("saturating", "network"):
        path = diverted(variant, loss, np.array([0.5]), np.array([0.1]))[0]
        assert path[1] > path[2] > path[3] > 0


def test_a_network_starts_more_slowly_than_saturation_at_one_rate():
    loss, rate, seed = np.full((1, 6), 100.0), np.array([0.2]), np.array([0.05])
    assert (diverted("network", loss, rate, seed) < diverted("saturating", loss, rate, seed)).all()


def test_nodes_have_the_moments_of_their_priors():
    value, weight = Lognormal(0.3, 0.5).nodes(41)
    assert weight.sum() == pytest.approx(1)
    assert weight @ np.log(value) == pytest.approx(math.log(0.3))
    assert weight @ (np.log(value / 0.3) ** 2) == pytest.approx(0.25, rel=0.01)
    value, weight = Seed(2, 18).nodes(50)
    assert weight @ value == pytest.approx(0.1, rel=0.01)


# ── exact weights ─────────────────────────────────────────────────────────────────────────────────


def regression(values: np.ndarray, phi: float = 0.5) -> Evidence:
    design = np.stack([np.ones(len(values) + 3), np.arange(len(values) + 3.0)], axis=1)
    rise = np.zeros((1, 1, len(values)))
    return weigh(
        values, rise, design, np.array([3.0, 0.5]), Noise((phi,), 2.0, 0.2), np.ones(1), slice(None)
    )


def test_the_evidence_is_the_density_of_a_multivariate_t():
    # Integrating coefficients and variance leaves a t with 2·shape degrees of freedom.
    values = np.random.default_rng(3).normal(0, 0.3, 8)
    evidence = regression(values)
    apart = np.abs(np.subtract.outer(np.arange(8), np.arange(8)))
    x = evidence.design[:8] * evidence.prior_sd
    scale = 0.2**2 * (0.5**apart + x @ x.T)
    expected = stats.multivariate_t(np.zeros(8), scale, df=4).logpdf(values - values.mean())
    assert float(evidence.log_evidence(8)[0, 0, 0]) == pytest.approx(expected)


def test_forecasts_one_step_ahead_multiply_up_to_the_evidence():
    values = np.random.default_rng(4).normal(0, 0.3, 9)
    evidence = regression(values)
    one = np.ones(1)
    scores = [
        forecast(evidence, one, known, known, np.zeros((1, 1))).log_density(float(values[known]))
        for known in range(4, 9)
    ]
    gained = evidence.log_evidence(9) - evidence.log_evidence(4)
    assert sum(scores) == pytest.approx(float(gained[0, 0, 0]))


def test_series_share_what_they_share():
    # With nothing of its own, a series' weights of shared nodes are Bayes' rule by hand.
    values = np.array([0.0, 0.1, -0.1, 1.0])
    rise = np.zeros((2, 1, 4))
    rise[1, 0, 3] = 1.0  # the second node says that the last value is higher by one
    design, noise = np.ones((4, 1)), Noise((0.0,), 2.0, 0.2)
    one = weigh(values, rise, design, np.ones(1), noise, np.ones(1), slice(0, 3))
    log_odds = float(np.diff(one.log_evidence(4)[0, :, 0])[0])
    alone = combine([one], [4], np.array([0.5, 0.5]))
    both = combine([one, one], [4, 4], np.array([0.5, 0.5]))
    assert math.log(alone.shared[1] / alone.shared[0]) == pytest.approx(log_odds)
    assert math.log(both.shared[1] / both.shared[0]) == pytest.approx(2 * log_odds)
    assert log_odds > 1


def test_a_mixture_is_a_density():
    mixture = Mixture(np.array([0.3, 0.7]), np.array([0.0, 1.0]), np.array([0.5, 0.2]), 6.0)
    grid = np.linspace(-20, 20, 2001)
    total = sum(math.exp(mixture.log_density(float(x))) for x in grid) * 0.02
    assert total == pytest.approx(1, abs=1e-4)
    draws = mixture.draw(20000, np.random.default_rng(0))
    assert draws.mean() == pytest.approx(0.7, abs=0.01)


def test_indices_are_drawn_in_proportion():
    drawn = pick(np.array([0.2, 0.0, 0.8]), 1000, np.random.default_rng(0))
    assert np.bincount(drawn, minlength=3).tolist() == [200, 0, 800]


# ── the model as a whole ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("variant", "theta", "rate"), [("saturating", 0.08, 0.15), ("network", 0.08, 0.3)]
)
def test_a_made_up_ceiling_and_rate_are_recovered(variant, theta, rate):
    record = world(theta, rate, variant)
    found = leakage(fit(record, variant, COARSE), record.months[-1], draws=1000)
    assert found.ceiling.low < 5 * theta < found.ceiling.high
    assert found.rate.low < rate < found.rate.high
    assert found.ceiling.log_sd < 0.3
    for one in found.ceiling_of.values():
        assert one.median == pytest.approx(theta, rel=0.35)


@pytest.mark.parametrize("truth", ["saturating", "network"])
def test_the_variant_that_made_the_record_is_preferred(truth):
    record = world(0.1, 0.15 if truth == "saturating" else 0.3, truth, noise=0.02)
    log_evidence = {
        variant: fit(record, variant, COARSE).joint(record.months[-1]).log_evidence
        for variant in ("saturating", "network", "none")
    }
    assert max(log_evidence, key=log_evidence.__getitem__) == truth
    assert min(log_evidence, key=log_evidence.__getitem__) == "none"


def test_without_diversion_none_is_found_and_none_is_preferred():
    record = world(theta=0.0)
    last = record.months[-1]
    saturating = fit(record, "saturating", COARSE)
    # A lognormal prior cannot say zero; it can say little.
    assert leakage(saturating, last, draws=1000).last.high < 0.1
    assert (
        fit(record, "none", COARSE).joint(last).log_evidence > saturating.joint(last).log_evidence
    )


def test_the_unit_of_money_changes_nothing():
    last = "2023-06"
    euros, cents = (
        leakage(fit(world(0.08, money=money), "saturating", COARSE), last, draws=500)
        for money in (1.0, 100.0)
    )
    assert cents.last.median == pytest.approx(euros.last.median, rel=1e-6)
    assert cents.rate.median == pytest.approx(euros.rate.median, rel=1e-6)


def test_a_forecast_does_not_see_what_came_after_its_origin():
    record = world(0.08)
    known = record.index("2022-09") + 1
    other = record.value.copy()
    other[known:] *= np.linspace(0.3, 4.0, len(other) - known)[:, None]
    forecasts = []
    for exports in (record, replace(record, value=other)):
        one = fit(exports, "network", COARSE)
        forecasts.append(one.foresee(one.joint("2022-09"), "2022-09", "2022-12"))
    for mine, theirs in zip(*forecasts, strict=True):
        assert theirs.log_density(5.5) == pytest.approx(mine.log_density(5.5), rel=1e-9)


def test_before_sanctions_every_variant_foresees_no_diversion():
    record = world(0.08)
    scores = []
    for variant in ("saturating", "network", "none"):
        one = fit(record, variant, COARSE)
        mixture = one.foresee(one.joint("2022-02"), "2022-02", "2022-05")[0]
        scores.append(mixture.log_density(5.4))
    assert scores[0] == pytest.approx(scores[2])
    assert scores[1] == pytest.approx(scores[2])


def test_told_the_loss_a_variant_foresees_the_rise():
    record = world(0.08)
    one = fit(record, "saturating", COARSE)
    joint = one.joint("2022-02")
    value = math.log(record.of("KGZ")[record.index("2022-12")])
    told, untold = (
        one.foresee(joint, "2022-02", "2022-12", told)[0].log_density(value)
        for told in (True, False)
    )
    assert told > untold + 1


def test_the_plain_excess_agrees_where_the_baseline_is_known():
    record = world(0.08, noise=0.001)
    quiet = replace(COARSE, noise=Noise((0.0,), 2.0, 0.002))
    one = fit(record, "saturating", quiet)
    found = leakage(one, "2023-06", draws=500)
    assert excess_share(one)["all"] == pytest.approx(found.mean.median, rel=0.1)


# ── scores ────────────────────────────────────────────────────────────────────────────────────────


def test_crps_of_a_normal_forecast_is_that_of_the_formula():
    # Gneiting and Raftery (2007): for N(0, 1) at y, y(2Φ(y) − 1) + 2φ(y) − 1/√π.
    draws = stats.norm.ppf((np.arange(20000) + 0.5) / 20000)
    for y in (0.0, 1.0, -2.5):
        expected = y * (2 * stats.norm.cdf(y) - 1) + 2 * stats.norm.pdf(y) - 1 / math.sqrt(math.pi)
        assert scoring.crps(draws, y) == pytest.approx(expected, abs=1e-3)


def test_crps_by_hand():
    # Draws 0 and 2, value 1: mean |x − y| = 1, less half of the mean distance of two draws, 2.
    assert scoring.crps(np.array([0.0, 2.0]), 1.0) == 0.0


def test_newey_west_by_hand():
    # 1, 1, −1, −1: variance 1; lag one 1/4 with weight 1/2: 1 + 2·½·¼ = 1.25, over four.
    values = np.array([1.0, 1, -1, -1])
    assert scoring.newey_west(values, 0) == pytest.approx(0.5)
    assert scoring.newey_west(values, 1) == pytest.approx(math.sqrt(1.25 / 4))


def test_rivals_by_hand():
    logs = np.array([*[0.0, 0.1] * 6, *[0.2, 0.3] * 2])  # sixteen months
    naive = scoring.naive(logs, 1)
    assert (float(naive.centre[0]), float(naive.scale[0])) == (0.0, pytest.approx(0.2))
    flat = np.zeros(20)
    line = np.arange(16) * 0.1
    trend = scoring.walk(line, flat, 3, drift=True)
    assert float(trend.centre[0]) == pytest.approx(1.8)
    stays = scoring.walk(line, flat, 3, drift=False)
    assert float(stays.centre[0]) == pytest.approx(1.5)
    assert float(stays.scale[0]) == pytest.approx(0.1 * math.sqrt(3))


def test_a_difference_is_that_of_means_by_month():
    def row(model: str, month: str, partner: str, score: float) -> scoring.Score:
        return scoring.Score(model, partner, "2022-01", month, 1, score, 0.0, True)

    rows = [
        row(model, month, partner, score)
        for model, base in (("network", 1.0), ("trend", 0.5))
        for month, more in (("2022-02", 0.0), ("2022-03", 1.0))
        for partner, score in (("KGZ", base * (1 + more)), ("ARM", base * (1 + more)))
    ]
    found = scoring.difference(rows, "network", "trend", 1)
    assert (found.mean, found.months) == (0.75, 2)
    assert scoring.difference(rows, "trend", "network", 1).mean == -0.75


# ── faults of the record ──────────────────────────────────────────────────────────────────────────

HEAD = "reporter,partner,product,flow,date,value_in_eur,is_aggregate"
STATES = ("Russia", "Kyrgyzstan", "Armenia", "Kazakhstan", "Georgia", "Uzbekistan")
PARTNERS = ", ".join(STATES)
MEANT = "\n  hint: did you mean 'Georgia'?"
NEVER_ZERO = "\n  hint: missing is never zero: start after the gap, or find the month"


def lines(when: tuple[str, ...] = ("2019-01", "2019-02")) -> list[str]:
    return [f"Malta,{p},Total,EXPORT,{m}-01,1000000,False" for m in when for p in STATES]


def written(folder: Path, rows: list[str], head: str = HEAD) -> Path:
    path = folder / "exports.csv"
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return path


def test_member_states_are_summed_and_aggregates_and_the_leaver_left_out(tmp_path):
    rows = lines()
    rows.append("Italy,Armenia,Total,EXPORT,2019-01-01,500000,False")
    rows.append("EU27,Armenia,Total,EXPORT,2019-01-01,9000000,True")
    rows.append("United Kingdom,Armenia,Total,EXPORT,2019-01-01,7000000,False")
    record = read_exports(written(tmp_path, rows))
    assert record.months == ("2019-01", "2019-02")
    assert record.of("ARM").tolist() == [1.5, 1.0]


FAULTS = {
    "column": (
        lines(),
        HEAD.replace("flow", "direction"),
        f"exports.csv: found no column 'flow', expected {HEAD.replace(',', ', ')}",
    ),
    "partner": (
        [*lines(), "Malta,Georgie,Total,EXPORT,2019-01-01,1,False"],
        HEAD,
        f"exports.csv, line 14: found partner 'Georgie', expected one of {PARTNERS}{MEANT}",
    ),
    "flag": (
        [*lines(), "Italy,Georgia,Total,EXPORT,2019-01-01,1,no"],
        HEAD,
        "exports.csv, line 14: found is_aggregate 'no', expected True or False",
    ),
    "empty": (
        [line for line in lines() if "Armenia" not in line],
        HEAD,
        "exports.csv: found no member state's exports to ARM, expected at least one row",
    ),
    "NaN": (
        [*lines(), "Italy,Georgia,Total,EXPORT,2019-01-01,nan,False"],
        HEAD,
        "exports.csv, line 14: found value_in_eur 'nan', expected zero or a positive number",
    ),
    "negative": (
        [*lines(), "Italy,Georgia,Total,EXPORT,2019-01-01,-5,False"],
        HEAD,
        "exports.csv, line 14: found value_in_eur '-5', expected zero or a positive number",
    ),
    "twice": (
        [*lines(), "Malta,Georgia,Total,EXPORT,2019-01-01,1,False"],
        HEAD,
        "exports.csv, line 14: found Malta to GEO in 2019-01 again, expected each once",
    ),
    "one partner's month": (
        lines()[:-1],
        HEAD,
        "exports.csv: found no exports to UZB in 2019-02, expected every month from first to last",
    ),
    "gap": (
        lines(("2019-01", "2019-03")),
        HEAD,
        f"exports, months: found 2019-03 after 2019-01, expected 2019-02: no gap{NEVER_ZERO}",
    ),
    "zero": (
        [line.replace("1000000", "0") if "Georgia" in line else line for line in lines()],
        HEAD,
        "exports to GEO in 2019-01: found 0.0, expected a positive number",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_faulty_record_is_refused_on_one_line(fault, tmp_path):
    rows, head, message = FAULTS[fault]
    with pytest.raises(CaseError) as error:
        read_exports(written(tmp_path, rows, head))
    assert str(error.value) == message


def test_a_short_history_is_refused():
    record = world()
    short = Exports(record.months[20:], record.partners, record.value[20:])
    with pytest.raises(UsageError) as error:
        fit(short, "saturating")
    assert str(error.value) == (
        "exports from 2020-09: found 16 months to 2021-12, expected at least 24\n"
        "  hint: the baseline needs two of every month before sanctions"
    )


def test_unknown_names_are_refused():
    record = world()
    with pytest.raises(UsageError) as error:
        record.of("KGS")
    assert str(error.value) == (
        "partner: found 'KGS', expected one of RUS, KGZ, ARM, KAZ, GEO, UZB\n"
        "  hint: did you mean 'KGZ'?"
    )
    with pytest.raises(UsageError) as error:
        record.index("2025-01")
    assert str(error.value) == "month: found 2025-01, expected one from 2019-01 to 2023-06"
    with pytest.raises(UsageError) as error:
        scoring.naive(np.zeros(5), 1)
    assert str(error.value) == "seasonal forecast: found 5 months, expected 14 or more"
    with pytest.raises(UsageError) as error:
        scoring.walk(np.zeros(5), np.zeros(9), 1, drift=True)
    assert str(error.value) == "trend forecast: found 5 months, expected 14 or more"


def test_a_year_has_one_of_every_month():
    design, prior_sd = regressors(months("2019-01", 12))
    assert design[:, 1:13].sum(axis=0).tolist() == [1.0] * 12
    assert design.shape[1] == len(prior_sd)


# ── the record itself ─────────────────────────────────────────────────────────────────────────────


def test_member_states_sum_to_the_publishers_own_total(data):
    import pandas as pd

    rows = pd.read_csv(data / FILE)
    total = rows[rows["reporter"] == "EU27"].pivot_table(
        index="date", columns="partner", values="value_in_eur"
    )
    record = read_exports(data / FILE)
    for name, code in (("Russia", "RUS"), ("Kyrgyzstan", "KGZ"), ("Georgia", "GEO")):
        assert record.of(code) * 1e6 == pytest.approx(total[name].to_numpy(dtype=float), rel=1e-9)


def test_the_script_finds_what_the_page_reports(data):
    # Draws may differ in the last digits between machines; the numbers may not.
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--data", str(data)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    results = read_results(RESULTS)
    parts = (rerouting_part(results), substitution_part(results), priors_part(results))
    printed, shipped = done.stdout.split(), "\n".join(parts).split()
    assert len(printed) == len(shipped)
    for mine, theirs in zip(printed, shipped, strict=True):
        if mine != theirs:
            numbers = [float(text.strip("()%+")) for text in (mine, theirs)]
            tolerance = 2.0 if "%" in mine else 0.021
            assert numbers[0] == pytest.approx(numbers[1], abs=tolerance, rel=0.02)


def test_the_page_holds_the_tables_of_the_results():
    text = PAGE.read_text(encoding="utf-8")
    results = read_results(RESULTS)
    for name, part in (
        ("rerouting", rerouting_part),
        ("substitution", substitution_part),
        ("evasion priors", priors_part),
    ):
        _, _, after = text.partition(f"<!-- generated: {name} -->\n\n")
        assert after.partition("\n<!-- end of generated -->")[0] == part(results)


def test_what_the_record_says_hangs_together():
    found = tomllib.loads(RESULTS.read_text(encoding="utf-8"))["rerouting"]
    for variant in found["variants"].values():
        low, median, high, _ = variant["last"]
        assert 0 < low < median < high < 1
        assert variant["mean"][1] < median < variant["ceiling"][1]
        assert sum(one[1] for one in variant["last_of"].values()) == pytest.approx(median, rel=0.05)
    # What is found is not what the method finds where there is nothing.
    assert found["nothing_there"][2] < min(v["last"][0] for v in found["variants"].values()) / 3


def test_results_without_a_part_are_refused(tmp_path):
    path = tmp_path / "results.toml"
    path.write_text("[rerouting]\n", encoding="utf-8")
    with pytest.raises(CaseError) as error:
        read_results(path)
    assert str(error.value) == (
        "results.toml: found no 'substitution', expected rerouting, substitution and priors\n"
        "  hint: scripts/rerouting.py --data DIR --write writes it"
    )


def test_the_script_without_its_data(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", [str(SCRIPT), "--data", str(tmp_path)])
    code = runpy.run_path(str(SCRIPT))["main"]()
    assert (code, capsys.readouterr().err) == (
        2,
        f"--data: found no {FILE} in it, expected the file\n",
    )


def test_the_script_with_a_faulty_file(tmp_path, monkeypatch, capsys):
    for name in (FILE, "dprk/comtrade_china_imports_from_dprk_by_hs_2016_2024_usd.csv"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text("reporter\nMalta\n", encoding="utf-8")
    monkeypatch.setattr(sys, "argv", [str(SCRIPT), "--data", str(tmp_path)])
    code = runpy.run_path(str(SCRIPT))["main"]()
    assert (code, capsys.readouterr().err) == (
        2,
        f"{Path(FILE).name}: found no column 'partner', expected {HEAD.replace(',', ', ')}\n",
    )
