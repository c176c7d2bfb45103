"""The numbers that ship with the Russia-North Korea case, and the record they come from."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from scripts.reference_classes import main
from servanda.history import (
    Conditions,
    FittedClass,
    ReferenceClass,
    kaplan_meier,
    lifetimes,
    probability_of_ending,
    read_fitted,
    read_reference_classes,
    select,
)
from servanda.sources.atop import Alliance, read_alliances

ROOT = Path(__file__).parents[2]
CASE = ROOT / "src/servanda/cases/russia-dprk"
WARTIME = ReferenceClass("wartime", "wartime", "", Conditions(bilateral=True, wartime=True))


@pytest.fixture(scope="module")
def atop(request: pytest.FixtureRequest) -> Path:
    """The folder of ATOP's files: $SERVANDA_DATA, or ../shared/data beside the repository."""
    given = os.environ.get("SERVANDA_DATA")
    data = Path(given) if given else request.getfixturevalue("shared_data")
    folder = data / "alliances"
    if not (folder / "atop5_1_alliance.csv").is_file():
        pytest.skip("needs alliances/atop5_1_alliance.csv of ATOP 5.1, which is not ours to ship")
    return folder


@pytest.fixture(scope="module")
def alliances(atop: Path) -> tuple[Alliance, ...]:
    return read_alliances(atop / "atop5_1_alliance.csv")


@pytest.fixture(scope="module")
def shipped() -> dict[str, FittedClass]:
    return read_fitted(CASE / "reference_classes.csv")


def test_every_declared_class_ships(shipped: dict[str, FittedClass]) -> None:
    declared = read_reference_classes(CASE / "reference_classes.toml")
    assert list(shipped) == [one.name for one in declared.classes]
    for one in shipped.values():
        assert sum(band.events for band in one.bands) == one.n_ended == sum(one.endings)
        assert all(band.events >= declared.min_events for band in one.bands)
        # The hazards tell the same story as Kaplan-Meier, which assumes no shape.
        low, high = one.five_year_limits
        assert low <= 1 - probability_of_ending(one.bands, 0.0, 5.0) <= high


def test_five_year_survival_differs_by_a_factor_of_two(shipped: dict[str, FittedClass]) -> None:
    widest = shipped["bilateral"].five_year_survival
    assert widest / shipped["wartime-bilateral"].five_year_survival > 2


def test_the_script_writes_the_shipped_table(atop: Path, tmp_path: Path) -> None:
    shutil.copy(CASE / "reference_classes.toml", tmp_path)
    assert main([str(atop / "atop5_1_alliance.csv"), "--case", str(tmp_path)]) == 0
    made = (tmp_path / "reference_classes.csv").read_text(encoding="utf-8")
    assert made == (CASE / "reference_classes.csv").read_text(encoding="utf-8")


def test_the_script_without_its_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "none.csv")]) == 2
    assert capsys.readouterr() == (
        "",
        f"none.csv: found no such file, expected a CSV file in {tmp_path}\n",
    )


def test_the_prototype_counted_phases(atop: Path, alliances: tuple[Alliance, ...]) -> None:
    """The prototype had 33 wartime-formed alliances, five-year survival .36, P(end) .67.

    The phase file gives just that, with uncoded endings as endings and age counted from zero.
    It has 33 because Britain's agreement with the USSR of 1941 and their treaty of 1942 are two
    phases of one alliance: a pact that was deepened counts as one that ended. We count alliances,
    and censor.
    """
    phases = select(read_alliances(atop / "atop5_1_alliance_phase.csv"), WARTIME)
    prototype = kaplan_meier(lifetimes(phases, uncoded_ends=True))
    assert len(phases) == 33
    assert prototype.at(5.0) == pytest.approx(0.364, abs=0.001)
    assert prototype.ending_between(0.0, 5.5) == pytest.approx(0.667, abs=0.001)

    wartime = select(alliances, WARTIME)
    ours = kaplan_meier(lifetimes(wartime))
    assert len(wartime) == len(phases) - 1
    assert {one.atop_id for one in wartime} == {one.atop_id for one in phases}
    assert ours.at(5.0) == pytest.approx(0.397, abs=0.001)
    # Given that it has lived for half a year, as the 2024 treaty had.
    assert ours.ending_between(0.5, 6.0) == pytest.approx(0.584, abs=0.001)


def test_the_prototype_took_the_wider_classes_from_recent_times(
    alliances: tuple[Alliance, ...],
) -> None:
    """Its .08 and .21 are not those of all periods (.18 and .36), but near those since 1946."""

    def ending(**where: bool | int) -> float:
        members = select(alliances, ReferenceClass("x", "x", "", Conditions(**where)))
        return kaplan_meier(lifetimes(members)).ending_between(0.0, 5.5)

    assert ending(bilateral=True) == pytest.approx(0.184, abs=0.001)
    assert ending(bilateral=True, defence=True) == pytest.approx(0.355, abs=0.001)
    assert ending(bilateral=True, formed_from=1946) == pytest.approx(0.096, abs=0.001)
    assert ending(bilateral=True, formed_from=1955) == pytest.approx(0.082, abs=0.001)
    assert ending(bilateral=True, defence=True, formed_from=1946) == pytest.approx(0.21, abs=0.005)


def test_the_sino_soviet_treaty_outlives_the_partnership(alliances: tuple[Alliance, ...]) -> None:
    (treaty,) = [one for one in alliances if one.atop_id == 3200]
    assert treaty.end is not None
    assert treaty.end.year == 1980
