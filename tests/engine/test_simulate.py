"""Runs: the same seed gives the same bits, and nothing that should not matter does."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from datetime import date
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import servanda
from servanda.case import Case, Evidence, Observation
from servanda.engine import Model, Setting, Simulator, assemble
from servanda.engine.parameters import pack, setting
from servanda.ensembles import Ensemble, simulate
from servanda.errors import CaseError
from servanda.results import evaluate
from servanda.world import World
from servanda.world.ledger import total
from tests.builders import SPEC, tiny_case
from tests.cases import results_of
from tests.engine.stepping import months

Arrays = Mapping[str, np.ndarray]


def run(
    simulator: Simulator,
    runs: int = 1024,
    seed: int = 1,
    settings: Sequence[Setting] = (),
    drawn: Mapping[str, np.ndarray] | None = None,
) -> dict[str, np.ndarray]:
    """All runs of an ensemble as one set of arrays; `drawn` takes the place of priors' draws."""
    prior = Ensemble.prior(simulator.model, runs, seed)
    ensemble = replace(prior, parameters={**prior.parameters, **(drawn or {})})
    batches = list(simulate(simulator, ensemble, settings))
    return {name: np.concatenate([b[name] for b in batches], axis=-1) for name in batches[0]}


def assert_same_bits(one: Arrays, other: Arrays, *, but: Sequence[str] = ()) -> None:
    assert set(one) == set(other)
    for name in set(one) - set(but):
        np.testing.assert_array_equal(one[name], other[name], err_msg=name, strict=True)


@pytest.fixture(scope="module")
def baseline(simulator: Simulator) -> dict[str, np.ndarray]:
    return run(simulator)


# ── reproducible ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("runs", [1, 130, 1024])
def test_a_runs_bits_do_not_depend_on_how_many_runs_are_asked_for(simulator, baseline, runs):
    few = run(simulator, runs)
    assert_same_bits(few, {name: values[..., :runs] for name, values in baseline.items()})


def test_runs_go_on_where_the_first_batch_ends(simulator, baseline):
    more = run(simulator, simulator.batch + 3)
    assert more["tempo"].shape[-1] == simulator.batch + 3
    assert_same_bits({k: v[..., :1024] for k, v in more.items()}, baseline)
    assert len(np.unique(more["tempo"][-1])) > 100


def test_another_seed_gives_other_runs(simulator, baseline):
    other = run(simulator, seed=2)
    assert not np.array_equal(other["log_tempo"], baseline["log_tempo"])


def test_draws_that_are_handed_in_are_used_as_the_priors_own_would_be(simulator, model, baseline):
    own = Ensemble.prior(model, 1024).parameters
    assert simulator.batch == 1024
    (alone,) = simulator.run([simulator.pack(own, np.arange(1024), seed=1)])
    assert_same_bits(alone, baseline)


def test_levers_parameters_and_seeds_are_data_so_that_nothing_is_compiled_again(simulator, model):
    run(simulator, 5, seed=3)
    levers = model.case.spec.levers
    run(simulator, 5, seed=4, settings=[setting(levers, "shells", 0.5)])
    run(simulator, 5, settings=[setting(levers, "china", "courtship"), setting(levers, "peace", 9)])
    drawn = Ensemble.prior(model, 7, seed=9).parameters
    run(simulator, 7, drawn={k: v * 0 + np.median(v) for k, v in drawn.items()})
    assert simulator.compilations == 1


# ── levers ──────────────────────────────────────────────────────────────────────────────────────


def at_rest(model: Model) -> list[Setting]:
    """Every lever at the value that changes nothing: a scale of one, a stance left free."""
    return [
        setting(model.case.spec.levers, lever.name, 1 if lever.operation == "scale" else -1)
        for lever in model.case.spec.levers
    ]


def test_levers_at_rest_change_no_bit(simulator, model, baseline):
    assert_same_bits(run(simulator, settings=at_rest(model)), baseline)


def test_every_lever_moves_something(simulator, model, baseline):
    for lever in model.case.spec.levers:
        extreme = lever.low if lever.operation == "scale" else lever.high
        moved = run(simulator, 128, settings=[Setting(lever, extreme)])
        assert any((moved[k] != baseline[k][..., :128]).any() for k in baseline), lever.name


def test_a_policy_after_the_cutoff_leaves_the_record_as_it_was(simulator, model, baseline):
    policies = [
        Setting(lever, lever.low if lever.operation == "scale" else lever.high)
        for lever in model.case.spec.levers
        if lever.acts == "after_as_of"
    ]
    moved = run(simulator, settings=policies)
    past = simulator._cut + 1
    assert_same_bits(
        {k: v[:past] for k, v in moved.items()}, {k: v[:past] for k, v in baseline.items()}
    )


def test_without_the_pact_nothing_is_exchanged_under_it(simulator, model):
    out = run(simulator, 64, settings=[setting(model.case.spec.levers, "pact", 0)])
    under_pact = [
        model.axes.at("tie", t.label)
        for t in model.case.spec.ties
        if t.basis in ("contract", "payment")
    ]
    assert not out["arrived"][:, under_pact].any()
    for name in ("arrears", "obligation", "paid", "lent", "value_given"):
        assert not out[name].any(), name


# ── what must not matter ────────────────────────────────────────────────────────────────────────

IDLE = {"code": "ZZZ", "name": "Nowhere"}


def assert_same_bits_but_for_the_last_member(more: Arrays, base: Arrays) -> None:
    """More members of an axis stand last."""
    assert any(values.shape != base[name].shape for name, values in more.items())
    assert_same_bits({name: v[:, : base[name].shape[1]] for name, v in more.items()}, base)


def test_an_idle_actor_more_changes_no_other_number_of_the_shipped_case(shipped, baseline):
    document = shipped.spec.model_dump()
    spec = type(shipped.spec).model_validate(document | {"actors": (*document["actors"], IDLE)})
    more = run(Simulator(assemble(replace(shipped, spec=spec))))
    assert not more["income_change"][:, -1].any()
    assert_same_bits_but_for_the_last_member(more, baseline)


# ── the cut-off ───────────────────────────────────────────────────────────────────────────────────


def row(id_: str, known_on: date, ref_end: date | None = None) -> Observation:
    end = known_on if ref_end is None else ref_end
    return Observation(id_, "s", None, end, known_on, 1.0, None, None, "round", "A", "x", "seen")


EVIDENCE = (
    row("early", date(2020, 4, 9)),
    row("late-known", date(2020, 11, 3), ref_end=date(2020, 5, 1)),
    row("late-period", date(2020, 7, 1), ref_end=date(2020, 10, 31)),
)


def dated_case(observations: Sequence[Observation], as_of: str) -> Case:
    """Ties that opened, and a stance that changed, each on the word of one row."""
    opened = (("2020-03", "early"), ("2020-05", "late-known"), ("2020-05", "late-period"))
    ties = [
        t | dict(zip(("opens", "source"), when, strict=True))
        for t, when in zip(SPEC["ties"], opened, strict=False)
    ] + SPEC["ties"][3:]
    changed = {"since": "2020-06", "stance": "strict", "source": "late-known"}
    first = SPEC["postures"][0]
    postures = [first | {"recorded": [*first["recorded"], changed]}, *SPEC["postures"][1:]]
    case = tiny_case(spec={"ties": ties, "postures": postures, "as_of": as_of})
    return replace(case, evidence=Evidence(tuple(observations), (), ()))


def poisoned(observation: Observation) -> Observation:
    return replace(observation, value=-1e30, low=-1e30, high=1e30, confidence="C", claim="poison")


def test_poisoning_or_losing_what_was_not_known_at_the_cutoff_changes_no_bit():
    early, *late = EVIDENCE
    # a month before the cut-off, and one after it
    base = months(dated_case(EVIDENCE, "2020-08"), numbers=(6, 10))
    assert_same_bits(months(dated_case([early], "2020-08"), numbers=(6, 10)), base)
    lost = assemble(dated_case([early], "2020-08"))
    assert eqx.tree_equal(lost.plan, assemble(dated_case(EVIDENCE, "2020-08")).plan)
    spoilt = assemble(dated_case([early, *map(poisoned, late)], "2020-08"))
    assert eqx.tree_equal(spoilt.plan, assemble(dated_case(EVIDENCE, "2020-08")).plan)
    # while losing what was known does change the run
    blind = assemble(dated_case(late, "2020-08"))
    assert not eqx.tree_equal(blind.plan, spoilt.plan)


def test_what_becomes_known_later_counts_from_a_later_cutoff():
    early = assemble(dated_case(EVIDENCE, "2020-08")).theories["exchange"]
    late = assemble(dated_case(EVIDENCE, "2020-12")).theories["exchange"]
    assert early.opens[:3] == (2, None, None)
    assert late.opens[:3] == (2, 4, 4)


@pytest.mark.parametrize("as_of", ["2023-06", "2023-12", "2024-06", "2024-12"])
def test_later_rows_of_the_shipped_case_are_not_read_by_any_mechanism(shipped, as_of):
    case = shipped.at(as_of)
    known = {o.id for o in case.known.observations}
    rows = case.evidence.observations
    later = tuple(poisoned(o) for o in rows if o.id not in known)
    assert 0 < len(known) < len(rows)
    for spoilt in (tuple(o for o in rows if o.id in known), (*case.known.observations, *later)):
        other = replace(case, evidence=replace(case.evidence, observations=spoilt))
        one, two = assemble(case), assemble(other)
        assert eqx.tree_equal(one.plan, two.plan)
        assert one.parameters == two.parameters
        assert other.known == case.known


# ── the length of a step ────────────────────────────────────────────────────────────────────────

CHANCES = ("war.ceasefire_hazard", "war.volatility", "exchange.opening_hazard")
HAZARDS = ("commitment.base_hazard", "commitment.later_hazard")


def test_halving_the_step_moves_no_headline_by_more_than_two_percent(simulator, model):
    runs = 512
    drawn = dict(Ensemble.prior(model, runs).parameters)
    for name in model.parameters:
        if name.split("[")[0] in (*CHANCES, *HAZARDS):
            drawn[name] = np.zeros(runs, np.float32)
    levers = model.case.spec.levers
    stances = {"west": "selective", "china": "restraint", "seoul": "indirect", "moscow": "hedge"}
    fixed = [setting(levers, name, value) for name, value in stances.items()]
    whole = evaluate(results_of(model, run(simulator, runs, settings=fixed, drawn=drawn)))
    halved = Simulator(model, steps_a_month=2)
    parts = evaluate(results_of(model, run(halved, runs, settings=fixed, drawn=drawn)))
    moved = {}
    for name, values in whole.items():
        before, after = values.mean(), parts[name].mean()
        # a yes or no counts in points of a hundred, an amount in percent of itself
        yes_or_no = bool(np.isin(values, (0.0, 1.0)).all())
        scale = 1.0 if yes_or_no else abs(before)
        if abs(after - before) > 0.02 * scale:
            moved[name] = (float(before), float(after))
    assert moved == {}


# ── random worlds ───────────────────────────────────────────────────────────────────────────────

SIGNED = {
    *("log_tempo", "arrears", "signal", "gain", "slack", "gap"),
    *("income_change", "income_gross", "imports_gross"),
    "leverage_left",  # what is taken may pass what ending all trade would take by a little
}
SHARES = {"depth", "concern", "knowledge", "influence_recorded", "influence_valued"}
FLAGS = {"war", "opened", "alive", "dormant"}


def random_world(model: Model, runs: int, dtype: Any, rng: np.random.Generator) -> Any:
    """Any state at all: nothing, dust and fortunes side by side, within what a quantity means."""
    axes, values = model.axes, {}
    people = np.array([axes.kind(t) == "lent" for t in axes.spec.ties])[:, None]
    movable = np.array([axes.kind(t) != "knowledge" for t in axes.spec.ties])[:, None]
    for name, quantity in model.layout.quantities.items():
        if not quantity.carried:
            continue
        shape = (axes.size(quantity.axis), runs) if quantity.axis else (runs,)
        drawn = np.where(rng.random(shape) < 0.2, 0.0, 10.0 ** rng.uniform(-6, 11, shape))
        special = {
            **dict.fromkeys(SHARES, rng.uniform(0, 1, shape)),
            **dict.fromkeys((*FLAGS, "stance", "ending"), rng.integers(0, 2, shape)),
            "log_tempo": rng.normal(0, 2, shape),
            "loss_rate": rng.uniform(0, 3, shape),
            "recruit_price": 10.0 ** rng.uniform(1, 5, shape),
            "arrears": drawn * rng.choice([-1, 1], shape),
        }
        if name in ("lent", "transit"):
            drawn = drawn * {"lent": people, "transit": movable}[name]
        values[name] = jnp.asarray(special.get(name, drawn), dtype)
    slots = {t.slot: {f.name: values[f.name] for f in fields(t.State)} for t in model.plan}
    return World({t.slot: t.State(**slots[t.slot]) for t in model.plan})


def extreme_parameters(model: Model, runs: int, dtype: Any, rng: np.random.Generator) -> Any:
    """Every prior at a bound or its centre, run by run; a beta a little inside of its bounds."""
    drawn = {}
    for name, n in model.parameters.items():
        inside = 1e-3 if n.prior.family == "beta" else 0.0
        ends = [n.prior.low + inside, n.prior.centre, n.prior.high - inside]
        if n.prior.family != "fixed":
            drawn[name] = rng.choice(ends, runs) * n.factor
    return pack(model.plan, model.parameters, drawn, (), runs, dtype, after=True)


def check_step(model: Model, before: Any, after: Any, happened: Any, rounding: float) -> None:
    """Everything finite, nothing negative, and every good accounted for."""
    for record in (after, happened):
        for path, value in jax.tree.leaves_with_path(jax.device_get(record)):
            name = path[-1].name
            assert np.isfinite(value).all(), name
            if name not in SIGNED:
                assert float(value.min()) >= 0.0, name
    axes = model.axes
    for good in (g.name for g in axes.spec.goods if g.kind != "knowledge"):
        accounts = [i for i, a in enumerate(axes.accounts) if a.good.name == good]
        ties = [i for i, t in enumerate(axes.spec.ties) if t.good == good]
        old, new = (np.asarray(total(axes, w, good), float) for w in (before, after))
        made, used = (
            np.asarray(x, float)[accounts].sum(0)
            for x in (happened.arsenal.made, happened.ledger.used)
        )
        lost = np.asarray(happened.ledger.interdicted + happened.ledger.lent_lost, float)[ties].sum(
            0
        )
        error = np.abs(new - (old + made - used - lost)) / (old + made + 1.0)
        assert error.max() < rounding, good


@pytest.mark.parametrize(("precision", "rounding"), [("float32", 2e-6), ("float64", 1e-14)])
def test_any_world_stays_finite_and_conserves_every_good_for_a_quarter(model, precision, rounding):
    runs = 256
    with jax.enable_x64(precision == "float64"):
        dtype = jnp.dtype(precision)
        simulator = Simulator(model, dtype=dtype)
        numbers, seed = jnp.arange(runs, dtype=jnp.uint32), jnp.uint32(1)

        @jax.jit
        def month(world, parameters, number):
            clock = simulator.clock(number, 0)
            return simulator.step(world, parameters, clock, numbers, seed)

        for draw in range(4):
            rng = np.random.default_rng(draw)
            parameters = extreme_parameters(model, runs, dtype, rng)
            world = random_world(model, runs, dtype, rng)
            # three months of the record, or of the future, a quarter's opening among them
            first = (6, simulator._cut + 1)[draw % 2]
            for number in range(first, first + 3):
                following, happened = month(world, parameters, jnp.asarray(number))
                check_step(model, world, following, happened, rounding)
                world = following


def test_to_the_horizon_nothing_runs_away(baseline):
    for name, values in baseline.items():
        assert np.isfinite(values).all(), name
        if name not in SIGNED:
            assert values.min() >= 0.0, name
    # a drifting lethality without a ceiling killed two million a month
    assert baseline["losses"].max() < 2e6
    assert baseline["men"].max() < 2e7
    for name in (*SHARES, *FLAGS - {"opened"}, "leakage"):
        assert baseline[name].max() <= 1.0 + 1e-6, name


# ── refusals ────────────────────────────────────────────────────────────────────────────────────


def test_a_parameter_that_no_mechanism_uses_is_refused():
    case = tiny_case()
    stray = replace(
        case.parameters["war.volatility"],
        name="war.volatilty",
        where="parameters.toml: war.volatilty",
    )
    with pytest.raises(CaseError) as caught:
        assemble(replace(case, parameters={**case.parameters, "war.volatilty": stray}))
    assert str(caught.value) == (
        "parameters.toml: war.volatilty: found a parameter that no mechanism uses, "
        "expected a parameter of a mechanism\n  hint: did you mean 'war.volatility'?"
    )


def test_a_parameter_that_is_named_twice_is_refused(shipped, tmp_path):
    folder = shutil.copytree(shipped.folder, tmp_path / "twice")
    table = '[war.volatility]\ndescription = "again"\n'
    lines = (folder / "parameters.toml").read_text(encoding="utf-8") + table
    (folder / "parameters.toml").write_text(lines, encoding="utf-8")
    with pytest.raises(CaseError) as caught:
        servanda.load(folder)
    line = lines.count("\n") - 1
    assert str(caught.value) == (
        f"parameters.toml line {line}: found Cannot declare ('war', 'volatility') twice "
        "(at column 16), expected valid TOML"
    )


def test_a_parameter_that_is_missing_is_refused():
    case = tiny_case()
    rest = {k: v for k, v in case.parameters.items() if k != "war.volatility"}
    with pytest.raises(CaseError) as caught:
        assemble(replace(case, parameters=rest))
    assert str(caught.value) == (
        "parameters.toml: war.volatility: found no such parameter, "
        "expected a table: standard deviation of a month's shock to log tempo"
    )


def test_a_member_that_does_not_exist_is_refused():
    case = tiny_case()
    table = case.parameters["war.required"]
    priors = {"BYU": table.priors["BUY"], "FOE": table.priors["FOE"]}
    case = replace(
        case, parameters={**case.parameters, "war.required": replace(table, priors=priors)}
    )
    with pytest.raises(CaseError) as caught:
        assemble(case)
    assert str(caught.value) == (
        "war.required.of.BYU: found member 'BYU', expected one of BUY, FOE\n  hint: did you "
        "mean 'BUY'?"
    )


def test_a_member_without_a_prior_is_refused():
    case = tiny_case()
    table = case.parameters["war.required"]
    less = replace(table, priors={"BUY": table.priors["BUY"]}, otherwise=None)
    with pytest.raises(CaseError) as caught:
        assemble(replace(case, parameters={**case.parameters, "war.required": less}))
    assert str(caught.value) == (
        "war.required: found no prior for 'FOE', expected one for each of BUY, FOE, or 'otherwise'"
    )
