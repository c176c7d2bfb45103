"""`servanda sanction`: income lost and gained, trade diverted, leverage used and lost."""

import json
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields
from importlib import resources
from importlib.metadata import version
from pathlib import Path
from typing import Any

from servanda.analysis.sanctions import Sanctioned, write_table
from servanda.analysis.sanctions import sanction as solve
from servanda.case import Case
from servanda.cli import interrupts
from servanda.cli.terminal import err, out, say, table
from servanda.cli.work import bar, free_folder, remember_compilations
from servanda.errors import UsageError
from servanda.files import csv_text, drafts
from servanda.report import sanctions as chart
from servanda.trade.effects import TABLE
from servanda.trade.findings import LEAST_LOST, Spread
from servanda.trade.sweep import Interrupted

_PACKAGE = Path(str(resources.files("servanda"))).resolve()
_VERSIONS = ("servanda", "jax", "jaxlib", "numpy")
_FEW = 10  # countries printed for each regime: those that lose or gain most


def sanction(
    case: Case,
    regimes: Sequence[str],
    file: Path | None,
    month: str | None,
    draws: int,
    seed: int,
    folder: Path | None,
) -> None:
    """Solve regimes, print their effects, and write tables and a chart into a new folder."""
    target = free_folder(f"{case.spec.name}-sanction") if folder is None else folder
    _check_can_be_made(target)
    remember_compilations()
    asked = {"case": case.spec.name, "month": month, "draws": draws, "seed": seed}
    try:
        with interrupts.raises_interrupt(), bar("solving", "draws") as report:
            found = solve(
                case, regimes, file=file, month=month, draws=draws, seed=seed, progress=report
            )
    except Interrupted as stopped:
        done = _write(stopped.done, target, asked)
        text = f"interrupted: {target} holds {done} of {draws} draws and is marked as partial"
        err().print(text, soft_wrap=True)
        raise
    except KeyboardInterrupt:
        err().print("interrupted: nothing was written", soft_wrap=True)
        raise
    try:
        _write(found, target, asked)
    except UsageError:
        _tables(found, draws)  # a full disk does not lose what was computed
        raise
    with interrupts.exits_at_once(f"interrupted: {target} holds all {draws} draws"):
        _tables(found, draws)
        say(f"tables    {target}")
        say(f"chart     {target / 'payers.png'}")


def make_table(case: Case, file: Path | None) -> None:
    """Write the table of trade effects that runs of the case read."""
    target = case.folder / TABLE if file is None else file
    if file is None and case.folder.resolve().is_relative_to(_PACKAGE):
        raise UsageError(
            "--table",
            f"the shipped case '{case.spec.name}', whose folder belongs to the installed package",
            "--out FILE beside it, the table to write",
            f"to change the case, copy '{case.folder}' and give the copy",
        )
    remember_compilations()
    with drafts.explained(f"table '{target}'"):
        write_table(case, target)
    say(f"table     {target}")


def _check_can_be_made(folder: Path) -> None:
    """Check before the draws are made, because their results would be lost."""
    try:
        taken = folder.exists() or folder.is_symlink()
    except OSError as error:  # a name that is too long
        found = f"a path that no folder can have: {error.strerror}"
        raise UsageError(f"--out '{folder}'", found, "a folder that can be made") from None
    if taken:
        raise UsageError(
            f"--out '{folder}'", "a file or folder of this name", "a folder that does not exist yet"
        )
    above = next(parent for parent in folder.resolve().parents if parent.exists())
    if not above.is_dir() or not os.access(above, os.W_OK):
        raise UsageError(
            f"--out '{folder}'", f"'{above}', which cannot be written", "a folder that can be made"
        )


def _tables(found: Sanctioned, draws: int) -> None:
    _payers(found)
    _diverted(found)
    _leverage(found)
    of = (
        f"Medians of {draws} draws of trade elasticities, severity and leakage, with the 90 % "
        "interval over draws in brackets."
        if draws > 1
        else "One draw of trade elasticities, severity and leakage, which gives no interval."
    )
    out().print(
        f"{of} Over structure: the lowest and highest change at central inputs as the closure, or "
        "whether factors move, is replaced; it is no interval. A share diverted is given where at "
        f"least {LEAST_LOST:.0%} of the target's trade is lost with senders. All values are "
        "conditional on the model. Leverage is measured against a threat: all countries that "
        "sanction the target in the regimes above end all trade with it."
    )


def _span(spread: Spread, form: str = ",.0f") -> str:
    median = _number(spread.median, form)
    if spread.low is None or spread.high is None:
        return median
    return f"{median} ({_number(spread.low, form)} to {_number(spread.high, form)})"


def _number(value: float, form: str) -> str:
    return re.sub(r"^-(?=[0.,]*%?$)", "", f"{value:{form}}")  # no minus sign before zero


def _payers(found: Sanctioned) -> None:
    for regime in found.data.regime.values.tolist():
        of = [payer for payer in found.payers if payer.regime == regime]
        most = f"the {_FEW} of {len(of)} countries that change most"
        which = most if len(of) > _FEW else "by country"
        title = f"{regime}: change in real income before leakage, {which}"
        heads = ("country", "change, %", "over structure, %", "change, USD m a month")
        rows = table(title, *heads)
        structure = {row.country: row for row in found.structure if row.regime == regime}
        chosen = sorted(of, key=lambda payer: -abs(payer.musd_month.median))[:_FEW]
        for payer in (payer for payer in of if payer in chosen):
            over = structure[payer.country]
            rows.add_row(
                payer.country,
                _span(payer.percent, ".2f"),
                f"{_number(over.low, '.2f')} to {_number(over.high, '.2f')}",
                _span(payer.musd_month),
            )
        out().print(rows)
        if refused := next(iter(structure.values())).refused:
            out().print(f"No answer of '{regime}' with " + " or ".join(refused) + ".")


def _diverted(found: Sanctioned) -> None:
    for regime in found.data.regime.values.tolist():
        title = f"{regime}: change in the target's trade, USD m a month"
        heads = ("trade", "with senders", "with others", "share diverted", "largest gain")
        rows = table(title, *heads)
        for row in (row for row in found.diverted if row.regime == regime):
            rows.add_row(
                f"{row.target} {row.direction}",
                _span(row.with_senders),
                _span(row.with_others),
                "little lost" if row.share is None else _span(row.share, ".0%"),
                f"{row.gainer}, {row.gain.median:,.0f}" if row.gain.median >= 1 else "no country",
            )
        out().print(rows)


def _leverage(found: Sanctioned) -> None:
    title = "Leverage: percent of the target's real income, at final leakage"
    heads = ("target", "regime", "before sanctions", "used", "unused", "lost", "leakage, %")
    rows = table(title, *heads)
    for row in sorted(found.leverage, key=lambda row: row.target, reverse=True):
        cells = (row.before, row.felt, row.left, row.lost)
        rows.add_row(
            *(row.target, row.regime),
            *(_span(cell, ".2f") for cell in cells),
            _span(row.leakage),
        )
    out().print(rows)


def _write(found: Sanctioned, folder: Path, asked: dict[str, Any]) -> int:
    """Write tables, a note of their origin and the chart; return the number of draws done."""
    done = found.data.sizes["run"]
    note = asked | {
        "regimes": found.data.regime.values.tolist(),
        "done": done,
        "partial": done < asked["draws"],
        "versions": {name: version(name) for name in _VERSIONS},
    }
    with drafts.explained(f"folder '{folder}'"), drafts.folder(folder, parents=True) as draft:
        for name in ("payers", "diverted", "leverage", "structure"):
            drafts.write(draft / f"{name}.csv", _csv(getattr(found, name)))
        drafts.write(draft / "sanction.json", json.dumps(note, indent=2) + "\n")
        chart.write(chart.figure(found.payers, found.names), draft)
    return done


def _csv(rows: Iterable[Any]) -> str:
    """One row for each record. A spread takes three columns."""
    flat = [_flat(asdict(row)) for row in rows]
    return csv_text([flat[0], *(row.values() for row in flat)])


def _flat(record: dict[str, Any]) -> dict[str, str]:
    cells: dict[str, str] = {}
    for name, value in record.items():
        if isinstance(value, dict):
            cells |= {
                f"{name}_{part}": "" if number is None else f"{number:.6g}"
                for part, number in value.items()
            }
        elif isinstance(value, tuple):
            cells[name] = "; ".join(value)
        elif value is None:  # no spread
            cells |= {f"{name}_{part.name}": "" for part in fields(Spread)}
        else:
            cells[name] = value
    return cells
