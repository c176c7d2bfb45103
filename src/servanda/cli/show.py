"""Tables for a terminal: the mechanisms of a month, the evidence, the claims and the hindcast."""

from collections.abc import Sequence

from servanda.analysis.check import Check
from servanda.analysis.hindcast import FEW, WANTED, Coverage, summary
from servanda.case import Case
from servanda.case.add_evidence import Addition
from servanda.case.notes import Note
from servanda.cli.terminal import err, out, plain, say, table
from servanda.engine import Model
from servanda.errors import CaseError
from servanda.report import argument, origin
from servanda.results import Results
from servanda.verdicts import Verdict


def errors(faults: Sequence[CaseError], found: Sequence[Note]) -> None:
    """Print every error and note of a case that is not valid, and how many there are."""
    for fault in faults:
        err().print(f"error: {fault}", style="red", soft_wrap=True)
    for note in found:
        err().print(f"note: {note}", soft_wrap=True)
    err().print(f"{_count(len(faults), 'error')}, {_count(len(found), 'note')}", soft_wrap=True)


def notes(found: Sequence[Note]) -> None:
    """Print the notes on a valid case, and that it is valid."""
    for note in found:
        say(f"note: {note}")
    say("valid" + (f", {_count(len(found), 'note')}" if found else ""))


def addition(found: Addition) -> None:
    """Print which figures were added, which the case had, and notes."""
    for figure, twin in found.double:
        say(f"double: '{figure.id}' is '{twin}' already, and was not added")
    for note in found.notes:
        say(f"note: {note}")
    ids = ", ".join(figure.id for figure in found.new)
    say(f"new: {_count(len(found.new), 'figure')}{': ' if ids else ''}{ids}")
    if found.new:
        say(f"added to {found.path}")


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")


def plan(found: Check) -> None:
    """Print the mechanisms in monthly order, with the quantities that each reads and writes."""
    spec = found.case.spec
    say(f"{spec.title}: {spec.start} to {spec.horizon}, evidence cut-off {spec.as_of}")
    rows = table("Mechanisms in monthly order", "slot", "theory", "reads", "writes")
    for step in found.plan:
        rows.add_row(step.mechanism, step.variant, ", ".join(step.reads), ", ".join(step.writes))
    out().print(rows)


def late_priors(case: Case) -> None:
    """Warn of priors that cite what became known after the cut-off, or may have become so."""
    if late := case.late_priors:
        err().print(
            f"warning: {len(late)} priors cite evidence that became known only after the cut-off "
            f"{case.spec.as_of}. These runs are therefore no forecast made at that date. Examples: "
            + ", ".join(late[:3]),
            soft_wrap=True,
        )
    if undated := case.undated_priors:
        err().print(
            f"warning: {len(undated)} priors cite sources without a date ('published' in "
            "sources.csv), so nothing shows that they were known by the cut-off "
            f"{case.spec.as_of}. Examples: " + ", ".join(undated[:3]),
            soft_wrap=True,
        )


def evidence(found: Check) -> None:
    """Print the figures that bear on each parameter table, and the figures left out."""
    rows = table(
        "Evidence", "parameter table", "uncertain parameters", "figures that bear on its mechanism"
    )
    for one in found.evidence:
        rows.add_row(one.parameter, str(one.uncertain), str(one.figures))
    out().print(rows)
    out().print(
        f"Compared with runs: {sum(found.compared.values())} figures in {len(found.compared)} "
        f"series known by the evidence cut-off. Not read by any run: {found.later} "
        "rows of evidence that became known later."
    )
    for (series, why), count in found.omitted.items():
        figures = "1 figure is" if count == 1 else f"{count} figures are"
        out().print(f"{series}: {figures} not compared ({why}).")
    for suspect in found.suspects:
        out().print(f"{suspect}.")
    if found.cited:
        out().print(
            f"{len(found.cited)} uncertain inputs have priors that cite figures which are compared "
            "with runs too. A calibration starts from the wider forms of these priors:"
        )
        for name, ids in found.cited.items():
            out().print(f"  {name}: {', '.join(ids)}")
    if found.dependent:
        out().print(
            f"{len(found.dependent)} of these figures are left out of a calibration, because a "
            "prior that cites them has no wider form:"
        )
        for figure, name in found.dependent.items():
            out().print(f"  {figure}: {name}")


def claims(model: Model, verdicts: Sequence[Verdict]) -> None:
    """Print every claim with its verdict."""
    rows = table("Claims", "verdict", "claim", lines=True)
    for row in argument.rows(model, verdicts):
        rows.add_row(row.word, plain("\n".join(_claim(row))))
    out().print(rows)
    out().print("Shares of runs are conditional on the model. ± is the Monte Carlo standard error.")


def _claim(row: argument.Row) -> list[str]:
    """One claim in lines: text, share of runs and effect, facts, and what flips the verdict."""
    lines = [row.text]
    if row.probability is None:
        lines.append(row.test)
    else:
        span = f" ({row.effect_range})" if row.effect_range else ""
        holds = f"holds in {row.holds} of runs" if row.of_runs else f"probability {row.holds}"
        lines.append(f"{holds}; effect {row.effect}{span}")
    later = "known after the cut-off"
    for side, facts in (("for", row.supports), ("against", row.opposes), (later, row.later)):
        if facts or side != later:
            lines.append(f"{side}: {'; '.join(map(_fact, facts)) or 'none'}")
    return [*lines, *row.flips]


def _fact(fact: argument.Fact) -> str:
    return f"“{fact.title}” ({fact.id})" if fact.title else fact.id


def hindcast(results: Results, coverages: Sequence[Coverage]) -> None:
    """Print the predictive coverage of each series."""
    rows = table(
        origin.predictive(results.ensemble).capitalize() + " coverage",
        "series",
        "figures",
        "inside 90 %",
        f"if under {WANTED:.0%}, where",
    )
    for c in sorted(coverages, key=lambda c: (not c.counted, c.series.name)):
        few = "" if c.counted else f" (under {FEW} figures, not counted)"
        rows.add_row(c.series.name, str(len(c.points)), f"{c.share:.0%}{few}", c.reason)
    out().print(rows)
    reached, counted = summary(list(coverages))
    share = f" ({reached / counted:.0%})" if counted else ""
    out().print(
        f"{reached} of {counted} series{share} with {FEW} or more figures reach a coverage of "
        f"{WANTED:.0%}."
    )
    out().print(origin.sentence(results.ensemble), soft_wrap=True)
