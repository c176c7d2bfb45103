"""From a folder of TOML and CSV to a checked `Case`, or to one clear message."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from servanda.case import crossref, read_evidence, read_parameters
from servanda.case.evidence import Evidence
from servanda.case.priors import ParameterTable
from servanda.case.schema import CaseSpec, Claim, ClaimsFile, month_name, month_number
from servanda.errors import CaseError, nearest

_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(frozen=True)
class Case:
    """A partnership, ready to be run.

    Attributes:
        spec: actors, goods, ties, months, variants, levers, metrics.
        parameters: by name, the priors of every mechanism parameter.
        evidence: everything the case holds, later than `as_of` too; a run sees only `known`.
        claims: the argument, as formal tests.
        tables: the CSV tables that mechanisms read, by file stem.
        folder: where it came from.
    """

    spec: CaseSpec
    parameters: Mapping[str, ParameterTable]
    evidence: Evidence
    claims: tuple[Claim, ...]
    tables: Mapping[str, Sequence[Mapping[str, str]]]
    folder: Path

    @property
    def cut(self) -> date:
        """The last day of the `as_of` month."""
        year, month = divmod(month_number(self.spec.as_of) + 1, 12)
        return date(year, month + 1, 1) - timedelta(days=1)

    @property
    def known(self) -> Evidence:
        """The evidence that a run may see."""
        return self.evidence.as_of(self.cut)

    def at(self, as_of: str) -> "Case":
        """The same case with its cut moved to another month.

        Raises:
            CaseError: if the month does not parse or lies outside the case.
        """
        where = f"case '{self.spec.name}', as_of"
        try:
            moved = month_number(as_of)
        except ValueError:
            raise CaseError(
                where=where, found=f"'{as_of}'", expected="a month like 2024-06"
            ) from None
        first, last = month_number(self.spec.start) + 1, month_number(self.spec.horizon) - 1
        if not first <= moved <= last:
            raise CaseError(
                where=where,
                found=f"'{as_of}'",
                expected=f"a month from {month_name(first)} to {month_name(last)}",
            )
        return replace(self, spec=self.spec.model_copy(update={"as_of": as_of}))


def available_cases() -> list[str]:
    """Names of the cases shipped with the package."""
    shipped = Path(str(resources.files("servanda") / "cases"))
    return sorted(p.name for p in shipped.iterdir() if (p / "case.toml").is_file())


def load(case: str | Path) -> Case:
    """Read a case from a folder, or a shipped one by name.

    Raises:
        CaseError: on anything missing, misspelt, inconsistent or out of bounds; the message says where.
    """
    folder = _folder(case)
    spec = _validated(CaseSpec, _toml(folder / "case.toml"), "case.toml")
    crossref.check_spec(spec)
    claims_file = folder / "claims.toml"
    claims: tuple[Claim, ...] = ()
    if claims_file.is_file():
        claims = _validated(ClaimsFile, _toml(claims_file), "claims.toml").claims
    parameters = read_parameters.read(_toml(folder / "parameters.toml"), "parameters.toml")
    evidence = read_evidence.read(folder, _toml(folder / "series.toml"))
    tables = {p.stem: read_evidence.rows(p) for p in sorted(folder.glob("*.csv"))}
    loaded = Case(spec, parameters, evidence, claims, tables, folder)
    crossref.check_sources(spec, parameters, evidence, claims, loaded.cut)
    crossref.check_claims(spec, claims)
    return loaded


def _folder(case: str | Path) -> Path:
    shipped = Path(str(resources.files("servanda") / "cases")) / str(case)
    for folder in (Path(case), shipped):
        if (folder / "case.toml").is_file():
            return folder
    raise CaseError(
        where=f"case '{case}'",
        found="no folder with a case.toml, and no shipped case of this name",
        expected="a folder, or one of " + ", ".join(available_cases()),
        hint=nearest(str(case), available_cases()),
    )


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CaseError(
            where=path.name, found="no such file", expected=f"a TOML file in {path.parent}"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CaseError(where=path.name, found=str(error), expected="valid TOML") from None


def _validated(model: type[_Model], data: dict[str, Any], file: str) -> _Model:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise _case_error(model, error.errors()[0], file) from None


def _case_error(model: type[BaseModel], problem: Any, file: str) -> CaseError:
    path = _dotted(problem["loc"])
    where = f"{file}: {path}" if path else file
    match problem["type"]:
        case "extra_forbidden":
            known = _keys_beside(model, problem["loc"])
            return CaseError(
                where=where,
                found="a key that is not known here",
                expected="one of " + ", ".join(known),
                hint=nearest(str(problem["loc"][-1]), known),
            )
        case "missing":
            return CaseError(where=where, found="no such key", expected="this key is required")
        case _:
            message = problem["msg"].removeprefix("Value error, ")
            return CaseError(where=where, found=_shown(problem["input"]), expected=message)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _dotted(path: tuple[str | int, ...]) -> str:
    text = ""
    for part in path:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".")


def _keys_beside(model: type[BaseModel], path: tuple[str | int, ...]) -> list[str]:
    """The keys that the record at this path takes, found by walking the model's annotations."""
    here: Any = model
    for part in path[:-1]:
        if isinstance(part, int):
            continue
        fields = getattr(here, "model_fields", {})
        if part in fields:
            here = _inner_record(fields[part].annotation)
        else:
            here = _variant(here, str(part))
    return list(getattr(here, "model_fields", {}))


def _inner_record(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = [_inner_record(a) for a in getattr(annotation, "__args__", ()) if a is not Ellipsis]
    return next((a for a in inner if a is not None), None)


def _variant(record: Any, kind: str) -> Any:
    from servanda.case import schema

    for candidate in vars(schema).values():
        fields = getattr(candidate, "model_fields", {})
        if "kind" in fields and kind in getattr(fields["kind"].annotation, "__args__", ()):
            return candidate
    return record
