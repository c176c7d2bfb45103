"""A tiny case that uses every part of the model, and a bench that steps one theory of it alone.

    bench = Bench(PersistentTempo)                        # or Bench(cls, case, runs=(3,))
    p = bench.parameters(volatility=0.0, required={"BUY": 100.0, "*": 50.0})
    out = bench.step(p, world=bench.world(war=1.0, men=80.0), clock=clock(month=3))
    bench.read(out, "manning", "BUY")                     # a float, or one number a run

Quantities go by their names, whichever slot they are of, as in case files. A value is a number for
every member, an array, or a mapping by label in which "*" is everybody
else (zero where it is missing). In the tiny case BUY is at war with FOE, SUP supplies BUY, and PAT
is SUP's other patron; every number of it is fixed and round. Change it with
`tiny_case(spec=…, numbers=…)`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from servanda.case import Case, CaseSpec, Evidence, ParameterTable, Prior
from servanda.engine.catalogue import Catalogue, quantities
from servanda.engine.parameters import bind
from servanda.engine.trace import Trace, trace
from servanda.world import Axes, Clock, Layout, Month, Record, Theory, World

REST = "*"
CATALOGUE = Catalogue.of()

# The variants with the most to them; nulls are chosen with `tiny_case(spec={"mechanisms": …})`.
MECHANISMS = {
    "posture": "quantal-response",
    "trade": "equilibrium-table",
    "war": "persistent-tempo",
    "arsenal": "logistic-output",
    "exchange": "nash-bargaining",
    "attrition": "fire-and-tempo",
    "proliferation": "own-and-transfer",
    "evasion": "saturating",
    "influence": "formal-bilateral",
    "balancing": "threat-balance",
    "commitment": "relational-contract",
}


def tie(giver: str, receiver: str, good: str, basis: str, **more: Any) -> dict[str, Any]:
    """A tie as `case.toml` would say it."""
    return {"giver": giver, "receiver": receiver, "good": good, "basis": basis, **more}


# 2020-01 to 2021-12 with the cut-off at 2020-12: twelve months of record, twelve of future.
SPEC: dict[str, Any] = {
    "name": "tiny",
    "title": "Two partners and a war",
    "summary": "The smallest case with one of everything.",
    "start": "2020-01",
    "as_of": "2020-12",
    "horizon": "2021-12",
    "mechanisms": MECHANISMS,
    "actors": [{"code": c, "name": c.title()} for c in ("BUY", "SUP", "FOE", "PAT")],
    "goods": [
        {"name": "shells", "unit": "round", "made_with": "inputs"},
        {"name": "missiles", "unit": "missile"},
        {"name": "troops", "unit": "person", "kind": "lent"},
        {"name": "oil", "unit": "barrel"},
        {"name": "technology", "unit": "USD", "kind": "knowledge"},
        {"name": "inputs", "unit": "USD"},
    ],
    "ties": [
        tie("SUP", "BUY", "shells", "contract", customs=False),
        tie("SUP", "BUY", "missiles", "contract", customs=False),
        tie("SUP", "BUY", "troops", "contract", customs=False),
        tie("BUY", "SUP", "oil", "payment", customs=False),
        tie("BUY", "SUP", "technology", "payment", customs=False, observed=False),
        tie("PAT", "SUP", "oil", "aid"),
        tie("PAT", "FOE", "shells", "aid", signal="supply"),
        tie("PAT", "BUY", "inputs", "covert", route="round-about", customs=False),
    ],
    "partnerships": [{"supplier": "SUP", "buyer": "BUY", "signed": "2020-06", "source": "none"}],
    "war": {"attacker": "BUY", "defender": "FOE", "arms": "shells", "men": "troops"},
    "coalitions": [
        {"name": "ring", "members": ["FOE", "PAT"], "against": "BUY-SUP", "neighbour": "PAT"}
    ],
    "patronages": [{"patron": "PAT", "client": "SUP"}, {"patron": "BUY", "client": "SUP"}],
    "routes": [{"name": "round-about", "target": "BUY"}],
    "proliferators": [
        {
            "actor": "SUP",
            "rival": "FOE",
            "taught_by": "BUY>SUP:technology",
            "exports": ["missiles"],
        }
    ],
    "postures": [
        {
            "actor": "PAT",
            "signal": "enforcement",
            "driver": "war",
            "stances": [{"name": "lax", "level": 0.0}, {"name": "strict", "level": 1.0}],
            "recorded": [{"since": "2020-01", "stance": "lax", "source": "none"}],
        },
        {
            "actor": "FOE",
            "signal": "supply",
            "driver": "depth[ring]",
            "stances": [{"name": "alone", "level": 0.0}, {"name": "asks", "level": 1.0}],
            "recorded": [{"since": "2020-01", "stance": "asks", "source": "none"}],
        },
    ],
    "reference_classes": ["loose", "tight"],
}

# In the mechanisms' own units; a parameter that is not named here is one for every member.
NUMBERS: dict[str, float | Mapping[str, float]] = {
    "ledger.transit_time": {"SUP>BUY:shells": 1.0, REST: 0.5},
    "ledger.transit_loss": {"SUP>BUY:shells": 0.1, REST: 0.0},
    "war.persistence": 0.8,
    "war.volatility": 0.2,
    "war.initial_log_tempo": 0.0,
    "war.ceasefire_hazard": 0.02,
    "war.required": {"BUY": 1000.0, "FOE": 500.0},
    "war.manning_elasticity": 0.5,
    "arsenal.initial_stock": {
        "BUY.shells": 1000.0,
        "SUP.shells": 2000.0,
        "FOE.shells": 500.0,
        "SUP.missiles": 50.0,
        "SUP.troops": 5000.0,
        "SUP.oil": 100.0,
        "BUY.inputs": 2e4,
        REST: 1e6,
    },
    "arsenal.usable_share": {"SUP.shells": 0.5, REST: 1.0},
    "arsenal.initial_capacity": {"BUY.shells": 50.0, "SUP.shells": 40.0, "FOE.shells": 20.0},
    "arsenal.capacity_growth": {"BUY.shells": 0.1, REST: 0.0},
    "arsenal.capacity_ceiling": {"BUY.shells": 100.0, "SUP.shells": 40.0, "FOE.shells": 20.0},
    "arsenal.input_dependence": {"BUY.shells": 0.5, REST: 0.0},
    "arsenal.demand": {
        "BUY.shells": 200.0,
        "FOE.shells": 100.0,
        "SUP.oil": 50.0,
        "BUY.inputs": 1e4,
    },
    "arsenal.tempo_elasticity": {"BUY.shells": 1.0, "FOE.shells": 1.0},
    "arsenal.cover": 2.0,
    "exchange.cost": 1.0,
    "exchange.value": 4.0,
    "exchange.reserve": {"SUP>BUY:shells": 200.0},
    "exchange.reserve_exponent": 1.0,
    "exchange.need": 0.0,
    "exchange.limit": {"SUP>BUY:troops": 200.0, REST: 100.0},
    "exchange.lane_ceiling": {"PAT>SUP:oil": 20.0, REST: 100.0},
    "exchange.lane_build": 0.5,
    "exchange.lane_start": {"PAT>SUP:oil": 20.0, REST: 10.0},
    "exchange.opening_hazard": 0.0,
    "exchange.unit_value": 4.0,
    "exchange.efficiency": 1.0,
    "exchange.allowed": 1.0,
    "exchange.bargaining_power": 0.5,
    "exchange.payment_capacity": 300.0,
    "exchange.credit_horizon": 12.0,
    "exchange.adjustment": 1.0 / 3.0,
    "attrition.losses": {"BUY": 50.0, "FOE": 30.0},
    "attrition.lethality_ceiling": 3.0,
    "attrition.lethality_rate": 0.05,
    "attrition.fire_exponent": 0.1,
    "attrition.men": {"BUY": 900.0, "FOE": 500.0},
    "attrition.irrecoverable": 0.5,
    "attrition.discharge": 0.01,
    "attrition.recruits": {"BUY": 40.0, "FOE": 20.0},
    "attrition.recruit_price": 1000.0,
    "attrition.price_elasticity": 0.5,
    "attrition.price_response": 0.2,
    "attrition.foreign_loss": {"SUP>BUY:troops": 0.1},
    "attrition.released": 0.5,
    "attrition.release_quality": 0.4,
    "proliferation.knowledge": 0.4,
    "proliferation.rival_knowledge": 0.8,
    "proliferation.own_research": 0.01,
    "proliferation.enforcement_bite": 0.5,
    "proliferation.absorption": 1e-4,
    "proliferation.warheads": 20.0,
    "proliferation.warhead_rate": 0.5,
    "proliferation.warhead_learning": 1.0,
    "proliferation.launches": 2.0,
    "proliferation.crowding": 0.05,
    "trade.elasticity": 6.0,
    "evasion.ceiling": 0.5,
    "evasion.rate": 0.1,
    "evasion.network_rate": 0.1,
    "evasion.age": 0.0,
    "evasion.enforcement_bite": 0.7,
    "evasion.carried": {"PAT>BUY:inputs": 1e-3},
    "evasion.seed": 0.1,
    "influence.base_trade": {"PAT-SUP": 100.0, "BUY-SUP": 10.0},
    "influence.past": {"PAT-SUP": 200.0, "BUY-SUP": 20.0},
    "influence.memory": 12.0,
    "influence.security_weight": 1.0,
    "influence.dependence_exponent": 1.0,
    "influence.overture": 50.0,
    "influence.contact_base": 1.0,
    "influence.contact_slope": 0.01,
    "balancing.power_scale": 40.0,
    "balancing.offence_scale": 3.0,
    "balancing.flow_scale": 400.0,
    "balancing.soldier_scale": 200.0,
    "balancing.initial_threat": 1.4,
    "balancing.friction": 1.0,
    "balancing.initial_depth": 0.25,
    "balancing.speed": 0.1,
    "balancing.meeting_base": 0.5,
    "balancing.meeting_slope": 4.0,
    "balancing.presence_slope": 0.7,
    "balancing.initial_concern": 0.45,
    "balancing.concern_presence": 0.6,
    "balancing.concern_speed": 0.1,
    "commitment.class_draw": 0.25,
    "commitment.base_hazard": {"loose": 0.01, "tight": 0.002},
    "commitment.later_hazard": {"loose": 0.005, "tight": 0.001},
    "commitment.hazard_slope": 0.5,
    "commitment.slack_scale": 1000.0,
    "commitment.discount_rate": 0.01,
    "commitment.war_end_belief": 0.02,
    "commitment.debt_weight": 1.0,
    "commitment.security": 20.0,
    "commitment.displeasure": 5.0,
    "commitment.outside_option": 10.0,
    "commitment.ending_share": 0.25,
    "posture.constant": 0.0,
    "posture.response": {"PAT.strict": 1.0},
    "posture.driver_scale": 1.0,
    "posture.inertia": 1.0,
    "posture.noise": 1.0,
    "posture.fixed": -1.0,
}

# Under full enforcement BUY loses 1 % of income and 100 m of imports a month at σ = 4, and twice
# as much at σ = 8.
TRADE_EFFECTS = [
    {
        "since": since,
        "regime": regime,
        "elasticity": str(sigma),
        "severity": str(severity),
        "actor": "BUY",
        "real_income_change": str(-0.01 * level * sigma / 4 * (1 + severity / 2) * share),
        "imports_change": str(-0.004 * level * sigma / 4 * (1 + severity / 2) * share),
        "hold": "0.05",
        "hold_imports": "0.02",
        "imports_lost_musd_month": str(100 * level * sigma / 4 * (1 + severity / 2) * share),
    }
    for since, share in (("2020-01", 0.5), ("2021-01", 1.0))
    for regime, level in (("indifference", 0.0), ("selective", 0.5), ("enforcement", 1.0))
    for sigma in (4, 8)
    for severity in (-1, 0, 1)
]


def tiny_case(
    *,
    spec: Mapping[str, Any] | None = None,
    numbers: Mapping[str, float | Mapping[str, float]] | None = None,
) -> Case:
    """The tiny case, with keys of `case.toml` and numbers replaced.

    `mechanisms` are merged; a slot is left out with an empty name.
    """
    changes = dict(spec or {})
    named = MECHANISMS | changes.get("mechanisms", {})
    changes["mechanisms"] = {slot: variant for slot, variant in named.items() if variant}
    checked = CaseSpec.model_validate(SPEC | changes)
    tables = _tables(Axes.of(checked), NUMBERS | dict(numbers or {}))
    nothing = Evidence((), (), ())
    return Case(checked, tables, nothing, (), {"trade_effects": TRADE_EFFECTS}, Path())


def _tables(
    axes: Axes, numbers: Mapping[str, float | Mapping[str, float]]
) -> dict[str, ParameterTable]:
    tables = {}
    for slot, name, metadata in sorted(_needed(), key=lambda entry: entry[:2]):
        label, axis, unit = f"{slot}.{name}", metadata["axis"], metadata["unit"]
        given = numbers.get(label, 1.0)
        values: Mapping[str, float] = given if isinstance(given, Mapping) else {REST: given}
        priors = {
            member.label: _fixed(values[member.label], unit.replace("{good}", member.unit))
            for member in axes.members[axis]
            if member.label in values
        }
        if not axis:
            priors = {"": _fixed(values[REST], unit)}
        rest = values.get(REST, 0.0) if axis else None
        own = unit.replace("{good}", next((m.unit for m in axes.members[axis]), ""))
        tables[label] = ParameterTable(label, metadata["meaning"], own, priors, rest, label)
    return tables


def _needed() -> list[tuple[str, str, Any]]:
    """Slot, name and metadata of every parameter of every theory, once."""
    found = {
        (slot, f.name): f.metadata
        for slot, rivals in CATALOGUE.variants.items()
        for theory in rivals.values()
        for f in fields(theory.Parameters)
    }
    return [(slot, name, metadata) for (slot, name), metadata in found.items()]


def _fixed(value: float, unit: str) -> Prior:
    return Prior("fixed", (value,), value, value, unit, "assumed")


def clock(
    month: int = 0,
    *,
    time: float | None = None,
    dt: float = 1.0,
    quarter: bool | None = None,
    future: bool = False,
) -> Clock:
    """A step of `dt` months that begins at `time`, or at the month's beginning."""
    return Clock(
        month=jnp.asarray(month),
        time=jnp.asarray(month if time is None else time, float),
        dt=dt,
        quarter=jnp.asarray(month % 3 == 0 if quarter is None else quarter),
        future=jnp.asarray(future),
    )


class Bench:
    """One theory, wired to a case, to be stepped alone.

    Args:
        theory: the class, in the variant to try.
        case: the tiny case unless another is given.
        runs: `()` for a single run without a run axis, `(n,)` for a batch.
        dtype: of all arrays.
        compiled: whether to compile the step, as pays where there are many.
    """

    def __init__(
        self,
        theory: type[Theory],
        case: Case | None = None,
        *,
        runs: tuple[int, ...] = (),
        dtype: Any = jnp.float32,
        compiled: bool = False,
    ) -> None:
        self.case = tiny_case() if case is None else case
        self.axes = Axes.of(self.case.spec)
        self.slots = tuple(CATALOGUE.chosen(self.case).values())
        if theory.slot not in {other.slot for other in self.slots}:
            self.slots = (*self.slots, theory)
        self.layout = Layout(self.axes, quantities(self.slots))
        self.theory = theory.build(self.case, self.layout)
        self.runs, self.dtype = runs, dtype
        self._step = eqx.filter_jit(self.theory.step) if compiled else self.theory.step

    @property
    def trace(self) -> Trace:
        """What the theory depends on."""
        return trace(self.theory, self.slots, self.axes.sizes)

    @property
    def writes(self) -> list[str]:
        """Quantities of the theory's slot."""
        return [f.name for r in (self.theory.State, self.theory.Flows) for f in fields(r)]

    def array(self, axis: str, value: Any) -> Any:
        """A value along an axis (empty: one number), with the runs last."""
        if isinstance(value, Mapping):
            unknown = set(value) - {*self.axes[axis], REST}
            assert not unknown, f"{unknown} not on axis {axis!r}: {self.axes[axis]}"
            rest = value.get(REST, 0.0)
            rows = [self.array("", value.get(label, rest)) for label in self.axes[axis]]
            return jnp.stack(rows)
        shape = (self.axes.size(axis), *self.runs) if axis else self.runs
        # NumPy, where it can, because JAX would compile a program for every shape.
        numbers: Any = jnp if isinstance(value, jax.Array) else np
        given = numbers.asarray(value, self.dtype)
        if axis and self.runs and given.shape == (self.axes.size(axis),):
            given = given[:, None]
        return jnp.asarray(numbers.broadcast_to(given, shape))

    def parameters(self, **changes: Any) -> Any:
        """The theory's parameters: the centres of the case's priors, with some replaced."""
        variants = {
            slot: {**rivals, self.theory.variant: type(self.theory)}
            if slot == self.theory.slot
            else rivals
            for slot, rivals in CATALOGUE.variants.items()
        }
        numbers = bind(self.case, self.axes, [self.theory], variants)
        centres: dict[str, list[float]] = {}
        for number in numbers.values():
            centres.setdefault(number.field, []).append(number.prior.centre * number.factor)
        given = {}
        for f in fields(self.theory.Parameters):
            axis = f.metadata["axis"]
            default = np.array(centres.get(f.name, []))
            given[f.name] = self.array(axis, changes.pop(f.name, default if axis else default[0]))
        assert not changes, f"no such parameter of {self.theory.slot}: {sorted(changes)}"
        return self.theory.Parameters(**given)

    def world(self, **values: Any) -> World:
        """Last month's state; what is not named is zero."""
        return World(self._records("State", values))

    def month(self, **values: Any) -> Month:
        """This month's flows so far; what is not named is zero."""
        return Month(self._records("Flows", values))

    def start(self, p: Any = None) -> Record:
        """The theory's state before the first month."""
        return self.theory.initial(self.parameters() if p is None else p)

    def step(
        self,
        p: Any = None,
        world: World | None = None,
        month: Month | None = None,
        draws: Mapping[str, Any] | None = None,
        clock: Clock | None = None,
    ) -> dict[str, Any]:
        """One step: the slot's state at its end and its flows, by name.

        Draws that are not given are 0.5 if uniform, 0 if normal.
        """
        drawn = {
            d.name: self.array(d.axis, (draws or {}).get(d.name, 0.5 * (d.kind == "uniform")))
            for d in self.theory.draws
        }
        return named(
            self._step(
                self.parameters() if p is None else p,
                self.world() if world is None else world,
                self.month() if month is None else month,
                drawn,
                _FIRST if clock is None else clock,
            )
        )

    def read(self, results: Any, name: str, label: str = "") -> Any:
        """One member of one quantity, from what a step returned or from a record."""
        array = results[name] if isinstance(results, Mapping) else getattr(results, name)
        axis = self.layout.quantities[name].axis
        row = np.asarray(array)[self.axes.at(axis, label)] if axis else np.asarray(array)
        return float(row) if row.ndim == 0 else row

    def _records(self, kind: str, values: Mapping[str, Any]) -> dict[str, Record]:
        records = {theory.slot: getattr(theory, kind) for theory in self.slots}
        known = {f.name for record in records.values() for f in fields(record)}
        assert set(values) <= known, f"no {kind} has {sorted(set(values) - known)}"
        return {
            slot: record(
                **{
                    f.name: self.array(f.metadata["axis"], values.get(f.name, 0.0))
                    for f in fields(record)
                }
            )
            for slot, record in records.items()
        }


def named(records: tuple[Record, Record]) -> dict[str, Any]:
    """State and flows as one mapping by quantity."""
    return {f.name: getattr(record, f.name) for record in records for f in fields(record)}


_FIRST = clock()
