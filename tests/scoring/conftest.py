"""The template's case with a longer record: figures to its cut-off and after it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from servanda.case import Case, load
from tests.cases import template_folder

TOLD = """\
E3,shells-delivered,,2021-09-30,2021-10-10,400000,,,round,C,a-ministry,Told,
E4,shells-delivered,,2021-11-30,2021-12-10,300000,,,round,B,a-report,Told,
E5,shells-delivered,,2022-02-28,2022-03-10,350000,,,round,B,a-report,Told later,
E6,shells-delivered,,2022-05-31,2022-06-10,600000,,,round,C,a-ministry,Told later,
E7,shells-delivered,,2022-10-31,2022-11-10,900000,,,round,C,a-ministry,Told later,
E8,shells-delivered,,2022-11-30,2022-12-10,500000,,,round,B,a-report,At least,at least
E9,shells-delivered,,2023-11-30,2023-12-10,600000,,,round,B,a-report,Too far,
"""


@pytest.fixture(scope="session")
def told_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("told") / "tiny"
    shutil.copytree(template_folder(), folder)
    path = folder / "evidence.csv"
    header, *rows = path.read_text(encoding="utf-8").splitlines()
    rows = [f"{row}," for row in rows]
    path.write_text("\n".join([f"{header},bound", *rows, TOLD]), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def told(told_folder: Path) -> Case:
    return load(told_folder)
