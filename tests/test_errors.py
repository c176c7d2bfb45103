"""The exception tree: whole messages, the hint, and the trip through pickle."""

from __future__ import annotations

import pickle

import pytest

from servanda.errors import CaseError, RunFolderError, ServandaError, UsageError, nearest

GOODS = ("shells", "missiles", "oil")


def test_message_names_where_found_and_expected():
    error = UsageError(where="--runs", found="0", expected="a whole number from 1")
    assert str(error) == "--runs: found 0, expected a whole number from 1"


def test_hint_stands_on_its_own_line():
    error = CaseError(
        where="case.toml: ties[3].good",
        found="'shels'",
        expected="one of shells, missiles, oil",
        hint=nearest("shels", GOODS),
    )
    assert str(error) == (
        "case.toml: ties[3].good: found 'shels', expected one of shells, missiles, oil\n"
        "  hint: did you mean 'shells'?"
    )


def test_parts_are_kept():
    error = RunFolderError("runs/a", "a folder", "a path that does not exist", "choose another")
    assert (error.where, error.found, error.expected, error.hint) == (
        "runs/a",
        "a folder",
        "a path that does not exist",
        "choose another",
    )


@pytest.mark.parametrize("kind", [CaseError, UsageError, RunFolderError])
def test_every_kind_is_a_servanda_error_and_survives_pickling(kind):
    error = kind("here", "this", "that", "try that")
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 (our own bytes)
    assert isinstance(error, ServandaError)
    assert type(copy) is kind
    assert str(copy) == "here: found this, expected that\n  hint: try that"


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("shels", "did you mean 'shells'?"),
        ("OIL", "did you mean 'oil'?"),
        ("missile", "did you mean 'missiles'?"),
        ("zebra", None),
        ("", None),
    ],
)
def test_nearest(name, hint):
    assert nearest(name, GOODS) == hint


def test_nearest_of_nothing_is_none():
    assert nearest("shells", ()) is None
