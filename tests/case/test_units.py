"""Units: countable things, conversions worked by hand, and whole messages for what is no unit."""

from __future__ import annotations

import pytest

from servanda.case import units
from servanda.errors import CaseError, visible


@pytest.mark.parametrize(
    ("given", "wanted", "factor"),
    [
        ("round", "round", 1.0),
        ("round/year", "round/month", 1 / 12),
        ("round/day", "round/month", 30.4375),
        ("MUSD/month", "USD/month", 1e6),
        ("kiloround", "round", 1e3),
        ("percent", "dimensionless", 0.01),
        ("tonne", "kg", 1000.0),
        ("USD/barrel", "USD/liter", 1 / 158.987294928),
        ("missile/week", "missile/month", 30.4375 / 7),
    ],
)
def test_factors_are_those_worked_by_hand(given, wanted, factor):
    assert units.factor(given, wanted, "here") == pytest.approx(factor, rel=1e-12)
    assert units.factor(wanted, given, "here") == pytest.approx(1 / factor, rel=1e-12)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [("round", "missile"), ("person", "round"), ("USD", "RUB"), ("USD", "USD/month")],
)
def test_things_of_two_kinds_do_not_convert(given, wanted):
    with pytest.raises(CaseError) as caught:
        units.factor(given, wanted, "here")
    assert str(caught.value) == (
        f"here: found unit '{given}', expected a unit that converts to '{wanted}'"
    )


EMPTY = "write 'dimensionless' for a pure number"
FORM = "write products with *, quotients with /, as in 'USD/month'"


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("", EMPTY),
        (" ", EMPTY),
        ("persn/month", "did you mean 'person'?"),
        ("USD/mnth", "did you mean 'month'?"),
        ("1000 round", FORM),
        ("2*round", FORM),
        ("round/", FORM),
        ("(round", FORM),
        ("round**x", FORM),
        ("\x00", FORM),
        ("9**9**8*barrel", FORM),
        ("barrel/0", FORM),
        ("barrel⁹⁹⁹", FORM),
        ("barrel²³/tonne⁻⁹", FORM),
        ("((barrel))", FORM),
        ("barrel\n", FORM),
        ("*".join(["barrel"] * 15), FORM),
        ("=", FORM),
        ("zorkmids", None),
    ],
)
def test_what_is_no_unit_is_named(text, hint):
    with pytest.raises(CaseError) as caught:
        units.check(text, "here")
    line = f"here: found unit '{visible(text)}', expected a unit that pint or this project defines"
    assert str(caught.value) == (line if hint is None else f"{line}\n  hint: {hint}")


def test_the_side_that_is_no_unit_is_the_one_named():
    with pytest.raises(CaseError) as caught:
        units.factor("round", "rond", "here")
    assert caught.value.found == "unit 'rond'"
