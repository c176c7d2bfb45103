"""The page: charts and tables of all sections, in one self-contained file."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import Any

from altair.utils.schemapi import debug_mode
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from servanda.analysis.accounts import Account, accounts
from servanda.analysis.fate import Fate, fates
from servanda.analysis.frontier import frontiers
from servanda.analysis.hindcast import Coverage, summary
from servanda.analysis.hinges import hinges
from servanda.analysis.learned import Learned
from servanda.analysis.observed import Observed, observed
from servanda.analysis.publications import publications
from servanda.case import Observation
from servanda.errors import RunFolderError
from servanda.files import drafts
from servanda.report import (
    argument,
    classes,
    contraction,
    fans,
    findings,
    frontier,
    influence,
    learned,
    ledger,
    network,
    origin,
    scored,
    survival,
    theme,
    words,
)
from servanda.report.entries import Row as EntryRow
from servanda.report.entries import figures as entry_figures
from servanda.report.entries import rows as entry_rows
from servanda.report.figure import Figure, drawn
from servanda.report.hinges import figures as hinge_figures
from servanda.results import Results
from servanda.scoring.scoreboard import Scoreboard
from servanda.verdicts import Verdict


@dataclass(frozen=True)
class PactSection:
    """The content of the page on one partnership."""

    answer: findings.Answer
    survival: list[Figure]
    ledger: list[Figure]
    entries: list[EntryRow]
    frontier: list[Figure]
    unmoved: str
    network: list[Figure]
    hinges: list[Figure]
    assumed: list[str]


def brief(
    results: Results,
    verdicts: Sequence[Verdict],
    coverages: Sequence[Coverage],
    out: Path,
    *,
    scores: Scoreboard | None = None,
) -> Path:
    """Write the briefing of a run.

    Args:
        results: results of the run.
        verdicts: verdicts of the case's claims; if there are none, the page says how to get them.
        coverages: predictive coverage of each series.
        out: file to write.
        scores: scores of forecasts from past months, which the case carries.

    Returns:
        The path of the file.

    Raises:
        RunFolderError: if the file cannot be written.
    """
    with debug_mode(
        False
    ):  # without this, Altair checks every part of every chart against its schema
        html = _html(results, verdicts, coverages, scores)
    with drafts.explained(f"briefing '{out}'", RunFolderError):
        drafts.write(out, html)
    return out


def _html(
    results: Results,
    verdicts: Sequence[Verdict],
    coverages: Sequence[Coverage],
    scores: Scoreboard | None,
) -> str:
    case = results.model.case
    series = observed(results, coverages)
    pairs = zip(fates(results), accounts(results), strict=True)
    pacts = [_pact(fate, account) for fate, account in pairs]
    learnt = results.ensemble.origin == "posterior"
    taught = Learned.of(results, coverages) if learnt else None
    shared = {
        "fans": fans.figures(results, series, theme.marks(case)),
        "influence": influence.figures(results),
        "taught": contraction.figures(results.model, taught) if taught else [],
    }
    pacts, shared = _draw_all(pacts, shared)
    context = {
        "spec": case.spec,
        "words": words,
        "count": results.count,
        "seed": results.ensemble.seed,
        "origin": origin.sentence(results.ensemble),
        "predictive": origin.predictive(results.ensemble),
        "in_view": origin.in_view(results.ensemble),
        "rests_on": origin.rests_on(results.ensemble),
        "claim_runs": max((v.runs for v in verdicts), default=0),
        "levers": results.policy.levers,
        "partial": results.note.get("partial", False),
        "wanted": results.note.get("runs", results.count),
        "made": _made(results),
        "pacts": pacts,
        "learned": taught and learned.sentence(taught),
        "biases": learned.bias_rows(taught) if taught else [],
        "not_learned": "" if taught else learned.not_learned(results.model),
        **shared,
        "claims": argument.rows(results.model, verdicts),
        "claim_counts": argument.counts(verdicts),
        "claims_title": findings.claims_title(argument.counts(verdicts)),
        "coverages": sorted(
            (c for c in coverages if c.counted), key=lambda c: (c.reached, c.series.label)
        ),
        "scores": None if scores is None else scored.table(results.model, scores),
        "few": [c.series.label for c in coverages if not c.counted],
        "coverage_title": findings.coverage_title(results.ensemble, *summary(coverages)),
        "evidence": argument.cited(case, _used(verdicts, coverages, series)),
        "publications": publications(results.model),
        "variants": {process.slot: process.variant for process in results.model.plan},
        "statuses": findings.statuses(results),
        "css": _css(),
    }
    return str(_template().render(context))


def _pact(fate: Fate, account: Account) -> PactSection:
    model, label = fate.results.model, fate.partnership.label
    found = hinges(fate.results, fate.alive.astype(float), "alive")
    grids = frontiers(fate, account)
    assumed = [h.label for h in found[:10] if h.status == "assumed"]
    return PactSection(
        findings.answer(fate, account, found),
        survival.figures(fate) + classes.figures(fate),
        ledger.figures(account) + entry_figures(account),
        entry_rows(account),
        frontier.figures([grid for grid in grids if grid.moves], label),
        findings.unmoved(grids),
        network.figures(fate),
        hinge_figures(fate, found),
        [words.parameter(model, name) for name in assumed],
    )


_FIGURE_FIELDS = ("survival", "ledger", "frontier", "network", "hinges")


def _draw_all(
    pacts: list[PactSection], shared: dict[str, list[Figure]]
) -> tuple[list[PactSection], dict[str, list[Figure]]]:
    """Draw all charts of the page at once, and put each back into its section."""
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
) -> list[Observation]:
    """The facts that the page draws, counts or links to."""
    used = [o for v in verdicts for o in (*v.supports, *v.opposes, *v.later)]
    used += [p.figure.observation for c in coverages for p in c.points]
    return used + [f.observation for one in series for f in one.figures]


def _made(results: Results) -> list[tuple[str, str]]:
    """What is needed to repeat the run: seed, levers, digest and versions."""
    ensemble, note = results.ensemble, results.note
    levers = ", ".join(f"{k} = {v}" for k, v in results.policy.levers.items())
    versions = ", ".join(f"{k} {v}" for k, v in note.get("versions", {}).items())
    lines = [
        ("Seed", str(ensemble.seed)),
        ("Runs", str(results.count)),
        ("Origin of the parameters", ensemble.learned or ensemble.origin),
        ("Levers", levers or "none"),
        ("Digest of the case", ensemble.case),
        ("Hash of the results", note.get("hash", "")),
        ("Versions", versions or f"servanda {ensemble.version}"),
    ]
    return [(name, value) for name, value in lines if value]


def _css() -> Markup:
    text = (resources.files("servanda.report") / "briefing.css").read_text(encoding="utf-8")
    return Markup(text)  # noqa: S704 -- our own file


def _template() -> Any:
    environment = Environment(
        loader=PackageLoader("servanda.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("briefing.html.j2")
