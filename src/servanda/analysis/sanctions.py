"""Sanctions regimes of a case: income lost and gained, trade diverted, leverage used and lost.

Trade without sanctions comes from the case's `trade_baseline.toml` and `trade_baseline.csv`. The
regimes come from `regimes.toml`. Leakage is drawn from the case's priors of evasion, at the
enforcement that the regime states.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr

from servanda.case import Case, Prior, as_case
from servanda.case.priors import label
from servanda.case.schema import month_name, month_number
from servanda.case.spellings import Spellings
from servanda.ensembles.draws import draw
from servanda.ensembles.ensemble import check_runs, check_seed
from servanda.errors import CaseError, UsageError, nearest
from servanda.files.faults import Faults
from servanda.files.lines import Lines
from servanda.results import Progress
from servanda.trade import Regime, effects, read_baseline, read_regimes, sweep, write_effects
from servanda.trade.baseline import FLOWS, SPEC
from servanda.trade.findings import (
    Diverted,
    Draws,
    Leverage,
    Payer,
    diverted,
    leverages,
    payers,
)
from servanda.trade.sanctions import unknown_names
from servanda.trade.structure import Structural, structural
from servanda.trade.sweep import Interrupted

REGIMES = "regimes.toml"
DRAWS = 1000


@dataclass(frozen=True)
class Sanctioned:
    """The effects of sanctions regimes.

    Attributes:
        data: All draws that were done, as a labelled dataset: see `servanda.trade.sweep`.
        names: Names of countries, by code.
        payers: Change in real income, by regime and country.
        diverted: Change in the targets' trade.
        leverage: Leverage of the senders: used, unused and lost.
        structure: Change in real income under other closures and factors, at central inputs.
    """

    data: xr.Dataset
    names: dict[str, str]
    payers: list[Payer]
    diverted: list[Diverted]
    leverage: list[Leverage]
    structure: list[Structural]


def sanction(
    case: Case | str | Path,
    regimes: Sequence[str] = (),
    *,
    file: Path | None = None,
    month: str | None = None,
    draws: int = DRAWS,
    seed: int = 1,
    progress: Progress | None = None,
) -> Sanctioned:
    """Solve sanctions regimes for draws of the uncertain inputs.

    Args:
        case: A case with `trade_baseline.toml`, `trade_baseline.csv` and `regimes.toml`.
        regimes: Names of the regimes. Default: all regimes that have a target.
        file: File of regimes, in place of the case's.
        month: Month whose measures apply, such as 2022-03. Default: all measures without an end.
        draws: Number of draws of trade elasticities, severity and leakage.
        seed: Seed of the draws.
        progress: Called with the number of draws done and the number asked for.

    Raises:
        CaseError: A file is missing or wrong.
        UsageError: A regime is unknown or has no target; there is no draw; the seed does not fit in
            32 bits; or there is no equilibrium.
        Interrupted: On Ctrl-C, with the results of the draws that were done.
        KeyboardInterrupt: On Ctrl-C before any draw was done.
    """
    case = as_case(case)
    check_runs(draws, "draws")
    check_seed(seed)
    if month is not None:
        _check_month(month)
    spelling = Spellings.of(case.spec).actor
    known = read_regimes(case.folder / REGIMES if file is None else file, spelling)
    chosen = _chosen(known, regimes)
    baseline = read_baseline(case.folder, spelling)
    names = {actor.code: actor.name for actor in case.spec.actors} | dict(baseline.names)

    structure = structural(chosen, baseline, month)

    def said(data: xr.Dataset) -> Sanctioned:
        leaking = leaks(case, chosen, data.sizes["run"], seed)
        found = payers(data), diverted(data), leverages(data, leaking)
        return Sanctioned(data, names, *found, structure)

    try:
        return said(sweep(chosen, baseline, draws, seed, month=month, progress=progress))
    except Interrupted as stopped:
        raise Interrupted(said(stopped.done)) from None


def faults_of_files(folder: Path, spellings: Spellings | None = None) -> list[CaseError]:
    """All faults of the files in a case's folder that `sanction` reads, of those that are there.

    `spellings` are the codes of the case's actors; it keeps those that were read as others.
    """
    spelling = (spellings or Spellings()).actor
    faults = Faults()
    regimes, baseline = None, None
    if os.path.lexists(folder / REGIMES):
        regimes = faults.read(read_regimes, folder / REGIMES, spelling)
    if any(os.path.lexists(folder / name) for name in (SPEC, FLOWS)):
        baseline = faults.read(read_baseline, folder, spelling)
    if regimes is not None and baseline is not None:
        faults.add(
            CaseError(f"{REGIMES}: regimes[{n}].{place}", f.found, f.expected, f.hint)
            for n, regime in enumerate(regimes, start=1)
            for place, f in unknown_names(regime, baseline.economy)
        )
    Lines(folder).show(faults.found)
    return faults.found


def leaks(
    case: Case, regimes: Sequence[Regime], draws: int, seed: int
) -> dict[tuple[str, str], Draws]:
    """Draw the final leakage, θ·e^(−εE), for each regime and each target that has a route."""
    found = {}
    for route in case.spec.routes:
        names = [label(f"evasion.{name}", route.name) for name in ("ceiling", "enforcement_bite")]
        with case.lines_shown():
            priors = _priors(case, route.name)
        drawn = draw(dict(zip(names, priors, strict=True)), seed, np.arange(draws))
        ceiling, bite = (drawn[name].astype(np.float64) for name in names)
        for regime in regimes:
            found[regime.name, route.target] = ceiling * np.exp(-bite * regime.enforcement)
    return found


def write_table(case: Case, path: Path) -> None:
    """Write `trade_effects.csv`, the table that runs of a case read.

    The table has the case's first month, and each month to the evidence cut-off in which a measure
    comes into force or no longer is. After the last of these months, runs keep its effects.
    """
    spelling = Spellings.of(case.spec).actor
    regimes = read_regimes(case.folder / REGIMES, spelling)
    measures = [measure for regime in regimes for measure in regime.measures]
    changed = {measure.start for measure in measures}
    ends = {m.end for m in measures if m.end is not None and m.end < case.spec.as_of}
    changed |= {month_name(month_number(end) + 1) for end in ends}
    months = [case.spec.start]
    months += sorted(month for month in changed if case.spec.start < month <= case.spec.as_of)
    write_effects(effects(regimes, read_baseline(case.folder, spelling), months), path)


def _check_month(month: str) -> None:
    try:
        month_number(month)
    except ValueError as error:
        raise UsageError("--month", repr(month), str(error)) from None


def _priors(case: Case, route: str) -> list[Prior]:
    """The priors of a route's leakage; raises `CaseError` if the case has none."""
    found = []
    for name in ("ceiling", "enforcement_bite"):
        table = case.parameters.get(f"evasion.{name}")
        prior = None if table is None else table.priors.get(route)
        if prior is None:
            where, expected = f"parameters.toml: evasion.{name}", "one: leakage is drawn from it"
            raise CaseError(where, f"no prior for the route '{route}'", expected)
        found.append(prior)
    return found


def _chosen(known: Sequence[Regime], names: Sequence[str]) -> list[Regime]:
    by_name = {regime.name: regime for regime in known}
    for name in names:
        if name not in by_name:
            raise UsageError(
                "--regime", repr(name), "one of " + ", ".join(by_name), nearest(name, by_name)
            )
    if names:
        return [by_name[name] for name in dict.fromkeys(names)]
    return [regime for regime in known if regime.targets]
