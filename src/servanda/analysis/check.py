"""The content of a checked case: mechanisms in monthly order, and evidence on parameters."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from servanda.analysis.sanctions import faults_of_files
from servanda.analysis.twice import told_twice
from servanda.case import Case, as_case
from servanda.case.notes import Note, notes, of_readings, with_lines
from servanda.case.spellings import Spellings
from servanda.engine import Model
from servanda.files.faults import Faults, by_place
from servanda.observation import bearing, cited_by_priors, dependent_figures, known_records
from servanda.results import prepare


@dataclass(frozen=True)
class Step:
    """One mechanism, in monthly order.

    Attributes:
        mechanism: its slot.
        variant: the theory that the case names for it.
        reads, writes: names of quantities.
    """

    mechanism: str
    variant: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]


@dataclass(frozen=True)
class Bearing:
    """The evidence that bears on a parameter table.

    Attributes:
        parameter: name of the parameter table.
        uncertain: number of its parameters that are uncertain.
        figures: number of figures that bear on its mechanism.
    """

    parameter: str
    uncertain: int
    figures: int


@dataclass(frozen=True)
class Check:
    """A case that was checked.

    Attributes:
        case: the case.
        plan: its mechanisms in monthly order.
        evidence: the evidence on each parameter table with uncertain parameters.
        compared: number of figures known at the evidence cut-off and compared with runs, by series.
        omitted: number of figures that are not compared, by series and reason.
        later: number of evidence rows that became known after the cut-off.
        late_priors: priors that cite evidence from after the cut-off.
        suspects: figures that may tell one amount twice.
        cited: by uncertain input, the figures that its prior cites and that are compared with runs.
        dependent: figures that a calibration does not learn from, each with a prior that cites it.
        notes: what may be a slip, by file and line.
    """

    case: Case
    plan: tuple[Step, ...]
    evidence: tuple[Bearing, ...]
    compared: dict[str, int]
    omitted: dict[tuple[str, str], int]
    later: int
    late_priors: tuple[str, ...]
    suspects: tuple[Note, ...]
    cited: dict[str, tuple[str, ...]]
    dependent: dict[str, str]
    notes: tuple[Note, ...]

    def __repr__(self) -> str:
        figures = sum(self.compared.values())
        return (
            f"<Check of {self.case.spec.name}: {len(self.plan)} mechanisms, "
            f"{len(self.evidence)} parameter tables, {figures} figures in "
            f"{len(self.compared)} series>"
        )


def check(case: Case | str | Path) -> Check:
    """Check a case, and the files for `servanda.sanction` beside it.

    Args:
        case: from `servanda.load`, the name of a shipped case, or a folder.

    Raises:
        CaseError: if it does not fit together.
    """
    case = as_case(case)
    faults = Faults()
    spellings = Spellings.of(case.spec)
    faults.add(faults_of_files(case.folder, spellings))
    faults.raise_any()
    model = prepare(case).model
    records, bears = known_records(model), bearing(model)
    uncertain = Counter(
        (number.slot, number.field)
        for number in model.parameters.values()
        if number.listed and number.prior.family != "fixed"
    )
    found = [*notes(case), *of_readings(spellings.readings), *_never_flow(model)]
    return Check(
        case=case,
        plan=tuple(
            Step(
                t.slot,
                t.variant,
                tuple(sorted(model.reads[t.slot])),
                tuple(sorted(model.writes[t.slot])),
            )
            for t in model.plan
        ),
        evidence=tuple(
            Bearing(f"{slot}.{field}", count, bears[slot])
            for (slot, field), count in uncertain.items()
        ),
        compared={r.series.name: len(r.figures) for r in records if r.figures},
        omitted=dict(Counter((r.series.name, why) for r in records for _, why in r.omitted)),
        later=len(case.evidence.observations) - len(case.known.observations),
        late_priors=case.late_priors,
        suspects=tuple(by_place(told_twice(model))),
        cited=cited_by_priors(model),
        dependent=dependent_figures(model),
        notes=tuple(by_place(with_lines(found, case.folder))),
    )


def _never_flow(model: Model) -> Iterator[Note]:
    """Notes on contract ties that a parameter fixed at zero keeps from flowing."""
    spec = model.case.spec
    warring = {spec.war.attacker, spec.war.defender}

    def is_zero(name: str) -> bool:
        number = model.parameters.get(name)
        return number is not None and number.prior.arguments[::3] == (0.0, 0.0)

    for place, tie in enumerate(spec.ties, start=1):
        if tie.basis != "contract":
            continue
        demand = f"arsenal.demand[{tie.receiver}.{tie.good}]"
        men = tie.receiver in warring and tie.good == spec.war.men
        wanted = men or (demand in model.parameters and not is_zero(demand))
        closing = ("allowed", "limit", "lane_ceiling", "value", *(() if wanted else ("need",)))
        for name in closing:
            if is_zero(f"exchange.{name}[{tie.label}]"):
                text = f"{tie.label} never flows, because exchange.{name} is 0 for it"
                yield Note(f"case.toml: ties[{place}]", text)
                break
