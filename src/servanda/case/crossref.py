"""Names must resolve: actors, goods, routes, sources, levers and metrics that a case refers to."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from servanda.case.evidence import Evidence
from servanda.case.priors import ParameterTable
from servanda.case.schema import CaseSpec, Claim, Untestable
from servanda.errors import CaseError, nearest


def _known(name: str, names: Iterable[str], kind: str, where: str) -> None:
    choices = list(names)
    if name not in choices:
        raise CaseError(
            where=where,
            found=f"{kind} '{name}'",
            expected="one of " + ", ".join(choices),
            hint=nearest(name, choices),
        )


def _unique(names: Sequence[str], kind: str) -> None:
    for name in names:
        if names.count(name) > 1:
            raise CaseError(
                where=f"case.toml: {kind}", found=f"'{name}' twice", expected="each name once"
            )


def check_spec(spec: CaseSpec) -> None:
    """Raise `CaseError` if `case.toml` names an actor, good, route or stance that it does not define."""
    actors, goods = [a.code for a in spec.actors], [g.name for g in spec.goods]
    _unique(actors, "actors")
    _unique(goods, "goods")
    _unique([t.label for t in spec.ties], "ties")
    _unique([lever.name for lever in spec.levers], "levers")
    _unique([m.name for m in spec.metrics], "metrics")
    _check_ties(spec, actors, goods)
    for code, where in _actors_named(spec):
        _known(code, actors, "actor", f"case.toml: {where}")
    for good, where in ((spec.war.arms, "war.arms"), (spec.war.men, "war.men")):
        _known(good, goods, "good", f"case.toml: {where}")
    partnerships = [p.label for p in spec.partnerships]
    for coalition in spec.coalitions:
        _known(coalition.against, partnerships, "partnership", f"case.toml: {coalition.name}")
    for posture in spec.postures:
        stances = [s.name for s in posture.stances]
        for recorded in posture.recorded:
            _known(recorded.stance, stances, "stance", f"case.toml: posture of {posture.actor}")


def _check_ties(spec: CaseSpec, actors: list[str], goods: list[str]) -> None:
    routes = [r.name for r in spec.routes]
    for number, tie in enumerate(spec.ties, start=1):
        where = f"case.toml: ties[{number}]"
        _known(tie.giver, actors, "actor", f"{where}.giver")
        _known(tie.receiver, actors, "actor", f"{where}.receiver")
        _known(tie.good, goods, "good", f"{where}.good")
        if tie.giver == tie.receiver:
            raise CaseError(where=where, found=f"a tie of {tie.giver} to itself", expected="two actors")
        if tie.basis == "covert":
            _known(tie.route or "", routes, "route", f"{where}.route")
        pair = {tie.giver, tie.receiver}
        partners = [p for p in spec.partnerships if {p.supplier, p.buyer} == pair]
        if tie.basis in ("contract", "payment") and not partners:
            raise CaseError(
                where=where, found=f"a {tie.basis} outside any partnership", expected="two partners"
            )
    ties = [t.label for t in spec.ties]
    for proliferator in spec.proliferators:
        _known(proliferator.taught_by, ties, "tie", "case.toml: proliferators")


def _actors_named(spec: CaseSpec) -> Iterable[tuple[str, str]]:
    yield spec.war.attacker, "war.attacker"
    yield spec.war.defender, "war.defender"
    for partnership in spec.partnerships:
        yield partnership.supplier, "partnerships.supplier"
        yield partnership.buyer, "partnerships.buyer"
    for coalition in spec.coalitions:
        for member in (*coalition.members, coalition.neighbour):
            yield member, f"coalitions.{coalition.name}"
    for patronage in spec.patronages:
        yield patronage.patron, "patronages.patron"
        yield patronage.client, "patronages.client"
    for route in spec.routes:
        yield route.target, f"routes.{route.name}"
    for proliferator in spec.proliferators:
        yield proliferator.actor, "proliferators.actor"
        yield proliferator.rival, "proliferators.rival"
    for posture in spec.postures:
        yield posture.actor, "postures.actor"


def check_sources(
    spec: CaseSpec,
    parameters: Mapping[str, ParameterTable],
    evidence: Evidence,
    claims: Sequence[Claim],
    cut: date,
) -> None:
    """Raise `CaseError` where a source does not resolve, or a prior cites what was not yet known."""
    rows = {o.id: o for o in evidence.observations}
    names = [*rows, *(s.key for s in evidence.sources)]
    for table in parameters.values():
        for member, prior in table.priors.items():
            where = f"{table.where}.of.{member}" if member else f"{table.where}.value"
            for source in prior.sources:
                _known_source(source, names, where)
                if source in rows and rows[source].known_on > cut:
                    raise CaseError(
                        where=where,
                        found=f"source '{source}', known on {rows[source].known_on}",
                        expected=f"what was known by {cut}",
                    )
    for claim in claims:
        for source in (*claim.supports, *claim.opposes):
            _known_source(source, names, f"claims.toml: {claim.slug}")
    dated = [t.source for t in spec.ties if t.source]
    dated += [p.source for p in spec.partnerships]
    dated += [r.source for p in spec.postures for r in p.recorded]
    for source in dated:
        _known_source(source, names, "case.toml")


def _known_source(name: str, names: Sequence[str], where: str) -> None:
    if name not in names:
        raise CaseError(
            where=where,
            found=f"source '{name}'",
            expected="an id in evidence.csv or a key in sources.csv",
            hint=nearest(name, names),
        )


def check_claims(spec: CaseSpec, claims: Sequence[Claim]) -> None:
    """Raise `CaseError` if a claim names a metric, lever or choice that the case does not define."""
    _unique([c.slug for c in claims], "claims")
    metrics = [m.name for m in spec.metrics]
    levers = {lever.name: lever for lever in spec.levers}
    for claim in claims:
        where = f"claims.toml: {claim.slug}"
        for test in (claim.test, *claim.accountings.values()):
            if isinstance(test, Untestable):
                continue
            for key in ("metric", "before", "after", "outcome", "given"):
                if hasattr(test, key):
                    _known(getattr(test, key), metrics, "metric", where)
            for settings in (test.present, getattr(test, "absent", {})):
                for name in settings:
                    _known(name, levers, "lever", where)
