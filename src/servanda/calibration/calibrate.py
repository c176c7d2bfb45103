"""Learning a posterior from the record of a case, rung by rung, so that it can be interrupted.

A posterior depends on the content of the case, the settings, the code and the versions of packages,
and on nothing else. Its file is named after them. What is done is kept after each rung, and the
next call with the same settings goes on from there, to the same posterior.
"""

import io
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from filelock import FileLock

from servanda.calibration.particles import Particles, Rung
from servanda.calibration.posterior import Posterior, Settings, open_posterior
from servanda.calibration.sampler import climb, start
from servanda.calibration.target import Target
from servanda.case import Case, as_case
from servanda.engine import Model, Simulator
from servanda.errors import UsageError
from servanda.files import drafts
from servanda.files.cache import cache_folder
from servanda.files.code import code_digest
from servanda.observation import dependent_figures, learned_records
from servanda.results import note as notes
from servanda.results import prepare

Progress = Callable[[int, float, int, int], None]
"""Called with the chain, the power of the likelihood, the moves done at it, and those to do."""


def calibrate(
    case: Case | str | Path,
    *,
    as_of: str | None = None,
    seed: int = 1,
    chains: int = 2,
    particles: int = 512,
    moves: int = 3,
    progress: Progress | None = None,
) -> Posterior:
    """Learn the posterior of a case from its record to the evidence cut-off.

    A posterior that was learned before is read. After an interruption, the same call goes on.

    Args:
        case: from `servanda.load`, the name of a shipped case, or a folder.
        as_of: another evidence cut-off, `YYYY-MM`.
        seed: seed of all random numbers. The same seed gives the same posterior.
        chains: number of samplers that learn it independently. What they agree on is sure.
        particles: number of particles of each chain.
        moves: moves of each particle at each power of the likelihood.
        progress: called after each move.

    Raises:
        CaseError: if the case does not fit together.
        UsageError: if the record has no figure to the cut-off that is compared with runs.
        ResultError: if the likelihood is not a number, or zero in every particle.
    """
    given = as_case(case)
    settings = Settings(chains, particles, moves, seed)
    settings.check()
    simulator = prepare(given if as_of is None else given.at(as_of))
    return learned(simulator, settings, progress)


def learned(
    simulator: Simulator, settings: Settings | None = None, progress: Progress | None = None
) -> Posterior:
    """The posterior of a simulator's case with some settings: one that is kept, or learned now.

    Raises:
        UsageError: if the record has no figure to the cut-off that is compared with runs.
        ResultError: if the likelihood is not a number, or zero in every particle.
    """
    settings = Settings() if settings is None else settings
    check_record(simulator.model)
    kept = path_of_posterior(simulator.model, settings)
    if kept.exists():
        return open_posterior(kept)
    with _alone(kept):
        if kept.exists():  # the process that this one waited for has learned it
            return open_posterior(kept)
        return _learn(simulator, settings, kept, progress or (lambda *_: None))


@contextmanager
def _alone(kept: Path) -> Iterator[None]:
    """Wait for other processes that learn the same posterior."""
    lock = FileLock(kept.with_suffix(".lock"))
    with drafts.explained(f"posterior '{kept}'"):
        kept.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _learn(simulator: Simulator, settings: Settings, kept: Path, progress: Progress) -> Posterior:
    """Learn a posterior, keeping what is done after each rung, and write it."""
    target, every = Target(simulator, settings.seed), range(settings.chains)
    about = _about(simulator.model, settings)
    reached = [
        _chain(target, {**about, "chain": chain}, kept_of(kept, chain), partial(progress, chain))
        for chain in every
    ]
    found = Posterior.of(target, reached, settings, simulator.model)
    with drafts.explained(f"posterior '{kept}'"):
        found.save(kept)
    for chain in every:
        kept_of(kept, chain).unlink(missing_ok=True)
    return found


def _chain(
    target: Target, about: Mapping[str, Any], ahead: Path, moved: Callable[[float, int, int], None]
) -> Particles:
    """The particles of one chain at the posterior."""
    at = start(target, about["particles"], (about["seed"], about["chain"]))
    target.check_possible(at.z, at.numbers)
    if ahead.exists():
        at = _read(ahead, about)
    for _ in climb(target, at, about["moves"], moved):
        _write(ahead, at, about)
    return at


def path_of_posterior(model: Model, settings: Settings) -> Path:
    """The path of a posterior in the user's cache."""
    content = json.dumps(_about(model, settings))
    key = blake2b(content.encode(), digest_size=12).hexdigest()
    return cache_folder("posteriors") / f"{model.case.spec.name}-{key}.zarr"


def _about(model: Model, settings: Settings) -> dict[str, Any]:
    """What decides on a posterior: the case's content, the settings, the versions, the code."""
    code = {"code": code_digest()}
    return {"case": model.digest, **asdict(settings), **notes.versions(), **code}


def kept_of(path: Path, chain: int) -> Path:
    """The file that keeps what an interrupted calibration has done of a chain of a posterior."""
    return path.with_suffix(f".{chain}.partial.npz")


def check_record(model: Model) -> None:
    """Raise `UsageError` unless the record has an estimate or a count to learn from."""
    figures = [figure for known in learned_records(model) for figure in known.figures]
    where = f"the record of case '{model.case.spec.name}' to {model.case.spec.as_of}"
    expected = "at least one figure that is an estimate or a count, and compared with runs"
    if not figures:
        found = "no figure that is compared with runs"
        if dependent_figures(model):
            found += ", but those that priors without a wider form cite"
        raise UsageError(where, found, expected)
    if all(figure.rule.bound != "estimate" for figure in figures):
        raise UsageError(where, "only bounds", expected)


def _write(path: Path, at: Particles, about: Mapping[str, Any]) -> None:
    """Keep what is done, and what it is about."""
    content, rungs = io.BytesIO(), json.dumps([asdict(rung) for rung in at.path])
    np.savez(
        content,
        z=at.z,
        numbers=at.numbers,
        parts=at.parts,
        note=np.array([json.dumps(about), rungs, json.dumps(at.random.bit_generator.state)]),
    )
    with drafts.explained(f"posterior '{path}'"):
        drafts.write(path, content.getvalue())


def _read(path: Path, about: Mapping[str, Any]) -> Particles:
    """What an interrupted calibration kept.

    Raises:
        UsageError: if it cannot be read, or is of another case, other settings or other versions.
    """
    where, hint = f"calibration '{path}'", "delete the file, and begin anew"
    try:
        with np.load(path, allow_pickle=False) as stored:
            own, rungs, state = map(json.loads, stored["note"].tolist())
            random = np.random.default_rng()
            random.bit_generator.state = state
            found = Particles(
                z=stored["z"],
                numbers=stored["numbers"],
                parts=stored["parts"],
                random=random,
                path=[Rung.of(rung) for rung in rungs],
            )
    except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile):
        expected = "one that was interrupted"
        raise UsageError(where, "no calibration that can be read", expected, hint) from None
    if other := [name for name in about if own.get(name) != about[name]]:
        told = [", ".join(f"{n} {one.get(n)}" for n in other) for one in (own, about)]
        raise UsageError(where, told[0], told[1], hint)
    return found
