"""Records of a case: months, labels, and the checks that a record makes by itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from servanda.case.schema import (
    Claim,
    ClaimsFile,
    Conditional,
    Partnership,
    Patronage,
    Stance,
    Tie,
    month_name,
    month_number,
)
from servanda.errors import CaseError
from servanda.files import validated


def test_months_are_counted_from_year_zero():
    assert month_number("0000-01") == 0
    assert month_number("2024-06") == 2024 * 12 + 5
    assert month_number("2025-01") - month_number("2024-12") == 1


@given(st.integers(0, 9999 * 12 + 11))
def test_a_month_and_its_number_name_each_other(number):
    assert month_number(month_name(number)) == number


@pytest.mark.parametrize("text", ["", "2024", "2024-13", "2024-00", "2024-6", "2024-06-01", "x"])
def test_what_is_no_month_is_refused(text):
    with pytest.raises(ValueError, match=r"\Aa month like 2024-06\Z"):
        month_number(text)


def test_labels_say_who_and_what():
    tie = Tie(giver="PRK", receiver="RUS", good="shells", basis="contract")
    pact = Partnership(supplier="PRK", buyer="RUS", signed="2024-06", source="F0846")
    assert tie.label == "PRK>RUS:shells"
    assert pact.label == "RUS-PRK"
    assert Patronage(patron="CHN", client="PRK").label == "CHN-PRK"


def test_records_are_frozen():
    stance = Stance(name="pressure", level=-1)
    with pytest.raises(ValidationError, match="frozen"):
        stance.level = 0.0


CLAIM = {"slug": "a", "text": "b", "system": "c"}


@pytest.mark.parametrize(
    ("test", "message"),
    [
        (
            {"kind": "conditional", "outcome": "o", "given": "g"},
            (
                "claims.toml: claims[1].test: found {'kind': 'conditional', 'outcome': 'o',"
                " 'given': 'g'}, expected give either `below` or `above`"
            ),
        ),
        (
            {"kind": "trend", "before": "a", "after": "b", "direction": "rise"},
            (
                "claims.toml: claims[1].test.direction: found 'rise', expected 'rises' or 'falls'\n"
                "  hint: did you mean 'rises'?"
            ),
        ),
        (
            {"kind": "threshold", "metric": "a", "direction": "above", "value": "high"},
            "claims.toml: claims[1].test.value: found 'high', expected a number",
        ),
        (
            {"kind": "contrast", "metric": "a", "absent": {}, "direction": "raises", "margin": -1},
            (
                "claims.toml: claims[1].test.margin: found -1,"
                " expected a number greater than or equal to 0"
            ),
        ),
        (
            {"kind": "untestable", "reson": "none"},
            (
                "claims.toml: claims[1].test.reson: found a key that is not known here,"
                " expected one of kind, reason\n  hint: did you mean 'reason'?"
            ),
        ),
        ("contrast", "claims.toml: claims[1].test: found 'contrast', expected a table"),
    ],
    ids=["neither side", "direction", "value", "margin", "key", "no table"],
)
def test_a_fault_in_a_test_of_a_claim_is_named(test, message):
    with pytest.raises(CaseError) as caught:
        validated(ClaimsFile, {"claims": [CLAIM | {"test": test}]}, "claims.toml")
    assert str(caught.value) == message


def test_a_fault_in_another_accounting_is_named_by_it():
    good = {"kind": "untestable", "reason": "no quantity"}
    bad = {"kind": "threshold", "metrc": "a"}
    document = {"claims": [CLAIM | {"test": good, "accountings": {"recorded": bad}}]}
    with pytest.raises(CaseError) as caught:
        validated(ClaimsFile, document, "claims.toml")
    assert str(caught.value) == (
        "claims.toml: claims[1].accountings.recorded.metrc: found a key that is not known here,"
        " expected one of kind, metric, direction, value, present\n"
        "  hint: did you mean 'metric'?"
    )


def test_a_long_value_is_cut_short():
    with pytest.raises(CaseError) as caught:
        validated(Claim, CLAIM | {"text": ["word"] * 100, "test": {}}, "here")
    assert caught.value.found == "['word', 'word', 'word', 'word', 'word', 'word', 'word', ..."


@pytest.mark.parametrize("sides", [{"below": 1.0}, {"above": 0.0}])
def test_a_conditional_takes_one_side(sides):
    test = Conditional(kind="conditional", outcome="o", given="g", **sides)
    assert (test.below is None) != (test.above is None)
