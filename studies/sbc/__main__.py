"""Check the sampler by simulation, and see that the check finds planted faults.

    python -m studies.sbc [COUNT] [--out FILE]

The sampler as it is learns from COUNT data sets (200 if not given), and each sampler with a planted
fault from the first fifty of them. What is found goes to FILE, docs/sbc_results.json if not given,
from which the table of docs/calibration.md comes. What is done is kept beside it after each data
set: after Ctrl-C the same command goes on. The exit code is 1 if the sampler fails, or a planted
fault passes.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from servanda.ensembles.ensemble import check_runs
from servanda.errors import ServandaError
from studies.sbc.study import study
from studies.sbc.verdicts import Found, is_right, table_part

RESULTS = Path(__file__).resolve().parents[2] / "docs" / "sbc_results.json"
_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Learn from data sets with each sampler, and print what their ranks say."""
    parser = argparse.ArgumentParser(
        prog="python -m studies.sbc", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("count", type=int, nargs="?", default=200, help="number of data sets")
    parser.add_argument("--out", type=Path, default=RESULTS, help=f"default: docs/{RESULTS.name}")
    given = parser.parse_args(arguments)
    try:
        found = _shown(check_runs(given.count, "data sets"), given.out)
    except ServandaError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted: what is done is kept, and the same command goes on", file=sys.stderr)
        return _INTERRUPTED
    print(table_part(found), end="")
    return 0 if is_right(found) else 1


def _shown(count: int, out: Path) -> Found:
    """The study, with a bar of the data sets that are done for each fault."""
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True)) as progress:
        bars = {}

        def report(name: str, done: int, wanted: int) -> None:
            if name not in bars:
                bars[name] = progress.add_task(f"fault: {name}", total=wanted)
            progress.update(bars[name], completed=done)

        return study(count, out, report)


if __name__ == "__main__":
    sys.exit(main())
