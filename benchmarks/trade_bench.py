"""Times the trade solver and gegravity: `python -m benchmarks.trade_bench [--write]`.

Every size has its own process and its own compilation cache. On a shared machine timings are noisy:
one counterfactual is the median of many, a thousand the best of three. Publishers' data are read
from SERVANDA_DATA, else from `../shared/data`. If they are missing, the economy is synthetic and
gegravity is omitted.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.harness import ROOT, about, in_process, seconds_of
from servanda.files import drafts

if TYPE_CHECKING:
    from servanda.trade import Economy

DATA = Path(os.environ.get("SERVANDA_DATA", ROOT.parent / "shared" / "data"))
GEGRAVITY_SAMPLE = DATA / "trade" / "gegravity_sample_30country_2006.csv"
ADVANCED_GUIDE = DATA / "models" / "agtpa_ch2_border_input_2006.csv"
GUIDE_COSTS = ("ln_DIST", "CNTG", "INTL_BRDR")
RESULTS = ROOT / "benchmarks" / "trade_results.json"
PAGE = ROOT / "docs" / "benchmark-trade.md"
PACKAGES = ("servanda", "jax", "jaxlib", "numpy", "gegravity")

SIZES = (30, 69, 200)
RUNS = 1000
SINGLES = 30
SEED = 20061
DISTANCE, BORDER = -0.79, -2.47  # as estimated: effects on log flows
EARTH_RADIUS_KM, HOME_KM = 6371.0, 200.0
ELASTICITIES = (3.0, 5.0, 7.0, 10.0)
# Aims for the solver.
TIMES_GEGRAVITY, MOST_STEPS, LARGEST_MS = 3000, 40, 4.0


# --- economies and shocks ------------------------------------------------------------


def economy_of(size: int) -> tuple[Economy, str]:
    """An economy with this number of countries, and its source."""
    from servanda.trade import estimate

    if size == 30 and GEGRAVITY_SAMPLE.is_file():
        from benchmarks.gegravity_model import COSTS
        from servanda.sources.gegravity import read_sample

        return estimate(read_sample(GEGRAVITY_SAMPLE), COSTS).economy, "gegravity's sample"
    if size == 69 and ADVANCED_GUIDE.is_file():
        from servanda.sources.agtpa import REFERENCE, read_border_input

        rows = read_border_input(ADVANCED_GUIDE, GUIDE_COSTS, REFERENCE)
        return estimate(rows, GUIDE_COSTS).economy, "the Advanced Guide's"
    return synthetic(size), "synthetic"


def synthetic(size: int) -> Economy:
    """Countries of log-normal size at random on a sphere, with gravity trade."""
    from servanda.trade import Economy
    from servanda.trade.resistance import balance

    rng = np.random.default_rng(SEED)
    output = np.exp(rng.normal(0, 2, size))
    place = rng.normal(size=(size, 3))
    place /= np.linalg.norm(place, axis=1, keepdims=True)
    distance = EARTH_RADIUS_KM * np.arccos(np.clip(place @ place.T, -1, 1))
    home = np.eye(size, dtype=bool)
    log_ease = DISTANCE * np.log(np.where(home, HOME_KM, distance)) + np.where(home, 0.0, BORDER)
    seller, buyer = balance(log_ease, output, output)
    flows = np.exp(seller[:, None] + buyer + log_ease)
    return Economy(tuple(f"C{i:03d}" for i in range(size)), flows)


Shock = Callable[[np.random.Generator, int, float], np.ndarray]


def agreement(rng: np.random.Generator, size: int, _: float) -> np.ndarray:
    """One pair trades at costs lower by 2 to 20 percent."""
    one, other = rng.choice(size, 2, replace=False)
    change = np.ones((size, size))
    change[one, other] = change[other, one] = rng.uniform(0.8, 0.98)
    return change


def sanctions(rng: np.random.Generator, size: int, _: float) -> np.ndarray:
    """A third of the world imposes tariff equivalents of 10 to 500 percent on one target."""
    target, *senders = rng.choice(size, 1 + size // 3, replace=False)
    change = np.ones((size, size))
    tariff = np.exp(rng.uniform(np.log(0.1), np.log(5.0), (2, len(senders))))
    change[senders, target], change[target, senders] = 1 + tariff
    return change


def no_borders(_: np.random.Generator, size: int, elasticity: float) -> np.ndarray:
    """Borders add no cost."""
    return np.where(np.eye(size, dtype=bool), 1.0, np.exp(BORDER / (elasticity - 1)))


def all_random(rng: np.random.Generator, size: int, _: float) -> np.ndarray:
    """All costs between countries change, with a standard deviation of 0.2 in logs."""
    return np.where(np.eye(size, dtype=bool), 1.0, np.exp(rng.normal(0, 0.2, (size, size))))


SHOCKS: dict[str, Shock] = {
    "an agreement of two": agreement,
    "sanctions on one": sanctions,
    "no borders": no_borders,
    "all costs random": all_random,
}


# --- measuring ------------------------------------------------------------


def size_worker(size: int) -> dict[str, Any]:
    """Every shock to an economy of one size."""
    from servanda.trade import counterfactual

    economy, source = economy_of(size)
    change = agreement(np.random.default_rng(SEED), size, 0)
    first = seconds_of(lambda: counterfactual(economy, change, 6.0), 1)[0]
    warm = statistics.median(seconds_of(lambda: counterfactual(economy, change, 6.0), SINGLES))
    shocks = {name: _shock(economy, size, shock) for name, shock in SHOCKS.items()}
    return {"source": source, "compile_s": first - warm, "shocks": shocks}


def _shock(economy: Economy, size: int, shock: Shock) -> dict[str, float]:
    from servanda.trade import counterfactual, counterfactuals

    rng = np.random.default_rng(SEED)
    elasticities = rng.choice(ELASTICITIES, RUNS)
    costs = np.stack([shock(rng, size, float(elasticity)) for elasticity in elasticities])
    runs = iter(range(SINGLES))

    def single() -> None:
        run = next(runs)
        counterfactual(economy, costs[run], float(elasticities[run]))

    alone = statistics.median(seconds_of(single, SINGLES))
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        found = counterfactuals(economy, costs, elasticities)
        seconds.append(time.perf_counter() - start)
        steps, residual = found.steps, float(found.residual.max())
        del found
    return {
        "single_s": alone,
        "batched_s": min(seconds) / RUNS,
        "steps_median": float(np.median(steps)),
        "steps_p95": float(np.percentile(steps, 95)),
        "steps_max": float(steps.max()),
        "residual_max": residual,
    }


def gegravity_worker() -> dict[str, float]:
    """Time `simulate()` and the same agreement here, one at a time and a thousand."""
    from benchmarks import gegravity_model as oracle
    from servanda.sources.gegravity import read_sample
    from servanda.trade import Economy, counterfactual, counterfactuals, estimate

    sample = read_sample(GEGRAVITY_SAMPLE)
    found = estimate(sample, oracle.COSTS)
    coefficients = dict(zip(found.costs, found.coefficients.tolist(), strict=True))
    outcomes = [oracle.simulate(sample, coefficients) for _ in range(3)]
    theirs = min(outcomes, key=lambda outcome: outcome.seconds)
    economy = Economy(theirs.countries, theirs.flows)
    change = theirs.cost_change
    many = np.broadcast_to(change, (RUNS, *change.shape)).copy()

    def one() -> None:
        counterfactual(economy, change, oracle.SIGMA, "held-shares")

    one()
    alone = statistics.median(seconds_of(one, SINGLES))
    together = min(
        seconds_of(lambda: counterfactuals(economy, many, oracle.SIGMA, "held-shares"), 5)
    )
    return {"gegravity_s": theirs.seconds, "single_s": alone, "batched_s": together / RUNS}


def measure() -> dict[str, Any]:
    """Every measurement."""
    workers = [str(size) for size in SIZES]
    workers += ["gegravity"] if GEGRAVITY_SAMPLE.is_file() else []
    found = {}
    for worker in workers:
        print(f"... {worker}", file=sys.stderr)
        with tempfile.TemporaryDirectory() as cache:
            found[worker] = in_process("benchmarks.trade_bench", worker, Path(cache))
    return {**about(PACKAGES), "load": os.getloadavg()[1], "measured": found}


# --- what is written ------------------------------------------------------------


def table(measured: dict[str, Any]) -> str:
    """Every size and shock."""
    lines = [
        "| countries | shock | one, ms | of 1,000, ms each | steps: median, 95%, most | gap left |",
        "|---|---|---|---|---|---|",
    ]
    for size in SIZES:
        for name, row in measured[str(size)]["shocks"].items():
            steps = ", ".join(f"{row[f'steps_{of}']:.0f}" for of in ("median", "p95", "max"))
            alone, each = 1e3 * row["single_s"], 1e3 * row["batched_s"]
            lines.append(
                f"| {size} | {name} | {alone:.2f} | {each:.3f} | {steps} "
                f"| {row['residual_max']:.1e} |"
            )
    return "\n".join(lines)


def compile_table(measured: dict[str, Any]) -> str:
    """How much longer the first call takes than the next."""
    lines = ["| countries | economy | compilation, s |", "|---|---|---|"]
    for size in SIZES:
        found = measured[str(size)]
        lines.append(f"| {size} | {found['source']} | {found['compile_s']:.1f} |")
    return "\n".join(lines)


def aims(measured: dict[str, Any]) -> str:
    """Each aim, what was measured, and whether it meets the aim."""
    rows = []
    if "gegravity" in measured:
        found = measured["gegravity"]
        for how, seconds in (("of 1,000", found["batched_s"]), ("alone", found["single_s"])):
            ratio = found["gegravity_s"] / seconds
            what = f"times as fast as gegravity, {how}"
            measured_here = f"{ratio:,.0f} ({found['gegravity_s']:.2f} s)"
            rows.append((what, f"{TIMES_GEGRAVITY:,}", measured_here, ratio >= TIMES_GEGRAVITY))
    shocks = [row for size in SIZES for row in measured[str(size)]["shocks"].values()]
    most = max(row["steps_max"] for row in shocks)
    rows.append(("steps, the most of any", f"under {MOST_STEPS}", f"{most:.0f}", most < MOST_STEPS))
    largest = measured[str(SIZES[-1])]["shocks"].values()
    slowest = 1e3 * max(row["batched_s"] for row in largest)
    what = f"{SIZES[-1]} countries, of 1,000, the slowest shock"
    rows.append((what, f"under {LARGEST_MS:g} ms", f"{slowest:.2f} ms", slowest < LARGEST_MS))
    lines = ["| | aim | measured | met |", "|---|---|---|---|"]
    lines += [f"| {a} | {b} | {c} | {'yes' if met else 'no'} |" for a, b, c, met in rows]
    return "\n".join(lines)


def page(results: dict[str, Any]) -> str:
    """The tables as a page of the documentation."""
    versions = ", ".join(f"{k} {v}" for k, v in results["versions"].items())
    measured = results["measured"]
    return f"""# Benchmark of trade

Measured by `make bench-trade` on {results["date"]}: {results["cores"]} cores
({results["machine"]}), double precision, Python {results["python"]}, {versions}.
Other programs used the cores too: on average {results["load"]:.1f} asked for one. The time of one
counterfactual is the median of {SINGLES} calls, that of a thousand the shortest of three. Times
include checks of the input and everything returned.

## Aims

{aims(measured)}

gegravity's time is that of `simulate()` on its own sample of 30 countries, after its baseline is
built. Ours is for the same agreement of Canada and Japan with the same closure. Both give the same
answer to a relative 1e-6 (`tests/trade/test_gegravity.py`).

## Counterfactuals

{table(measured)}

Elasticities are drawn from {", ".join(f"{value:g}" for value in ELASTICITIES)}. An agreement
lowers the costs of one pair by 2 to 20 percent. A third of the world sanctions one country, in both
directions, with tariff equivalents of 10 to 500 percent. "No borders" removes the border effect of
{BORDER} on log flows. Random costs have a standard deviation of 0.2 in logs. The gap left is the
largest between log demand and log supply in any of 1,000.

## Compilation

{compile_table(measured)}

The first call of a process takes this much longer than the next. Synthetic countries have
log-normal sizes and random places on a sphere, with a distance effect of {DISTANCE} and the same
border effect.
"""


def main() -> None:
    """Measure, print and, with --write, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write results and the docs page")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        worker = arguments.worker
        found = gegravity_worker() if worker == "gegravity" else size_worker(int(worker))
        print(json.dumps(found))
        return
    results = measure()
    for text in (aims, table, compile_table):
        print(text(results["measured"]), end="\n\n")
    if arguments.write:
        drafts.write(RESULTS, json.dumps(results, indent=2) + "\n")
        drafts.write(PAGE, page(results))


if __name__ == "__main__":
    main()
