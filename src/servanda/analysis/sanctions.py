"""Sanctions of a case: who pays, who gains, what is diverted and what leverage is left and lost.

The world without sanctions and the regimes are the case's `trade_baseline.toml`, its flows beside
it, and `regimes.toml`; leakage is its priors of evasion, at the enforcement that a regime states.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr

from servanda.case import Case, Prior, as_case
from servanda.case.priors import label
from servanda.case.schema import month_number
from servanda.ensembles.draws import draw
from servanda.ensembles.ensemble import check_runs, check_seed
from servanda.errors import UsageError, nearest
from servanda.results import Progress
from servanda.trade import Regime, effects, read_baseline, read_regimes, sweep, write_effects
from servanda.trade.effects import TABLE
from servanda.trade.findings import (
    Diverted,
    Draws,
    Leverage,
    Payer,
    diverted,
    leverages,
    payers,
)
from servanda.trade.sweep import Interrupted

REGIMES = "regimes.toml"
DRAWS = 1000


@dataclass(frozen=True)
class Sanctioned:
    """What a sweep of regimes says.

    Attributes:
        data: Every draw that was done, labelled: see `servanda.trade.sweep`.
        names: What countries are called, by code.
        payers: Who pays and who gains.
        diverted: Where the targets' trade goes.
        leverage: What senders take, could take, and can take no more.
    """

    data: xr.Dataset
    names: dict[str, str]
    payers: list[Payer]
    diverted: list[Diverted]
    leverage: list[Leverage]


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
    """Solve regimes of sanctions over what nobody knows exactly.

    Args:
        case: A case with a `trade_baseline.toml` and `.csv`, and a `regimes.toml`.
        regimes: Their names; all that have a target if none is named.
        file: Other regimes than the case's.
        month: The month whose measures are in force, as 2022-03; all if none is given.
        draws: How many draws of elasticities, severity and leakage.
        seed: Of the draws.
        progress: Called with how many draws are done, of how many.

    Raises:
        CaseError: A file is missing or wrong.
        UsageError: A regime is unknown, or has no target; there is no draw; a seed does not fit in
            32 bits; or there is no equilibrium.
        Interrupted: Ctrl-C, with what the draws say that were done. If none was, plainly
            `KeyboardInterrupt`.
    """
    case = as_case(case)
    check_runs(draws, "draws")
    check_seed(seed)
    if month is not None:
        _check_month(month)
    known = read_regimes(case.folder / REGIMES if file is None else file)
    chosen = _chosen(known, regimes)
    baseline = read_baseline(case.folder)
    names = {actor.code: actor.name for actor in case.spec.actors} | dict(baseline.names)

    def said(data: xr.Dataset) -> Sanctioned:
        leaking = leaks(case, chosen, data.sizes["run"], seed)
        return Sanctioned(data, names, payers(data), diverted(data), leverages(data, leaking))

    try:
        return said(sweep(chosen, baseline, draws, seed, month=month, progress=progress))
    except Interrupted as stopped:
        raise Interrupted(said(stopped.done)) from None


def leaks(
    case: Case, regimes: Sequence[Regime], draws: int, seed: int
) -> dict[tuple[str, str], Draws]:
    """Draw the share that leaks in the end, θ·e^(−εE), by regime and target that has a route."""
    found = {}
    for route in case.spec.routes:
        names = [label(f"evasion.{name}", route.name) for name in ("ceiling", "enforcement_bite")]
        drawn = draw(
            dict(zip(names, _priors(case, route.name), strict=True)), seed, np.arange(draws)
        )
        ceiling, bite = (drawn[name].astype(np.float64) for name in names)
        for regime in regimes:
            found[regime.name, route.target] = ceiling * np.exp(-bite * regime.enforcement)
    return found


def write_table(case: Case) -> Path:
    """Write the table that a case's runs read, `trade_effects.csv`, beside its regimes.

    It has the case's first month and each to its cut in which a measure comes into force: runs hold
    the last one's effects.
    """
    path = case.folder / TABLE
    regimes = read_regimes(case.folder / REGIMES)
    starts = {measure.start for regime in regimes for measure in regime.measures}
    begun = sorted(start for start in starts if case.spec.start < start <= case.spec.as_of)
    months = [case.spec.start, *begun]
    write_effects(effects(regimes, read_baseline(case.folder), months), path)
    return path


def _check_month(month: str) -> None:
    try:
        month_number(month)
    except ValueError as error:
        raise UsageError("--month", repr(month), str(error)) from None


def _priors(case: Case, route: str) -> list[Prior]:
    tables = [case.parameters[f"evasion.{name}"] for name in ("ceiling", "enforcement_bite")]
    return [table.priors[route] for table in tables]


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
