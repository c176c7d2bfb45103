"""The command `calibrate`: learning a posterior, and what the data moved."""

from collections.abc import Sequence

from servanda.analysis.hindcast import coverages
from servanda.analysis.learned import Learned
from servanda.analysis.misfit import Misfit
from servanda.analysis.moved import Moved
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
from servanda.cli.terminal import out, plain, say, table, write
from servanda.cli.work import bar, remember_compilations
from servanda.engine import Model
from servanda.observation import Likelihood
from servanda.report import learned as words
from servanda.results import prepare, run_policies

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
    _show_learned(_learned(case, found))
    say(f"posterior  {path_of_posterior(simulator.model, settings)}")


def _show(model: Model, found: Posterior) -> None:
    figures = Likelihood(model)
    out().print(
        f"Learned from {len(figures.figures)} figures in {len(figures.records)} series, known by "
        f"{model.case.spec.as_of}: {found.settings}; log evidence {found.log_evidence:.1f}."
    )
    _show_quality(found)


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


def _learned(case: Case, found: Posterior) -> Learned:
    """What a run of each particle says of the record."""
    simulator = prepare(case)
    ensemble = found.ensemble(simulator.model, len(found))
    with bar("running", "runs") as report:
        (results,) = run_policies(simulator, ensemble, progress=report)
    return Learned.of(results, coverages(results))


def _show_learned(found: Learned) -> None:
    those = found.parameters
    _show_inputs("What the data moved", those[:_SHOWN])
    if len(those) > _SHOWN:
        out().print(f"{len(those) - _SHOWN} more parameters moved less.")
    _show_inputs("Biases of source classes", found.of_kind("bias"))
    _show_misfits(found.wrong)
    write(words.sentence(found))


def _show_inputs(title: str, inputs: Sequence[Moved]) -> None:
    if not inputs:
        return
    rows = table(title, "name", "prior", "posterior", "contraction")
    for one in inputs:
        # A bias is a ratio, whose source class says enough.
        name = f"{one.name}, {one.unit}" if one.kind == "parameter" else words.member(one)
        prior = words.interval(one.prior) + ", wider form" * one.wider
        posterior = words.interval(one.posterior) + ", not moved" * (not one.moved)
        rows.add_row(name, plain(prior), plain(posterior), words.contraction(one))
    out().print(rows)


def _show_misfits(wrong: Sequence[Misfit]) -> None:
    if not wrong:
        return
    heads = "series", "prior of δ", "posterior", "figures", "coverage"
    rows = table("Where the model is wrong: discrepancy δ on the log scale", *heads)
    for one in wrong[:_SHOWN]:
        own = (words.interval(one.discrepancy.prior), words.interval(one.discrepancy.posterior))
        name = one.coverage.series.name
        rows.add_row(name, *map(plain, (*own, words.sides(one), words.inside(one))))
    out().print(rows)
