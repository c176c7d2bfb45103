"""Reading a case folder into a checked `Case`: every fault, or the first one."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import TypeVar

from servanda.case import crossref, read_evidence, read_parameters
from servanda.case.content import CLAIMS, Case
from servanda.case.evidence import Evidence
from servanda.case.priors import BIAS
from servanda.case.read_evidence import EVIDENCE, SERIES, SOURCES
from servanda.case.schema import CaseSpec, Claim, ClaimsFile
from servanda.case.spellings import Spellings
from servanda.errors import CaseError, nearest
from servanda.files import Record, checked, read_rows, read_toml
from servanda.files.faults import Faults
from servanda.files.fields import path_of
from servanda.files.lines import Lines

SHIPPED = Path(str(resources.files("servanda") / "cases"))
# The tables that mechanisms read. A case lists those that theories from outside the package read.
_TABLES = ("trade_effects",)
_NAMED = "the name of a shipped case, or a folder"
_File = TypeVar("_File", bound=Record)


def available_cases() -> list[str]:
    """Names of the cases shipped with the package."""
    return sorted(p.name for p in SHIPPED.iterdir() if (p / "case.toml").is_file())


@dataclass(frozen=True)
class Examined:
    """What reading a case found.

    Attributes:
        case: the case, or None if there are faults.
        faults: every fault, in the order in which they were found.
        evidence: the evidence, without rows that have faults.
        lines: the line of each figure of `evidence.csv`, by its id.
        folder: the folder of the case.
        spellings: the codes of its actors.
    """

    case: Case | None
    faults: tuple[CaseError, ...]
    evidence: Evidence
    lines: Mapping[str, int]
    folder: Path
    spellings: Spellings


def load(case: str | Path) -> Case:
    """Read a case from a folder, or a shipped one by name.

    Raises:
        CaseError: on the first key or value that is missing, misspelt, inconsistent or out of
            bounds; the message names the place.
        UsageError: if the argument is no name or path.
    """
    examined = examine(case)
    if examined.case is None:
        raise examined.faults[0]
    return examined.case


def examine(case: str | Path) -> Examined:
    """Read a case and name all faults of its files.

    Raises:
        CaseError: if there is no such case.
    """
    examined = _examine(folder_of(path_of(case, "case", _NAMED)))
    Lines(examined.folder).show(examined.faults)
    return examined


def _examine(folder: Path) -> Examined:
    faults = Faults()
    spec, spellings = _record(CaseSpec, folder / "case.toml", faults), Spellings()
    if spec is not None:
        spellings = Spellings.of(spec, faults)
        spec = spellings.record(spec, "case.toml: ", faults)
        faults.add(crossref.check_spec(spec))
    claims: tuple[Claim, ...] = ()
    if os.path.lexists(folder / CLAIMS) and (file := _record(ClaimsFile, folder / CLAIMS, faults)):
        claims = file.claims
    document = faults.read(read_toml, folder / "parameters.toml")
    parameters = read_parameters.read(document or {}, "parameters.toml", faults)
    parameters = spellings.tables(parameters, faults)
    read = read_evidence.read(folder, faults)
    series = (
        spellings.record(s, f"series.toml: series[{s.name!r}].", faults)
        for s in read.evidence.series
    )
    evidence = replace(read.evidence, series=tuple(series))
    if spec is None:
        return Examined(None, tuple(faults.found), evidence, read.lines, folder, spellings)
    tables = _tables(folder, spec, spellings, faults)
    found = Case(
        spec, parameters, evidence, claims, tables, folder, (), read.lines, spellings.readings
    )
    cited = crossref.check_sources(spec, parameters, evidence, claims, found.cutoff, read.refused)
    if not read.unread & {EVIDENCE, SOURCES}:
        faults.add(cited)
    if document is not None and SERIES not in read.unread:
        given = read_parameters.members(document, BIAS)
        faults.add(crossref.check_biases(parameters, evidence, given))
    faults.add(crossref.check_claims(spec, claims))
    whole = None if faults.found else found
    return Examined(whole, tuple(faults.found), evidence, read.lines, folder, spellings)


def _record(model: type[_File], path: Path, faults: Faults) -> _File | None:
    """The checked content of a TOML file, or None if it has faults."""
    document = faults.read(read_toml, path)
    return None if document is None else checked(model, document, path.name, faults)


def _tables(
    folder: Path, spec: CaseSpec, spellings: Spellings, faults: Faults
) -> dict[str, list[dict[str, str]]]:
    paths = {name: folder / f"{name}.csv" for name in (*_TABLES, *spec.tables)}
    wanted = {n: p for n, p in paths.items() if n in spec.tables or os.path.lexists(p)}
    read = {name: faults.read(read_rows, path) for name, path in wanted.items()}
    return {name: spellings.rows(rows or {}, f"{name}.csv") for name, rows in read.items()}


def as_case(given: object) -> Case:
    """A case, read first where a folder or the name of a shipped case is given.

    Raises:
        CaseError: as `load` does.
        UsageError: if the argument is none of these.
    """
    if isinstance(given, Case):
        return given
    return load(path_of(given, "case", f"a case from servanda.load, {_NAMED}"))


def folder_of(case: str | Path) -> Path:
    """The folder of a case; raises `CaseError` if there is none."""
    folders = [Path(case)]
    if str(case) in available_cases():
        folders.append(SHIPPED / str(case))
    for folder in folders:
        if os.path.lexists(folder / "case.toml"):  # a file that cannot be read says so itself
            return folder
    raise CaseError(
        where=f"case '{case}'",
        found="no folder with a case.toml, and no shipped case of this name",
        expected="a folder, or one of " + ", ".join(available_cases()),
        hint=nearest(str(case), available_cases()),
    )
