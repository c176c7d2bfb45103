"""Gravity that cannot be estimated: each fault is named."""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import pytest

from servanda.errors import UsageError
from servanda.trade import gravity
from servanda.trade.gravity import estimate
from tests import typechecker
from tests.trade.gravity_world import COSTS, abroad, flow, world


def embargo(data: pd.DataFrame) -> pd.DataFrame:
    """AAA and CCC trade nothing with each other, and a variable marks them."""
    data = flow(flow(data, "AAA", "CCC", 0.0), "CCC", "AAA", 0.0)
    return data.assign(embargo=data["pair"].eq("AAA-CCC").astype(float))


@pytest.mark.parametrize(
    ("data", "options", "message"),
    [
        (
            world(1, 4),
            {"costs": ("distanse",)},
            (
                "table: found no column 'distanse', expected one of exporter, importer, pair,"
                " trade, distance, border\n"
                "  hint: did you mean 'distance'?"
            ),
        ),
        (world(1, 4), {"costs": ()}, "cost variables: found none, expected at least one column"),
        (
            world(1, 4),
            {"costs": ("border", "distance", "border")},
            "cost variables: found 'border' twice, expected each column once",
        ),
        (
            world(1, 4).assign(distance=np.arange(16.0) * np.where(np.arange(16) == 6, np.nan, 1)),
            {},
            "distance from 'BBB' to 'CCC': found nan, expected a finite number",
        ),
        (
            world(1, 4).assign(distance=np.where(np.arange(16) == 6, np.inf, 1.0)),
            {},
            "distance from 'BBB' to 'CCC': found inf, expected a finite number",
        ),
        (
            world(1, 4).assign(language=lambda d: 3 * d["border"] + d["exporter"].eq("AAA")),
            {"costs": ("border", "distance", "language")},
            (
                "cost variable 'language': found a variable that the effects and the variables"
                " before it explain, expected a variable with variation of its own\n"
                "  hint: leave it out"
            ),
        ),
        (
            embargo(world(1, 4)),
            {"costs": (*COSTS, "embargo")},
            (
                "cost variables: found 'embargo', separating 2 zeros from positive flows, the first"
                " from 'AAA' to 'CCC', expected variables that also vary among positive flows\n"
                "  hint: a coefficient would be infinite: leave out variables that only mark pairs"
                " without trade"
            ),
        ),
        (
            flow(world(1, 4), "BBB", "", 0.0),
            {},
            (
                "domestic flow of 'BBB': found none, expected a positive value\n"
                "  hint: sales at home are gross output less exports"
            ),
        ),
        (
            flow(flow(world(1, 4), "BBB", "", 0.0), "BBB", "BBB", 1.0),
            {},
            (
                "exports of 'BBB': found zero with every other country, expected at least one"
                " positive flow\n"
                "  hint: its prices have no link to the others': leave the country out"
            ),
        ),
        (
            flow(flow(world(1, 4), "", "BBB", 0.0), "BBB", "BBB", 1.0),
            {},
            (
                "imports of 'BBB': found zero with every other country, expected at least one"
                " positive flow\n"
                "  hint: its prices have no link to the others': leave the country out"
            ),
        ),
        (
            flow(world(1, 4), "AAA", "BBB", -1.0),
            {},
            "flow from 'AAA' to 'BBB': found -1.0, expected zero or a positive number",
        ),
        (
            world(1, 4).head(15),
            {},
            (
                "domestic flow of 'DDD': found no row, expected a row for each of the 4 countries"
                " with each, itself included\n"
                "  hint: sales at home are gross output less exports; or leave them out for every"
                " country, and the estimate gives no economy"
            ),
        ),
        (
            world(1, 4).drop(index=1),
            {},
            (
                "flow from 'AAA' to 'BBB': found no row, expected a row for each of the 4 countries"
                " with each, itself included\n"
                "  hint: missing is not zero: give absent='zero' if these pairs have costs and did"
                " not trade, or absent='left-out' if their flows are unknown"
            ),
        ),
        (
            abroad(world(1, 4)).drop(index=1),
            {"costs": ("distance",), "absent": "zero"},
            (
                "flow from 'AAA' to 'BBB': found no row, expected a row for each of the 4 countries"
                " with each, itself included\n"
                "  hint: a pair without trade needs a row with its costs; without them, give"
                " absent='left-out'"
            ),
        ),
        (
            flow(world(1, 4), "AAA", "BBB", np.nan),
            {},
            "flow from 'AAA' to 'BBB': found nan, expected zero or a positive number",
        ),
        (
            world(1, 4).drop(index=1),
            {"absent": "left out"},
            (
                "absent: found 'left out', expected one of refuse, zero, left-out\n"
                "  hint: did you mean 'left-out'?"
            ),
        ),
        (
            flow(abroad(world(1, 4)), "BBB", "", 0.0),
            {},
            (
                "exports of 'BBB': found zero with every country, expected at least one positive"
                " flow\n"
                "  hint: leave the country out"
            ),
        ),
        (
            world(1, 4).assign(again=lambda d: d["distance"].astype("float32")),
            {"costs": (*COSTS, "again")},
            (
                "cost variable 'again': found a variable that the effects and the variables"
                " before it explain, expected a variable with variation of its own\n"
                "  hint: leave it out"
            ),
        ),
        (
            world(1, 4).assign(again=lambda d: (1000 + d["distance"]).astype("float32")),
            {"costs": ("distance", "again")},
            (
                "cost variable 'again': found a variable that the effects and the variables"
                " before it explain, expected a variable with variation of its own\n"
                "  hint: leave it out"
            ),
        ),
        (
            world(1, 4).assign(distance=lambda d: pd.to_timedelta(d["distance"], unit="D")),
            {},
            "table: distance: found a ndarray of other things, expected an array of numbers",
        ),
        (
            world(1, 4).assign(distance=pd.Timestamp("2006-01-01")),
            {},
            (
                "distance from 'AAA' to 'AAA': found datetime.datetime(2006, 1, 1, 0, 0), expected"
                " a number"
            ),
        ),
        (
            world(1, 4).to_dict("list")
            | {"trade": np.ma.masked_less(world(1, 4)["trade"].to_numpy(), 1e9)},
            {},
            (
                "domestic flow of 'AAA': found none, expected a positive value\n"
                "  hint: sales at home are gross output less exports"
            ),
        ),
        (
            flow(world(1, 4), "BBB", "BBB", np.nan),
            {"absent": "left-out"},
            (
                "domestic flow of 'BBB': found a row without it, expected a row for each of the 4"
                " countries with each, itself included\n"
                "  hint: sales at home are gross output less exports; or leave them out for every"
                " country, and the estimate gives no economy"
            ),
        ),
        (
            world(1, 4).to_dict("records"),
            {},
            "table: found a list, expected a DataFrame, or a dict of arrays or lists",
        ),
        (
            world(1, 4),
            {"costs": "distance"},
            "cost variables: found the text 'distance', expected a list of columns",
        ),
        (
            world(1, 4).replace({"pair": {"AAA-CCC": None}}),
            {"cluster": "pair"},
            "pair from 'AAA' to 'CCC': found nothing, expected a cluster",
        ),
        (
            world(1, 4).assign(year=2006),
            {"cluster": "year"},
            "cluster column 'year': found one cluster, expected at least two",
        ),
    ],
)
def test_what_cannot_be_estimated_is_named(data, options, message):
    with typechecker.paused(), pytest.raises(UsageError) as error:
        estimate(data, **({"costs": COSTS} | options))
    assert str(error.value) == message


def test_costs_too_far_from_zero_for_ease_to_be_a_number_are_refused():
    data = world(1, 4)
    largest = abs(estimate(data, ("distance",)).coefficients[0]) * 1e6
    with pytest.raises(UsageError) as error:
        estimate(data.assign(distance=data["distance"] - 1e6), ("distance",))
    found = str(error.value).partition("as large as ")[2].partition(",")[0]
    assert float(found) == pytest.approx(largest, abs=2)
    assert str(error.value) == (
        f"cost variables: found β · costs as large as {found}, expected at most 700, as ease is its"
        " exponential\n"
        "  hint: measure each cost from that of a typical pair"
    )


def test_estimates_that_have_not_converged_are_refused(monkeypatch):
    monkeypatch.setattr(gravity, "MAX_ITERATIONS", 1)
    with pytest.raises(UsageError) as error:
        estimate(world(1, 5), COSTS)
    gap = str(error.value).partition(" off by a relative ")[2].partition(",")[0]
    assert float(gap) > 1e-9
    assert str(error.value) == (
        "PPML, coefficient of 'distance': found a first-order condition off by a relative"
        f" {gap}, expected at most 1e-09\n"
        "  hint: the estimates have not converged: look for extreme flows or costs"
    )


def test_without_pyfixest_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyfixest", None)
    with pytest.raises(UsageError) as error:
        estimate(world(1, 4), COSTS)
    assert str(error.value) == (
        "servanda.trade.gravity: found pyfixest is not installed, expected the extra 'gravity',"
        " which estimating trade costs needs\n"
        "  hint: pip install 'servanda[gravity]'"
    )
