"""The core in NumPy, vectorised over runs on the last axis: fast without a compiler.

It shares no code with the mechanisms, only their equations, parameters and random numbers. Sums
over ties are products with small incidence matrices.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.core import COMPARED, Inputs
from servanda.case.schema import CaseSpec
from servanda.world import Axes

Values = np.ndarray
ENDINGS = ("lapse", "renegotiation", "violation", "substitution")
TINY = 1e-6


def shortfall(x: Values, width: Values) -> Values:
    """max(x, 0), smoothed over a width."""
    width = np.maximum(width, TINY)
    rounded: Values = width * np.logaddexp(x / width, 0)
    return rounded


def rows_of(places: list[int | None]) -> list[int]:
    """The same positions, none of which is None in a checked case."""
    return [place for place in places if place is not None]


class CoreModel:
    """All runs at once."""

    def __init__(self, spec: CaseSpec, axes: Axes, given: Inputs, dtype: Any) -> None:
        self.spec, self.axes, self.given, self.dtype = spec, axes, given, dtype
        self.runs = len(next(iter(given.values.values())))
        self.draws = {k: v.astype(dtype) for k, v in given.draws.items()}
        self._wire()
        self._read()
        self._start()

    def rows(self, name: str, axis: str) -> Values:
        """A parameter's members, (member, run)."""
        return np.stack([self.given.values[f"{name}[{m}]"] for m in self.axes[axis]]).astype(
            self.dtype
        )

    def one(self, name: str) -> Values:
        """A parameter without members."""
        return self.given.values[name].astype(self.dtype)

    def incidence(self, targets: Sequence[int | None], size: int) -> Values:
        """A matrix that sums rows by target."""
        matrix = np.zeros((size, len(targets)), self.dtype)
        for row, target in enumerate(targets):
            if target is not None:
                matrix[target, row] = 1
        return matrix

    def _wire(self) -> None:
        spec, axes = self.spec, self.axes
        ties, accounts, sides = spec.ties, list(axes["account"]), list(axes["belligerent"])
        kinds = {g.name: g.kind for g in spec.goods}

        def account(actor: str, good: str) -> int | None:
            label = f"{actor}.{good}"
            return accounts.index(label) if label in accounts else None

        kind = [kinds[t.good] for t in ties]
        self.lent = np.array([k == "lent" for k in kind])[:, None]
        self.knowledge = np.array([k == "knowledge" for k in kind])[:, None]
        self.givers = [
            None if k == "knowledge" else account(t.giver, t.good)
            for t, k in zip(ties, kind, strict=True)
        ]
        receivers = [
            account(t.receiver, t.good) if k == "rival" else None
            for t, k in zip(ties, kind, strict=True)
        ]
        size = len(accounts)
        self.from_giver = self.incidence(self.givers, size)
        self.to_receiver = self.incidence(receivers, size)
        # Ties without a giver's account use an additional account with unlimited stock.
        self.giver_or_none = [size if g is None else g for g in self.givers]
        self.fights_for = [
            sides.index(t.receiver) if t.good == spec.war.men and t.receiver in sides else None
            for t in ties
        ]
        self.to_side = self.incidence(self.fights_for, len(sides))
        self.fighting = np.array([s is not None for s in self.fights_for])[:, None]
        pacts = [{q.supplier, q.buyer} for q in spec.partnerships]
        pact = [
            pacts.index({t.giver, t.receiver}) if {t.giver, t.receiver} in pacts else None
            for t in ties
        ]
        self.sales = [i for i, t in enumerate(ties) if t.basis == "contract"]
        self.pays = [i for i, t in enumerate(ties) if t.basis == "payment"]
        self.sale_pact = rows_of([pact[i] for i in self.sales])
        self.pay_pact = rows_of([pact[i] for i in self.pays])
        self.never_paid = [i for i in range(len(pacts)) if i not in self.pay_pact]
        self.sum_sales = self.incidence(self.sale_pact, len(pacts))
        self.sum_pays = self.incidence(self.pay_pact, len(pacts))
        self.contracted = [i for i in range(len(ties)) if i in self.sales + self.pays]
        self.contracted_pact = rows_of([pact[i] for i in self.contracted])
        self.sale_givers = [self.givers[i] for i in self.sales]
        self.buyer_accounts = [receivers[i] for i in self.sales]
        self.buyer_sides = [self.fights_for[i] for i in self.sales]
        self.payee_accounts = [receivers[i] for i in self.pays]
        self.aid = np.array([t.basis == "aid" and t.signal is None for t in ties])[:, None]
        self.sold = np.array([t.basis == "contract" for t in ties])[:, None]
        self.arms = [accounts.index(f"{side}.{spec.war.arms}") for side in sides]
        inputs = [
            account(a.owner, a.good.made_with) if a.good.made_with else None for a in axes.accounts
        ]
        self.with_inputs = [i for i, a in enumerate(inputs) if a is not None]
        self.inputs = [a for a in inputs if a is not None]
        self.signed = np.array([self.given.signed[q.label] for q in spec.partnerships])[:, None]

    def _read(self) -> None:
        axes = {
            "arsenal": (
                "account",
                "capacity_growth capacity_ceiling input_dependence demand tempo_elasticity cover",
            ),
            "exchange": (
                "tie",
                (
                    "cost value reserve need limit lane_ceiling lane_build opening_hazard "
                    "unit_value efficiency allowed"
                ),
            ),
            "ledger": ("tie", "transit_time transit_loss"),
            "attrition": (
                "belligerent",
                (
                    "losses irrecoverable discharge recruits recruit_price "
                    "price_elasticity price_response"
                ),
            ),
            "commitment": ("partner", "security displeasure outside_option"),
        }
        self.p = {
            f"{slot}.{name}": self.rows(f"{slot}.{name}", axis)
            for slot, (axis, names) in axes.items()
            for name in names.split()
        }
        for name in ("bargaining_power", "payment_capacity", "credit_horizon"):
            self.p[f"exchange.{name}"] = self.rows(f"exchange.{name}", "partnership")
        self.p["war.required"] = self.rows("war.required", "belligerent")
        self.p["attrition.foreign_loss"] = self.rows("attrition.foreign_loss", "tie")
        self.p["commitment.ending_share"] = self.rows("commitment.ending_share", "ending")
        for label in self.given.values:
            if "[" not in label:
                self.p[label] = self.one(label)
        classes = self.axes.size("reference_class")
        own = np.minimum((self.p["commitment.class_draw"] * classes).astype(int), classes - 1)
        for name in ("base_hazard", "later_hazard"):
            table = self.rows(f"commitment.{name}", "reference_class")
            self.p[f"commitment.{name}"] = table[own, np.arange(self.runs)]
        self.rate = 1 / np.maximum(self.p["ledger.transit_time"], TINY)
        self.settles = self.p["exchange.unit_value"] * self.p["exchange.efficiency"]
        p = self.p
        self.first_price = p["attrition.recruit_price"]
        self.steady = (
            p["commitment.security"] - p["commitment.displeasure"] - p["commitment.outside_option"]
        )

    def _start(self) -> None:
        p, ties, shape = self.p, self.axes.size("tie"), self.runs
        pacts = len(self.spec.partnerships)
        self.stock = self.rows("arsenal.initial_stock", "account") * self.rows(
            "arsenal.usable_share", "account"
        )
        self.capacity = self.rows("arsenal.initial_capacity", "account")
        self.men = self.rows("attrition.men", "belligerent")
        self.recruit_price = self.first_price
        self.log_tempo = p["war.initial_log_tempo"]
        # As every state, the war is read at the beginning of the month.
        self.war = self.next_war = np.ones(shape, self.dtype)
        self.lane, self.price = self.rows("exchange.lane_start", "tie"), p["exchange.cost"]
        self.opened = np.stack([np.full(shape, self.given.opens[t] == 0) for t in self.axes["tie"]])
        self.order, self.target, self.transit, self.lent_people, self.dispatched = (
            np.zeros((ties, shape), self.dtype) for _ in range(5)
        )
        self.loss_rate = p["attrition.foreign_loss"]
        self.arrears, self.flow, self.peak, self.quiet, self.ending = (
            np.zeros((pacts, shape), self.dtype) for _ in range(5)
        )
        self.alive = np.ones((pacts, shape), bool)

    def draw(self, slot: str, name: str, axis: str, month: int) -> Values:
        """This month's random numbers, one for each member."""
        return np.stack([self.draws[f"{slot}/{name}/{m}"][month] for m in self.axes[axis]])

    def step(self, month: int) -> dict[str, Values]:
        """One month; returns the compared quantities."""
        future = month > self.given.cutoff
        self._pace(month, future)
        self._produce()
        before_lent, before_arrears = self.lent_people, self.arrears
        asked, recall = self._exchange(month, future)
        self._clear(asked, recall)
        self._fight(month)
        self._commit(month, future, before_lent, before_arrears)
        self.war = self.next_war
        return {
            "stock": self.stock,
            "made": self.made,
            "used": self.used,
            "arrived": self.arrived,
            "dispatched": self.dispatched,
            "lent": self.lent_people,
            "lent_lost": self.lost,
            "tempo": self.tempo[None],
            "men": self.men,
            "losses": self.losses,
            "recruits": self.recruits,
            "arrears": self.arrears,
            "alive": self.alive,
            "dormant": self.dormant,
            "ending": self.ending,
            "gain": self.gain,
            "slack": self.slack,
            "hazard": self.hazard,
        }

    def _pace(self, month: int, future: bool) -> None:
        p = self.p
        shock = self.draws["war/shock/"][month]
        self.log_tempo = p["war.persistence"] * self.log_tempo + p["war.volatility"] * shock
        if future:
            ceased = self.draws["war/ceasefire/"][month] < -np.expm1(-p["war.ceasefire_hazard"])
            self.next_war = np.where(ceased, 0, self.war).astype(self.dtype)
        self.helpers = self.to_side @ self.lent_people
        self.manning = (self.men + self.helpers) / p["war.required"]
        cap = p["war.manning_elasticity"] * np.log(np.clip(self.manning[0], 1e-3, 1))
        self.tempo = self.next_war * np.exp(self.log_tempo + cap)

    def _produce(self) -> None:
        p = self.p
        self.demand = p["arsenal.demand"] * np.exp(
            p["arsenal.tempo_elasticity"] * np.log(np.maximum(self.tempo, TINY))
        )
        scale = np.maximum(p["arsenal.cover"] * self.demand, TINY)
        self.shortage = np.where(self.demand > 0, np.exp(-self.stock / scale), 0)
        old = self.standing_capacity = self.capacity
        growth = np.exp(p["arsenal.capacity_growth"])
        ceiling = np.maximum(p["arsenal.capacity_ceiling"], 1e-30)
        self.capacity = old * growth / (1 + old * (growth - 1) / ceiling)
        self.made = (old + self.capacity) / 2
        self.made[self.with_inputs] *= (
            1 - p["arsenal.input_dependence"][self.with_inputs] * self.shortage[self.inputs]
        )
        stock = self.stock + self.made / 2
        u, t = stock / scale, 1 / np.maximum(p["arsenal.cover"], TINY)
        used = scale * (u - np.logaddexp(u - t, np.log(-np.expm1(-t))))
        self.wanted_use = np.where(self.demand > 0, np.clip(used, 0, stock), 0)

    def _open(self, month: int, future: bool) -> Values:
        chance = -np.expm1(-self.p["exchange.opening_hazard"])
        opened = self.opened.copy()
        for row, label in enumerate(self.axes["tie"]):
            due = self.given.opens[label]
            if due is not None:
                opened[row] |= month >= due
            elif future:
                opened[row] |= self.draws[f"exchange/opening/{label}"][month] < chance[row]
        return opened

    def _exchange(self, month: int, future: bool) -> tuple[Values, Values]:
        p = self.p
        opened = self._open(month, future)
        live = p["exchange.allowed"] * opened
        live[self.contracted] *= self.alive[self.contracted_pact]
        need, cost = self._need(), self._cost()
        wanted, agreed = self._strike(need, cost, live)
        struck = opened & ~self.opened | (month % 3 == 0)
        self.opened = opened
        self.target = np.where(struck, wanted, self.target)
        self.new_price = np.where(struck, agreed, self.price)
        moved = np.where(self.lent, 1, p["exchange.adjustment"])
        self.order = np.minimum(self.order + (self.target - self.order) * moved, wanted)
        built = (p["exchange.lane_ceiling"] - self.lane) * -np.expm1(-p["exchange.lane_build"])
        self.lane = self.lane + built * opened
        missing = self.order - self.lent_people - self.transit
        people = np.clip(missing * self.dtype(-np.expm1(-2)), 0, self.lane)
        goods = np.minimum(self.order, self.lane)
        sold = np.where(self.lent, people, goods) * self.sold
        asked = sold + self.lane * self.aid * live
        recall = np.maximum(self.lent_people - self.order, 0) * (self.lent & self.sold)
        asked[self.pays] = self._pay(live)
        self._profit(need, cost, live)
        return asked, recall

    def _need(self) -> Values:
        need = self.p["exchange.need"][self.sales]
        for row, (account, side) in enumerate(
            zip(self.buyer_accounts, self.buyer_sides, strict=True)
        ):
            if side is not None:
                required = self.p["war.required"][side]
                need[row] += self.war * shortfall(required - self.men[side], required / 10)
            elif account is not None:
                demand = self.demand[account]
                need[row] += shortfall(demand - self.standing_capacity[account], demand / 10)
        return need

    def _cost(self) -> Values:
        p = self.p
        stock = np.maximum(self.stock[self.sale_givers], TINY)
        scarcity = np.clip(p["exchange.reserve"][self.sales] / stock, 1, 20)
        cost: Values = p["exchange.cost"][self.sales] * np.exp(
            p["exchange.reserve_exponent"] * np.log(scarcity)
        )
        return cost

    def _mix(self, lanes: Values) -> Values:
        full = np.ones(self.runs, self.dtype)
        shortage = np.stack(
            [
                full if a is None else np.where(self.demand[a] > 0, self.shortage[a], full)
                for a in self.payee_accounts
            ]
        )
        weight = self.settles[self.pays] * (1 + shortage) / 2 * lanes
        mix: Values = weight / np.maximum(self.sum_pays @ weight, TINY)[self.pay_pact]
        return mix

    def _worth(self, lanes: Values) -> Values:
        worth: Values = self.sum_pays @ (
            self._mix(lanes) * self.p["exchange.efficiency"][self.pays]
        )
        worth[self.never_paid] = 1
        return worth[self.sale_pact]

    def _strike(self, need: Values, cost: Values, live: Values) -> tuple[Values, Values]:
        p, value = self.p, self.p["exchange.value"][self.sales]
        k = self._worth((p["exchange.lane_ceiling"] * live)[self.pays])
        wanted = need * np.clip(1 - cost / np.maximum(k * value, TINY), 0, 1)
        volume = np.minimum(wanted, p["exchange.limit"][self.sales]) * live[self.sales]
        mean_value = value * (1 - volume / (2 * np.maximum(need, TINY)))
        power = p["exchange.bargaining_power"][self.sale_pact]
        price = cost + power * np.maximum(k * mean_value - cost, 0)
        surplus = self.sum_sales @ (volume * (mean_value - price / np.maximum(k, TINY)))
        limit = np.maximum(p["exchange.credit_horizon"] * surplus, 1)
        credit = np.clip(1 - np.maximum(self.arrears, 0) / limit, 0, 1)
        wanted_all, price_all = np.zeros_like(self.order), np.zeros_like(self.order)
        wanted_all[self.sales] = volume * credit[self.sale_pact]
        price_all[self.sales] = price
        return wanted_all, price_all

    def _pay(self, live: Values) -> Values:
        due = self.sum_sales @ (self.new_price * self.order)[self.sales]
        due = np.maximum(due + self.arrears, 0)
        cap = np.maximum(self.p["exchange.payment_capacity"], 1)
        paid = cap * -np.expm1(-due / cap)
        lanes = (self.lane * live)[self.pays]
        unit = np.maximum(self.settles[self.pays], TINY)
        payments: Values = np.minimum(paid[self.pay_pact] * self._mix(lanes) / unit, lanes)
        return payments

    def _profit(self, need: Values, cost: Values, live: Values) -> None:
        k = self._worth((self.p["exchange.lane_ceiling"] * live)[self.pays])
        q, price = self.order[self.sales], self.new_price[self.sales]
        met = np.minimum(q, need)
        benefit = self.p["exchange.value"][self.sales] * (
            met - met * met / (2 * np.maximum(need, TINY))
        )
        given_up = np.where(k > 0, price * q / np.maximum(k, TINY), 0)
        self.gain = np.empty((2 * len(self.alive), self.runs), self.dtype)
        self.gain[0::2] = self.sum_sales @ ((price - cost) * q)
        self.gain[1::2] = self.sum_sales @ (benefit - given_up)

    def _clear(self, asked: Values, recall: Values) -> None:
        there = self.stock + self.made
        debits = self.wanted_use + self.from_giver @ asked
        share = np.where(debits > there, there / np.maximum(debits, 1e-30), 1)
        self.used = self.wanted_use * share
        sent = (
            asked * np.concatenate([share, np.ones((1, self.runs), self.dtype)])[self.giver_or_none]
        )
        stay = np.exp(-self.rate)
        under_way = self.transit * stay + sent * (1 - stay) / self.rate
        arrived = (self.transit + sent - under_way) * (1 - self.p["ledger.transit_loss"])
        self.arrived = np.where(self.knowledge, sent, arrived)
        self.transit = np.where(self.knowledge, 0, under_way)
        self.served = np.where(self.lent, self.lent_people, self.arrived)
        self.dispatched = self.dispatched + sent * self.lent
        present = (self.lent_people + self.arrived) * self.lent
        self.lost = present * -np.expm1(-self.loss_rate)
        returned = np.minimum(recall, present - self.lost)
        self.lent_people = present - self.lost - returned
        stock = (
            there
            - self.used
            + self.from_giver @ (returned - sent)
            + self.to_receiver @ self.arrived
        )
        self.stock = np.maximum(stock, 0)
        owed = self.sum_sales @ (self.price * self.served)[self.sales]
        paid = self.sum_pays @ (self.settles * self.arrived)[self.pays]
        self.arrears = self.arrears + owed - paid
        self.price = self.new_price

    def _fight(self, month: int) -> None:
        p = self.p
        force = np.maximum(self.men + self.helpers, 1)
        released = p["attrition.released"] * self.helpers / force
        eased = (1 - p["attrition.release_quality"] * released) * self.men / force
        drift = 1 - (p["attrition.lethality_ceiling"] - 1) * np.expm1(
            -p["attrition.lethality_rate"] * month
        )
        served = self.used[self.arms] / np.maximum(self.demand[self.arms], TINY)
        deficit = np.clip(served[::-1] / np.maximum(served, TINY), 1 / 20, 20)
        lethality = drift * np.exp(p["attrition.fire_exponent"] * np.log(deficit))
        losses = p["attrition.losses"] * self.tempo * lethality * np.maximum(eased, 0)
        self.losses = np.minimum(losses, self.men)
        bid = np.log(self.recruit_price / self.first_price)
        wartime = p["attrition.recruits"] * np.exp(p["attrition.price_elasticity"] * bid)
        peacetime = np.minimum(p["attrition.discharge"] * self.men, p["attrition.recruits"])
        self.recruits = np.where(self.war > 0, wartime, peacetime)
        kept = self.men * np.exp(-p["attrition.discharge"])
        self.men = np.maximum(kept + self.recruits - p["attrition.irrecoverable"] * self.losses, 0)
        shortage = self.war * np.clip(1 - self.manning, -0.5, 0.5)
        price = self.recruit_price * np.exp(p["attrition.price_response"] * shortage)
        self.recruit_price = np.clip(price, self.first_price / 5, self.first_price * 20)
        self.loss_rate = p["attrition.foreign_loss"] * self.tempo * self.fighting

    def _commit(self, month: int, future: bool, lent: Values, arrears: Values) -> None:
        p = self.p
        old = (month - self.signed) / 12 >= 5
        base = np.where(old, p["commitment.later_hazard"], p["commitment.base_hazard"])
        lasting = p["commitment.discount_rate"] + base
        passing = lasting + p["commitment.war_end_belief"]
        debt = p["commitment.debt_weight"] * arrears
        self.slack = np.empty_like(self.gain)
        for member, sign in enumerate((1, -1)):
            rows = slice(member, None, 2)
            self.slack[rows] = self.gain[rows] / passing + self.steady[rows] / lasting + sign * debt
        weaker = np.minimum(self.slack[0::2], self.slack[1::2]) / p["commitment.slack_scale"]
        self.hazard = base * np.exp(-p["commitment.hazard_slope"] * np.clip(weaker, -3, 3))
        if future:
            ends = self.draw("commitment", "ending", "partnership", month) < -np.expm1(-self.hazard)
            ends &= (month >= self.signed) & self.alive
            share = p["commitment.ending_share"]
            reached = np.cumsum(share, axis=0) / share.sum(0)
            draw = self.draw("commitment", "way", "partnership", month)
            way = 1 + (draw[None] > reached[:-1, None]).sum(0)
            self.alive = self.alive & ~ends
            self.ending = np.where(ends, way, self.ending).astype(self.dtype)
        self.hazard = self.hazard * self.alive
        serving = np.where(self.lent, lent, self.arrived) * p["exchange.unit_value"]
        value = self.sum_sales @ serving[self.sales] + self.sum_pays @ serving[self.pays]
        weight = self.dtype(np.exp(-1 / 3))
        self.flow = self.flow * weight + value * (1 - weight)
        self.peak = np.maximum(self.peak, self.flow)
        little = self.flow < np.maximum(self.peak / 5, 1)
        self.quiet = np.where(little, self.quiet + 1, 0).astype(self.dtype)
        self.dormant = (self.quiet >= 6) & self.alive


def simulate(
    spec: CaseSpec, axes: Axes, given: Inputs, dtype: Any = np.float64
) -> dict[str, np.ndarray]:
    """Trajectories by quantity, (month, member, run)."""
    model = CoreModel(spec, axes, given, dtype)
    out: dict[str, np.ndarray] = {}
    for month in range(given.months):
        for name, values in model.step(month).items():
            if month == 0:
                out[name] = np.empty((given.months, *values.shape), dtype)
            out[name][month] = values
    return {name: out[name] for name in COMPARED}
