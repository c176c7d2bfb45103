"""Tables of docs/scoreboard.md, from the scores that `make scoreboard` wrote.

The case carries those of its posterior, and its briefings show them too.
"""

from pathlib import Path

from markup import code, table
from shipped import case

from servanda.case.content import SCORES
from servanda.scoring.scoreboard import MANY, Scoreboard, read
from servanda.scoring.totals import Total, skill

DOCS = Path(__file__).resolve().parent
KINDS = ("posterior", "prior")


def _board(kind: str) -> Scoreboard:
    path = case().folder / SCORES if kind == "posterior" else DOCS / "scoreboard_prior.json"
    return read(path.read_text(encoding="utf-8"))


def summary_part() -> str:
    """Both scoreboards in a line each, and what they were made from."""
    boards = {kind: _board(kind) for kind in KINDS}
    rows = []
    for kind, board in boards.items():
        ahead, many = board.aimed
        rows.append(
            (
                kind,
                str(len(board.compared)),
                f"{ahead} of {many}",
                str(board.skill()),
                *(f"{share:.0%}" for share in board.coverage),
            )
        )
    head = (
        "runs drawn from the",
        "figures with a baseline",
        f"ahead, of series with {MANY} or more",
        "skill",
        "in 50 % interval",
        "in 90 % interval",
    )
    return f"{table(head, rows)}\n{_made_from(boards['posterior'])}"


def _made_from(board: Scoreboard) -> str:
    made, now = board.made_from, case().digest
    late = ", ".join(f"{count} at {origin}" for origin, count in board.late_priors.items())
    text = (
        f"Origins {', '.join(made['origins'])}; {made['runs']:,} runs each; posteriors of "
        f"{made['learned']}; Servanda {made['versions']['servanda']}; case "
        f"`{made['case']}`, digest `{made['case_digest']}`. Priors that cite what became known "
        f"after the origin: {late}.\n"
    )
    if made["case_digest"] != now:
        text += f"\n**The case has changed since**: its digest is now `{now}`.\n"
    return text


def series_part() -> str:
    """Every series of the posterior's scoreboard that has a baseline, losses and all."""
    board, other = _board("posterior"), _board("prior")
    prior = {one.name: one for one in other.by_series(other.compared)}
    rows = [_row(one, prior[one.name]) for one in board.by_series(board.compared)]
    head = (
        "series",
        "figures",
        "baseline",
        "its CRPS",
        "CRPS of the model",
        "the model is",
        "in 90 % interval",
        "CRPS from the priors",
        "log score less the baseline's",
    )
    return table(head, rows)


def _row(one: Total, prior: Total) -> tuple[str, ...]:
    return (
        code(one.name),
        str(one.points),
        ", ".join(one.baselines),
        f"{one.against:.3f}",
        f"{one.crps:.3f}",
        "ahead" if one.ahead else "**behind**",
        f"{one.inside_90:.0%}",
        f"{prior.crps:.3f}" + ("" if prior.ahead else " (behind)"),
        "" if one.log_gain is None else f"{one.log_gain:+.2f}",
    )


def horizons_part() -> str:
    """What the figures add up to by horizon."""
    board = _board("posterior")
    rows = []
    for one in board.by_horizon():
        own = [row for row in board.compared if str(row.horizon) == one.name]
        rows.append(
            (
                one.name,
                str(one.points),
                f"{one.against:.3f}",
                f"{one.crps:.3f}",
                str(skill(own, board.made_from["seed"])),
                f"{one.inside_90:.0%}",
            )
        )
    head = ("up to months", "figures", "baseline's CRPS", "model's CRPS", "skill", "in 90 %")
    return table(head, rows)


def events_part() -> str:
    """Brier scores of series that count events."""
    board = _board("posterior")
    rows = [
        (code(one.name), str(one.points), f"{one.brier:.3f}", f"{one.brier_against:.3f}")
        for one in board.by_series(board.compared)
        if one.brier is not None
    ]
    return table(("series", "figures", "Brier score of the model", "of the baseline"), rows)


def apart_part() -> str:
    """Series without a baseline."""
    board = _board("posterior")
    rows = [
        (code(one.name), str(one.points), f"{one.crps:.3f}", f"{one.inside_90:.0%}")
        for one in board.by_series(board.apart)
    ]
    return table(("series", "figures", "CRPS of the model", "in 90 % interval"), rows)


def unscored_part() -> str:
    """How many figures are not scored, and why."""
    board = _board("posterior")
    counts: dict[str, dict[str, int]] = {}
    for one in board.left_out:
        own = counts.setdefault(one.why, {})
        own[one.origin] = own.get(one.origin, 0) + 1
    origins = list(board.made_from["origins"])
    rows = [(why, *(str(own.get(origin, 0)) for origin in origins)) for why, own in counts.items()]
    return table(("why", *origins), rows)
