"""Mutants of numbers: one number of the template's parameters is changed, and the case is run.

    python -m tests.mutation.numbers 200 --first 0

All run on one compiled model. Each mutant is refused with an error of Servanda's own, when it is
read or when it runs, or all its results are finite numbers. Anything else is a fault.
"""

from __future__ import annotations

import argparse
import copy
import random
import re
import sys
import tempfile
import traceback
from pathlib import Path

import numpy as np

from servanda.case import load, new
from servanda.engine import Simulator, assemble
from servanda.ensembles import Ensemble
from servanda.errors import ServandaError
from servanda.results import prepare, run_policies

RUNS = 16
NUMBERS = (
    *("0", "1", "-1", "0.5", "7", "1e-12", "1e-30", "1e-44", "1e12", "1e30", "3e38", "1e39"),
    *("-0.0", "0.999999", "1.000001", "1e308", "1e-308", "100", "-1e-9", "2147483648"),
)
_NUMBER = re.compile(r"(?<![\w.+-])-?[0-9]+(\.[0-9]+)?(e-?[0-9]+)?(?![\w.])")


def mutant(text: str, seed: int) -> tuple[str, str]:
    """The text with one number changed, and what was changed in words; comments are left alone."""
    chance = random.Random(seed)  # noqa: S311 (no secret)
    code = re.sub(r"(?m)#.*$|\"[^\"\n]*\"", lambda found: " " * len(found[0]), text)
    found = chance.choice([*_NUMBER.finditer(code)])
    number = chance.choice(NUMBERS)
    line = text.count("\n", 0, found.start()) + 1
    changed = text[: found.start()] + number + text[found.end() :]
    return changed, f"parameters.toml line {line}, {found[0]} → {number}"


def fault(compiled: Simulator, text: str, seed: int, folder: Path) -> str | None:
    """The traceback of a mutant that is neither refused nor runs, with its seed; or None."""
    changed, what = mutant(text, seed)
    (folder / "parameters.toml").write_text(changed, encoding="utf-8")
    try:
        simulator = copy.copy(compiled)  # with its compiled program, for the same arrays
        simulator.model = assemble(load(folder))
        (results,) = run_policies(simulator, Ensemble.prior(simulator.model, RUNS, seed))
    except ServandaError:
        return None
    except Exception:  # noqa: BLE001 (every other exception is what is looked for)
        return f"seed {seed}: {what}\n{traceback.format_exc()}"
    wrong = [name for name, values in results.arrays.items() if not np.isfinite(values).all()]
    return f"seed {seed}: {what}\nnot finite: {', '.join(wrong)}" if wrong else None


def main() -> int:
    """Try mutants one by one; exit 1 after printing every fault."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("count", type=int, help="number of mutants")
    parser.add_argument("--first", type=int, default=0, help="first seed")
    given = parser.parse_args()
    found = 0
    with tempfile.TemporaryDirectory() as place:
        folder = new("tiny", place)
        text = (folder / "parameters.toml").read_text(encoding="utf-8")
        compiled = prepare(load(folder))
        run_policies(compiled, Ensemble.prior(compiled.model, RUNS))
        for seed in range(given.first, given.first + given.count):
            if told := fault(compiled, text, seed, folder):
                found += 1
                sys.stdout.write(f"{told}\n")
    sys.stdout.write(f"{given.count} mutants of numbers, {found} faults\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
