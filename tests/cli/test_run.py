"""What `servanda run` prints, and that it says what the run folder holds."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from servanda.analysis.frontier import Frontier
from servanda.ensembles import Ensemble
from servanda.results import evaluate, open_run, prepare, run_to_folder
from servanda.results import note as notes
from servanda.results.metrics import is_yes_or_no
from tests.cases import shipped, template
from tests.cli.conftest import tiny


def test_a_run_prints_the_answer_and_where_the_results_are(servanda):
    said = servanda("run", tiny(), "--prior", "--runs", "40", "--no-brief", "--set", "shells=0.5")
    assert (said.err, said.code) == ("", 0)
    assert said.out.endswith("results   runs/tiny-1\n")
    folder = open_run(Path("runs/tiny-1"))
    assert (folder.note["done"], folder.note["partial"]) == (40, False)
    assert folder.note["levers"] == {"shells": "0.5"}
    alive = folder.arrays()["alive"][-1, 0]
    over = re.search(r"│ over +│ ([\d.]+)%", said.out)
    assert float(over[1]) == pytest.approx(100 * (1 - alive.mean()), abs=0.06)


def test_the_next_run_gets_the_next_folder(servanda):
    for number in (1, 2):
        said = servanda("run", tiny(), "--prior", "--runs", "1", "--no-brief")
        assert said.out.endswith(f"results   runs/tiny-{number}\n")
    assert [p.name for p in sorted(Path("runs").iterdir())] == ["tiny-1", "tiny-2"]


def test_an_interrupted_run_is_partial_for_every_reader_and_goes_on_to_the_same_bits(servanda):
    def interrupt(*_: int) -> None:
        raise KeyboardInterrupt

    simulator = prepare(template())
    size, ensemble = simulator.batch, Ensemble.prior(simulator.model, simulator.batch + 9)
    with pytest.raises(KeyboardInterrupt):
        run_to_folder(template(), Path("part"), ensemble, progress=interrupt)
    with xr.open_zarr("part/results.zarr") as plain:
        assert plain.sizes["run"] == size
        assert plain.attrs["partial"] == (
            f"{size + 9} runs were asked for; this store holds those that are done"
        )
        assert np.isfinite(plain["tempo"]).all()
    said = servanda("verify", "part")
    assert (said.err, said.code) == ("", 0)
    assert said.out == (
        f"part is as it was written: {size} of {size + 9} runs, so far, and all other files of the "
        "run.\n"
    )
    said = servanda("run", "--resume", "part", "--no-brief")
    assert (said.err, said.code) == ("", 0)
    assert said.out.endswith("results   part\n")
    whole = run_to_folder(template(), Path("whole"), ensemble)
    assert open_run("part").note["hash"] == whole.note["hash"]
    for name in ("metrics.csv", "ensemble.npz"):
        assert Path("part", name).read_bytes() == Path("whole", name).read_bytes()
    with xr.open_zarr("part/results.zarr") as plain, xr.open_zarr("whole/results.zarr") as other:
        xr.testing.assert_identical(plain, other)
        assert "partial" not in plain.attrs


def test_a_finished_run_that_goes_on_stays_as_it_is(servanda):
    servanda("run", tiny(), "--prior", "--runs", "5", "--no-brief", "--out", "run")
    before = {path: path.read_bytes() for path in Path("run").rglob("*") if path.is_file()}
    assert servanda("run", "--resume", "run", "--no-brief").code == 0
    after = {path: path.read_bytes() for path in Path("run").rglob("*") if path.is_file()}
    assert after == before
    said = servanda("verify", "run")
    assert said.out == "run is as it was written: all 5 runs, and all other files of the run.\n"


def test_a_damaged_folder_is_named_and_not_gone_on_with(servanda):
    servanda("run", tiny(), "--prior", "--runs", "5", "--no-brief", "--out", "run")
    Path("run/results.zarr/alive/0.0.0").unlink()
    message = (
        "error: run folder 'run', results.zarr/alive/0.0.0: found no such file, "
        "expected alive of runs 0 to 4, as the run wrote it\n"
    )
    for arguments in (("verify", "run"), ("run", "--resume", "run"), ("brief", "run")):
        said = servanda(*arguments)
        assert (said.out, said.err, said.code) == ("", message, 2)


def test_a_folder_of_another_version_opens_with_one_line(servanda):
    servanda("run", tiny(), "--prior", "--runs", "5", "--no-brief", "--out", "run")
    note = open_run("run").note
    notes.write(Path("run"), note | {"version": "0.0.9"})
    said = servanda("verify", "run")
    assert said.err == (
        "warning: run folder 'run' was written by servanda 0.0.9. Its files are checked. That "
        f"servanda {note['version']} reads the case in the same way is not verified.\n"
    )
    assert said.code == 0


def test_as_of_moves_the_cutoff_of_a_run(servanda):
    arguments = ["--runs", "2", "--no-brief", "--out", "run", "--as-of", "2021-06"]
    assert servanda("run", tiny(), "--prior", *arguments).code == 0
    assert open_run(Path("run")).case().spec.as_of == "2021-06"


def test_the_shipped_cases_answer_is_whole(servanda):
    said = servanda("run", "russia-dprk", "--prior", "--runs", "600", "--no-brief", "--out", "run")
    assert (said.err, said.code) == ("", 0)
    assert said.out.endswith("results   run\n")
    for title in (
        "The pact (probabilities are conditional on the model)",
        "Partners' gains from the exchange, USD m a month",
        "Leakage: share of sanctioned trade won back",
        "Payment of RUS-PRK to the cut-off, USD m",
    ):
        assert f"\n{title}" in said.out
    answer, basis, rests, *_ = said.out.split("\n\n")
    assert re.fullmatch(
        r"In December 2030 the pact is in force in \d+% of 600 runs: in use in \d+% and dormant in "
        r"\d+%\.",
        answer,
    )
    assert "Of the parameters that the case lists" in basis
    assert "the reference class of past alliances" in rests
    assert (
        "Neither by quarters of hidden payment nor of credit horizon, patience or worth of security"
        in said.out
    )
    assert "Share of runs in force at the horizon" not in said.out
    for row in (
        "RUS-PRK",
        "in force and in use",
        "in force, dormant",
        "over",
        "by lapse",
        "by renegotiation",
        "by violation",
        "by substitution",
        "half of these endings by",
        "RUS-PRK/PRK",
        "RUS-PRK/RUS",
        "west-to-russia",
        "world-to-north-korea",
        "what deliveries cost the supplier",
        "what deliveries earned at the price agreed",
        "paid in sight",
        "hidden payment",
        "arrears",
    ):
        assert re.search(rf"│ +{row} +│", said.out), row
    assert re.search(r"half of these endings by +│ 20(2[5-9]|30)-\d\d +│", said.out)
    assert re.search(r"in force by base hazard of reference class +│ \d\d\.\d% +│", said.out)
    with Path("run/metrics.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["metric", "label", "unit", "mean", "low", "median", "high"]
    model = shipped().model
    metrics = model.case.spec.metrics
    assert [row["label"] for row in rows] == [metric.label for metric in metrics]
    values = evaluate(open_run(Path("run")).results(model))
    for row, metric in zip(rows, metrics, strict=True):
        assert float(row["mean"]) == pytest.approx(values[metric.name].mean(), rel=1e-5)
        if is_yes_or_no(model, metric):
            assert (row["low"], row["median"], row["high"]) == ("", "", "")
        else:
            assert float(row["low"]) <= float(row["median"]) <= float(row["high"])


def test_the_frontier_is_printed_by_quarters():
    """Hidden payment line by line, the other parameter column by column."""
    from servanda.cli.answer import _frontier

    alive = np.arange(16.0).reshape(4, 4) / 20  # by quarter of credit, then of payment
    alive[3, 3] = np.nan
    edges = np.array([0.0, 10.0, 20.0, 30.0, 40.0])
    grid = Frontier(
        "Credit horizon",
        ("shortest", "longest"),
        "month",
        1e6 * edges,
        edges,
        alive,
        error=np.where(np.isnan(alive), np.nan, 0.02),
        by_hidden=np.zeros(4),
        by_parameter=np.zeros(4),
        moves=True,
    )
    rows = _frontier(grid)
    assert list(rows.heads) == [
        "hidden payment, USD m",
        "credit horizon, month: up to 10",
        "credit horizon, month: to 20",
        "credit horizon, month: to 30",
        "credit horizon, month: over 30",
    ]
    assert [list(cells) for cells in zip(*rows.rows, strict=True)] == [
        ["up to 10", "to 20", "to 30", "over 30"],
        ["0% ± 2%", "5% ± 2%", "10% ± 2%", "15% ± 2%"],
        ["20% ± 2%", "25% ± 2%", "30% ± 2%", "35% ± 2%"],
        ["40% ± 2%", "45% ± 2%", "50% ± 2%", "55% ± 2%"],
        ["60% ± 2%", "65% ± 2%", "70% ± 2%", "too few"],
    ]


def test_money_of_the_frontier_is_in_millions():
    from servanda.cli.answer import _frontier

    edges, alive = 1e6 * np.array([0.0, 1.0, 2.5, 2000.0, 3000.0]), np.full((4, 4), 0.5)
    grid = Frontier(
        "Worth of security",
        ("lowest", "highest"),
        "USD/month",
        edges,
        edges,
        alive,
        error=np.zeros((4, 4)),
        by_hidden=np.zeros(4),
        by_parameter=np.zeros(4),
        moves=True,
    )
    rows = _frontier(grid)
    assert list(rows.heads[1:3]) == [
        "worth of security, USD m a month: up to 1",
        "worth of security, USD m a month: to 2.5",
    ]
    assert [cells[0] for cells in rows.rows] == ["up to 1", "to 2.5", "to 2,000", "over 2,000"]


def test_payments_add_up_to_what_was_earned(servanda):
    """In sight, out of sight and owed, at the median of a run that is one run."""
    said = servanda("run", "russia-dprk", "--prior", "--runs", "1", "--no-brief", "--out", "run")
    assert said.code == 0
    arrays = open_run(Path("run")).arrays()
    cutoff = 36
    paid, seen, owed, cost = (
        float(arrays[name][:cutoff, 0].sum()) / 1e6
        for name in ("paid", "paid_in_sight", "obligation", "delivery_cost")
    )
    arrears = arrays["arrears"][cutoff - 1, 0].item() / 1e6
    assert 0 <= seen <= paid
    assert paid + arrears == pytest.approx(owed, rel=1e-3)
    printed = {
        "what deliveries cost the supplier": cost,
        "what deliveries earned at the price agreed": owed,
        "paid in sight": seen,
        "hidden payment": paid - seen,
        "arrears": arrears,
    }
    for name, value in printed.items():
        row = re.search(rf"│ +{name} +│ +([\d.,]+) +│", said.out)
        assert row, name
        assert float(row[1].replace(",", "")) == pytest.approx(value, rel=5e-3, abs=0.5), name
