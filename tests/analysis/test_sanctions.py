"""Leakage of a case's sanctions: drawn from its priors of evasion, lowered by enforcement."""

from __future__ import annotations

import shutil
from dataclasses import replace

import numpy as np
import pytest

from servanda.analysis.sanctions import faults_of_files, leaks
from servanda.errors import CaseError
from servanda.trade import Measure, Regime
from tests.cases import shipped

DRAWS = 400


def regime(name: str, enforcement: float) -> Regime:
    measure = Measure(
        *("RUS", ("EU",), "to-target", "trade", "2022-03"),
        *((0.5, 0.5, 0.5), (1.0, 1.0, 1.0), "assumed", (), ""),
    )
    return Regime(name, "", (measure,), enforcement)


def test_leakage_without_enforcement_is_the_ceiling_and_falls_with_it():
    case = shipped().model.case
    drawn = leaks(case, [regime("lax", 0.0), regime("hard", 1.0)], DRAWS, 1)
    lax, hard = drawn["lax", "RUS"], drawn["hard", "RUS"]
    # A beta(1.5, 3.2) has mean 1.5 / 4.7 = 0.319 and a standard deviation of 0.195.
    assert lax.mean() == pytest.approx(0.319, abs=3 * 0.195 / np.sqrt(DRAWS))
    assert (hard < lax).all()
    # The bite is lognormal with median 0.7: half of the draws fall by more than e^-0.7.
    assert np.median(np.log(lax / hard)) == pytest.approx(0.7, rel=0.1)
    assert set(drawn) == {(r, t) for r in ("lax", "hard") for t in ("RUS", "PRK")}


def test_the_first_draws_are_the_same_however_many_there_are():
    case = shipped().model.case
    few, many = (leaks(case, [regime("lax", 0.0)], n, 1)["lax", "RUS"] for n in (5, 50))
    assert few.tolist() == many[:5].tolist()


def test_a_route_without_priors_of_its_leakage_is_named():
    case = shipped().model.case
    given = {k: v for k, v in case.parameters.items() if k != "evasion.enforcement_bite"}
    with pytest.raises(CaseError) as caught:
        leaks(replace(case, parameters=given), [regime("lax", 0.0)], DRAWS, 1)
    route = case.spec.routes[0].name
    lines = (case.folder / "parameters.toml").read_text(encoding="utf-8").splitlines()
    line = lines.index("[evasion.enforcement_bite]") + 1
    assert str(caught.value) == (
        f"parameters.toml line {line}: evasion.enforcement_bite: found no prior for the "
        f"route '{route}', expected one: leakage is drawn from it"
    )


def test_checking_a_case_names_all_faults_of_its_sanctions_files(tmp_path):
    folder = shipped().model.case.folder
    for name in ("regimes.toml", "trade_baseline.toml", "trade_baseline.csv"):
        shutil.copy(folder / name, tmp_path / name)
    assert faults_of_files(tmp_path) == []

    def change(name: str, *pairs: tuple[str, str]) -> None:
        text = (tmp_path / name).read_text(encoding="utf-8")
        for old, new in pairs:
            text = text.replace(old, new, 1)
        (tmp_path / name).write_text(text, encoding="utf-8")

    def at(name: str, text: str, place: str) -> str:
        lines = (tmp_path / name).read_text(encoding="utf-8").splitlines()
        line = next(number for number, one in enumerate(lines, start=1) if text in one)
        return f"{name} line {line}: {place}"

    change("regimes.toml", ('senders = ["EU"', 'senders = ["EUU"'), ('["other"]', '["others"]'))
    measures = "regimes[2].measures"
    assert [(f.where, f.found, f.hint) for f in faults_of_files(tmp_path)] == [
        (
            at("regimes.toml", "EUU", f"{measures}[1].senders[1]"),
            "country 'EUU'",
            "did you mean 'EU'?",
        ),
        (
            at("regimes.toml", '["others"]', f"{measures}[2].sectors[1]"),
            "sector 'others'",
            "did you mean 'other'?",
        ),
    ]
    change("regimes.toml", ('"us-35"', '"us-36"'), ("revenue = 1.0", "revenu = 1.0"))
    change("trade_baseline.csv", ("172000.0", "172_000"), ("fuels,RUS,PRK", "fuel,RUS,PRK"))
    assert [(fault.where, fault.found) for fault in faults_of_files(tmp_path)] == [
        (at("regimes.toml", "revenu =", f"{measures}[1].revenu"), "a key that is not known here"),
        ("trade_baseline.csv line 2", "musd_year '172_000'"),
        ("trade_baseline.csv line 3", "sector 'fuel'"),
    ]
    change("trade_baseline.toml", ("PRK = [731]", "PRK = [365]"), ('"wdi"', '"wdj"'))
    change("trade_baseline.toml", ('pair = ["CHN", "JPN"]', 'pair = ["CHN", "RUS"]'))
    assert [(f.where, f.found) for f in faults_of_files(tmp_path)][1:] == [
        (at("trade_baseline.toml", "PRK = [365]", "build.regions.PRK[1]"), "365 twice"),
        (
            at("trade_baseline.toml", 'pair = ["CHN", "RUS"]', "build.levels[2].pair"),
            "CHN and RUS twice",
        ),
        (at("trade_baseline.toml", "wdj", "build.gdp.EU.source"), "'wdj'"),
    ]
