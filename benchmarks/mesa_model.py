"""The core as a plain agent-based model in Mesa: one run at a time, agents, Python floats.

It shares no code with the mechanisms, only their equations, parameters and random numbers. It is
the model that a modeller would write first, and it checks the engine.
"""

from math import exp, expm1

import numpy as np

from benchmarks.core import COMPARED, Inputs
from benchmarks.mesa_agents import Account, Actor, Belligerent, Core, Edge, Numbers, Pact, clip
from servanda.case.schema import CaseSpec
from servanda.world import Axes


class CoreModel(Core):
    """One run."""

    def __init__(self, spec: CaseSpec, axes: Axes, run: int, given: Inputs) -> None:
        super().__init__(seed=run)
        self.spec, self.given, self.run = spec, given, run
        self.p = p = Numbers({k: float(v[run]) for k, v in given.values.items()})
        self.draws: dict[str, list[float]] = {
            name: values[:, run].tolist() for name, values in given.draws.items()
        }
        self.month, self.tempo = 0, 0.0
        # As every state, the war is read at the beginning of the month.
        self.war = self.next_war = 1.0
        self.log_tempo = p("war.initial_log_tempo")
        self.accounts = {a.label: Account(a, p) for a in axes.accounts}
        for actor in spec.actors:
            own = {a.good: a for a in self.accounts.values() if a.owner == actor.code}
            Actor(self, actor.code, own)
        kinds = {g.name: g.kind for g in spec.goods}
        self.edges = [Edge(t, kinds[t.good], p, given.opens[t.label]) for t in spec.ties]
        for edge in self.edges:
            edge.giver_account = self.accounts.get(f"{edge.giver}.{edge.good}")
            if edge.kind == "rival":
                edge.receiver_account = self.accounts.get(f"{edge.receiver}.{edge.good}")
            elif edge.kind == "knowledge":
                edge.giver_account = None
        self.sides = [
            Belligerent(self, code, self.accounts[f"{code}.{spec.war.arms}"], p)
            for code in (spec.war.attacker, spec.war.defender)
        ]
        for side in self.sides:
            side.helpers = [
                e for e in self.edges if e.good == spec.war.men and e.receiver == side.code
            ]
        self.pacts = [
            Pact(self, q.supplier, q.buyer, q.label, given.signed[q.label])
            for q in spec.partnerships
        ]
        self.pact_of = {e.label: pact for pact in self.pacts for e in pact.sales + pact.payments}
        self.record: dict[str, list[list[float]]] = {name: [] for name in COMPARED}

    @property
    def future(self) -> bool:
        """Whether the month is after the cut-off."""
        return self.month > self.given.cutoff

    def draw(self, name: str) -> float:
        """This month's random number of a stream."""
        return self.draws[name][self.month]

    def side_of(self, code: str) -> Belligerent | None:
        """The belligerent with this code, if it is one."""
        return next((side for side in self.sides if side.code == code), None)

    def class_hazard(self, age: float) -> float:
        """Base hazard of the run's reference class."""
        classes = self.spec.reference_classes
        own = min(int(self.p("commitment.class_draw") * len(classes)), len(classes) - 1)
        name = "commitment.later_hazard" if age >= 5 else "commitment.base_hazard"
        return self.p(name, classes[own])

    def step(self) -> None:
        """One month."""
        self._wage()
        self.agents_by_type[Actor].do("produce")
        self._trade()
        arrears = [pact.arrears for pact in self.pacts]
        self._clear()
        for pact, owed in zip(self.pacts, arrears, strict=True):
            pact.commit(owed)
        self.agents_by_type[Belligerent].do("fight")
        for edge in self.edges:
            fights = edge.good == self.spec.war.men and self.side_of(edge.receiver) is not None
            edge.loss_rate = edge.foreign_loss * self.tempo if fights else 0.0
        self._note()
        self.war = self.next_war
        self.month += 1

    def _wage(self) -> None:
        p = self.p
        shock = self.draw("war/shock/")
        self.log_tempo = p("war.persistence") * self.log_tempo + p("war.volatility") * shock
        if self.future and self.draw("war/ceasefire/") < -expm1(-p("war.ceasefire_hazard")):
            self.next_war = 0.0
        self.agents_by_type[Belligerent].do("muster")
        pace = clip(self.sides[0].manning, 1e-3, 1.0) ** p("war.manning_elasticity")
        self.tempo = self.next_war * exp(self.log_tempo) * pace

    def _trade(self) -> None:
        for edge in self.edges:
            pact = self.pact_of.get(edge.label)
            edge.prepare(self, pact.alive if pact else True)
        self.agents_by_type[Pact].do("bargain")
        for edge in self.edges:
            edge.build()
            edge.request()
        self.agents_by_type[Pact].do("pay")
        self.agents_by_type[Pact].do("profit")

    def _clear(self) -> None:
        """Ration requests, move goods, and book debts."""
        asked: dict[str, float] = dict.fromkeys(self.accounts, 0.0)
        for edge in self.edges:
            if edge.giver_account is not None:
                asked[edge.giver_account.label] += edge.asked
        share: dict[str, float] = {}
        for label, account in self.accounts.items():
            there, debits = account.stock + account.made, account.wanted_use + asked[label]
            share[label] = there / max(debits, 1e-30) if debits > there else 1.0
            account.used = account.wanted_use * share[label]
            account.stock = there - account.used
        for edge in self.edges:
            giver = edge.giver_account
            edge.carry(edge.asked * (share[giver.label] if giver else 1.0))
            edge.people()
            if giver is not None:
                giver.stock += edge.returned - edge.sent
            if edge.receiver_account is not None:
                edge.receiver_account.stock += edge.arrived
        for account in self.accounts.values():
            account.stock = max(account.stock, 0.0)
        self.agents_by_type[Pact].do("book")

    def _note(self) -> None:
        accounts, edges, sides, pacts = self.accounts.values(), self.edges, self.sides, self.pacts
        now = {
            "stock": [a.stock for a in accounts],
            "made": [a.made for a in accounts],
            "used": [a.used for a in accounts],
            "arrived": [e.arrived for e in edges],
            "dispatched": [e.dispatched for e in edges],
            "lent": [e.lent for e in edges],
            "lent_lost": [e.lost for e in edges],
            "tempo": [self.tempo],
            "men": [s.men for s in sides],
            "losses": [s.losses for s in sides],
            "recruits": [s.recruits for s in sides],
            "arrears": [q.arrears for q in pacts],
            "alive": [float(q.alive) for q in pacts],
            "dormant": [float(q.dormant) for q in pacts],
            "ending": [float(q.ending) for q in pacts],
            "gain": [g for q in pacts for g in q.gain],
            "slack": [s for q in pacts for s in q.slack],
            "hazard": [q.hazard for q in pacts],
        }
        for name, values in now.items():
            self.record[name].append(values)


def simulate(spec: CaseSpec, axes: Axes, given: Inputs, runs: int) -> dict[str, np.ndarray]:
    """Trajectories by quantity, (month, member, run)."""
    records = []
    for run in range(runs):
        model = CoreModel(spec, axes, run, given)
        for _ in range(given.months):
            model.step()
        records.append(model.record)
    return {name: np.stack([np.array(r[name]) for r in records], axis=-1) for name in COMPARED}
