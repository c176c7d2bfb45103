"""The study: ranks of truths in the sampler as it is, and in samplers with planted faults."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from itertools import islice
from pathlib import Path

from servanda.calibration.posterior import Settings
from servanda.calibration.target import Target
from servanda.engine import Simulator
from servanda.errors import UsageError
from servanda.files import drafts
from servanda.results import note, prepare
from studies.sbc.data_sets import DataSet, data_sets
from studies.sbc.faults import FAULTS, Fault
from studies.sbc.ranks import quantities, ranks
from studies.sbc.reduced import reduced
from studies.sbc.uniformity import DRAWS
from studies.sbc.verdicts import NONE, Found, read, verdict

SETTINGS = Settings(chains=1, particles=256, moves=3)
FEW = 50
"""Data sets in which each planted fault is looked for, at most."""
Progress = Callable[[str, int, int], None]
"""Called with the name of the fault, the data sets that are done, and those to do."""


def study(count: int, out: Path, progress: Progress) -> Found:
    """Learn from data sets with each sampler, and write what is found.

    Args:
        count: number of data sets for the sampler as it is.
        out: the file to write. What is done is kept beside it, and the next call goes on from it.
        progress: called after each data set.

    Returns:
        What it was found with (`settings`), the names of the ranked `quantities`, their `ranks` by
        fault and data set, and by fault what they say (`verdicts`).

    Raises:
        UsageError: if what is kept cannot be read or has other settings.
    """
    simulator = prepare(reduced())
    sound, kept = Target(simulator, SETTINGS.seed), kept_of(out)
    found = _begun(kept, simulator, sound)
    for name, fault in FAULTS.items():
        wanted = count if name == NONE else min(count, FEW)
        done = found["ranks"].setdefault(name, [])
        for ranked in _ranks(simulator, sound, fault, len(done), wanted):
            done.append(ranked)
            _write(kept, found)
            progress(name, len(done), wanted)
        found["ranks"][name] = done[:wanted]
    found["verdicts"] = {name: verdict(found, name) for name in FAULTS}
    _write(out, found)
    kept.unlink(missing_ok=True)
    return found


def kept_of(out: Path) -> Path:
    """The file that keeps what an interrupted study has done."""
    return out.with_suffix(".partial.json")


def _ranks(
    simulator: Simulator, sound: Target, fault: Fault, first: int, last: int
) -> Iterator[list[int]]:
    """The ranks in each data set from one to before another."""
    if first >= last:
        return
    own = sound if fault.likelihood is Target else fault.likelihood(simulator, SETTINGS.seed)
    sets: Iterator[tuple[int, DataSet]] = enumerate(data_sets(simulator, sound, SETTINGS.seed))
    for number, data in islice(sets, first, last):
        with fault.sampler():
            found = ranks(own, data, replace(SETTINGS, seed=number))
        yield found.tolist()


def _begun(kept: Path, simulator: Simulator, target: Target) -> Found:
    """What is kept of an interrupted study, or the beginning of one."""
    case = {"case": simulator.model.digest, "versions": note.versions()}
    settings = {**asdict(SETTINGS), "draws": DRAWS, **case}
    if not kept.exists():
        return {"settings": settings, "quantities": list(quantities(target)), "ranks": {}}
    try:
        found = read(kept)
        same = found["settings"] == settings
    except (OSError, ValueError, KeyError, TypeError):
        same = False
    if not same:
        where, hint = f"study '{kept}'", "delete it, and begin anew"
        why = "no ranks that can be read, or other settings"
        raise UsageError(where, why, "an interrupted study of the same settings", hint)
    return found


def _write(path: Path, found: Found) -> None:
    with drafts.explained(f"study '{path}'"):
        drafts.write(path, json.dumps(found) + "\n")
