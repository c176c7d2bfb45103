"""The command `calibrate`: learning a posterior, and what the data moved."""

from collections.abc import Sequence

from servanda.analysis.moved import Moved, moved
from servanda.calibration.agreement import (
    APART,
    CLOSE,
    CLOSEST,
    EFFECTIVE,
    LEAST_EFFECTIVE,
    NEARLY,
    Agreement,
)
from servanda.calibration.calibrate import check_record, learned, path_of_posterior
from servanda.calibration.posterior import Posterior, Settings
from servanda.case import Case
from servanda.cli import show
from servanda.cli.learning import learning
from servanda.cli.terminal import out, plain, say, table
from servanda.cli.work import remember_compilations
from servanda.engine import Model
from servanda.observation import Likelihood
from servanda.report.words import number
from servanda.results import prepare

_SHOWN = 12


def calibrate(case: Case, settings: Settings) -> None:
    """Learn a posterior, and print what the data moved."""
    simulator = prepare(case)
    show.late_priors(case)
    remember_compilations()
    settings.check()
    check_record(simulator.model)
    with learning(simulator.model, settings) as report:
        found = learned(simulator, settings, report)
    _show(simulator.model, found)
    say(f"posterior  {path_of_posterior(simulator.model, settings)}")


def _show(model: Model, found: Posterior) -> None:
    figures = Likelihood(model)
    out().print(
        f"Learned from {len(figures.figures)} figures in {len(figures.records)} series, known by "
        f"{model.case.spec.as_of}: {found.settings}; log evidence {found.log_evidence:.1f}."
    )
    _show_quality(found)
    every = moved(model, found)
    own = [one for one in every if one.kind == "parameter"]
    those = [one for one in own if one.moved]
    _show_inputs("What the data moved", those[:_SHOWN])
    if len(those) > _SHOWN:
        out().print(f"{len(those) - _SHOWN} more parameters moved less.")
    out().print(f"{len(own) - len(those)} of {len(own)} parameters keep their prior.")
    _show_inputs("Biases of source classes", [one for one in every if one.kind == "bias"])
    off = [one for one in every if one.kind == "discrepancy" and one.shift > 0 and one.moved]
    off.sort(key=lambda one: -one.posterior[1])
    _show_inputs("Where the model is wrong: discrepancies on the log scale", off[:_SHOWN])


def _show_quality(found: Posterior) -> None:
    rungs = [rung for path in found.paths for rung in path]
    informed, rest = [rung.informed for rung in rungs], [rung.rest for rung in rungs]
    powers, distinct = (
        _span([str(number) for number in sorted(numbers)])
        for numbers in ([len(p) for p in found.paths], [p[-1].distinct for p in found.paths])
    )
    out().print(
        f"{powers} powers of the likelihood in each chain; of moves in informed directions "
        f"{min(informed):.0%} to {max(informed):.0%} were accepted, of others {min(rest):.0%} to "
        f"{max(rest):.0%}; of the particles of a chain, {distinct} are distinct."
    )
    if found.poor:
        out().print("This is a poor posterior: use more particles or moves.")
    _show_agreement(found)


def _show_agreement(found: Posterior) -> None:
    agreement = Agreement.of(found)
    if agreement is None:
        out().print("One chain does not say how exact it is: use --chains.")
        return
    (low, median), most = agreement.sizes, agreement.rhat.max()
    out().print(
        f"Agreement of the {found.settings.chains} chains: R̂ is at most {CLOSEST:g} for "
        f"{agreement.share_close:.0%} of the inputs ({NEARLY:.0%} wanted), and {most:.2f} at the "
        f"highest ({CLOSE:g} wanted). The effective size of a chain is {median:,.0f} in the median "
        f"({EFFECTIVE:g} wanted) and {low:,.0f} at the fifth percentile ({LEAST_EFFECTIVE:g} "
        "wanted). The log evidence has a standard deviation of "
        f"{agreement.log_evidence:.1f} between chains (under {APART:g} wanted)."
    )
    if not agreement.reached:
        out().print("The chains agree less than wanted: use more particles, moves or chains.")


def _span(numbers: Sequence[str]) -> str:
    return numbers[0] if numbers[0] == numbers[-1] else f"{numbers[0]} to {numbers[-1]}"


def _show_inputs(title: str, inputs: Sequence[Moved]) -> None:
    if not inputs:
        return
    rows = table(title, "name", "prior", "posterior", "contraction")
    for one in inputs:
        name = f"{one.name}, {one.unit}"
        if one.kind != "parameter":  # a ratio, whose label says enough
            name = one.name.partition("[")[2].removesuffix("]")
        rows.add_row(name, _interval(one.prior), _interval(one.posterior), f"{one.contraction:.2f}")
    out().print(rows)


def _interval(ends: tuple[float, float, float]) -> str:
    low, median, high = (plain(number(end)) for end in ends)
    return f"{median} ({low} to {high})"
