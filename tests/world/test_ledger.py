"""The ledger: nothing appears or vanishes, scarcity is shared, people come back or are lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import hypothesis.strategies as st
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from scipy.integrate import solve_ivp

from servanda.world import Ledger, Month, World
from servanda.world.ledger import total
from tests.builders import SPEC, Bench, clock, named, tiny_case

RUNS = (3,)
RIVAL = ("shells", "missiles", "oil", "inputs")
LENT = ("troops",)
ROUNDING = {"float32": 2e-6, "float64": 4e-15}


@contextmanager
def precision(name: str) -> Iterator[Any]:
    """A precision by name; `float64` needs JAX's x64 mode."""
    with jax.enable_x64(True) if name == "float64" else nullcontext():
        yield jnp.dtype(name)


@dataclass
class Cleared:
    """One clearing: what was asked, and what came of it."""

    bench: Bench
    before: World
    asked: Month
    after: World
    results: dict[str, Any]


_JITTED: dict[Any, Any] = {}


def clear(bench: Bench, p: Any, world: World, month: Month, dt: float = 1.0) -> Cleared:
    """Clear one step, compiled once a case, a precision and a length of step."""
    key = (id(bench), dt)
    if key not in _JITTED:
        _JITTED[key] = jax.jit(
            lambda p, world, month: bench.theory.step(p, world, month, {}, clock(dt=dt))
        )
    state, flows = _JITTED[key](p, world, month)
    return Cleared(bench, world, month, world.having("ledger", state), named((state, flows)))


@pytest.fixture(scope="module")
def benches() -> dict[str, Bench]:
    made = {}
    for name in ROUNDING:
        with precision(name) as dtype:
            made[name] = Bench(Ledger, runs=RUNS, dtype=dtype)
    return made


def random_clearing(bench: Bench, seed: int) -> Cleared:
    """A month of any state and any requests: zeros, dust and fortunes side by side."""
    rng = np.random.default_rng(seed)

    def amounts(axis: str) -> Any:
        shape = (bench.axes.size(axis), *RUNS)
        size = 10.0 ** rng.uniform(-6, 9, shape)
        return jnp.asarray(np.where(rng.random(shape) < 0.2, 0.0, size), bench.dtype)

    people = [float(k == "lent") for k in map(bench.axes.kind, bench.axes.spec.ties)]
    goods = [float(k != "knowledge") for k in map(bench.axes.kind, bench.axes.spec.ties)]
    world = bench.world(
        stock=amounts("account"),
        transit=amounts("tie") * bench.array("tie", goods),
        lent=amounts("tie") * bench.array("tie", people),
        dispatched=amounts("tie"),
        arrears=amounts("partnership"),
        price=amounts("tie"),
        loss_rate=bench.array("tie", rng.uniform(0, 3, bench.axes.size("tie"))),
    )
    month = bench.month(
        made=amounts("account"),
        use_request=amounts("account"),
        send_request=amounts("tie"),
        recall_request=amounts("tie"),
        covert_request=amounts("tie"),
        settles=amounts("tie"),
    )
    p = bench.parameters(
        transit_time=10.0 ** rng.uniform(-2, 1, bench.axes.size("tie")),
        transit_loss=rng.uniform(0, 1, bench.axes.size("tie")),
    )
    return clear(bench, p, world, month)


def of_good(bench: Bench, axis: str, good: str, values: Any) -> np.ndarray:
    """The sum of what accounts or ties of one good have, one number a run."""
    rows = [i for i, member in enumerate(bench.axes.members[axis]) if member.good.name == good]
    return np.asarray(values, np.float64)[rows].sum(0)


# ── laws ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ROUNDING)
@settings(max_examples=40)
@given(seed=st.integers(0, 2**32 - 1))
def test_what_there_is_of_a_good_changes_by_made_less_used_less_lost(benches, name, seed):
    with precision(name):
        bench, cleared = benches[name], random_clearing(benches[name], seed)
        for good in (*RIVAL, *LENT):
            before = np.asarray(total(bench.axes, cleared.before, good), np.float64)
            after = np.asarray(total(bench.axes, cleared.after, good), np.float64)
            new = of_good(bench, "account", good, cleared.asked.arsenal.made)
            gone = of_good(bench, "account", good, cleared.results["used"])
            for loss in ("interdicted", "lent_lost"):
                gone = gone + of_good(bench, "tie", good, cleared.results[loss])
            np.testing.assert_allclose(
                after - before - new + gone, 0.0, atol=ROUNDING[name] * (before + new).max()
            )


@pytest.mark.parametrize("name", ROUNDING)
@settings(max_examples=40)
@given(seed=st.integers(0, 2**32 - 1))
def test_nothing_is_negative_and_nobody_gets_more_than_was_asked(benches, name, seed):
    with precision(name):
        cleared = random_clearing(benches[name], seed)
        results, asked = cleared.results, cleared.asked
        for quantity in ("stock", "transit", "lent", "used", "sent", "arrived", "interdicted"):
            assert float(results[quantity].min()) >= 0.0, quantity
        for quantity in ("lent_lost", "returned", "obligation", "paid", "paid_in_sight"):
            assert float(results[quantity].min()) >= 0.0, quantity
        assert bool((results["used"] <= asked.arsenal.use_request).all())
        assert bool(
            (results["sent"] <= asked.exchange.send_request + asked.evasion.covert_request).all()
        )
        assert bool((results["returned"] <= asked.exchange.recall_request).all())
        assert bool((results["paid_in_sight"] <= results["paid"]).all())
        assert all(bool(jnp.isfinite(x).all()) for x in results.values())


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32 - 1))
def test_every_request_on_an_account_is_granted_the_same_share(benches, seed):
    with precision("float64"):
        cleared = random_clearing(benches["float64"], seed)
        process = cleared.bench.theory
        used, sent = np.asarray(cleared.results["used"]), np.asarray(cleared.results["sent"])
        use = np.asarray(cleared.asked.arsenal.use_request)
        send = np.asarray(
            cleared.asked.exchange.send_request + cleared.asked.evasion.covert_request
        )
        available = np.asarray(cleared.before.ledger.stock + cleared.asked.arsenal.made)
        for account in range(len(use)):
            ties = [i for i, g in enumerate(process.givers) if g == account]
            wanted = use[account] + sum(send[t] for t in ties)
            share = np.minimum(available[account] / np.where(wanted > 0, wanted, 1.0), 1.0)
            np.testing.assert_allclose(used[account], use[account] * share, rtol=1e-12)
            for t in ties:
                np.testing.assert_allclose(sent[t], send[t] * share, rtol=1e-12)


def test_relabelling_ties_permutes_results():
    backwards = tiny_case(spec={"ties": SPEC["ties"][::-1]})
    with precision("float64") as dtype:
        one = Bench(Ledger, runs=RUNS, dtype=dtype)
        other = Bench(Ledger, backwards, runs=RUNS, dtype=dtype)
        cleared = random_clearing(one, seed=7)
        before, asked = jax.tree.map(
            lambda x: _moved(one, other, x), (cleared.before, cleared.asked)
        )
        p = one.parameters(transit_time=2.0, transit_loss=0.3)
        first = clear(one, p, cleared.before, cleared.asked).results
        q = other.parameters(transit_time=2.0, transit_loss=0.3)
        second = clear(other, q, before, asked).results
        for name, value in first.items():
            np.testing.assert_allclose(_moved(one, other, value), second[name], rtol=1e-12)


def _moved(one: Bench, other: Bench, value: Any) -> Any:
    """Rows that stood by `one`'s ties or accounts, by `other`'s."""
    for axis in ("tie", "account"):
        if value.shape[:1] == (one.axes.size(axis),):
            return value[np.array([one.axes.at(axis, label) for label in other.axes[axis]])]
    return value


def test_no_tie_has_as_many_rows_as_another_axis_so_that_relabelling_knows_them_apart():
    axes = Bench(Ledger).axes
    sizes = [axes.size(a) for a in ("tie", "account", "partnership", "actor", "stance")]
    assert sizes.count(axes.size("tie")) == sizes.count(axes.size("account")) == 1


@pytest.mark.parametrize("runs", [(), (4,)])
def test_without_requests_nothing_changes(runs):
    bench = Bench(Ledger, runs=runs)
    world = bench.world(stock=7.0, lent={"SUP>BUY:troops": 5.0}, arrears=3.0, dispatched=9.0)
    results = bench.step(world=world, month=bench.month(settles=4.0))
    for name in ("stock", "transit", "lent", "dispatched", "arrears"):
        np.testing.assert_array_equal(results[name], getattr(world.ledger, name))
    for name in ("used", "sent", "arrived", "interdicted", "lent_lost", "returned", "paid"):
        assert not np.any(results[name]), name


def test_a_run_in_a_batch_has_the_numbers_that_it_has_alone():
    batch, alone = Bench(Ledger, runs=(2,)), Bench(Ledger)
    several = batch.step(
        world=batch.world(stock=[100.0, 50.0]),
        month=batch.month(send_request=30.0, use_request=40.0),
    )
    for run, stock in enumerate((100.0, 50.0)):
        single = alone.step(
            world=alone.world(stock=stock), month=alone.month(send_request=30.0, use_request=40.0)
        )
        for name, value in single.items():
            np.testing.assert_allclose(several[name][..., run], value, rtol=1e-6, err_msg=name)


# ── worked by hand ──────────────────────────────────────────────────────────────────────────────


def test_scarce_shells_are_shared_between_the_guns_and_the_ship():
    bench = Bench(Ledger)
    results = bench.step(
        world=bench.world(stock={"SUP.shells": 60.0}),
        month=bench.month(
            made={"SUP.shells": 30.0},
            use_request={"SUP.shells": 40.0},
            send_request={"SUP>BUY:shells": 80.0},
        ),
    )
    # 60 + 30 = 90 there, 40 + 80 = 120 asked: three quarters each, and nothing left.
    assert bench.read(results, "used", "SUP.shells") == pytest.approx(30.0)
    assert bench.read(results, "sent", "SUP>BUY:shells") == pytest.approx(60.0)
    assert bench.read(results, "stock", "SUP.shells") == 0.0


def test_shells_under_way_arrive_at_one_over_the_transit_time_less_a_tithe():
    bench = Bench(Ledger)
    results = bench.step(
        world=bench.world(stock={"SUP.shells": 500.0}, transit={"SUP>BUY:shells": 50.0}),
        month=bench.month(send_request={"SUP>BUY:shells": 100.0}),
    )
    # Transit time one month, a tenth lost. Of the old 50, 50·e⁻¹ = 18.394 are still under way; of
    # the new 100, sent evenly, 100·(1 − e⁻¹) = 63.212. So 150 − 81.606 = 68.394 leave the way:
    # 6.839 are lost and 61.555 arrive.
    assert bench.read(results, "transit", "SUP>BUY:shells") == pytest.approx(81.606, abs=1e-3)
    assert bench.read(results, "interdicted", "SUP>BUY:shells") == pytest.approx(6.839, abs=1e-3)
    assert bench.read(results, "arrived", "SUP>BUY:shells") == pytest.approx(61.555, abs=1e-3)
    assert bench.read(results, "stock", "BUY.shells") == pytest.approx(61.555, abs=1e-3)
    assert bench.read(results, "stock", "SUP.shells") == pytest.approx(400.0)


def test_knowledge_arrives_at_once_and_costs_none_of_the_stock():
    bench = Bench(Ledger)
    results = bench.step(month=bench.month(send_request={"BUY>SUP:technology": 25.0}))
    assert bench.read(results, "arrived", "BUY>SUP:technology") == 25.0
    assert bench.read(results, "transit", "BUY>SUP:technology") == 0.0
    assert not np.any(results["stock"])


def test_soldiers_lent_are_lost_or_come_home():
    bench = Bench(Ledger)
    troops = "SUP>BUY:troops"
    results = bench.step(
        world=bench.world(
            stock={"SUP.troops": 1000.0}, lent={troops: 100.0}, loss_rate={troops: 0.2}
        ),
        month=bench.month(recall_request={troops: 30.0}),
    )
    # 100·(1 − e^−0.2) = 18.127 are lost, 30 come home, 51.873 stay.
    assert bench.read(results, "lent_lost", troops) == pytest.approx(18.127, abs=1e-3)
    assert bench.read(results, "returned", troops) == pytest.approx(30.0)
    assert bench.read(results, "lent", troops) == pytest.approx(51.873, abs=1e-3)
    assert bench.read(results, "stock", "SUP.troops") == pytest.approx(1030.0)


def test_no_more_soldiers_come_home_than_survive():
    bench = Bench(Ledger)
    troops = "SUP>BUY:troops"
    results = bench.step(
        world=bench.world(lent={troops: 100.0}, loss_rate={troops: 0.2}),
        month=bench.month(recall_request={troops: 1e9}),
    )
    assert bench.read(results, "returned", troops) == pytest.approx(81.873, abs=1e-3)
    assert bench.read(results, "lent", troops) == 0.0


def test_soldiers_ever_sent_are_counted_when_they_leave_and_never_forgotten():
    bench = Bench(Ledger)
    troops = "SUP>BUY:troops"
    world = bench.world(stock={"SUP.troops": 1000.0}, dispatched={troops: 10.0})
    results = bench.step(world=world, month=bench.month(send_request={troops: 100.0}))
    assert bench.read(results, "dispatched", troops) == pytest.approx(110.0)


def test_arrears_grow_by_what_is_owed_and_fall_by_what_is_paid():
    bench = Bench(Ledger)
    results = bench.step(
        p=bench.parameters(transit_time=1e-5, transit_loss=0.0),  # what is sent arrives
        world=bench.world(
            stock=1000.0,
            lent={"SUP>BUY:troops": 10.0},
            price={"SUP>BUY:shells": 3.0, "SUP>BUY:troops": 2.0, "BUY>SUP:oil": 99.0},
            arrears=100.0,
        ),
        month=bench.month(
            send_request={"SUP>BUY:shells": 50.0, "BUY>SUP:oil": 8.0, "BUY>SUP:technology": 20.0},
            settles={"BUY>SUP:oil": 5.0, "BUY>SUP:technology": 4.0, "SUP>BUY:shells": 77.0},
        ),
    )
    # Owed: 3·50 for shells and 2·10 for a month of ten soldiers. Paid: 5·8 in oil, in sight, and
    # 4·20 in technology, hidden. Prices of payments and worth of deliveries do not enter.
    assert bench.read(results, "obligation", "BUY-SUP") == pytest.approx(170.0, rel=1e-4)
    assert bench.read(results, "paid", "BUY-SUP") == pytest.approx(120.0, rel=1e-4)
    assert bench.read(results, "paid_in_sight", "BUY-SUP") == pytest.approx(40.0, rel=1e-4)
    assert bench.read(results, "arrears", "BUY-SUP") == pytest.approx(150.0, rel=1e-4)


def test_what_is_lost_on_the_way_is_not_owed():
    bench = Bench(Ledger)
    results = bench.step(
        p=bench.parameters(transit_loss=1.0),
        world=bench.world(stock=1000.0, price=3.0),
        month=bench.month(send_request={"SUP>BUY:shells": 50.0}),
    )
    assert bench.read(results, "obligation", "BUY-SUP") == 0.0
    assert bench.read(results, "interdicted", "SUP>BUY:shells") == pytest.approx(18.394, abs=1e-3)


# ── against independent implementations ─────────────────────────────────────────────────────────


@pytest.mark.parametrize("transit_time", [0.1, 0.7, 3.0, 40.0])
def test_transit_follows_its_differential_equation(transit_time):
    bench = Bench(Ledger)
    results = bench.step(
        p=bench.parameters(transit_time=transit_time, transit_loss=0.0),
        world=bench.world(stock=1e3, transit={"SUP>BUY:shells": 50.0}),
        month=bench.month(send_request={"SUP>BUY:shells": 100.0}),
    )
    exact = solve_ivp(lambda _, y: 100.0 - y / transit_time, (0, 1), [50.0], rtol=1e-10, atol=1e-10)
    assert bench.read(results, "transit", "SUP>BUY:shells") == pytest.approx(
        exact.y[0, -1], rel=1e-5
    )


def test_two_half_months_clear_as_one_month_where_nothing_is_scarce():
    with precision("float64") as dtype:
        bench = Bench(Ledger, runs=RUNS, dtype=dtype)
        world = bench.world(
            stock=1e6, transit={"SUP>BUY:shells": 50.0}, lent={"SUP>BUY:troops": 100.0}
        )
        p = bench.parameters()
        month = {"made": 10.0, "use_request": 20.0, "send_request": 30.0}
        whole = clear(bench, p, world, bench.month(**month)).after
        half = bench.month(**{k: v / 2 for k, v in month.items()})
        middle = clear(bench, p, world, half, 0.5).after
        twice = clear(bench, p, middle, half, 0.5).after
        for name in ("stock", "transit", "lent", "dispatched"):
            np.testing.assert_allclose(
                getattr(twice.ledger, name),
                getattr(whole.ledger, name),
                rtol=1e-12,
                err_msg=name,
            )


@settings(max_examples=15)
@given(seed=st.integers(0, 2**32 - 1))
def test_the_ledger_agrees_with_one_kept_by_hand_entry_by_entry(benches, seed):
    with precision("float64"):
        cleared = random_clearing(benches["float64"], seed)
        loss = np.random.default_rng(seed + 1).uniform(0, 1, cleared.bench.axes.size("tie"))
        p = cleared.bench.parameters(transit_time=0.7, transit_loss=loss)
        cleared = clear(cleared.bench, p, cleared.before, cleared.asked)
        for run in range(RUNS[0]):
            for name, book in _by_hand(cleared, 0.7, loss, run).items():
                labels = cleared.bench.axes["account" if name == "stock" else "tie"]
                got = {k: float(cleared.results[name][i, run]) for i, k in enumerate(labels)}
                for label, value in book.items():
                    wanted = pytest.approx(value, rel=1e-9, abs=1e-5)  # 15 digits of 10¹⁰
                    assert got[label] == wanted, (name, label)


def _by_hand(cleared: Cleared, time: float, loss: np.ndarray, run: int) -> dict[str, dict]:
    """The same month in plain Python, account by account and tie by tie."""
    axes, before, asked = cleared.bench.axes, cleared.before, cleared.asked
    labels = axes["account"]
    stock = {
        k: float(before.ledger.stock[i, run]) + float(asked.arsenal.made[i, run])
        for i, k in enumerate(labels)
    }
    use = {k: float(asked.arsenal.use_request[i, run]) for i, k in enumerate(labels)}
    sends = {
        t.label: float(asked.exchange.send_request[i, run])
        + float(asked.evasion.covert_request[i, run])
        for i, t in enumerate(axes.spec.ties)
    }
    for label in labels:
        drawing = [
            t
            for t in axes.spec.ties
            if f"{t.giver}.{t.good}" == label and axes.kind(t) != "knowledge"
        ]
        wanted = use[label] + sum(sends[t.label] for t in drawing)
        if wanted > stock[label]:
            share = stock[label] / wanted
            use[label] *= share
            for t in drawing:
                sends[t.label] *= share
        stock[label] -= use[label] + sum(sends[t.label] for t in drawing)
    books: dict[str, dict] = {"stock": stock, "transit": {}, "lent": {}, "arrived": {}}
    for i, t in enumerate(axes.spec.ties):
        moving, sent = float(before.ledger.transit[i, run]), sends[t.label]
        under_way = moving * np.exp(-1 / time) + sent * time * (1 - np.exp(-1 / time))
        arrived = (moving + sent - under_way) * (1 - loss[i])
        if axes.kind(t) == "knowledge":
            under_way, arrived = 0.0, sent
        books["transit"][t.label], books["arrived"][t.label] = under_way, arrived
        books["lent"][t.label] = 0.0
        if axes.kind(t) == "rival":
            stock[f"{t.receiver}.{t.good}"] += arrived
        if axes.kind(t) == "lent":
            present = float(before.ledger.lent[i, run]) + arrived
            alive = present * np.exp(-float(before.attrition.loss_rate[i, run]))
            home = min(float(asked.exchange.recall_request[i, run]), alive)
            books["lent"][t.label] = alive - home
            stock[f"{t.giver}.{t.good}"] += home
    return books
