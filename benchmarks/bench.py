"""Times the engine and compares it with Mesa and NumPy: `python -m benchmarks.bench [--write]`.

Every measurement runs in its own process, so that measurements share neither compiled programs nor
memory. On a shared machine timings are noisy, so each is the best of several, but for that of a
calibration, which takes minutes.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
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


def fastest(task: Callable[[int], Callable[[], Any]]) -> dict[str, float]:
    """Runs a second of a task at the width at which it is fastest.

    Args:
        task: makes the task for a width, which is a number of runs at once.
    """
    speeds = {width: width / min(seconds_of(task(width), 5)) for width in NUMPY_WIDTHS}
    width = max(speeds, key=lambda w: speeds[w])
    return {"warm_runs_per_s": speeds[width], "width": width, "peak_mib": peak_mib()}


def core_numpy() -> dict[str, float]:
    """The four core mechanisms in NumPy, single precision, at the fastest width."""
    import numpy as np

    from benchmarks import core, numpy_model
    from servanda.case import load

    case = load(CASE)
    model = core.core_model(case)

    def task(width: int) -> Callable[[], Any]:
        given = core.inputs(model, core.drawn(model, width))
        return lambda: numpy_model.simulate(case.spec, model.axes, given, np.float32)

    return fastest(task)


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


def calibration() -> dict[str, float]:
    """Learning the posterior at the default settings, from an empty cache and once compiled."""
    found = {}
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["JAX_COMPILATION_CACHE_DIR"] = f"{scratch}/compiled"
        for label in ("cold_s", "warm_s"):
            os.environ["XDG_CACHE_HOME"] = f"{scratch}/{label}"  # where posteriors are kept
            start = time.perf_counter()
            from servanda import calibrate

            calibrate(CASE)
            found[label] = time.perf_counter() - start
    return {**found, "peak_mib": peak_mib()}


def moves(model: Any) -> tuple[Any, dict[str, float]]:
    """A model's likelihood, and its speed in one move of the particles at the default settings.

    A move takes each half of the particles by itself, and then all of them.
    """
    import numpy as np

    from servanda.calibration.posterior import Settings
    from servanda.calibration.target import Target
    from servanda.engine import Simulator

    target, particles = Target(Simulator(model), seed=1), Settings().particles
    z, numbers = unknowns(target.size, particles), np.arange(particles, dtype=np.uint32)
    half = particles // 2
    parts = (slice(half), slice(half, None), slice(None))

    def move() -> None:
        for part in parts:
            target.log_likelihood(z[:, part], numbers[part])

    first, *others = seconds_of(move, 10)
    return target, {
        "compile_s": first - min(others),
        "warm_runs_per_s": 2 * particles / min(others),
    }


def unknowns(size: int, runs: int) -> Any:
    """Unknowns of a calibration, drawn from their prior."""
    import numpy as np

    return np.random.default_rng(1).standard_normal((size, runs))


def likelihood() -> dict[str, float]:
    """The likelihood of the whole case's record, and the slopes of its figures."""
    from servanda.case import load
    from servanda.engine import assemble

    target, found = moves(assemble(load(CASE)))
    z = unknowns(target.size, 1)[:, 0]
    seconds = min(seconds_of(lambda: target.information(z, 0), 6))
    return {**found, "tangents_per_s": target.size / seconds, "peak_mib": peak_mib()}


def core_likelihood_jax() -> dict[str, float]:
    """The likelihood of the record of the four core mechanisms on the engine."""
    from benchmarks import core
    from servanda.case import load

    _, found = moves(core.core_model(core.recorded(load(CASE))))
    return {**found, "peak_mib": peak_mib()}


def core_likelihood_numpy() -> dict[str, float]:
    """The same in NumPy, single precision, at the fastest width."""
    import numpy as np

    from benchmarks import core
    from benchmarks.numpy_likelihood import CoreTarget
    from servanda.case import load

    target = CoreTarget(core.core_model(core.recorded(load(CASE))), np.float32)

    def task(width: int) -> Callable[[], Any]:
        z = unknowns(target.space.size, width)
        return lambda: target.by_figure(z).sum(axis=0)

    return fastest(task)


WORKERS = {
    f.__name__: f
    for f in (
        whole,
        core_jax,
        core_numpy,
        core_mesa,
        calibration,
        likelihood,
        core_likelihood_jax,
        core_likelihood_numpy,
    )
}


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
    learned, likelihood = m["calibration"], m["likelihood"]
    own, plain = m["core_likelihood_jax"], m["core_likelihood_numpy"]
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
        (
            "Calibration, cold: with import and compilation",
            f"{learned['cold_s']:.0f} s",
        ),
        ("Calibration, warm: once compiled", f"{learned['warm_s']:.0f} s"),
        ("Likelihood of the whole case", f"{likelihood['warm_runs_per_s']:,.0f} evaluations/s"),
        ("Slopes of its figures", f"{likelihood['tangents_per_s']:,.0f} tangents/s"),
        (
            f"Likelihood of four mechanisms, NumPy ({plain['width']} runs at once)",
            f"{plain['warm_runs_per_s']:,.0f} evaluations/s",
        ),
        (
            "Likelihood of four mechanisms, Servanda (JAX)",
            f"{own['warm_runs_per_s']:,.0f} evaluations/s",
        ),
        (
            "Ratio Servanda / NumPy, likelihood",
            f"{own['warm_runs_per_s'] / plain['warm_runs_per_s']:.1f}",
        ),
    ]


def page(results: dict[str, Any]) -> str:
    """The table as a page of the documentation."""
    versions = ", ".join(f"{k} {v}" for k, v in results["versions"].items())
    rows = "\n".join(f"| {what} | {value} |" for what, value in table(results))
    return f"""# Benchmark

Measured by `make bench` on {results["date"]}: {results["cores"]} cores ({results["machine"]}),
single precision, Python {results["python"]}, {versions}.
A run is 108 months of the case `{CASE}`. Timings on a shared machine are noisy; each is the
best of several, but a calibration is timed once.

| what | measured |
|---|---|
{rows}

The four mechanisms are arsenal, attrition, exchange and commitment, with the tempo and the ledger
that they need. They are written three times: in the engine, as an agent-based model in Mesa, and as
arrays in NumPy. Given the same parameters and random numbers, all three give the same trajectories
to rounding (`tests/benchmarks/test_oracles.py`). Mesa and NumPy use one core, their default;
Servanda uses all. Servanda is compiled so that whole cases are fast; a model as small as this one
would be a third faster with XLA's newer generator of machine code (`servanda.compiling`).

A calibration learns the posterior of the case at the default settings. An evaluation of the
likelihood runs the months up to the evidence cut-off and compares them with the record; its pace is
that of one move of the sampler. A tangent gives the slopes of all figures along one unknown. The
likelihood of the four mechanisms is that of the series which they observe. It is written twice too,
and both writings agree figure by figure (`tests/benchmarks/test_numpy_likelihood.py`).
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
