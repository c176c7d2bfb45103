"""One spelling of each actor in all files of a case: `USSR` in any of them is read as `SUN`.

The actors of `case.toml` say which codes are actors. A code of a state that is one of them is then
read as its code in ISO 3166, by itself and within the labels of members and the names of quantities
and parameters, as in `exchange.cost[PRK>USSR:shells]`. Records mark the fields that hold such
names. Goods, stances and all other names of the case stay as they are, as does every text.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from servanda.case import countries
from servanda.case.priors import BIAS, ParameterTable
from servanda.case.schema import CaseSpec
from servanda.errors import CaseError
from servanda.files import Record
from servanda.files.faults import Faults, fault_of, faults_of_twins
from servanda.files.fields import Naming

_ACTOR_COLUMN = "actor"
_FILE_END = re.compile(":| line ")
_PARTS = re.compile(r"([^>./]*)([>./]?)(.*)", re.DOTALL)
_Record = TypeVar("_Record", bound=Record)


@dataclass(frozen=True)
class Reading:
    """A code that is read as another.

    Attributes:
        where: the first place in its file.
        written: the code as written.
        read: the code that it is read as.
        more: how many times more the file has it.
    """

    where: str
    written: str
    read: str
    more: int = 0


class Spellings:
    """The actors of a case by all of their codes, and the codes that were read as others."""

    def __init__(self, codes: Iterable[str] = (), others: Iterable[str] = ()) -> None:
        """Spellings of actors.

        Args:
            codes: the codes of the actors; none means two states, and no two mean one.
            others: names of members that are no actors: of routes, coalitions, reference classes.
        """
        self._codes = {code: countries.form(code) for code in codes}
        self._others = frozenset(others)
        self._found: dict[tuple[str, str], Reading] = {}

    @classmethod
    def of(cls, spec: CaseSpec, faults: Faults | None = None) -> "Spellings":
        """The spellings of those actors of a case that have no faults; faults are added."""
        faults = Faults() if faults is None else faults
        codes = {actor.code for actor in spec.actors}
        for number, actor in enumerate(spec.actors, start=1):
            where = f"case.toml: actors[{number}].code"
            given = actor.code, actor.name, where
            wrong = list(fault_of(countries.check, *given, declared=actor.state))
            faults.add(wrong)
            codes -= {actor.code} if wrong else set()
        for one, other in countries.same([a.code for a in spec.actors if a.state]):
            found = f"'{one}' and '{other}', one state under two names"
            number = [actor.code for actor in spec.actors].index(other) + 1
            where = f"case.toml: actors[{number}].code"
            faults.add([CaseError(where, found, "each state once")])
            codes -= {one, other}
        coalitions, routes = (c.name for c in spec.coalitions), (r.name for r in spec.routes)
        return cls(codes, (*coalitions, *routes, *spec.reference_classes))

    @property
    def readings(self) -> tuple[Reading, ...]:
        """The codes that were read as others, each once a file."""
        return tuple(self._found.values())

    def actor(self, text: str, where: str) -> str:
        """The one code of an actor; a text that is no code of one stays as it is."""
        code = self._code(text)
        if code is None or code == text:
            return text
        key = (_FILE_END.split(where)[0], text)
        had = self._found.get(key)
        self._found[key] = replace(had, more=had.more + 1) if had else Reading(where, text, code)
        return code

    def member(self, label: str, where: str) -> str:
        """The label of a member with the one code of each actor in it."""
        if label in self._others:
            return label
        if self._code(label) is not None:
            return self.actor(label, where)
        parts = _PARTS.fullmatch(label)
        assert parts is not None  # noqa: S101 (every text has these parts)
        first, mark, rest = parts.groups()
        if mark == ">":
            receiver, colon, good = rest.partition(":")
            return f"{self.actor(first, where)}>{self.actor(receiver, where)}{colon}{good}"
        if mark == ".":
            return f"{self.actor(first, where)}.{rest}"
        return f"{self._pair(first, where)}{mark}{self.actor(rest, where)}"

    def printed(self, name: str, where: str) -> str:
        """The name of a quantity or a parameter with the one code of each actor in its label."""
        head, bracket, rest = name.partition("[")
        if not rest.endswith("]"):
            return name
        return f"{head}{bracket}{self.member(rest[:-1], where)}]"

    def record(self, record: _Record, where: str, faults: Faults) -> _Record:
        """A record with the one code of each actor in the fields that it marks.

        Args:
            record: a record of a file.
            where: its place, to which names of fields are added.
            faults: where to add that two names of a list are one.
        """
        changed: dict[str, object] = {}
        for key, field in type(record).model_fields.items():
            value, place = getattr(record, key), f"{where}{field.alias or key}"
            kind = next((mark for mark in field.metadata if isinstance(mark, Naming)), None)
            if kind is not None and value is not None:
                changed[key] = self._names(value, kind, place, faults)
            elif isinstance(value, Record):
                changed[key] = self.record(value, f"{place}.", faults)
            elif isinstance(value, tuple):
                changed[key] = tuple(
                    self.record(one, f"{place}[{n}].", faults) if isinstance(one, Record) else one
                    for n, one in enumerate(value, start=1)
                )
        return record.model_copy(update=changed)

    def tables(
        self, tables: Mapping[str, ParameterTable], faults: Faults
    ) -> dict[str, ParameterTable]:
        """Parameter tables with the one code of each actor in the labels of their members."""
        return {
            name: table if name == BIAS else self._table(table, faults)
            for name, table in tables.items()
        }

    def rows(self, rows: Mapping[int, Mapping[str, str]], file: str) -> list[dict[str, str]]:
        """Rows of a table, by line, with the one code of each actor in the column `actor`."""
        read = [dict(row) for row in rows.values()]
        for line, row in zip(rows, read, strict=True):
            if _ACTOR_COLUMN in row:
                where = f"{file} line {line}: {_ACTOR_COLUMN}"
                row[_ACTOR_COLUMN] = self.actor(row[_ACTOR_COLUMN], where)
        return read

    def _code(self, text: str) -> str | None:
        """The one code of the actor that a text names, or None if it names none."""
        if text in self._codes:
            return self._codes[text]
        found = countries.meanings(text)
        states = ((code, countries.meanings(code)) for code in self._codes.values())
        alike = (code for code, own in states if own and found and own[0].same(found[0]))
        return next(alike, None) if len(found) == 1 else None

    def _pair(self, text: str, where: str) -> str:
        """Two codes with a hyphen between them; codes may have hyphens of their own."""
        cuts = [place for place, sign in enumerate(text) if sign == "-"]
        both = [(text[:cut], text[cut + 1 :]) for cut in cuts]
        pairs = [pair for pair in both if None not in map(self._code, pair)]
        if len(pairs) != 1:
            return text
        return "-".join(self.actor(code, where) for code in pairs[0])

    def _names(
        self, value: str | Sequence[str], kind: Naming, where: str, faults: Faults
    ) -> str | tuple[str, ...]:
        read = {Naming.ACTOR: self.actor, Naming.MEMBER: self.member, Naming.PRINTED: self.printed}
        if isinstance(value, str):
            return read[kind](value, where)
        names = {name: read[kind](name, f"{where}[{n}]") for n, name in enumerate(value, start=1)}
        faults.add(faults_of_twins(names, where))
        return tuple(names.values())

    def _table(self, table: ParameterTable, faults: Faults) -> ParameterTable:
        read = {label: self.member(label, f"{table.where}.of.{label}") for label in table.priors}
        faults.add(faults_of_twins(read, f"{table.where}.of"))
        return replace(table, priors={read[label]: prior for label, prior in table.priors.items()})


def respelled(spec: CaseSpec, names: Iterable[str]) -> dict[str, str]:
    """Printed names with the one code of each actor of a case, by the names as given."""
    spellings = Spellings.of(spec)
    return {name: spellings.printed(name, "") for name in names}
