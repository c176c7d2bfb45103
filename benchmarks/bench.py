"""Times the engine and compares it with Mesa and NumPy: `python -m benchmarks.bench [--write]`.

Every measurement runs in its own process, so that measurements share neither compiled programs nor
memory. On a shared machine timings are noisy, so each is the best of several.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.harness import ROOT, about, environment, in_process, seconds_of
from servanda.files import drafts

RESULTS = ROOT / "benchmarks" / "results.json"
PAGE = ROOT / "docs" / "benchmark.md"
CASE = "russia-dprk"
RUNS = 4096
MESA_RUNS = 60
NUMPY_WIDTHS = (128, 256, 512, 1024)
PACKAGES = ("servanda", "jax", "jaxlib", "numpy", "mesa")


def peak_mib() -> float:
    """Peak memory of this process, MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def consume(simulator: Any, ensemble: Any) -> None:
    """Run and drop the results."""
    from servanda.ensembles import simulate

    for _ in simulate(simulator, ensemble):
        pass


def consume_prior(simulator: Any, runs: int) -> None:
    """Draw runs from the priors, run them and drop the results."""
    from servanda.ensembles import Ensemble

    consume(simulator, Ensemble.prior(simulator.model, runs))


def whole() -> dict[str, float]:
    """The whole case, end to end: draws, packing, computing, splitting by quantity."""
    start = time.perf_counter()
    from servanda.case import load
    from servanda.engine import Simulator, assemble

    simulator = Simulator(assemble(load(CASE)))
    ready = time.perf_counter()
    consume_prior(simulator, simulator.batch)
    first = time.perf_counter() - ready
    batch = min(seconds_of(lambda: consume_prior(simulator, simulator.batch), 3))
    consume_prior(simulator, RUNS - simulator.batch)
    cold = time.perf_counter() - start - 3 * batch
    warm = min(seconds_of(lambda: consume_prior(simulator, RUNS), 5))
    return {
        "setup_s": ready - start,
        "compile_s": first - batch,
        "cold_s": cold,
        "cold_runs_per_s": RUNS / cold,
        "warm_runs_per_s": RUNS / warm,
        "peak_mib": peak_mib(),
    }


def core_jax() -> dict[str, float]:
    """The four core mechanisms on the engine."""
    from benchmarks import core
    from servanda.case import load

    simulator = core.core_simulator(load(CASE))
    drawn = core.drawn(simulator.model, RUNS)
    start = time.perf_counter()
    consume(simulator, drawn.first(simulator.batch))
    first = time.perf_counter() - start
    warm = min(seconds_of(lambda: consume(simulator, drawn), 7))
    return {
        "compile_s": first - warm * simulator.batch / RUNS,
        "warm_runs_per_s": RUNS / warm,
        "peak_mib": peak_mib(),
    }


def core_numpy() -> dict[str, float]:
    """The four core mechanisms in NumPy, single precision, at the fastest width."""
    import numpy as np

    from benchmarks import core, numpy_model
    from servanda.case import load

    case = load(CASE)
    model = core.core_model(case)
    speeds = {}
    for width in NUMPY_WIDTHS:
        given = core.inputs(model, core.drawn(model, width))

        def simulate(given: core.Inputs = given) -> None:
            numpy_model.simulate(case.spec, model.axes, given, np.float32)

        speeds[width] = width / min(seconds_of(simulate, 5))
    width = max(speeds, key=lambda w: speeds[w])
    return {"warm_runs_per_s": speeds[width], "width": width, "peak_mib": peak_mib()}


def core_mesa() -> dict[str, float]:
    """The four core mechanisms in Mesa."""
    from benchmarks import core, mesa_model
    from servanda.case import load

    case = load(CASE)
    model = core.core_model(case)
    given = core.inputs(model, core.drawn(model, MESA_RUNS))

    def simulate() -> None:
        mesa_model.simulate(case.spec, model.axes, given, MESA_RUNS)

    seconds = min(seconds_of(simulate, 3))
    return {"warm_runs_per_s": MESA_RUNS / seconds, "peak_mib": peak_mib()}


WORKERS = {f.__name__: f for f in (whole, core_jax, core_numpy, core_mesa)}


def command_line(runs: int, cache: Path, folder: Path) -> float | None:
    """Seconds of `servanda run` with its briefing; None if it fails."""
    program = Path(sys.executable).with_name("servanda")
    command = [str(program), "run", CASE, "--runs", str(runs), "--out", str(folder)]
    start = time.perf_counter()
    try:
        subprocess.run(command, env=environment(cache), check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return time.perf_counter() - start


def measure() -> dict[str, Any]:
    """Every measurement."""
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as scratch:
        empty = Path(scratch)
        for name in WORKERS:
            print(f"... {name}", file=sys.stderr)
            found[name] = in_process("benchmarks.bench", name, empty / name)
        print("... servanda run", file=sys.stderr)
        for number, label in enumerate(("cold_s", "warm_s", "warm_s")):
            seconds = command_line(4000, empty / "command", empty / f"run-{number}")
            if seconds is not None:
                line = found.setdefault("command_line", {})
                line[label] = min(seconds, line.get(label, seconds))
    return {**about(PACKAGES), "measured": found}


def table(results: dict[str, Any]) -> list[tuple[str, str]]:
    """The measurements, in words."""
    m = results["measured"]
    whole, jax = m["whole"], m["core_jax"]
    numpy, mesa = m["core_numpy"], m["core_mesa"]
    line = m.get("command_line", {})

    def seconds(name: str) -> str:
        return f"{line[name]:.1f} s" if name in line else "not available"

    return [
        ("Whole case, warm", f"{whole['warm_runs_per_s']:,.0f} runs/s"),
        (
            f"Whole case, cold: {RUNS:,} runs with import and compilation",
            f"{whole['cold_runs_per_s']:,.0f} runs/s ({whole['cold_s']:.1f} s)",
        ),
        ("Whole case, compilation", f"{whole['compile_s']:.1f} s"),
        ("Whole case, peak memory", f"{whole['peak_mib']:,.0f} MiB"),
        ("Four mechanisms, Mesa", f"{mesa['warm_runs_per_s']:,.1f} runs/s"),
        (
            f"Four mechanisms, NumPy ({numpy['width']} runs at once)",
            f"{numpy['warm_runs_per_s']:,.0f} runs/s",
        ),
        ("Four mechanisms, Servanda (JAX)", f"{jax['warm_runs_per_s']:,.0f} runs/s"),
        ("Ratio Servanda / Mesa", f"{jax['warm_runs_per_s'] / mesa['warm_runs_per_s']:,.0f}"),
        ("Ratio Servanda / NumPy", f"{jax['warm_runs_per_s'] / numpy['warm_runs_per_s']:.1f}"),
        ("`servanda run` of 4,000 with its briefing, cold", seconds("cold_s")),
        ("`servanda run` of 4,000 with its briefing, warm", seconds("warm_s")),
    ]


def page(results: dict[str, Any]) -> str:
    """The table as a page of the documentation."""
    versions = ", ".join(f"{k} {v}" for k, v in results["versions"].items())
    rows = "\n".join(f"| {what} | {value} |" for what, value in table(results))
    return f"""# Benchmark

Measured by `make bench` on {results["date"]}: {results["cores"]} cores ({results["machine"]}),
single precision, Python {results["python"]}, {versions}.
A run is 108 months of the case `{CASE}`. Timings on a shared machine are noisy; each is the
best of several.

| what | measured |
|---|---|
{rows}

The four mechanisms are arsenal, attrition, exchange and commitment, with the tempo and the ledger
that they need. They are written three times: in the engine, as an agent-based model in Mesa, and as
arrays in NumPy. Given the same parameters and random numbers, all three give the same trajectories
to rounding (`tests/benchmarks/test_oracles.py`). Mesa and NumPy use one core, their default;
Servanda uses all. Servanda is compiled so that whole cases are fast; a model as small as this one
would be a third faster with XLA's newer generator of machine code (`servanda.compiling`).
"""


def main() -> None:
    """Measure, print and, with --write, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write results.json and the docs page")
    parser.add_argument("--worker", choices=WORKERS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        print(json.dumps(WORKERS[arguments.worker]()))
        return
    results = measure()
    rows = table(results)
    width = max(len(what) for what, _ in rows)
    for what, value in rows:
        print(f"{what:<{width}}  {value}")
    if arguments.write:
        drafts.write(RESULTS, json.dumps(results, indent=2) + "\n")
        PAGE.parent.mkdir(exist_ok=True)
        drafts.write(PAGE, page(results))


if __name__ == "__main__":
    main()
