"""The template of a new case: it loads, assembles and runs, and refuses what it cannot write."""

from __future__ import annotations

import math
import tomllib
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from servanda.case import load, new
from servanda.engine import Simulator, assemble
from servanda.ensembles import Ensemble
from servanda.errors import UsageError
from servanda.files import drafts
from servanda.results import evaluate, run_policies
from servanda.results.metrics import check_metrics

TEMPLATE = Path(str(resources.files("servanda.case"))) / "template"


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return assemble(load(new("iran-russia", tmp_path_factory.mktemp("cases"))))


def test_a_new_case_has_its_name(model):
    spec = model.case.spec
    assert (spec.name, spec.title) == ("iran-russia", "Iran russia")
    assert model.case.folder.name == "iran-russia"


def test_a_new_case_holds_every_file_of_the_template_and_no_placeholder(model):
    written = {path.name: path.read_text() for path in model.case.folder.iterdir()}
    assert set(written) == {path.name for path in TEMPLATE.iterdir()}
    assert not [name for name, text in written.items() if "{{" in text]


def test_a_new_case_keeps_the_bargain_and_the_contract(model):
    chosen = model.case.spec.mechanisms
    assert (chosen["exchange"], chosen["commitment"]) == ("nash-bargaining", "relational-contract")


def test_every_section_of_a_new_case_is_explained():
    lines = (TEMPLATE / "case.toml").read_text().splitlines()
    headers = [n for n, line in enumerate(lines) if line.startswith("[")]
    first = [n for k, n in enumerate(headers) if lines[n] not in {lines[m] for m in headers[:k]}]
    for n in first:
        before = "\n".join(lines[max(n - 4, 0) : n])
        assert "#" in before or lines[n] == "[[partnerships]]", lines[n]


def test_a_new_case_runs(model):
    check_metrics(model)
    (results,) = run_policies(Simulator(model), Ensemble.prior(model, 100))
    assert all(np.isfinite(values).all() for values in results.arrays.values())
    values = evaluate(results)
    assert 0 < values["alive"].mean() <= 1
    assert (values["fire"] > 0).all()
    # shells arrive from the month that the record shows, and not before
    shells = results.series("arrived[AAA>BBB:shells]")
    assert not shells[:5].any()
    assert (shells[6:24].sum(axis=0) > 0).mean() > 0.9


def test_every_number_of_the_template_is_one_that_the_model_uses(model):
    with (TEMPLATE / "parameters.toml").open("rb") as file:
        tables = tomllib.load(file)
    named = {f"{slot}.{name}" for slot, table in tables.items() for name in table}
    used = {f"{n.slot}.{n.field}" for n in model.parameters.values()}
    assert named == used | {"observation.bias"}
    assert all(math.isfinite(n.prior.centre) for n in model.parameters.values())


@pytest.mark.parametrize(
    "name", ["", "Iran", "iran russia", "../iran", "-iran", "iran-", "3x", "a/b"]
)
def test_what_is_no_name_is_refused(tmp_path, name):
    with pytest.raises(UsageError) as caught:
        new(name, tmp_path)
    assert str(caught.value) == (
        f"the new case's name: found '{name}',"
        " expected small letters, digits and hyphens, such as 'iran-russia'"
    )
    assert not list(tmp_path.iterdir())


def test_a_folder_that_exists_is_left_alone(tmp_path):
    (tmp_path / "tiny").mkdir()
    with pytest.raises(UsageError) as caught:
        new("tiny", tmp_path)
    assert str(caught.value) == (
        f"case folder '{tmp_path / 'tiny'}': found a file or folder of this name,"
        " expected a name that is free"
    )
    assert not list((tmp_path / "tiny").iterdir())


def test_a_place_that_is_not_there_is_named(tmp_path):
    folder = tmp_path / "nowhere"
    with pytest.raises(UsageError) as caught:
        new("tiny", folder)
    assert str(caught.value) == (
        f"case folder '{folder / 'tiny'}': found a write that failed: No such file or "
        "directory, expected a place that can be written, on a disk with free space"
    )


def test_nothing_is_left_of_a_case_that_could_not_be_written_whole(tmp_path, monkeypatch):
    written, write = [], drafts.write

    def fill_up(path, text):
        if len(written) == 2:
            raise OSError(28, "No space left on device")
        write(path, text)
        written.append(path)

    monkeypatch.setattr(drafts, "write", fill_up)
    with pytest.raises(UsageError) as caught:
        new("tiny", tmp_path)
    assert str(caught.value) == (
        f"case folder '{tmp_path / 'tiny'}': found a write that failed: No space left on "
        "device, expected a place that can be written, on a disk with free space"
    )
    assert len(written) == 2
    assert not list(tmp_path.iterdir())


def test_the_name_of_a_shipped_case_is_not_taken_again(tmp_path):
    with pytest.raises(UsageError) as caught:
        new("russia-dprk", tmp_path)
    assert str(caught.value) == (
        "the new case's name: found 'russia-dprk', "
        "expected a name that no shipped case has: not russia-dprk"
    )
    assert list(tmp_path.iterdir()) == []
