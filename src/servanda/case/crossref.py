"""Check that every name in a case refers to something that the case defines.

Each check yields the faults that it finds.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date

from servanda.case import units
from servanda.case.evidence import REFERENCE, Evidence, Source
from servanda.case.priors import BIAS, ParameterTable, Prior, place_of
from servanda.case.schema import (
    EVENTS,
    CaseSpec,
    Claim,
    Lever,
    Metric,
    RecordedStance,
    Tie,
    Untestable,
    month_name,
    month_number,
)
from servanda.errors import CaseError, nearest
from servanda.files.faults import fault_of

_ANYWHERE = "an id in evidence.csv or a key in sources.csv"


def check_spec(spec: CaseSpec) -> Iterator[CaseError]:
    """The faults if `case.toml` uses an undefined name or contradicts itself."""
    if month_number(spec.horizon) < month_number(spec.start) + 2:
        yield CaseError(
            where="case.toml: horizon",
            found=f"'{spec.horizon}' with start '{spec.start}'",
            expected="at least two months after the start",
        )
    yield from check_as_of(spec, spec.as_of, "case.toml: as_of")
    for kind, names in _named(spec):
        yield from _unique(names, f"case.toml: {kind}")
    yield from _check_opposites(spec)
    yield from _check_months(spec)
    actors, goods = [a.code for a in spec.actors], [g.name for g in spec.goods]
    for good in spec.goods:
        where = f"case.toml: goods[{good.name!r}]"
        yield from fault_of(units.check, good.unit, f"{where}.unit")
        if good.made_with is not None:
            others = [name for name in goods if name != good.name]
            yield from _known(good.made_with, others, "good", f"{where}.made_with")
    for code, where in _actors_named(spec):
        yield from _known(code, actors, "actor", f"case.toml: {where}")
    for name, where in ((spec.war.arms, "war.arms"), (spec.war.men, "war.men")):
        yield from _known(name, goods, "good", f"case.toml: {where}")
    for number, tie in enumerate(spec.ties, start=1):
        yield from _check_tie(spec, tie, f"case.toml: ties[{number}]")
    yield from _check_groups(spec)
    for lever in spec.levers:
        yield from _check_lever(lever)
    for metric in spec.metrics:
        yield from _check_metric(spec, metric)


def _check_opposites(spec: CaseSpec) -> Iterator[CaseError]:
    """Check that opposites are two."""
    for one, other, where in _opposites(spec):
        if one == other:
            yield CaseError(
                where=f"case.toml: {where}", found=f"'{one}' as both", expected="two actors"
            )


def _check_months(spec: CaseSpec) -> Iterator[CaseError]:
    """Check that the record does not tell of months after the horizon."""
    for month, where in _months_named(spec):
        if month > spec.horizon:
            yield CaseError(
                where=f"case.toml: {where}",
                found=f"'{month}'",
                expected=f"a month to the horizon, {spec.horizon}",
            )


def check_as_of(spec: CaseSpec, as_of: str, where: str) -> Iterator[CaseError]:
    """The fault unless `as_of` is a month between the case's first and last."""
    first, last = month_number(spec.start) + 1, month_number(spec.horizon) - 1
    try:
        inside = first <= month_number(as_of) <= last
    except ValueError as error:
        yield CaseError(where=where, found=f"'{as_of}'", expected=str(error))
        return
    if not inside:
        yield CaseError(
            where=where,
            found=f"'{as_of}'",
            expected=f"a month from {month_name(first)} to {month_name(last)}",
        )


def _named(spec: CaseSpec) -> Iterable[tuple[str, list[str]]]:
    """All names that the case defines, by the list that has them."""
    yield "actors", [a.code for a in spec.actors]
    yield "goods", [g.name for g in spec.goods]
    yield "ties", [t.label for t in spec.ties]
    yield "partnerships", [p.label for p in spec.partnerships]
    yield "coalitions", [c.name for c in spec.coalitions]
    yield "patronages", [p.label for p in spec.patronages]
    yield "routes", [r.name for r in spec.routes]
    yield "proliferators", [p.actor for p in spec.proliferators]
    yield "postures", [p.actor for p in spec.postures]
    for number, posture in enumerate(spec.postures, start=1):
        yield f"postures[{number}].stances", [s.name for s in posture.stances]
    yield "reference_classes", list(spec.reference_classes)
    yield "levers", [lever.name for lever in spec.levers]
    yield "metrics", [m.name for m in spec.metrics]
    yield "tables", list(spec.tables)


def _unique(names: Sequence[str], where: str) -> Iterator[CaseError]:
    for number, name in enumerate(names, start=1):
        if name in names[: number - 1]:
            yield CaseError(f"{where}[{number}]", f"'{name}' twice", "each name once")


def _known(name: str, names: Iterable[str], kind: str, where: str) -> Iterator[CaseError]:
    choices = list(names)
    if name not in choices:
        yield CaseError(
            where=where,
            found=f"{kind} '{name}'",
            expected="one of " + ", ".join(choices) if choices else f"no {kind}, as there is none",
            hint=nearest(name, choices),
        )


def _actors_named(spec: CaseSpec) -> Iterable[tuple[str, str]]:
    yield spec.war.attacker, "war.attacker"
    yield spec.war.defender, "war.defender"
    for number, tie in enumerate(spec.ties, start=1):
        yield tie.giver, f"ties[{number}].giver"
        yield tie.receiver, f"ties[{number}].receiver"
    for number, partnership in enumerate(spec.partnerships, start=1):
        yield partnership.supplier, f"partnerships[{number}].supplier"
        yield partnership.buyer, f"partnerships[{number}].buyer"
    for coalition in spec.coalitions:
        for place, member in enumerate(coalition.members, start=1):
            yield member, f"coalitions[{coalition.name!r}].members[{place}]"
        yield coalition.neighbour, f"coalitions[{coalition.name!r}].neighbour"
    for number, patronage in enumerate(spec.patronages, start=1):
        yield patronage.patron, f"patronages[{number}].patron"
        yield patronage.client, f"patronages[{number}].client"
    for route in spec.routes:
        yield route.target, f"routes[{route.name!r}].target"
    for number, proliferator in enumerate(spec.proliferators, start=1):
        yield proliferator.actor, f"proliferators[{number}].actor"
        yield proliferator.rival, f"proliferators[{number}].rival"
    for number, posture in enumerate(spec.postures, start=1):
        yield posture.actor, f"postures[{number}].actor"


def _opposites(spec: CaseSpec) -> Iterable[tuple[str, str, str]]:
    """Pairs of actors that must be two, and their place."""
    yield spec.war.attacker, spec.war.defender, "war.attacker and war.defender"
    for n, pact in enumerate(spec.partnerships, start=1):
        yield pact.supplier, pact.buyer, f"partnerships[{n}].supplier and buyer"
    for n, patronage in enumerate(spec.patronages, start=1):
        yield patronage.patron, patronage.client, f"patronages[{n}].patron and client"
    for n, builder in enumerate(spec.proliferators, start=1):
        yield builder.actor, builder.rival, f"proliferators[{n}].actor and rival"


def _months_named(spec: CaseSpec) -> Iterable[tuple[str, str]]:
    """Months of which the record tells, and their place."""
    for n, pact in enumerate(spec.partnerships, start=1):
        yield pact.signed, f"partnerships[{n}].signed"
    for n, tie in enumerate(spec.ties, start=1):
        if tie.opens is not None:
            yield tie.opens, f"ties[{n}].opens"
    for recorded, where in _recorded(spec):
        yield recorded.since, f"{where}.since"


def _recorded(spec: CaseSpec) -> Iterable[tuple[RecordedStance, str]]:
    """Recorded stances, and their place."""
    for number, posture in enumerate(spec.postures, start=1):
        for place, recorded in enumerate(posture.recorded, start=1):
            yield recorded, f"postures[{number}].recorded[{place}]"


def _check_tie(spec: CaseSpec, tie: Tie, where: str) -> Iterator[CaseError]:
    yield from _known(tie.good, [g.name for g in spec.goods], "good", f"{where}.good")
    if tie.giver == tie.receiver:
        yield CaseError(where=where, found=f"a tie of {tie.giver} to itself", expected="two actors")
    if tie.basis == "covert" and tie.route is None:
        yield CaseError(where=where, found="'covert' without 'route'", expected="one of the routes")
    if tie.route is not None:
        yield from _known(tie.route, [r.name for r in spec.routes], "route", f"{where}.route")
    pairs = [{p.supplier, p.buyer} for p in spec.partnerships]
    if tie.basis in ("contract", "payment") and {tie.giver, tie.receiver} not in pairs:
        yield CaseError(
            where=where,
            found=f"a {tie.basis} between {tie.giver} and {tie.receiver}",
            expected="the two partners of one of " + ", ".join(p.label for p in spec.partnerships),
        )
    if tie.opens is not None and tie.source is None:
        yield CaseError(
            where=where, found="'opens' without 'source'", expected="the evidence row that shows it"
        )


def _check_groups(spec: CaseSpec) -> Iterator[CaseError]:
    """Check the names in coalitions, proliferators, postures, levers and metrics."""
    partnerships = [p.label for p in spec.partnerships]
    for coalition in spec.coalitions:
        where = f"case.toml: coalitions[{coalition.name!r}].against"
        yield from _known(coalition.against, partnerships, "partnership", where)
    ties = [t.label for t in spec.ties]
    for number, proliferator in enumerate(spec.proliferators, start=1):
        where = f"case.toml: proliferators[{number}]"
        yield from _known(proliferator.taught_by, ties, "tie", f"{where}.taught_by")
        for place, good in enumerate(proliferator.exports, start=1):
            goods = [g.name for g in spec.goods]
            yield from _known(good, goods, "good", f"{where}.exports[{place}]")
    for number, posture in enumerate(spec.postures, start=1):
        stances = [s.name for s in posture.stances]
        for place, recorded in enumerate(posture.recorded, start=1):
            where = f"case.toml: postures[{number}].recorded[{place}].stance"
            yield from _known(recorded.stance, stances, "stance", where)


def _check_lever(lever: Lever) -> Iterator[CaseError]:
    where = f"case.toml: levers[{lever.name!r}]"
    if lever.low > lever.high:
        found = f"low {lever.low:g}, high {lever.high:g}"
        yield CaseError(where=f"{where}.low", found=found, expected="low below high")
    for choice, value in lever.choices.items():
        if not lever.low <= value <= lever.high:
            yield CaseError(
                where=f"{where}.choices.{choice}",
                found=f"choice '{choice}' at {value:g}",
                expected=f"a value from {lever.low:g} to {lever.high:g}",
            )


def _check_metric(spec: CaseSpec, metric: Metric) -> Iterator[CaseError]:
    where = f"case.toml: metrics[{metric.name!r}]"
    yield from fault_of(units.check, metric.unit, f"{where}.unit")
    for key, month in (("since", metric.since), ("until", metric.until)):
        named = {"start": spec.start, "as_of": spec.as_of, "horizon": spec.horizon}
        if not spec.start <= named.get(month, month) <= spec.horizon:
            yield CaseError(
                where=f"{where}.{key}",
                found=f"month '{month}'",
                expected=f"one from {spec.start} to {spec.horizon}",
            )


def check_sources(
    spec: CaseSpec,
    parameters: Mapping[str, ParameterTable],
    evidence: Evidence,
    claims: Sequence[Claim],
    cutoff: date,
    refused: Collection[str] = (),
) -> Iterator[CaseError]:
    """The faults if a source is undefined, or a prior cites later evidence.

    `refused` are ids of evidence and keys of sources whose rows have faults of their own.
    """
    rows = {o.id: o for o in evidence.observations}
    publications = {s.key: s for s in evidence.sources}
    names = [*rows, *publications, *refused]
    for where, prior in _placed(parameters):
        for source in prior.sources:
            yield from _source(source, names, where, _ANYWHERE)
            if source in rows and rows[source].known_on > cutoff:
                yield CaseError(
                    where=where,
                    found=f"source '{source}', known on {rows[source].known_on}",
                    expected=f"what was known by {cutoff}",
                )
            if source in publications:
                yield from _check_published(publications[source], cutoff, where)
    for claim in claims:
        for key, sources in (("supports", claim.supports), ("opposes", claim.opposes)):
            for place, source in enumerate(sources, start=1):
                where = f"claims.toml: claims[{claim.slug!r}].{key}[{place}]"
                yield from _source(source, names, where, _ANYWHERE)
    # The model reads these only from the month in which they were known, so they need a dated row.
    for source, where in _dated(spec):
        yield from _source(
            source, [*rows, *refused], f"case.toml: {where}", "an id in evidence.csv"
        )


def _placed(parameters: Mapping[str, ParameterTable]) -> Iterator[tuple[str, Prior]]:
    """Every prior and wider form, each with its place in the file."""
    for table in parameters.values():
        for member, prior in table.priors.items():
            yield place_of(table.where, member), prior
            if prior.wider is not None:
                yield place_of(table.where, member, wider=True), prior.wider


def check_defined(prior: Prior, evidence: Evidence, where: str) -> Iterator[CaseError]:
    """The faults if a prior cites what the evidence does not have."""
    names = [*(o.id for o in evidence.observations), *(s.key for s in evidence.sources)]
    for source in prior.sources:
        yield from _source(source, names, where, _ANYWHERE)


def _check_published(source: Source, cutoff: date, where: str) -> Iterator[CaseError]:
    known_by = source.known_by
    if known_by is not None and known_by > cutoff:
        within = str(cutoff).startswith(source.published)
        yield CaseError(
            where=where,
            found=f"source '{source.key}', published {source.published}",
            expected=f"what was known by {cutoff}",
            hint="write the month or the day in sources.csv, if it is earlier" if within else None,
        )


def _dated(spec: CaseSpec) -> Iterable[tuple[str, str]]:
    for number, partnership in enumerate(spec.partnerships, start=1):
        yield partnership.source, f"partnerships[{number}].source"
    for number, tie in enumerate(spec.ties, start=1):
        if tie.source is not None:
            yield tie.source, f"ties[{number}].source"
    for recorded, where in _recorded(spec):
        yield recorded.source, f"{where}.source"


def _source(name: str, names: Sequence[str], where: str, expected: str) -> Iterator[CaseError]:
    if name not in names:
        yield CaseError(
            where=where, found=f"source '{name}'", expected=expected, hint=nearest(name, names)
        )


def check_biases(
    parameters: Mapping[str, ParameterTable], evidence: Evidence, given: Collection[str]
) -> Iterator[CaseError]:
    """The faults if a bias has no prior, or a prior of a bias is unused.

    `given` are the biases to which the file gives a prior, with faults or not.
    """
    table = parameters.get(BIAS)
    priors = list(table.priors) if table else []
    if table is not None and table.otherwise is not None:
        yield CaseError(
            where=f"{table.where}.otherwise",
            found=f"{table.otherwise:g}",
            expected="no such key: each bias has a prior in 'of'",
        )
    used = [REFERENCE]
    for series in evidence.series:
        for number, rule in enumerate(series.rules, start=1):
            where = f"series.toml: series[{series.name!r}].rule[{number}].bias"
            yield from _known(rule.bias, [REFERENCE, *given], "bias", where)
            used.append(rule.bias)
    for bias in priors:
        if bias not in used or bias == REFERENCE:
            yield CaseError(
                where=f"parameters.toml: {BIAS}.of.{bias}",
                found="a bias that no counting rule uses",
                expected="a bias in series.toml other than 'reference'",
                hint=nearest(bias, [name for name in used if name not in priors]),
            )


def check_claims(spec: CaseSpec, claims: Sequence[Claim]) -> Iterator[CaseError]:
    """The faults if a claim names an undefined metric, lever or choice."""
    yield from _unique([c.slug for c in claims], "claims.toml: claims")
    metrics = {m.name: m.reduce for m in spec.metrics}
    levers = {lever.name: lever for lever in spec.levers}
    for claim in claims:
        tests = {"test": claim.test}
        tests |= {f"accountings.{name}": test for name, test in claim.accountings.items()}
        for place, test in tests.items():
            if isinstance(test, Untestable):
                continue
            around = f"claims.toml: claims[{claim.slug!r}].{place}"
            for key in ("metric", "before", "after", "outcome", "given"):
                if hasattr(test, key):
                    where, name = f"{around}.{key}", getattr(test, key)
                    yield from _known(name, list(metrics), "metric", where)
                    yield from _check_not_event(metrics, name, where)
            for key in ("present", "absent"):
                for name, value in getattr(test, key, {}).items():
                    where = f"{around}.{key}.{name}"
                    yield from _known(name, levers, "lever", where)
                    if name in levers:
                        yield from _check_setting(levers[name], value, where)


def _check_not_event(metrics: Mapping[str, str], name: str, where: str) -> Iterator[CaseError]:
    """The fault if a metric is infinite in runs without its event: it has no difference."""
    if metrics.get(name) in EVENTS:
        yield CaseError(
            where=where,
            found=f"metric '{name}', a {metrics[name]}",
            expected="a metric that is finite in every run",
            hint="test whether the event happens: reduce = 'any'",
        )


def _check_setting(lever: Lever, value: float | str, where: str) -> Iterator[CaseError]:
    value = lever.choices.get(str(value), value)
    if isinstance(value, str) or not lever.low <= value <= lever.high:
        choices = "".join(f", or '{choice}'" for choice in lever.choices)
        yield CaseError(
            where=where,
            found=f"lever '{lever.name}' at {value!r}",
            expected=f"a number from {lever.low:g} to {lever.high:g}{choices}",
            hint=nearest(str(value), lever.choices),
        )
