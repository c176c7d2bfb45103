"""Every command: what it prints, what it refuses, and in which words."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from servanda.results import note as notes
from tests.case.test_faults import SLIPS
from tests.cases import shipped_verdicts, template, template_folder
from tests.cli.conftest import tiny, written

# ── help ────────────────────────────────────────────────────────────────────────────────────────


def test_help_says_what_it_is_for_and_where_to_start(servanda):
    said = servanda("--help")
    assert said.code == 0
    for text in (
        "Servanda runs a model of a strategic partnership",
        "Start with: servanda run russia-dprk.",
        "Check a case: print all errors, and what may be slips.",
        "Run a case, and write results and a briefing to a folder.",
        "Judge every claim of a case, and print what flips it.",
        "Solve sanctions regimes: real income, trade and leverage.",
        "Write the briefing of a run folder again.",
        "Check that a run folder is as the run wrote it.",
        "Write a small commented case that runs, for you to edit.",
    ):
        assert text in said.out


@pytest.mark.parametrize(
    "command", ["check", "run", "claims", "sanction", "brief", "verify", "new", "evidence"]
)
def test_every_option_of_every_command_is_explained(servanda, command):
    said = servanda(command, "--help")
    assert said.code == 0
    options = re.findall(r"^  --[\w-]+.*?(?=^  -|\Z)", said.out, re.MULTILINE | re.DOTALL)
    assert options
    for option in options:
        assert re.search(r"  [A-Z][\w ]{7,}", option.replace("\n", " ")), option


def test_no_command_is_a_question(servanda):
    said = servanda()
    assert "Usage: servanda" in said.out + said.err
    assert said.code == 2


def test_help_does_not_wait_for_jax():
    loaded = "import sys; from servanda.cli.commands import app; print('jax' in sys.modules)"
    said = subprocess.run(
        [sys.executable, "-c", loaded], capture_output=True, text=True, check=True
    )
    assert said.stdout == "False\n"


# ── check, claims, new ──────────────────────────────────────────────────────────────────────────


LEFT = (
    "note: case.toml line 13: not_modelled[1]: the template's text was left as it was\n"
    "note: evidence.csv line 2: 'E1' is the template's figure\n"
    "note: evidence.csv line 3: 'E2' is the template's figure\n"
    "note: parameters.toml: 53 of 60 priors have the template's numbers\n"
    "note: sources.csv: 'a-report' is the template's source\n"
    "note: sources.csv: 'a-ministry' is the template's source\n"
    "valid, 6 notes\n"
)


def test_check_is_short_if_a_case_is_valid(servanda):
    said = servanda("check", "russia-dprk")
    assert (said.out, said.err, said.code) == ("valid\n", "", 0)
    said = servanda("check", tiny())
    assert (said.out, said.err, said.code) == (LEFT, "", 0)


def test_check_names_all_errors_and_notes_and_counts_them(servanda):
    assert servanda("new", "mine").code == 0
    with Path("mine/evidence.csv").open("a", encoding="utf-8") as file:
        file.write("\n".join(SLIPS.read_text(encoding="utf-8").splitlines()[1:]) + "\n")
    said = servanda("check", "mine")
    assert (said.out, said.code) == ("", 2)
    lines = said.err.splitlines()
    assert [line.partition(": found")[0] for line in lines if line.startswith("error")] == [
        f"error: evidence.csv line {line}" for line in (5, 6, 7, 8, 9, 11, 12)
    ]
    assert lines[-1] == "7 errors, 1 note"


def test_check_names_all_errors_of_the_whole_model_too(servanda):
    assert servanda("new", "mine").code == 0
    path = Path("mine/parameters.toml")
    text = path.read_text().replace("[war.volatility]", "[war.volatilty]", 1)
    path.write_text(text.replace('"AAA>BBB:shells"', '"AAA>BBC:shells"', 1))
    said = servanda("check", "mine")
    assert said.err.startswith(
        "error: parameters.toml line 19: war.volatility: found no such parameter, "
        "expected a table: "
    )
    assert (
        "error: parameters.toml line 106: exchange.cost.of.AAA>BBC:shells: found member "
        "'AAA>BBC:shells', expected one of AAA>BBB:shells, BBB>AAA:oil\n"
        "  hint: did you mean 'AAA>BBB:shells'?\n"
    ) in said.err
    assert said.err.endswith("  hint: did you mean 'AAA>BBB:shells'?\n3 errors, 0 notes\n")
    assert (said.out, said.code) == ("", 2)


def test_evidence_add_says_what_is_new_double_and_contradictory(servanda):
    assert servanda("new", "mine").code == 0
    head = Path("mine/evidence.csv").read_text(encoding="utf-8").splitlines()[0]
    row = "{},shells-delivered,,{},2021-12-30,{},,,round,B,a-report,x"
    rows = [row.format("M1", "2020-12-31", "1"), row.format("M2", "2021-12-01", "4e5")]
    rows.append("E7,shells-delivered,,2021-06-30,2021-07-10,300000,,,round,C,a-ministry,x")
    Path("more.csv").write_text("\n".join([head, *rows]), encoding="utf-8")
    said = servanda("evidence", "add", "mine", "more.csv")
    assert (said.err, said.code) == ("", 0)
    assert said.out == (
        "double: 'E7' is 'E2' already, and was not added\n"
        "note: more.csv line 2: 'M1' says 1, and 'E1' of the same source and period 100000\n"
        "new: 2 figures: M1, M2\n"
        "added to mine/evidence.csv\n"
    )
    kept = Path("mine/evidence.csv").read_text(encoding="utf-8")
    said = servanda("evidence", "add", "mine", str(SLIPS))
    assert (said.out, said.code) == ("", 2)
    assert said.err.endswith("7 errors, 2 notes\n")
    assert Path("mine/evidence.csv").read_text(encoding="utf-8") == kept


def test_check_prints_on_request_the_plan_and_what_the_evidence_bears_on(servanda):
    said = servanda("check", tiny(), "--details")
    assert (said.err, said.code) == ("", 0)
    assert said.out.startswith(f"{LEFT}Tiny: 2020-01 to 2025-12, evidence cut-off 2021-12\n")
    for slot, variant in template().spec.mechanisms.items():
        assert re.search(rf"│ {slot} +│ {variant} +│", said.out), slot
    assert "Mechanisms in monthly order" in said.out
    assert re.search(r"│ exchange.lane_ceiling +│ 2 +│ 2 +│", said.out)
    assert said.out.endswith(
        "Compared with runs: 2 figures in 1 series known by the evidence cut-off. "
        "Not read by any run: 0 rows of evidence that became known later.\n"
        "2 uncertain inputs have priors that cite figures which are compared with runs too. A "
        "calibration starts from the wider forms of these priors:\n"
        "  exchange.lane_ceiling[AAA>BBB:shells]: E1, E2\n"
        "  observation.bias[government-deliveries]: E1, E2\n"
    )
    earlier = servanda("check", tiny(), "--as-of", "2021-06", "--details")
    assert (
        "Compared with runs: 1 figures in 1 series known by the evidence cut-off. "
        "Not read by any run: 1 rows of evidence that became known later.\n"
    ) in earlier.out
    assert written() == []


def test_check_says_which_figures_are_not_compared_and_why(servanda):
    """A total before the case starts, and two that follow another at once."""
    assert servanda("new", "mine").code == 0
    capacity = "round,C,a-ministry,said"
    rows = [
        f"E3,shells-delivered,,2019-06-30,2019-07-10,1000,,,{capacity}",
        f"E4,shells-delivered,,2021-07-10,2021-07-20,300000,,,{capacity}",
        f"E5,shells-delivered,,2021-07-24,2021-07-26,300000,,,{capacity}",
    ]
    with Path("mine/evidence.csv").open("a", encoding="utf-8") as file:
        file.write("\n".join(rows) + "\n")
    said = servanda("check", "mine", "--details")
    assert (said.err, said.code) == ("", 0)
    assert said.out.splitlines()[-6:-3] == [
        (
            "Compared with runs: 2 figures in 1 series known by the evidence cut-off. "
            "Not read by any run: 0 rows of evidence that became known later."
        ),
        "shells-delivered: 1 figure is not compared (dated before the case starts).",
        (
            "shells-delivered: 2 figures are not compared (less than 25 days after the total "
            "before it)."
        ),
    ]


PRIORS = (
    "The runs draw the parameters from their priors. What the record says of them is not used. "
    "Every probability depends on these priors."
)


def test_check_with_hindcast_prints_coverage_series_by_series(servanda):
    said = servanda("check", tiny(), "--hindcast", "--prior", "--runs", "200")
    assert (said.err, said.code) == ("", 0)
    assert re.search(
        r"│ shells-delivered +│ 2 +│ \d+% \(under 3 figures, not counted\) +│", said.out
    )
    assert said.out.endswith(
        f"0 of 0 series with 3 or more figures reach a coverage of 80%.\n{PRIORS}\n"
    )


def test_claims_prints_the_ledger(servanda):
    said = servanda("claims", tiny(), "--prior", "--runs", "100")
    assert (said.err, said.code) == ("", 0)
    assert "Without the supplier's shells the buyer would have fired less." in said.out
    assert re.search(
        r"holds in .* of runs; effect .* rounds ± .* \(90% of runs: .* to .*\)", said.out
    )
    first = template().evidence.observations[0]
    assert re.search(rf"│ for: “{re.escape(first.claim)}” \({first.id}\) +│", said.out)
    assert re.search(r"│ against: none +│", said.out)
    assert re.search(
        r"The verdict is leaning \(\d+%\) without the facts from the source class “open-source”\.",
        said.out,
    )
    assert said.out.endswith(
        "Shares of runs are conditional on the model. ± is the Monte Carlo standard error.\n"
        f"{PRIORS}\n"
    )


def test_the_shipped_ledger_has_every_claim(servanda, monkeypatch):
    monkeypatch.setenv("COLUMNS", "400")
    monkeypatch.setattr("servanda.cli.work.judge", lambda *_, **__: shipped_verdicts())
    said = servanda("claims", "russia-dprk", "--prior")
    assert (said.err, said.code) == ("", 0)
    for verdict in shipped_verdicts():
        assert verdict.claim.text in said.out
        for fact in (*verdict.supports, *verdict.opposes, *verdict.later):
            assert f"({fact.id})" in said.out
            for word in fact.claim.split():
                assert word in said.out, fact
        for flip in verdict.flips:
            assert f"The verdict is {flip.word} (" in said.out
    assert not re.search(r"\d{5}", re.sub(r"\(\w\d{4}\)|“[^”]*”", "", said.out))


def test_names_in_brackets_are_printed_whole(capsys):
    from servanda.cli.terminal import out, table

    rows = table("title [bold]", "name")
    rows.add_row("balancing.friction[trilateral] :warning:")
    out().print(rows)
    printed = capsys.readouterr().out
    assert "balancing.friction[trilateral] :warning:" in printed
    assert "title [bold]" in printed


@pytest.mark.parametrize("width", [200, 80, 40])
def test_no_table_splits_a_word(capsys, monkeypatch, width):
    from servanda.cli.terminal import out, table

    cells = ("arsenal.capacity_ceiling[PRK.shells]", "words that explain it at length", "-1.5")
    rows = table("Three columns", "parameter table", "meaning", "value", lines=True)
    for _ in range(2):
        rows.add_row(*cells)
    monkeypatch.setenv("COLUMNS", str(width))
    out().print(rows)
    printed = capsys.readouterr().out
    for word in " ".join(cells).split():
        assert len(re.findall(rf"(?<!\S){re.escape(word)}(?!\S)", printed)) == 2, word
    assert max(map(len, printed.splitlines())) <= width


def test_a_table_without_room_for_its_words_is_printed_line_by_line(capsys, monkeypatch):
    from servanda.cli.terminal import out, table

    rows = table("Leakage", "route", "span", "median")
    rows.add_row("west-to-russia", "to the cut-off", "0.149")
    rows.add_row("", "after the cut-off", "0.206")
    monkeypatch.setenv("COLUMNS", "24")
    out().print(rows)
    assert capsys.readouterr().out == (
        "\nLeakage\n\nwest-to-russia\n  span: to the cut-off\n  median: 0.149\n\n"
        "  span: after the\n    cut-off\n  median: 0.206\n"
    )


def test_progress_says_what_is_done_and_never_of_nothing(monkeypatch, capsys):
    from rich.console import Console

    from servanda.cli import work

    monkeypatch.setattr(work, "err", lambda: Console(stderr=True, force_terminal=True, width=80))
    with work.bar("running", "runs"):
        pass
    begun = capsys.readouterr().err
    assert "no runs done yet" in begun
    assert "None" not in begun
    with work.bar("running", "runs") as report:
        report(2048, 16384)
    assert "2,048 of 16,384 runs" in capsys.readouterr().err


def test_new_writes_a_case_that_checks_and_runs(servanda):
    name = "arms-for-oil"
    said = servanda("new", name)
    assert (said.err, said.code) == ("", 0)
    assert said.out == (
        f"{name}: new case. Edit it, then: servanda check {name}, and servanda run {name}\n"
    )
    assert servanda("check", name).code == 0
    assert servanda("run", name, "--prior", "--runs", "1", "--no-brief").code == 0
    assert written() == [name, "runs"]


def test_new_may_write_elsewhere(servanda):
    Path("cases").mkdir()
    assert servanda("new", "arms-for-oil", "--folder", "cases").code == 0
    assert sorted(p.name for p in Path("cases/arms-for-oil").iterdir()) == sorted(
        p.name for p in template_folder().iterdir()
    )


# ── brief ───────────────────────────────────────────────────────────────────────────────────────


def test_a_folder_without_a_run_has_no_briefing(servanda):
    assert servanda("run", tiny(), "--prior", "--runs", "1", "--no-brief", "--out", "run").code == 0
    note = json.loads(Path("run/run.json").read_text())
    notes.write(Path("run"), note | {"done": 0, "partial": True})
    said = servanda("brief", "run")
    assert said.err == (
        "error: run folder 'run': found no runs, expected at least one finished batch of runs\n"
    )
    assert (said.out, said.code) == ("", 2)
