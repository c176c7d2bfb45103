"""Priors that the fits suggest: medians of posteriors, widths with what is unseen, by hand."""

from __future__ import annotations

import pytest

from studies.rerouting.suggestions import suggested

POSTERIOR = {"ceiling": [0.2, 0.4, 0.6, 0.3], "rate": [0.05, 0.1, 0.2, 0.15]}
FOUND = {
    "rerouting": {"variants": {"saturating": POSTERIOR, "network": POSTERIOR}},
    "substitution": {
        "variants": {"saturating": POSTERIOR, "network": POSTERIOR},
        "rates": [{"year": 2019, "bound": 0.5}, {"year": 2023, "bound": 0.14}],
    },
}


def test_a_posterior_keeps_its_median_and_is_widened_by_what_is_unseen():
    rows = {(r["parameter"], r["route"], r["variant"]): r for r in suggested(FOUND)}
    ceiling = rows["evasion.ceiling", "west-to-russia", "network"]
    # √(.3² + .4²) = .5; √(.15² + .2²) = .25.
    assert (ceiling["median"], ceiling["log_sd"]) == (0.4, 0.5)
    rate = rows["evasion.rate", "world-to-north-korea", "saturating"]
    assert (rate["median"], rate["log_sd"]) == (0.1, 0.25)


def test_the_ceiling_of_the_embargo_is_the_bound_of_the_last_year_of_evidence():
    (ceiling,) = (r for r in suggested(FOUND) if r["variant"] == "either")
    assert ceiling["route"] == "world-to-north-korea"
    assert (ceiling["median"], ceiling["log_sd"]) == (0.14, pytest.approx(0.8))
