"""The page: every section's figures and tables, set in one self-contained file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import Any

from altair.utils.schemapi import debug_mode
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from servanda.engine import Model
from servanda.errors import RunFolderError
from servanda.experiments import Coverage
from servanda.experiments.hindcast import summary
from servanda.experiments.metrics import Arrays
from servanda.report import (
    argument,
    classes,
    fans,
    findings,
    frontier,
    influence,
    ledger,
    network,
    survival,
    theme,
    words,
)
from servanda.report.entries import Entry, entries
from servanda.report.entries import figures as entry_figures
from servanda.report.evidence import Observed, observed
from servanda.report.figure import Figure, drawn
from servanda.report.hinges import Hinge, hinges
from servanda.report.hinges import figures as hinge_figures
from servanda.report.ledger import Account
from servanda.report.numbers import Runs, pact
from servanda.verdicts import Verdict


@dataclass(frozen=True)
class PactSection:
    """Everything about one partnership."""

    answer: findings.Answer
    survival: list[Figure]
    ledger: list[Figure]
    entries: list[Entry]
    frontier: list[Figure]
    network: list[Figure]
    hinges: list[Figure]
    found: list[Hinge]


def brief(
    model: Model,
    arrays: Arrays,
    verdicts: Sequence[Verdict],
    coverages: Sequence[Coverage],
    about: Mapping[str, Any],
    out: Path,
    *,
    parameters: Mapping[str, Any] | None = None,
) -> Path:
    """Write the briefing of a run.

    Args:
        model: what was run.
        arrays: every kept quantity, (month, member, run).
        verdicts: of the case's claims; without them the page says how to make them.
        coverages: the hindcast's.
        about: the run's note: seed, runs, partial, hash, versions, levers and the like.
        out: the file to write.
        parameters: of each run by printed name, where they were not drawn from the priors.

    Returns:
        The file.

    Raises:
        RunFolderError: if it cannot be written.
    """
    runs = Runs(model, arrays, int(about.get("seed", 0)), parameters)
    with debug_mode(False):  # or Altair checks every part of every chart against its schema
        html = _html(runs, verdicts, coverages, about)
    try:
        out.write_text(html, encoding="utf-8")
    except OSError as error:
        raise RunFolderError(
            where=str(out),
            found=error.strerror or str(error),
            expected="a file that can be written",
        ) from None
    return out


def _html(
    runs: Runs, verdicts: Sequence[Verdict], coverages: Sequence[Coverage], about: Mapping[str, Any]
) -> str:
    case = runs.model.case
    series = observed(runs, coverages)
    pacts = [_pact(runs, Account(pact(runs, p))) for p in case.spec.partnerships]
    shared = {
        "fans": fans.figures(runs, series, theme.marks(case)),
        "influence": influence.figures(runs),
    }
    pacts, shared = _draw_all(pacts, shared)
    context = {
        "spec": case.spec,
        "words": words,
        "about": about,
        "count": runs.count,
        "made": _made(about),
        "pacts": pacts,
        **shared,
        "claims": argument.rows(runs, verdicts),
        "claim_counts": argument.counts(verdicts),
        "claims_title": findings.claims_title(argument.counts(verdicts)),
        "coverages": sorted(
            (c for c in coverages if c.counted), key=lambda c: (c.reached, c.series.label)
        ),
        "few": [c.series.label for c in coverages if not c.counted],
        "coverage_title": findings.coverage_title(*summary(list(coverages))),
        "evidence": argument.cited(case, _used(verdicts, coverages, series)),
        "variants": {process.slot: process.variant for process in runs.model.plan},
        "statuses": _statuses(runs),
        "from_priors": runs.given is None,
        "css": _css(),
    }
    return str(_template().render(context))


def _pact(runs: Runs, account: Account) -> PactSection:
    one = account.pact
    found = hinges(runs, one.alive)
    return PactSection(
        findings.answer(account, found),
        survival.figures(one) + classes.figures(one),
        ledger.figures(account) + entry_figures(account),
        entries(account),
        frontier.figures(account),
        network.figures(one),
        hinge_figures(one, found),
        found[:10],
    )


_FIGURE_FIELDS = ("survival", "ledger", "frontier", "network", "hinges")


def _draw_all(
    pacts: list[PactSection], shared: dict[str, list[Figure]]
) -> tuple[list[PactSection], dict[str, list[Figure]]]:
    """All figures of the page, drawn at once and put back where they belong."""
    groups = [getattr(p, name) for p in pacts for name in _FIGURE_FIELDS] + list(shared.values())
    pictures = iter(drawn([figure for group in groups for figure in group]))
    done = iter([[next(pictures) for _ in group] for group in groups])
    finished = []
    for p in pacts:
        changes: dict[str, Any] = {name: next(done) for name in _FIGURE_FIELDS}
        finished.append(replace(p, **changes))
    return finished, {name: next(done) for name in shared}


def _used(
    verdicts: Sequence[Verdict], coverages: Sequence[Coverage], series: Sequence[Observed]
) -> list[Any]:
    """Every fact that the page draws, counts or links to."""
    used = [o for v in verdicts for o in (*v.supports, *v.opposes, *v.later)]
    used += [p.observation for c in coverages for p in c.points]
    return used + [f.observation for one in series for f in one.figures]


def _made(about: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What made this run, for whoever wants to make it again."""
    levers = about.get("levers") or "none"
    if isinstance(levers, Mapping):
        levers = ", ".join(f"{k} = {v}" for k, v in levers.items()) or "none"
    versions = about.get("versions") or {}
    if isinstance(versions, Mapping):
        versions = ", ".join(f"{k} {v}" for k, v in versions.items())
    lines = [
        ("Seed", about.get("seed")),
        ("Runs", about.get("done", about.get("runs"))),
        ("Levers", levers),
        ("Hash of the results", about.get("hash")),
        ("Versions", versions),
    ]
    return [(name, str(value)) for name, value in lines if value not in (None, "")]


def _statuses(runs: Runs) -> dict[str, int]:
    """How many of the case's listed numbers are measured, estimated and assumed."""
    listed = [n.prior.status for n in runs.model.numbers.values() if n.listed]
    return {status: listed.count(status) for status in ("measured", "estimated", "assumed")}


def _css() -> Markup:
    text = (resources.files("servanda.report") / "briefing.css").read_text(encoding="utf-8")
    return Markup(text)  # noqa: S704 -- ours


def _template() -> Any:
    environment = Environment(
        loader=PackageLoader("servanda.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("briefing.html.j2")
