"""What is refused of a theory, in one message that says where, what was found and what was not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, final

import equinox as eqx
import jax.numpy as jnp
import pytest
from jaxtyping import Array, Float

from servanda.engine import assemble
from servanda.errors import CaseError
from servanda.mechanisms.war import ConstantTempo, PersistentTempo, War
from servanda.world import Nothing, Record, Theory, World, parameter, quantity
from servanda.world.ledger import Ledger
from servanda.world.quantities.war import WarFlows, WarState
from tests.builders import Bench, tiny_case
from tests.engine.stepping import months, with_numbers, without_theories
from tests.outside.muddy_war import MuddyTempo
from tests.outside.weather import Weather


@final
class PaceParameters(eqx.Module):
    pace: Float[Array, "*run"] = parameter("", "dimensionless", "tempo, always")


def state(p: Any) -> WarState:
    return WarState(log_tempo=jnp.log(p.pace), war=jnp.ones_like(p.pace))


def flows(p: Any, tempo: Any = None, **changes: Any) -> WarFlows:
    needed = jnp.stack([p.pace, p.pace])
    tempo = p.pace if tempo is None else tempo
    return WarFlows(**({"tempo": tempo, "manning": needed, "required": needed} | changes))


class Still:
    """What a theory must have, and no more: it has no parameters and writes nothing."""

    Parameters = Nothing

    @classmethod
    def build(cls, case, layout):
        return cls()

    def initial(self, p):
        return Nothing()

    def step(self, p, world, month, draws, clock):
        return Nothing(), Nothing()


def pace(step: Any, initial: Any = state) -> type[Theory]:
    """A theory of the war with one number, whose step and beginning are given."""

    @final
    class Steady(War):
        variant = "steady"
        Parameters = PaceParameters

        @classmethod
        def build(cls, case, layout):
            return cls()

        def initial(self, p):
            return initial(p)

        def step(self, p, world, month, draws, clock):
            return step(p, world, month)

    return Steady


def refusal(*theories: Any, numbers: Mapping[str, tuple[str, float]] | None = None) -> str:
    case = with_numbers(tiny_case(), {"war.pace": ("dimensionless", 1.0)} | dict(numbers or {}))
    with pytest.raises(CaseError) as caught:
        assemble(case, theories)
    return str(caught.value)


def test_a_theory_that_fits_is_taken():
    good = pace(lambda p, world, month: (state(p), flows(p)))
    case = with_numbers(without_theories(), {"war.pace": ("dimensionless", 1.5)})
    assert (months(case, [good])["tempo"] == 1.5).all()


def test_two_theories_of_one_slot_are_refused():
    assert refusal(MuddyTempo, ConstantTempo) == (
        "theories: found two theories of 'war': MuddyTempo and ConstantTempo, "
        "expected one for each slot"
    )


def test_another_ledger_is_refused():
    @final
    class Chalk(Ledger):
        variant = "chalk"

    assert refusal(Chalk) == (
        "theories: found Chalk, a theory of the ledger, "
        "expected a theory of a slot: there is one ledger"
    )


def test_a_misspelt_output_is_refused():
    wrong = pace(
        lambda p, world, month: (
            state(p),
            WarFlows(tmepo=p.pace, manning=p.pace, required=p.pace),
        )
    )
    assert refusal(wrong) == (
        "theory war/steady: found 'tmepo' in WarFlows, expected tempo, manning, required\n"
        "  hint: did you mean 'tempo'?"
    )


def test_a_missing_output_is_refused():
    wrong = pace(
        lambda p, world, month: (
            state(p),
            WarFlows(tempo=p.pace, manning=jnp.stack([p.pace, p.pace])),
        )
    )
    assert refusal(wrong) == (
        "theory war/steady: found WarFlows without 'required', expected tempo, manning, required"
    )


def test_an_output_that_another_slot_has_too_is_refused():
    @final
    class DoubleFlows(Record):
        tempo: Float[Array, "*run"] = quantity("", "dimensionless", "tempo once more")

    @final
    class Double(Still, Weather):
        State = Nothing
        Flows = DoubleFlows
        slot = "echo"
        variant = "double"

        def step(self, p, world, month, draws, clock):
            return Nothing(), DoubleFlows(tempo=jnp.zeros_like(world.war.war))

    assert refusal(Double) == (
        "the month's plan: found two writers of 'tempo': war and echo, "
        "expected one writer for each quantity"
    )


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (
            lambda p, world, month: (state(p), flows(p, jnp.stack([p.pace, p.pace]))),
            "a step that returns 'tempo' of shape (2, runs), expected (runs): one for each run",
        ),
        (
            lambda p, world, month: (state(p), flows(p, manning=p.pace)),
            (
                "a step that returns 'manning' of shape (runs), expected (2, runs): "
                "one for each belligerent and run"
            ),
        ),
        (
            lambda p, world, month: (state(p), flows(p, p.pace > 0)),
            (
                "a step that returns 'tempo' of bool, expected numbers with a decimal point\n"
                "  hint: use jnp.where(…, 1.0, 0.0)"
            ),
        ),
        (
            lambda p, world, month: (flows(p), state(p)),
            "a step that returns a WarFlows, expected WarState",
        ),
        (
            lambda p, world, month: flows(p),
            "a step that returns a WarFlows, expected its slot's state and flows",
        ),
        (
            lambda p, world, month: None,
            "a step that returns nothing, expected its slot's state and flows",
        ),
        (
            lambda p, world, month: (state(p), flows(p, month.arsenal.mad[0])),
            (
                "'mad' read from ArsenalFlows, expected made, demand, use_request, shortage\n"
                "  hint: did you mean 'made'?"
            ),
        ),
        (
            lambda p, world, month: (state(p), flows(p, world.arsnal.capacity[0])),
            (
                "'arsnal' read from the world, expected one of the slots arsenal, attrition, "
                "balancing, commitment, evasion, exchange, influence, ledger, posture, "
                "proliferation, trade, war\n  hint: did you mean 'arsenal'?"
            ),
        ),
    ],
    ids=[
        *("a number a side", "one number for two", "yes or no", "flows for state", "flows alone"),
        *("nothing", "a quantity that is not", "a slot that is not"),
    ],
)
@pytest.mark.usefixtures("unchecked")
def test_a_step_that_does_not_fit_says_how(step, message):
    assert refusal(pace(step)) == f"theory war/steady: found {message}"


@pytest.mark.usefixtures("unchecked")
def test_a_beginning_that_does_not_fit_says_how():
    wrong = pace(
        lambda p, world, month: (state(p), flows(p)),
        lambda p: WarState(log_tempo=jnp.zeros(3), war=jnp.zeros(3)),
    )
    assert refusal(wrong) == (
        "theory war/steady: found a start that returns 'log_tempo' of shape (3), expected (): one"
    )


def test_a_theory_s_own_faults_are_not_dressed_up():
    def wrong(p, world, month):
        raise TypeError("a fault of its own")

    case = with_numbers(tiny_case(), {"war.pace": ("dimensionless", 1.0)})
    with pytest.raises(TypeError) as caught:
        assemble(case, [pace(wrong)])
    assert caught.value.args == ("a fault of its own",)


def test_a_rival_that_reads_a_slot_that_is_not_there_is_refused():
    assert refusal(MuddyTempo, numbers={"war.slowing": ("dimensionless", 0.5)}) == (
        "theory war/muddy-tempo: found 'weather' read from the month, expected one of the slots "
        "arsenal, attrition, balancing, commitment, evasion, exchange, influence, ledger, posture, "
        "proliferation, trade, war\n  hint: did you mean 'war'?"
    )


def test_what_is_handed_in_must_be_a_final_theory():
    assert refusal(War) == (
        "theories: found War, expected a final theory of a slot\n"
        "  hint: derive it from the slot's class and mark it @final"
    )


def test_a_theory_without_a_method_or_a_name_is_refused():
    @final
    class Nameless(War):
        Parameters = Nothing

    @final
    class Idle(War):
        variant = "idle"
        Parameters = Nothing

    assert refusal(Nameless) == (
        "theories: found Nameless without variant, expected a whole theory"
    )
    assert refusal(Idle) == "theories: found Idle without build, expected a whole theory"


def test_a_slot_of_the_package_s_name_is_refused():
    @final
    class Other(Still, Weather):
        slot = "war"
        variant = "weather"

    assert refusal(Other) == (
        "theories: found Other, whose slot 'war' is not the package's, "
        "expected a theory derived from servanda.mechanisms.war.War"
    )


def test_a_name_that_another_theory_has_is_refused():
    @final
    class Same(Still, War):
        variant = "persistent-tempo"

    assert refusal(Same) == (
        "theories: found Same, whose variant 'persistent-tempo' there is already, "
        "expected a name of its own"
    )


def test_a_parameter_of_a_slot_from_outside_is_refused_where_the_slot_is_not_handed_in():
    with pytest.raises(CaseError) as caught:
        assemble(with_numbers(tiny_case(), {"weather.rain": ("1/month", 0.1)}))
    assert str(caught.value) == (
        "weather.rain: found a parameter that no mechanism uses, "
        "expected a parameter of a mechanism"
    )


def test_priors_that_only_a_rival_needs_may_stay_and_what_it_needs_must_be_there():
    # the null draws no shock, so that the case keeps a volatility that only the theory reads
    case = tiny_case(spec={"mechanisms": {"war": "constant-tempo"}})
    assert "war.volatility" in case.parameters
    assert "war.volatility" not in assemble(case).parameters
    less = {k: v for k, v in case.parameters.items() if k != "war.volatility"}
    assemble(replace(case, parameters=less))


def test_a_world_says_which_slots_there_are():
    world: World = Bench(PersistentTempo).world(men=3.0)
    assert float(world.attrition.men[0]) == 3.0
    assert [f.name for f in fields(world.attrition)] == ["men", "recruit_price", "loss_rate"]
    with pytest.raises(AttributeError) as caught:
        world.weather  # noqa: B018
    assert str(caught.value) == (
        "found 'weather' read from the world, expected one of the slots arsenal, attrition, "
        "balancing, commitment, evasion, exchange, influence, ledger, posture, proliferation, "
        "trade, war"
    )
