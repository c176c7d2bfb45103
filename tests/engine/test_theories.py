"""Theories plug in: rivals and slots from outside, and slots that a case does not name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import final

import jax.numpy as jnp
import numpy as np
import pytest
from jaxtyping import Array

from servanda.case import Case
from servanda.engine import Model, assemble
from servanda.ensembles import Arrays
from servanda.mechanisms import variants
from servanda.mechanisms.war import ConstantTempo
from servanda.world import Nothing, Record, Theory
from tests.builders import tiny_case
from tests.engine.stepping import months, stepped, with_numbers, without_theories
from tests.outside.mud import MudFlows, MudState
from tests.outside.muddy_war import MuddyTempo
from tests.outside.weather import Rain, Weather

WET = {"weather.rain": ("1/month", 0.1), "weather.storms": ("dimensionless", 0.3)}


@pytest.fixture(scope="module")
def wet() -> Case:
    return with_numbers(tiny_case(), WET)


@pytest.fixture(scope="module")
def whole() -> Arrays:
    return months(tiny_case())


# ── from outside ────────────────────────────────────────────────────────────────────────────────


def test_a_slot_from_outside_is_two_files_and_changes_nothing_else(wet, whole):
    found = months(wet, [Rain])
    # dried never, wetted by e^−.1 a month or drowned by a storm
    assert found["water"].shape == (4, 2, 4)
    assert found["mud"].max() == 1.0
    assert float(found["water"][0].min()) == pytest.approx(1 - np.exp(-0.1), rel=1e-6)
    assert set(found) - set(whole) == {"water", "mud"}
    for name, values in whole.items():
        np.testing.assert_array_equal(found[name], values, err_msg=name)


def test_a_rival_from_outside_is_one_file_and_stands_in_for_what_the_case_names(wet):
    case = with_numbers(wet, {"war.slowing": ("dimensionless", 0.5)})
    model = assemble(case, [MuddyTempo, Rain])
    assert model.theories["war"].variant == "muddy-tempo"
    assert model.reads["war"] == {"mud", "war", "men", "lent"}
    plan = [t.slot for t in model.plan]
    assert plan.index("weather") < plan.index("war") < plan.index("arsenal")
    found = months(case, [MuddyTempo, Rain])
    np.testing.assert_allclose(found["log_tempo"], -0.5 * found["mud"], rtol=1e-6)


def test_a_case_may_name_the_theory_that_is_handed_in(wet):
    case = with_numbers(wet, {"war.slowing": ("dimensionless", 0.5)})
    named = {**case.spec.mechanisms, "war": "muddy-tempo", "weather": "rain"}
    case = replace(case, spec=case.spec.model_copy(update={"mechanisms": named}))
    assert assemble(case, [MuddyTempo, Rain]).theories["war"].variant == "muddy-tempo"


def test_one_of_the_package_s_theories_can_be_handed_in_too():
    assert assemble(tiny_case(), [ConstantTempo]).theories["war"].variant == "constant-tempo"


def test_quantities_from_outside_have_names_like_any_other(wet):
    layout = assemble(wet, [Rain]).layout
    assert layout.resolve("water[FOE]", "here").row == 1
    assert layout.resolve("mud", "here").quantity.slot == "weather"


def test_a_theory_may_hold_an_array():
    @final
    class Measured(Weather):
        """Rain as it was measured, month by month."""

        wetness: Array

        variant = "measured"
        Parameters = Nothing

        @classmethod
        def build(cls, case, layout):
            return cls(jnp.array([0.25, 0.5, 1.0]))

        def initial(self, p):
            return MudState(water=jnp.zeros(2))

        def step(self, p, world, month, draws, clock):
            mud = self.wetness[clock.month % 3] * jnp.ones_like(world.war.war)
            return world.weather, MudFlows(mud=mud)

    found = months(without_theories(), [Measured], numbers=[0, 1, 2])
    assert (found["mud"][:, 0] == [0.25, 0.5, 1.0]).all()


# ── absent slots ────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def lacking() -> Mapping[str, Model]:
    """Models without one slot each, by the slot left out."""
    return {slot: assemble(tiny_case(spec={"mechanisms": {slot: ""}})) for slot in variants()}


@pytest.fixture(scope="module")
def without(lacking) -> Mapping[str, Arrays]:
    """Two months of each, before the cut-off and after."""
    return {slot: stepped(model, (10, 12)) for slot, model in lacking.items()}


def test_an_absent_slot_asks_for_no_parameter(lacking):
    for slot, model in lacking.items():
        assert slot not in {number.slot for number in model.parameters.values()}
        assert model.theories[slot].variant == "absent"


def test_a_case_without_any_theory_runs_and_nothing_happens_in_it():
    found = months(without_theories())
    happening = {name for name, values in found.items() if values.any()}
    assert happening == {"men", "manning", "alive", "quiet", "presence", "threat"}


def test_whatever_slot_is_absent_the_others_stay_defined(without, whole):
    for slot, found in without.items():
        assert set(found) == set(whole)
        for name, values in found.items():
            assert not np.isnan(values).any(), (slot, name)
            if name not in ("men", "manning"):
                assert np.isfinite(values).all(), (slot, name)


@pytest.mark.parametrize(
    ("slot", "values"),
    [
        ("war", {"war": 0, "tempo": 0, "losses": 0, "manning": 1}),
        ("arsenal", {"stock": 0, "made": 0, "used": 0}),
        ("attrition", {"losses": 0, "recruits": 0, "lent_lost": 0}),
        ("exchange", {"gain": 0, "obligation": 0, "lent": 0}),
        ("commitment", {"alive": 1, "ending": 0, "hazard": 0}),
        ("evasion", {"rerouted": 0, "leakage": 0}),
        ("trade", {"sanctioned": 0, "income_change": 0, "leverage": 0}),
        ("posture", {"stance": 0}),
        ("proliferation", {"knowledge": 0, "launch_rate": 0}),
        ("balancing", {"depth": 0, "presence": 1, "threat": 1}),
        ("influence", {"influence_valued": 0, "recorded_trade": 0}),
    ],
)
def test_what_an_absent_slot_writes_is_neutral(without, slot, values):
    for name, value in values.items():
        assert (without[slot][name] == value).all(), name


def test_without_attrition_men_do_not_hold_the_war_up(without):
    assert (without["attrition"]["men"] == np.inf).all()
    # log tempo begins at zero, keeps .8 and takes shocks of .2: a pace that men do not cap
    log_tempo, war = without["attrition"]["log_tempo"], without["attrition"]["war"]
    np.testing.assert_allclose(without["attrition"]["tempo"], war * np.exp(log_tempo), rtol=1e-6)


def test_without_evasion_all_that_sanctions_take_is_lost():
    case = tiny_case(spec={"mechanisms": {"evasion": ""}}, numbers={"posture.fixed": 1.0})
    found, model = months(case, numbers=[0]), assemble(case)
    buyer = model.axes.at("actor", "BUY")
    # full enforcement at σ = 6, severity 1, half in force: .01·6/4·1.5/2
    assert found["income_change"][0, buyer, 0] == pytest.approx(-0.01125, rel=1e-5)
    assert found["leverage"][0, 0, 0] == pytest.approx(0.05, rel=1e-5)
    assert found["leverage_left"][0, 0, 0] == pytest.approx(0.05 - 0.01125, rel=1e-5)


def test_without_commitment_what_is_exchanged_is_still_counted(without, whole):
    # before the cut-off the pact lives in both, and as much is delivered and counted
    for name in ("value_given", "flow", "peak"):
        np.testing.assert_array_equal(without["commitment"][name][0], whole[name][0])
    assert without["commitment"]["flow"][-1].all()


def test_without_exchange_covert_ties_carry_nothing_as_nothing_has_a_worth(without):
    assert not without["exchange"]["arrived"].any()


# ── abstract or final ───────────────────────────────────────────────────────────────────────────


def descendants(cls: type) -> Iterator[type]:
    for child in cls.__subclasses__():
        yield child
        yield from descendants(child)


def concrete(cls: type) -> set[str]:
    """Methods that a class defines and leaves nobody to define."""
    own = {k: v for k, v in vars(cls).items() if callable(getattr(v, "__func__", v))}
    return {
        k
        for k, v in own.items()
        if not k.startswith("__")
        and not isinstance(v, type)
        and not getattr(getattr(v, "__func__", v), "__isabstractmethod__", False)
    }


@pytest.mark.parametrize("base", [Theory, Record])
def test_every_class_is_abstract_or_final_and_none_overrides_a_concrete_method(base):
    for cls in descendants(base):
        if not cls.__module__.startswith("servanda."):
            continue
        above = [c for c in cls.__mro__[1:] if c is not base and issubclass(c, base)]
        assert not [c.__name__ for c in above if getattr(c, "__final__", False)], cls
        if getattr(cls, "__final__", False):
            assert not cls.__abstractmethods__, cls
        elif base is Theory:
            assert cls.__abstractmethods__, f"{cls} is neither abstract nor final"
        for ancestor in above:
            assert not concrete(cls) & concrete(ancestor), (cls, ancestor)


def test_theories_own_their_parameters():
    owners: dict[type, type] = {}
    for rivals in variants().values():
        for theory in rivals.values():
            if theory.Parameters is not Nothing:
                assert getattr(theory.Parameters, "__final__", False), theory
                assert owners.setdefault(theory.Parameters, theory) is theory
