"""Agents and parts of the Mesa model: accounts, ties, states, sides of the war and pacts.

Like `benchmarks.mesa_model`, it shares no code with the mechanisms.
"""

from abc import abstractmethod
from collections.abc import Mapping
from math import exp, expm1, log, log1p

import mesa

from servanda.case.schema import CaseSpec, Tie
from servanda.world import members

ENDINGS = ("lapse", "renegotiation", "violation", "substitution")
TINY = 1e-6


def softplus(x: float) -> float:
    """log(1 + e^x) without overflow."""
    return max(x, 0.0) + log1p(exp(-abs(x)))


def shortfall(x: float, width: float) -> float:
    """max(x, 0), smoothed over a width."""
    width = max(width, TINY)
    return width * softplus(x / width)


def clip(x: float, low: float, high: float) -> float:
    """The number, clipped to two bounds."""
    return min(max(x, low), high)


class Numbers:
    """One run's parameters: `numbers("exchange.cost", "PRK>RUS:shells")`."""

    def __init__(self, values: Mapping[str, float]) -> None:
        self.values = values

    def __call__(self, name: str, member: str = "") -> float:
        """A parameter of a member."""
        return self.values[f"{name}[{member}]" if member else name]


class Account:
    """One actor's stock of one good, with the industry that makes it."""

    def __init__(self, account: members.Account, p: Numbers) -> None:
        self.label = label = account.label
        self.owner, self.good, self.made_with = (
            account.owner,
            account.good.name,
            account.good.made_with,
        )
        self.stock = p("arsenal.initial_stock", label) * p("arsenal.usable_share", label)
        self.capacity = p("arsenal.initial_capacity", label)
        self.growth = exp(p("arsenal.capacity_growth", label))
        self.ceiling = max(p("arsenal.capacity_ceiling", label), 1e-30)
        self.dependence = p("arsenal.input_dependence", label)
        self.base_demand = p("arsenal.demand", label)
        self.elasticity = p("arsenal.tempo_elasticity", label)
        self.cover = p("arsenal.cover", label)
        self.standing_capacity = self.capacity
        self.demand = self.shortage = self.made = self.wanted_use = self.used = 0.0

    def look(self, tempo: float) -> None:
        """Demand at this tempo, and the shortage of the stock."""
        self.demand = self.base_demand * max(tempo, TINY) ** self.elasticity
        scale = max(self.cover * self.demand, TINY)
        self.shortage = exp(-self.stock / scale) if self.demand > 0 else 0.0

    def produce(self, inputs_shortage: float) -> None:
        """Compute capacity and output, and request the month's use."""
        old = self.standing_capacity = self.capacity
        self.capacity = old * self.growth / (1 + old * (self.growth - 1) / self.ceiling)
        self.made = (old + self.capacity) / 2 * (1 - self.dependence * inputs_shortage)
        self.wanted_use = self._thrifty(self.stock + self.made / 2)

    def _thrifty(self, stock: float) -> float:
        if self.demand <= 0:
            return 0.0
        scale = max(self.cover * self.demand, TINY)
        u, t = stock / scale, 1 / max(self.cover, TINY)
        # log(1 + (e^u − 1)e^−t), with the larger term factored out
        a, b = u - t, log(-expm1(-t))
        left = max(a, b) + log1p(exp(-abs(a - b)))
        return clip(scale * (u - left), 0.0, stock)


class Edge:
    """A directed tie: order, lane, transit and lent people."""

    def __init__(self, tie: Tie, kind: str, p: Numbers, opens: int | None) -> None:
        label = tie.label
        self.label, self.basis, self.good, self.kind = label, tie.basis, tie.good, kind
        self.giver, self.receiver = tie.giver, tie.receiver
        self.signalled = tie.signal is not None
        self.opens = opens
        self.cost, self.value = p("exchange.cost", label), p("exchange.value", label)
        self.reserve, self.limit = p("exchange.reserve", label), p("exchange.limit", label)
        self.extra_need = p("exchange.need", label)
        self.ceiling = p("exchange.lane_ceiling", label)
        self.built = -expm1(-p("exchange.lane_build", label))
        self.opening = -expm1(-p("exchange.opening_hazard", label))
        self.unit_value = p("exchange.unit_value", label)
        self.efficiency = p("exchange.efficiency", label)
        self.allowed = p("exchange.allowed", label)
        self.foreign_loss = p("attrition.foreign_loss", label)
        self.transit_loss = p("ledger.transit_loss", label)
        self.rate = 1 / max(p("ledger.transit_time", label), TINY)
        self.lane = p("exchange.lane_start", label)
        self.open, self.just_opened = opens == 0, False
        self.price = self.new_price = self.cost
        self.order = self.target = self.transit = self.lent = self.dispatched = 0.0
        self.loss_rate = self.foreign_loss
        self.live = self.asked = self.recall = 0.0
        self.sent = self.arrived = self.served = self.lost = self.returned = 0.0
        self.giver_account: Account | None = None
        self.receiver_account: Account | None = None

    def carry(self, granted: float) -> None:
        """Send; a part arrives, a part is lost, the rest stays in transit."""
        self.sent = granted
        if self.kind == "knowledge":
            self.arrived = granted
            return
        under_way = self.transit * exp(-self.rate) + granted * -expm1(-self.rate) / self.rate
        left = self.transit + granted - under_way
        self.arrived, self.transit = left * (1 - self.transit_loss), under_way

    def people(self) -> None:
        """Lent people stay, are lost or return."""
        self.served = self.arrived
        self.lost = self.returned = 0.0
        if self.kind == "lent":
            self.served = self.lent
            self.dispatched += self.sent
            present = self.lent + self.arrived
            self.lost = present * -expm1(-self.loss_rate)
            self.returned = min(self.recall, present - self.lost)
            self.lent = present - self.lost - self.returned

    def prepare(self, model: "Core", alive: bool) -> None:
        """Open if due, build the lane, and update whether the tie is live."""
        was = self.open
        if self.opens is not None:
            self.open = self.open or model.month >= self.opens
        elif model.future and model.draw(f"exchange/opening/{self.label}") < self.opening:
            self.open = True
        self.just_opened = self.open and not was
        self.live = self.allowed if self.open and alive else 0.0
        self.new_price = self.price
        self.asked = self.recall = 0.0

    def build(self) -> None:
        """Open lanes approach the capacity of the finished lane."""
        if self.open:
            self.lane += (self.ceiling - self.lane) * self.built

    def settle_terms(self, volume: float, price: float, model: "Core") -> None:
        """Orders move towards the last bargain, and never above a bargain struck now."""
        if model.month % 3 == 0 or self.just_opened:
            self.target, self.new_price = volume, price
        moved = 1.0 if self.kind == "lent" else model.p("exchange.adjustment")
        self.order = min(self.order + (self.target - self.order) * moved, volume)

    def request(self) -> None:
        """Request sending and return; the pact requests payments."""
        if self.basis == "aid":
            self.asked = 0.0 if self.signalled else self.lane * self.live
        elif self.basis == "contract" and self.kind == "lent":
            missing = self.order - self.lent - self.transit
            self.asked = clip(missing * -expm1(-2), 0.0, self.lane)
            self.recall = max(self.lent - self.order, 0.0)
        elif self.basis == "contract":
            self.asked = min(self.order, self.lane)


class Core(mesa.Model):
    """What agents need from their run. Abstract."""

    spec: CaseSpec
    p: Numbers
    month: int
    tempo: float
    war: float
    edges: list[Edge]
    sides: list["Belligerent"]

    @property
    @abstractmethod
    def future(self) -> bool:
        """Whether the month is after the cut-off."""

    @abstractmethod
    def draw(self, name: str) -> float:
        """This month's random number of a stream."""

    @abstractmethod
    def side_of(self, code: str) -> "Belligerent | None":
        """The belligerent with this code, if it is one."""

    @abstractmethod
    def class_hazard(self, age: float) -> float:
        """Base hazard of the run's reference class."""


class CoreAgent(mesa.Agent):
    """An agent of the core."""

    model: Core


class Actor(CoreAgent):
    """A state with its accounts."""

    def __init__(self, model: Core, code: str, accounts: Mapping[str, Account]) -> None:
        super().__init__(model)
        self.code, self.accounts = code, accounts

    def produce(self) -> None:
        """Run every industry."""
        for account in self.accounts.values():
            account.look(self.model.tempo)
        for account in self.accounts.values():
            inputs = self.accounts.get(account.made_with or "")
            account.produce(inputs.shortage if inputs else 0.0)


class Belligerent(CoreAgent):
    """One side of the war: men, recruits, losses."""

    def __init__(self, model: Core, code: str, arms: Account, p: Numbers) -> None:
        super().__init__(model)
        self.code, self.arms = code, arms
        self.men = p("attrition.men", code)
        self.first_price = self.price = p("attrition.recruit_price", code)
        self.base_losses = p("attrition.losses", code)
        self.irrecoverable = p("attrition.irrecoverable", code)
        self.discharge = p("attrition.discharge", code)
        self.base_recruits = p("attrition.recruits", code)
        self.elasticity = p("attrition.price_elasticity", code)
        self.response = p("attrition.price_response", code)
        self.required = p("war.required", code)
        self.helpers: list[Edge] = []
        self.manning = self.losses = self.recruits = self.helping = 0.0

    def muster(self) -> None:
        """Men present divided by men required."""
        self.helping = sum(e.lent for e in self.helpers)
        self.manning = (self.men + self.helping) / self.required

    def fight(self) -> None:
        """Compute losses, recruits and the next price."""
        model, p = self.model, self.model.p
        enemy = next(side for side in model.sides if side is not self)
        released = p("attrition.released") * self.helping
        force = max(self.men + self.helping, 1.0)
        eased = max((1 - p("attrition.release_quality") * released / force) * self.men / force, 0.0)
        drift = 1 + (p("attrition.lethality_ceiling") - 1) * -expm1(
            -p("attrition.lethality_rate") * model.month
        )
        mine, theirs = (s.arms.used / max(s.arms.demand, TINY) for s in (self, enemy))
        deficit = clip(theirs / max(mine, TINY), 1 / 20, 20.0)
        lethality = drift * deficit ** p("attrition.fire_exponent")
        self.losses = min(self.base_losses * model.tempo * lethality * eased, self.men)
        if model.war > 0:
            self.recruits = self.base_recruits * (self.price / self.first_price) ** self.elasticity
        else:
            self.recruits = min(self.discharge * self.men, self.base_recruits)
        men = self.men * exp(-self.discharge) + self.recruits - self.irrecoverable * self.losses
        self.men = max(men, 0.0)
        shortage = model.war * clip(1 - self.manning, -0.5, 0.5)
        price = self.price * exp(self.response * shortage)
        self.price = clip(price, self.first_price / 5, self.first_price * 20)


class Pact(CoreAgent):
    """A supplier and a buyer: bargains, debt, and the hazard of ending."""

    def __init__(self, model: Core, supplier: str, buyer: str, label: str, signed: int) -> None:
        super().__init__(model)
        self.label, self.signed = label, signed
        between = [e for e in model.edges if {e.giver, e.receiver} == {supplier, buyer}]
        self.sales = [e for e in between if e.basis == "contract"]
        self.payments = [e for e in between if e.basis == "payment"]
        p = model.p
        self.power = p("exchange.bargaining_power", label)
        self.horizon = p("exchange.credit_horizon", label)
        self.capacity = max(p("exchange.payment_capacity", label), 1.0)
        self.steady = [
            p("commitment.security", f"{label}/{who}")
            - p("commitment.displeasure", f"{label}/{who}")
            - p("commitment.outside_option", f"{label}/{who}")
            for who in (supplier, buyer)
        ]
        self.arrears = self.flow = self.peak = self.quiet = 0.0
        self.alive, self.ending, self.dormant = True, 0, False
        self.gain, self.slack, self.hazard = [0.0, 0.0], [0.0, 0.0], 0.0

    def need(self, edge: Edge) -> float:
        """The receiver's need."""
        side = self.model.side_of(edge.receiver) if edge.good == self.model.spec.war.men else None
        account = edge.receiver_account
        if side is not None:
            gap = shortfall(side.required - side.men, 0.1 * side.required)
            return edge.extra_need + self.model.war * gap
        if account is not None:
            gap = shortfall(account.demand - account.standing_capacity, 0.1 * account.demand)
            return edge.extra_need + gap
        return edge.extra_need

    def cost(self, edge: Edge) -> float:
        """The giver's cost of a unit, which rises as its stock falls below its reserve."""
        giver = edge.giver_account
        assert giver is not None, f"{edge.label} is sold out of no account"
        scarcity = clip(edge.reserve / max(giver.stock, TINY), 1.0, 20.0)
        return edge.cost * float(scarcity ** self.model.p("exchange.reserve_exponent"))

    def mix(self, lanes: list[float]) -> list[float]:
        """Shares of payment, by worth, shortage and lane."""
        weights = []
        for edge, lane in zip(self.payments, lanes, strict=True):
            account = edge.receiver_account
            wanted = 1.0
            if account is not None and account.demand > 0:
                wanted = (1 + account.shortage) / 2
            weights.append(edge.efficiency * wanted * lane * edge.unit_value)
        total = max(sum(weights), TINY)
        return [w / total for w in weights]

    def worth(self, lanes: list[float]) -> float:
        """Worth to the supplier of a dollar of payment."""
        if not self.payments:
            return 1.0
        return sum(m * e.efficiency for m, e in zip(self.mix(lanes), self.payments, strict=True))

    def bargain(self) -> None:
        """Compute the bargain of this month; it takes effect in a new quarter or opening."""
        k = self.worth([e.ceiling * e.live for e in self.payments])
        volumes, surplus = [], 0.0
        for edge in self.sales:
            need, c = self.need(edge), self.cost(edge)
            wanted = need * clip(1 - c / max(k * edge.value, TINY), 0.0, 1.0)
            volume = min(wanted, edge.limit) * edge.live
            mean_value = edge.value * (1 - volume / (2 * max(need, TINY)))
            price = c + self.power * max(k * mean_value - c, 0.0)
            surplus += volume * (mean_value - price / max(k, TINY))
            volumes.append((volume, price))
        limit = max(self.horizon * surplus, 1.0)
        credit = clip(1 - max(self.arrears, 0.0) / limit, 0.0, 1.0)
        for edge, (volume, price) in zip(self.sales, volumes, strict=True):
            edge.settle_terms(volume * credit, price, self.model)

    def pay(self) -> None:
        """Request goods as payment of this month's debt and of arrears."""
        due = max(sum(e.new_price * e.order for e in self.sales) + self.arrears, 0.0)
        paid = self.capacity * -expm1(-due / self.capacity)
        lanes = [e.lane * e.live for e in self.payments]
        for edge, share, lane in zip(self.payments, self.mix(lanes), lanes, strict=True):
            unit = max(edge.unit_value * edge.efficiency, TINY)
            edge.asked = min(paid * share / unit, lane)

    def profit(self) -> None:
        """Surplus of the standing orders to supplier and buyer."""
        k = self.worth([e.ceiling * e.live for e in self.payments])
        seller = buyer = 0.0
        for edge in self.sales:
            need, q = self.need(edge), edge.order
            met = min(q, need)
            benefit = edge.value * (met - met * met / (2 * max(need, TINY)))
            seller += (edge.new_price - self.cost(edge)) * q
            buyer += benefit - (edge.new_price * q / max(k, TINY) if k > 0 else 0.0)
        self.gain = [seller, buyer]

    def book(self) -> None:
        """Deliveries create debt at the price of last month's bargain; payments settle it."""
        for edge in self.sales:
            self.arrears += edge.price * edge.served
            edge.price = edge.new_price
        for edge in self.payments:
            self.arrears -= edge.unit_value * edge.efficiency * edge.arrived

    def commit(self, arrears: float) -> None:
        """Compute slack and hazards, draw the ending, and update dormancy."""
        model, p = self.model, self.model.p
        base = model.class_hazard((model.month - self.signed) / 12)
        lasting = p("commitment.discount_rate") + base
        passing = lasting + p("commitment.war_end_belief")
        debt = p("commitment.debt_weight") * arrears
        self.slack = [
            gain / passing + steady / lasting + sign * debt
            for gain, steady, sign in zip(self.gain, self.steady, (1, -1), strict=True)
        ]
        weaker = clip(min(self.slack) / p("commitment.slack_scale"), -3.0, 3.0)
        self.hazard = base * exp(-p("commitment.hazard_slope") * weaker)
        at_risk = model.future and model.month >= self.signed and self.alive
        if at_risk and model.draw(f"commitment/ending/{self.label}") < -expm1(-self.hazard):
            self.alive, self.ending = False, self.way()
        self.hazard *= self.alive
        self.use()

    def way(self) -> int:
        """The way of ending, counted from one."""
        shares = [self.model.p("commitment.ending_share", name) for name in ENDINGS]
        draw, reached = self.model.draw(f"commitment/way/{self.label}"), 0.0
        for number, share in enumerate(shares, start=1):
            reached += share / sum(shares)
            if draw <= reached:
                return number
        return len(ENDINGS)

    def use(self) -> None:
        """Smoothed worth of what is exchanged; dormant after six months of next to none."""
        value = sum(e.unit_value * e.served for e in self.sales + self.payments)
        weight = exp(-1 / 3)
        self.flow = self.flow * weight + value * (1 - weight)
        self.peak = max(self.peak, self.flow)
        self.quiet = self.quiet + 1 if self.flow < max(0.2 * self.peak, 1.0) else 0.0
        self.dormant = self.quiet >= 6 and self.alive
