"""`servanda calibrate`: what was learned, in plain words, and what an interruption keeps."""

from __future__ import annotations

from typing import Any

import pytest

from servanda.calibration import calibrate as learning
from servanda.calibration.calibrate import path_of_posterior
from servanda.calibration.posterior import Settings
from servanda.results import prepare
from tests.calibration.conftest import HOW
from tests.cases import template
from tests.cli.conftest import tiny

SMALL = ("--particles", str(HOW["particles"]), "--moves", str(HOW["moves"]))


@pytest.fixture(autouse=True)
def shared_cache(cache_home, monkeypatch):
    """Posteriors that other tests of the session learned."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache_home))


def test_it_says_what_was_learned_and_where_it_is_kept(servanda):
    said = servanda("calibrate", tiny(), *SMALL)
    assert (said.err, said.code) == ("", 0)
    first, *_, last = said.out.splitlines()
    assert first.startswith(
        "Learned from 2 figures in 1 series, known by 2021-12: 2 × 128 particles, moves 2, seed 1;"
    )
    path = path_of_posterior(prepare(template()).model, Settings(**HOW))
    assert last == f"posterior  {path}"
    titles = "powers of the likelihood", "Biases of source classes", "The record moved "
    for title in titles:
        assert title in said.out
    assert servanda("calibrate", tiny(), *SMALL).out == said.out


@pytest.mark.parametrize(
    ("rungs", "what"),
    [
        (0, "nothing was learned yet"),
        (1, "what was learned so far is kept, and the same command goes on"),
    ],
)
def test_ctrl_c_says_what_is_kept(servanda, monkeypatch, tmp_path, rungs, what):
    climb = learning.climb

    def press_ctrl_c(*given: Any) -> Any:
        for number, at in enumerate(climb(*given)):
            if number == rungs:
                raise KeyboardInterrupt
            yield at

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(learning, "climb", press_ctrl_c)
    said = servanda("calibrate", tiny(), *SMALL)
    assert (said.out, said.err, said.code) == ("", f"interrupted: {what}\n", 130)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--particles", "0"), "particles: found 0, expected at least 1"),
        (("--particles", "63"), "particles: found 63, expected at least 64"),
        (("--moves", "0"), "moves: found 0, expected at least 1"),
        (("--particles", "1_0"), "--particles: found '1_0', expected a whole number, such as 1000"),
        (("--seed", "-1"), "seed: found -1, expected a whole number from 0 to 4294967295"),
    ],
)
def test_wrong_options_are_refused_and_nothing_is_kept(
    servanda, monkeypatch, tmp_path, options, message
):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    said = servanda("calibrate", tiny(), *options)
    assert (said.out, said.err, said.code) == ("", f"error: {message}\n", 2)
    assert not list(tmp_path.rglob("*.zarr"))
