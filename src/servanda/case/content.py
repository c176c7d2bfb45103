"""What a case is once it is read and checked: its parts, its cut-off, and changes to it."""

import calendar
import json
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from hashlib import blake2b
from html import escape
from pathlib import Path
from typing import Any

from servanda.case import change, crossref, cutoff
from servanda.case.evidence import Evidence
from servanda.case.priors import BIAS, ParameterTable, Prior, label
from servanda.case.read_evidence import FILES
from servanda.case.schema import CaseSpec, Claim, month_number
from servanda.case.spellings import Reading, respelled
from servanda.files.lines import lines_shown

CLAIMS = "claims.toml"
SCORES = "scoreboard.json"
# What the table of trade effects is solved from. The briefing cites its sources.
_EFFECTS = "trade_effects"
_SOLVED_FROM = ("regimes.toml", "trade_baseline.toml", "trade_baseline.csv")

# A kind (`mechanism` or `prior`), the name of what was changed, and the new value.
Change = tuple[str, str, Any]


@dataclass(frozen=True, repr=False)
class Case:
    """A partnership, ready to be run.

    Attributes:
        spec: actors, goods, ties, months, variants, levers, metrics.
        parameters: by name, the priors of every mechanism parameter.
        evidence: all evidence, also from after the cut-off; a run sees only `known`.
        claims: the argument, as formal tests.
        tables: the CSV tables that theories read, by file name without `.csv`.
        folder: the folder that it was read from.
        changes: changes since it was read, as plain values: each a kind, a name and a new value.
        lines: the line of each figure of `evidence.csv`, by its id.
        readings: codes of actors that its files write in another way.
    """

    spec: CaseSpec
    parameters: Mapping[str, ParameterTable]
    evidence: Evidence
    claims: tuple[Claim, ...]
    tables: Mapping[str, Sequence[Mapping[str, str]]]
    folder: Path
    changes: tuple[Change, ...] = ()
    lines: Mapping[str, int] = field(default_factory=dict, compare=False)
    readings: tuple[Reading, ...] = field(default=(), compare=False)

    @property
    def files(self) -> tuple[str, ...]:
        """Names of the files in `folder` that it and its table of trade effects are made from.

        Scores that it carries are among them, though no run reads them.
        """
        names = ["case.toml", "parameters.toml", *FILES, CLAIMS, *(f"{n}.csv" for n in self.tables)]
        names += [SCORES]
        names += _SOLVED_FROM if _EFFECTS in self.tables else ()
        return tuple(name for name in names if os.path.lexists(self.folder / name))

    @cached_property
    def digest(self) -> str:
        """A hash of the content, the cut-off included.

        The folder that a case was read from is not part of its content.
        """
        tables = [replace(table, where="") for _, table in sorted(self.parameters.items())]
        parts = [
            self.spec.model_dump_json(),
            repr(tables),
            repr(self.evidence),
            *(claim.model_dump_json() for claim in self.claims),
            json.dumps(self.tables),
        ]
        return blake2b("\0".join(parts).encode(), digest_size=16).hexdigest()

    @property
    def cutoff(self) -> date:
        """The evidence cut-off: the last day of the `as_of` month."""
        year, month = divmod(month_number(self.spec.as_of), 12)
        return date(year, month + 1, calendar.monthrange(year, month + 1)[1])

    @property
    def known(self) -> Evidence:
        """The evidence that a run may see."""
        return self.evidence.as_of(self.cutoff)

    @property
    def late_priors(self) -> tuple[str, ...]:
        """Printed names of parameters whose priors cite what became known after the cut-off.

        There are none at the case's own cut-off: `load` checks this. At an earlier cut-off a run
        does not read later evidence, but these priors still use it. Priors with a wider form are
        not among them.
        """
        return self._citing(self._late)

    @cached_property
    def known_parameters(self) -> Mapping[str, ParameterTable]:
        """The priors of a run: wider forms in place of what cites later than the cut-off."""
        late = self._late
        return {
            name: replace(
                table, priors={member: own.without(late) for member, own in table.priors.items()}
            )
            for name, table in self.parameters.items()
        }

    @cached_property
    def _late(self) -> frozenset[str]:
        """Figures and sources that priors cite and that were not known by the cut-off."""
        dates = {source.key: source.known_by for source in self.evidence.sources}
        known = {key for key, day in dates.items() if day is None or day <= self.cutoff}
        known |= {observation.id for observation in self.known.observations}
        forms = (
            form
            for table in self.parameters.values()
            for prior in table.priors.values()
            for form in (prior, prior.wider)
        )
        return frozenset(source for form in forms if form for source in form.sources) - known

    @property
    def undated_priors(self) -> tuple[str, ...]:
        """Printed names of parameters whose priors cite a source of which no date is known.

        Nothing shows that these were known by the cut-off.
        """
        return self._citing({s.key for s in self.evidence.sources if not s.published})

    def _citing(self, sources: Collection[str]) -> tuple[str, ...]:
        return tuple(
            label(table.name, member)
            for table in self.known_parameters.values()
            for member, prior in table.priors.items()
            if any(source in sources for source in prior.sources)
        )

    @property
    def biases(self) -> Mapping[str, Prior]:
        """Priors of the biases of source classes, which belong to no mechanism."""
        table = self.known_parameters.get(BIAS)
        return {} if table is None else table.priors

    def lines_shown(self) -> AbstractContextManager[None]:
        """A block whose `CaseError` shows lines of the case's files, unless the case was changed.

        What was changed is not in the files.
        """
        return nullcontext() if self.changes else lines_shown(self.folder)

    def at(self, as_of: str) -> "Case":
        """The same case with another evidence cut-off.

        Metrics that then cover no month are removed, and claims on them become untestable.

        Raises:
            CaseError: if the month does not parse or lies outside the case.
        """
        for fault in crossref.check_as_of(self.spec, as_of, f"case '{self.spec.name}', as_of"):
            raise fault
        spec, claims = cutoff.moved(self.spec, self.claims, as_of)
        return replace(self, spec=spec, claims=claims)

    def with_mechanism(self, slot: str, variant: str) -> "Case":
        """The same case with another theory for one slot.

        Running the case checks whether there is such a theory.
        """
        spec = change.with_mechanism(self.spec, slot, variant)
        return replace(self, spec=spec, changes=(*self.changes, ("mechanism", slot, variant)))

    def with_prior(self, name: str, **prior: Any) -> "Case":
        """The same case with another prior for one parameter.

        Args:
            name: its printed name, like `exchange.cost[PRK>RUS:shells]`.
            prior: the prior as in `parameters.toml`, such as `lognormal=[300, 0.6],
                bounds=[50, 2000]`. Its status is `assumed` unless given.

        Raises:
            CaseError: if the case has no such parameter, or the prior is wrong or cites an unknown
                source.
        """
        name = respelled(self.spec, [str(name)])[str(name)]
        parameters = change.with_prior(self.parameters, self.evidence, name, prior)
        plain = json.loads(json.dumps(prior))
        return replace(self, parameters=parameters, changes=(*self.changes, ("prior", name, plain)))

    def changed(self, changes: Iterable[Change]) -> "Case":
        """The same case after some changes, in order."""
        case = self
        for kind, name, value in changes:
            if kind == "mechanism":
                case = case.with_mechanism(name, str(value))
            else:
                case = case.with_prior(name, **dict(value))
        return case

    def __repr__(self) -> str:
        return "\n".join(f"{name:<13}{value}" for name, value in self._summary())

    def _repr_html_(self) -> str:
        """The summary as HTML, for notebooks."""
        rows = (
            f"<tr><th style='text-align:left'>{escape(name)}</th><td>{escape(value)}</td></tr>"
            for name, value in self._summary()
        )
        return f"<table>{''.join(rows)}</table>"

    def _summary(self) -> list[tuple[str, str]]:
        """The lines of the summary: a name and a value each."""
        spec = self.spec
        priors = [p for table in self.parameters.values() for p in table.priors.values()]
        uncertain = sum(prior.family != "fixed" for prior in priors)
        known, figures = len(self.known.observations), len(self.evidence.observations)
        lines = [
            ("case", f"{spec.name}: {spec.title}"),
            ("months", f"{spec.start} to {spec.horizon}, evidence cut-off {spec.as_of}"),
            ("actors", ", ".join(actor.code for actor in spec.actors)),
            ("pacts", ", ".join(pact.label for pact in spec.partnerships)),
            ("mechanisms", ", ".join(f"{k}: {v}" for k, v in spec.mechanisms.items())),
            ("parameters", f"{len(priors)} listed, {uncertain} uncertain"),
            ("evidence", f"{known} figures known at the cut-off, {figures} in all"),
            ("claims", str(len(self.claims))),
            ("levers", ", ".join(lever.name for lever in spec.levers) or "none"),
            ("metrics", str(len(spec.metrics))),
        ]
        if self.changes:
            lines.append(("changed", ", ".join(f"{kind} {name}" for kind, name, _ in self.changes)))
        return lines
