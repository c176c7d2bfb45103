"""The scoreboard in words: each series with its losses, and what they add up to."""

from dataclasses import dataclass

from servanda.engine import Model
from servanda.report import words
from servanda.scoring.score import TRUE_FORECASTS
from servanda.scoring.scoreboard import AIM_AHEAD, AIM_COVERAGE, MANY, Scoreboard


@dataclass(frozen=True)
class SeriesRow:
    """One series of the scoreboard: its label, cells as texts, and whether the model is ahead."""

    label: str
    points: str
    model: str
    baseline: str
    ahead: bool
    inside: str


@dataclass(frozen=True)
class Scored:
    """The scoreboard as the page shows it: sentences, rows, and series without a baseline."""

    title: str
    sentences: tuple[str, ...]
    rows: tuple[SeriesRow, ...]
    apart: tuple[str, ...]


def table(model: Model, scores: Scoreboard) -> Scored:
    """The scoreboard of a case in words, series on which the model is behind first."""
    labels = {series.name: series.label for series in model.case.evidence.series}
    totals = sorted(scores.by_series(scores.compared), key=lambda one: one.ahead)
    rows = [
        SeriesRow(
            label=labels.get(one.name, one.name),
            points=str(one.points),
            model=f"{one.crps:.2f}",
            baseline=f"{one.against:.2f} ({', '.join(one.baselines)})",
            ahead=one.ahead,
            inside=words.percent(one.inside_90),
        )
        for one in totals
    ]
    apart = [labels.get(one.name, one.name) for one in scores.by_series(scores.apart)]
    ahead, many = scores.aimed
    title = (
        f"On {ahead} of {many} series with {MANY} or more figures the model forecast better than a "
        "simple baseline"
    )
    return Scored(title, tuple(_sentences(model, scores)), tuple(rows), tuple(apart))


def _sentences(model: Model, scores: Scoreboard) -> list[str]:
    made = scores.made_from
    kinds = {"posterior": "learned from the record to it", "prior": "drawn from the priors"}
    origins = [f"{words.month(o)} ({kinds[kind]})" for o, kind in made["origins"].items()]
    share = words.percent(scores.coverage[1])
    low, high = map(words.percent, AIM_COVERAGE)
    about = (
        f"Forecasts from {words.listed(origins)} are compared with figures that became known in "
        f"the twelve months after. The aim is to be ahead on {words.percent(AIM_AHEAD)} of the "
        f"series, with {low} to {high} of figures inside the 90 % interval: {share} are."
    )
    skill = (
        f"Skill against the baselines is {scores.skill() or 'not defined'}; below zero they are "
        "better. CRPS is in log points: 0.1 is about 10 %, and less is better."
    )
    other = (
        "The scores were made for other content of the case, or for another evidence cut-off, than "
        "these runs."
    )
    said = [about, skill, TRUE_FORECASTS]
    return said if made["case_digest"] == model.case.digest else [*said, other]
