"""Codes of one state are one actor, in whichever file and name of a case they stand."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from servanda.analysis.check import check
from servanda.analysis.sanctions import faults_of_files
from servanda.case import load, new
from servanda.case.load import examine
from servanda.case.notes import of_readings
from servanda.case.spellings import Reading, Spellings
from servanda.ensembles import AS_IS, Ensemble
from servanda.errors import CaseError, UsageError
from servanda.files.lines import Lines
from servanda.results import Results
from servanda.trade import read_baseline, read_regimes
from tests.cases import blank, shipped

OTHERS = {"RUS": "ru", "PRK": "KP", "KOR": "ROK", "JPN": "jpn", "CHN": "CN", "UKR": "UA"}


def rewritten(folder: Path, *files: str, others: dict[str, str] = OTHERS) -> None:
    """Write other codes of states into some files of a case."""
    for file in files:
        text = (folder / file).read_text(encoding="utf-8")
        text = re.sub(rf"\b({'|'.join(others)})\b", lambda code: others[code[1]], text)
        (folder / file).write_text(text, encoding="utf-8")


def copied(tmp_path: Path) -> Path:
    folder = load("russia-dprk").folder
    return Path(shutil.copytree(folder, tmp_path / folder.name))


def tiny(tmp_path: Path, supplier: str = "SUN") -> Path:
    """The template, in which the supplier is the Soviet Union, under one of its codes."""
    folder = new("tiny", tmp_path)
    rewritten(folder, "case.toml", "parameters.toml", "series.toml", others={"AAA": supplier})
    return folder


def changed(folder: Path, file: str, old: str, text: str) -> Path:
    before = (folder / file).read_text()
    assert old in before, f"{file} has no {old!r}"
    (folder / file).write_text(before.replace(old, text))
    return folder


def file_of(reading: Reading) -> str:
    return re.split(r":| line ", reading.where)[0]


FILES = ("case.toml", "parameters.toml", "series.toml", "trade_effects.csv")


@pytest.mark.parametrize("files", [FILES, FILES[:1], FILES[1:], FILES[3:]])
def test_a_case_written_in_other_codes_is_the_same_case(tmp_path, files):
    folder = copied(tmp_path)
    rewritten(folder, *files)
    case = load(folder)
    assert case.digest == load("russia-dprk").digest
    assert {file_of(reading) for reading in case.readings} == set(files)


def test_a_case_that_writes_the_own_code_of_each_state_has_nothing_to_note():
    assert load("russia-dprk").readings == ()


def test_what_is_read_as_another_code_is_noted_once_a_file(tmp_path):
    folder = tiny(tmp_path)
    changed(folder, "case.toml", 'code = "SUN"', 'code = "USSR"')
    changed(folder, "case.toml", 'receiver = "SUN"', 'receiver = "su"')
    changed(folder, "parameters.toml", '"SUN>BBB:shells"', '"USSR>BBB:shells"')
    changed(folder, "parameters.toml", '"BBB-SUN/SUN"', '"BBB-USSR/USSR"')
    assert [str(note) for note in of_readings(load(folder).readings)] == [
        "case.toml: actors[1].code: 'USSR' is read as 'SUN'",
        "case.toml: ties[2].receiver: 'su' is read as 'SUN'",
        (
            "parameters.toml: exchange.cost.of.USSR>BBB:shells: 'USSR' is read as 'SUN';"
            " so are 7 more in this file"
        ),
    ]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("USSR", "SUN"),
        ("USSR>kp:oil", "SUN>PRK:oil"),
        ("kp-USSR", "PRK-SUN"),
        ("kp-USSR/USSR", "PRK-SUN/SUN"),
        ("USSR.su", "SUN.su"),  # a good, or a stance
        ("kp>USSR:ussr", "PRK>SUN:ussr"),
        ("EU-KP", "EU-PRK"),
        ("EU-forces-KP", "EU-forces-PRK"),
        ("KP-EU-forces", "PRK-EU-forces"),
        ("kp-USSR-EU", "kp-USSR-EU"),  # no label of the case
        ("route-ru", "route-ru"),
        ("us", "us"),  # a state, and no actor
        ("kp", "PRK"),
        ("ROK", "ROK"),  # a coalition
        ("", ""),
    ],
)
def test_only_actors_in_the_label_of_a_member_are_read_as_others(written, read):
    spellings = Spellings(["USSR", "PRK", "EU", "EU-forces", "KOR"], ["ROK", "route-ru"])
    assert spellings.member(written, "here") == read
    assert spellings.printed(f"quantity[{written}]", "here") == f"quantity[{read}]"
    assert spellings.printed(written, "here") == written


def test_a_state_that_took_another_name_is_the_actor_that_the_case_declares():
    spellings = Spellings(["BUR"])
    assert [spellings.actor(code, "here") for code in ("MMR", "mm", "BU")] == ["BUR"] * 3


def test_goods_biases_and_texts_that_spell_a_code_stay_as_they_are(tmp_path):
    folder = tiny(tmp_path)
    for file in ("case.toml", "parameters.toml", "series.toml"):
        text = (folder / file).read_text()
        text = re.sub(r'(?<=[:."])oil\b', "su", text).replace("government-deliveries", "USSR")
        (folder / file).write_text(text)
    changed(folder, "case.toml", 'name = "the supplier"', 'name = "USSR"')
    case = load(folder)
    assert [tie.label for tie in case.spec.ties] == ["SUN>BBB:shells", "BBB>SUN:su"]
    assert "SUN.su" in case.parameters["arsenal.demand"].priors
    assert list(case.biases) == ["USSR"]
    assert case.spec.actors[0].name == "USSR"
    assert case.readings == ()


COST = '"SUN>BBB:shells" = { lognormal = [300'
COSTS = '"USSR>BBB:shells" = { fixed = 1, status = "assumed" }\n' + COST
COSTS_FOUND = "exchange.cost.of: found 'USSR>BBB:shells' and 'SUN>BBB:shells'"
LEVER = '"exchange.allowed[SUN>BBB:shells]"'
LEVERS = LEVER + ', "exchange.allowed[SU>BBB:shells]"'
LEVERS_FOUND = (
    "levers[1].targets: found 'exchange.allowed[SUN>BBB:shells]' and"
    " 'exchange.allowed[SU>BBB:shells]'"
)


@pytest.mark.parametrize(
    ("file", "old", "both", "found"),
    [
        ("parameters.toml", COST, COSTS, COSTS_FOUND),
        ("case.toml", LEVER, LEVERS, LEVERS_FOUND),
    ],
)
def test_one_name_in_two_spellings_is_refused(tmp_path, file, old, both, found):
    folder = changed(tiny(tmp_path), file, old, both)
    with pytest.raises(CaseError) as caught:
        load(folder)
    place, _, rest = found.partition(": ")
    where = Lines(folder).shown(f"{file}: {place}")
    assert " line " in where
    assert str(caught.value) == (
        f"{where}: {rest}, one name in two spellings, expected each name once"
    )


def test_one_tie_in_two_spellings_is_refused(tmp_path):
    tie = '[[ties]]\ngiver = "USSR"\nreceiver = "BBB"\ngood = "shells"\nbasis = "aid"\n'
    folder = changed(tiny(tmp_path), "case.toml", "[[partnerships]]", tie + "[[partnerships]]")
    with pytest.raises(CaseError) as caught:
        load(folder)
    assert str(caught.value) == (
        "case.toml line 69: ties[3]: found 'SUN>BBB:shells' twice, expected each name once"
    )


def test_a_code_of_two_states_is_no_actor_though_one_of_them_is(tmp_path):
    folder = changed(tiny(tmp_path, "CSK"), "case.toml", 'giver = "CSK"', 'giver = "CS"')
    with pytest.raises(CaseError) as caught:
        load(folder)
    assert str(caught.value) == (
        "case.toml line 57: ties[1].giver: found actor 'CS', expected one of CSK, BBB, CCC\n"
        "  hint: did you mean 'CSK'?"
    )


def test_an_actor_under_two_codes_is_one_fault_however_files_write_it(tmp_path):
    folder = changed(tiny(tmp_path), "case.toml", 'receiver = "SUN"', 'receiver = "USSR"')
    twice = 'code = "USSR"\nname = "x"\n[[actors]]\ncode = "CCC"'
    changed(folder, "case.toml", 'code = "CCC"', twice)
    changed(folder, "case.toml", 'basis = "payment"', 'basis = "aid"')
    (fault,) = examine(folder).faults
    assert str(fault) == (
        "case.toml line 38: actors[3].code: found 'SUN' and 'USSR', one state under two names,"
        " expected each state once"
    )


def test_a_prior_is_changed_under_any_code_of_an_actor():
    case = load("russia-dprk")
    prior = {"fixed": 100.0}
    one, other = (
        case.with_prior(f"exchange.cost[{tie}:shells]", **prior) for tie in ("PRK>RUS", "kp>ru")
    )
    assert (one.digest, one.changes) == (other.digest, other.changes)


def test_results_take_any_code_of_an_actor():
    model = shipped().model
    arrays = blank(model)
    arrays["used"] += np.arange(arrays["used"].shape[1])[:, None]  # each account its own
    results = Results(model, Ensemble.prior(model, 1), AS_IS, arrays)
    assert np.array_equal(results.series("used[ru.shells]"), results.series("used[RUS.shells]"))
    assert results.unit("used[ua.shells]") == "round"


def test_an_ensemble_takes_any_code_of_an_actor():
    name, other = "exchange.cost[PRK>RUS:shells]", "exchange.cost[KP>ru:shells]"
    given = Ensemble.of(shipped().model, {other: [100.0, 200.0]})
    assert given.parameters[name].tolist() == [100.0, 200.0]
    with pytest.raises(UsageError) as caught:
        Ensemble.of(shipped().model, {other: [100.0], name: [200.0]})
    assert str(caught.value) == (
        f"ensemble: found '{other}' and '{name}', one name in two spellings,"
        " expected each name once"
    )


def test_files_of_sanctions_may_write_other_codes_of_actors(tmp_path):
    case = load("russia-dprk")
    folder = copied(tmp_path)
    rewritten(folder, "regimes.toml", others={"RUS": "ru", "JPN": "jp"})
    rewritten(folder, "trade_baseline.csv", others={"RUS": "RU"})
    rewritten(folder, "trade_baseline.toml", others={"PRK": "KP"})
    spellings = Spellings.of(case.spec)
    assert faults_of_files(folder, spellings) == []
    files = "regimes.toml", "trade_baseline.csv", "trade_baseline.toml"
    assert {file_of(reading) for reading in spellings.readings} == set(files)
    regimes, baseline = read_regimes(case.folder / files[0]), read_baseline(case.folder)
    assert read_regimes(folder / files[0], spellings.actor) == regimes
    read = read_baseline(folder, spellings.actor)
    assert (read.report, read.economy.countries) == (baseline.report, baseline.economy.countries)


def test_a_sender_in_two_spellings_is_refused(tmp_path):
    folder = copied(tmp_path)
    changed(folder, "regimes.toml", 'senders = ["UKR"]', 'senders = ["UKR", "ua"]')
    fault, *_ = faults_of_files(folder, Spellings(["UKR"]))
    assert str(fault) == (
        "regimes.toml line 56: regimes[2].measures[3].senders: found 'UKR' and 'ua', one name in"
        " two spellings, expected each name once"
    )


def test_a_code_in_a_table_is_noted_once_a_file_with_its_line(tmp_path):
    folder = copied(tmp_path)
    rewritten(folder, "trade_effects.csv", "trade_baseline.csv", others={"PRK": "KP"})
    read = "'KP' is read as 'PRK'; so are"
    assert [str(note) for note in check(folder).notes if "read as" in note.text] == [
        f"trade_baseline.csv line 3: destination: {read} 43 more in this file",
        f"trade_effects.csv line 3: actor: {read} 599 more in this file",
    ]


def test_a_check_notes_the_codes_in_files_of_sanctions(tmp_path):
    folder = copied(tmp_path)
    rewritten(folder, "regimes.toml", others={"JPN": "jp"})
    (note,) = (note for note in check(folder).notes if note.where.startswith("regimes"))
    assert str(note) == (
        "regimes.toml line 30: regimes[2].measures[1].senders: 'jp' is read as 'JPN';"
        " so are 15 more in this file"
    )
