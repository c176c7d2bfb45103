"""The account of a pact, by hand: twelve months to the cut-off, and twelve after it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from servanda.analysis.accounts import (
    Account,
    accounts,
    leakage,
    leaked_last_year,
    moved,
    worth,
)
from servanda.case.schema import Tie
from servanda.engine import assemble
from servanda.results import Results
from tests.analysis.pact import CUT, MONTHS, pact_of
from tests.builders import tiny_case
from tests.handmade import results


def account(runs: int = 1, **values: Any) -> Account:
    (found,) = accounts(pact_of(runs, **values))
    return found


def tie(made: Results, label: str) -> Tie:
    return next(t for t in made.model.case.spec.ties if t.label == label)


# ── sums ────────────────────────────────────────────────────────────────────────────────────────


def test_sums_run_from_the_start():
    found = account(obligation=5.0, delivery_cost=2.0, paid=3.0, paid_in_sight=1.0, arrears=7.0)
    assert [found.earned[month, 0] for month in (0, CUT, -1)] == [5, 60, 120]
    assert (found.cost[-1, 0], found.paid[-1, 0], found.in_sight[-1, 0]) == (48, 72, 24)
    assert found.arrears[3, 0] == 7


def test_hidden_is_what_was_paid_and_cannot_be_counted():
    found = account(paid=3.0, paid_in_sight=np.where(np.arange(MONTHS) < 4, 3.0, 1.0))
    assert found.hidden[3, 0] == 0
    np.testing.assert_array_equal(found.hidden, found.paid - found.in_sight)
    assert found.hidden[-1, 0] == 20 * 2


def test_large_sums_lose_no_dollar():
    """A thousand million a month and one dollar: single precision would lose the dollar."""
    paid = np.full(MONTHS, 1e9)
    paid[0] = 1.0
    assert account(paid=paid).paid[-1, 0] == 23e9 + 1


# ── at the cut-off ────────────────────────────────────────────────────────────────────────────────


def test_shares_are_medians_of_what_each_run_had_earned_by_the_cutoff():
    """Runs that earned 12, 24 and 48; in sight a half, a quarter and an eighth of it."""
    earned = np.ones((MONTHS, 1)) * [1.0, 2.0, 4.0]
    found = account(
        3,
        obligation=earned,
        paid=earned * [0.75, 0.5, 1.0],
        paid_in_sight=earned * [0.5, 0.25, 0.125],
        arrears=np.ones((MONTHS, 1)) * [3.0, 12.0, 0.0],
    )
    assert found.shares_at_cutoff() == {"in sight": 0.25, "hidden": 0.25, "arrears": 0.25}


def test_shares_weigh_runs_and_leave_out_those_that_had_earned_nothing():
    earned = np.ones((MONTHS, 1)) * [0.0, 1.0, 1.0]
    parts = {"paid": earned * [1, 1.0, 0.5], "paid_in_sight": earned * [1, 1.0, 0.5]}
    light = account(3, obligation=earned, **parts, weights=[9, 3, 1])
    assert light.shares_at_cutoff()["in sight"] == 1
    assert account(3, obligation=earned, **parts).shares_at_cutoff()["in sight"] == 0.75


def test_there_are_no_shares_where_nothing_was_earned():
    later = np.where(np.arange(MONTHS) > CUT, 1.0, 0.0)
    assert account(obligation=later, paid=later).shares_at_cutoff() == {}


def test_covered_is_the_share_of_runs_in_which_payments_exceed_what_deliveries_cost():
    about = {"delivery_cost": 2.0, "paid": np.ones((MONTHS, 1)) * [1.0, 2.0, 2.5, 3.0]}
    assert account(4, **about).covered == 0.5
    assert account(4, **about, weights=[1, 1, 1, 5]).covered == 0.75


def test_gains_are_each_partners_the_buyers_first():
    gain = {"BUY-SUP/BUY": np.arange(MONTHS), "BUY-SUP/SUP": 2.0}
    found = account(gain=gain).gains(slice(3, 5))
    assert list(found) == ["BUY", "SUP"]
    assert found["BUY"][:, 0].tolist() == [3, 4]
    assert found["SUP"][:, 0].tolist() == [2, 2]


# ── ties ────────────────────────────────────────────────────────────────────────────────────────


def test_ties_under_the_pact_are_its_contracts_and_payments_the_suppliers_first():
    assert [t.label for t in account().ties] == [
        "SUP>BUY:shells",
        "SUP>BUY:missiles",
        "SUP>BUY:troops",
        "BUY>SUP:oil",
        "BUY>SUP:technology",
    ]


def test_of_goods_what_arrived_counts_and_of_people_who_is_there():
    made = results(arrived={"SUP>BUY:shells": 3.0}, lent={"SUP>BUY:troops": 50.0})
    assert moved(made, tie(made, "SUP>BUY:shells"))[0, 0] == 3
    assert moved(made, tie(made, "SUP>BUY:troops"))[0, 0] == 50


def test_worth_is_what_arrived_at_market_value():
    """Three a month at four dollars, over five months."""
    made = results(arrived={"SUP>BUY:shells": 3.0})
    found = worth(made, tie(made, "SUP>BUY:shells"), slice(2, 7))
    assert found is not None
    assert found.tolist() == [60]


def test_what_has_no_market_value_has_no_worth():
    """As where no mechanism of the model has the parameter."""
    model = assemble(tiny_case())
    priced = {k: p for k, p in model.parameters.items() if not k.startswith("exchange.unit_value")}
    made = results(replace(model, parameters=priced))
    assert worth(made, tie(made, "SUP>BUY:shells"), slice(0, 3)) is None


def test_leakage_is_the_mean_over_months():
    made = results(leakage={"round-about": np.arange(MONTHS) / 100})
    assert leakage(made, "round-about", slice(0, 5))[0] == pytest.approx(0.02)


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [
        ("2020-12", (0 + 11) / 2),  # the twelve months from the first
        ("2021-03", (3 + 14) / 2),
        ("2020-05", (0 + 4) / 2),  # as far as the case has them
    ],
)
def test_what_leaked_in_the_last_year_is_by_target_and_ends_with_the_cutoff(as_of, expected):
    """A hundredth more is won back every month, from none in the first."""
    made = results(
        assemble(tiny_case(spec={"as_of": as_of})),
        leakage={"round-about": np.arange(MONTHS) / 100},
    )
    assert leaked_last_year(made) == {"BUY": pytest.approx(expected / 100)}


# ── who gained ──────────────────────────────────────────────────────────────────────────────────


def test_who_gained_by_the_cutoff_is_told_by_partner_and_who_gained_more():
    """Over twelve months BUY gains 12, 18, 36 and −12, SUP 24 in all four; the rest is later."""
    buyer = np.ones((MONTHS, 1)) * [1.0, 1.5, 3.0, -1.0]
    buyer[CUT + 1 :] = 1e6
    found = account(4, gain={"BUY-SUP/BUY": buyer, "BUY-SUP/SUP": 2.0}).gained()
    assert found is not None
    assert list(found.by_partner) == ["BUY", "SUP"]
    assert found.by_partner["BUY"].median == 15
    assert found.by_partner["SUP"].median == 24
    assert found.both == 0.75
    assert (found.ahead, found.share) == ("SUP", 0.75)
    heavy = account(
        4, gain={"BUY-SUP/BUY": buyer, "BUY-SUP/SUP": 2.0}, weights=[1, 1, 7, 1]
    ).gained()
    assert heavy is not None
    assert (heavy.ahead, heavy.share) == ("BUY", pytest.approx(0.7))


def test_nobody_gains_where_there_was_no_exchange_by_the_cutoff():
    later = np.where(np.arange(MONTHS) > CUT, 1.0, 0.0)
    assert account(gain={"BUY-SUP/BUY": later}).gained() is None


# ── lines and entries ───────────────────────────────────────────────────────────────────────────


def test_each_line_has_its_middle_half_by_month():
    """Runs that are paid 0, 1, 2, 3 and 4 a month, half of it in sight."""
    paid = np.ones((MONTHS, 1)) * np.arange(5.0)
    about = {"paid": paid, "paid_in_sight": paid / 2, "obligation": 1.0, "arrears": 7.0}
    found = account(5, **about).middle_half()
    assert list(found) == ["earned", "hidden", "in sight", "arrears"]
    assert found["hidden"][:, 1].tolist() == [1, 2, 3]  # two months of 0.5, 1 and 1.5
    assert found["earned"][:, 3].tolist() == [4, 4, 4]
    assert found["arrears"][:, 3].tolist() == [7, 7, 7]


def test_entries_say_what_each_tie_brought_to_the_cutoff_and_after_it():
    """Three shells a month are 36 to the cut-off, worth four dollars each."""
    made = account(
        arrived={"SUP>BUY:shells": 3.0, "BUY>SUP:oil": np.arange(MONTHS)},
        lent={"SUP>BUY:troops": np.arange(MONTHS)},
    )
    entries = {entry.tie.label: entry for entry in made.entries()}
    assert list(entries) == [t.label for t in made.ties]
    shells, oil, troops = (
        entries[label] for label in ("SUP>BUY:shells", "BUY>SUP:oil", "SUP>BUY:troops")
    )
    assert shells.amount.median == 36
    assert shells.worth is not None
    assert shells.after is not None
    assert (shells.worth.median, shells.after.median) == (144, 144)
    assert oil.amount.median == 66  # 0 + 1 + … + 11
    assert oil.after is not None
    assert oil.after.median == 4 * (12 + 23) * 6  # 12 + … + 23 barrels
    assert troops.amount.median == CUT
