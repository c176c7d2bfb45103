"""Tables for a terminal: the plan of a month, the evidence, claims, and the hindcast."""

from collections.abc import Sequence

from servanda.analysis.check import Check
from servanda.analysis.hindcast import FEW, WANTED, Coverage, summary
from servanda.case import Case
from servanda.cli.terminal import err, out, say, table
from servanda.verdicts import Verdict


def plan(found: Check) -> None:
    """Mechanisms in order, with what each reads and writes."""
    spec = found.case.spec
    say(f"{spec.title}: {spec.start} to {spec.horizon}, evidence cut-off {spec.as_of}")
    rows = table("The month's plan", "mechanism", "variant", "reads", "writes")
    for step in found.plan:
        rows.add_row(step.mechanism, step.variant, ", ".join(step.reads), ", ".join(step.writes))
    out().print(rows)


def late_priors(case: Case) -> None:
    """Warn of priors that cite what became known after the cut-off, if there are any."""
    if late := case.late_priors:
        err().print(
            f"warning: {len(late)} priors cite evidence that became known only after "
            f"{case.spec.as_of}, so this is no forecast made then; among them "
            + ", ".join(late[:3]),
            soft_wrap=True,
        )


def evidence(found: Check) -> None:
    """How many figures bear on each uncertain parameter, and which figures are not compared."""
    rows = table("Evidence", "parameter", "uncertain numbers", "figures that bear on it")
    for one in found.evidence:
        rows.add_row(one.parameter, str(one.uncertain), str(one.figures))
    out().print(rows)
    out().print(
        f"{sum(found.compared.values())} figures in {len(found.compared)} series were known by the "
        f"evidence cut-off and are compared with runs. {found.later} rows of evidence became known "
        "later; no run reads them."
    )
    for (series, why), count in found.omitted.items():
        figures = "1 figure is" if count == 1 else f"{count} figures are"
        out().print(f"{series}: {figures} not compared, {why}.")


def claims(verdicts: Sequence[Verdict]) -> None:
    """The ledger of claims."""
    rows = table("Claims", "verdict", "claim", lines=True)
    for verdict in verdicts:
        rows.add_row(verdict.word, "\n".join(_claim(verdict)))
    out().print(rows)
    out().print("Probabilities are conditional on the model. ± is the Monte Carlo error.")


def _claim(v: Verdict) -> list[str]:
    """One claim in lines: the text, the number, the facts, what flips it."""
    lines = [v.claim.text]
    if v.probability is None:
        lines.append(getattr(v.claim.test, "reason", ""))
    else:
        lines.append(
            f"probability {v.probability:.2f} ± {v.error:.2f}; effect {v.effect:.3g} ± "
            f"{v.effect_error:.2g} {v.unit} (90 %: {v.effect_low:.3g} to {v.effect_high:.3g})"
        )
    for side, facts in (("for", v.supports), ("against", v.opposes), ("after the cut", v.later)):
        if facts or side != "after the cut":
            lines.append(f"{side}: {', '.join(o.id for o in facts) or 'no fact'}")
    for flip in v.flips:
        name = f"{flip.name} " if flip.kind == "parameter" else ""
        lines.append(f"flips {name}{flip.condition}: {flip.word} ({flip.probability:.2f})")
    return lines


def hindcast(coverages: Sequence[Coverage]) -> None:
    """Coverage of the record, series by series."""
    rows = table("Hindcast", "series", "points", "inside 90 %", "reason if below")
    for c in sorted(coverages, key=lambda c: (not c.counted, c.series.name)):
        few = "" if c.counted else f" (under {FEW} points, not counted)"
        rows.add_row(c.series.name, str(len(c.points)), f"{c.share:.0%}{few}", c.reason)
    out().print(rows)
    reached, counted = summary(list(coverages))
    share = f" ({reached / counted:.0%})" if counted else ""
    out().print(
        f"{reached} of {counted} series{share} with {FEW} or more points reach {WANTED:.0%}."
    )
