"""Who leads in which client: PAT and BUY share in SUP."""

from __future__ import annotations

import numpy as np

from servanda.analysis.influence import clients, leader
from servanda.engine import assemble
from tests.builders import tiny_case
from tests.handmade import results


def test_a_client_is_one_that_two_patrons_or_more_share_in():
    assert {c: [p.patron for p in own] for c, own in clients(results()).items()} == {
        "SUP": ["PAT", "BUY"]
    }
    alone = assemble(tiny_case(spec={"patronages": [{"patron": "PAT", "client": "SUP"}]}))
    assert clients(results(alone)) == {}


def test_the_leader_has_the_largest_median_share_in_the_month():
    """In the sixth month BUY's three runs have 0.2, 0.6 and 0.7, PAT's the rest."""
    own = np.zeros((24, 3))
    own[5] = [0.2, 0.6, 0.7]
    shares = {"BUY-SUP": own, "PAT-SUP": 1 - own}
    made = results(runs=3, influence_valued=shares)
    patrons = clients(made)["SUP"]
    assert leader(made, patrons, "valued", 5) == ("BUY", np.float32(0.6))
    assert leader(made, patrons, "valued", 4) == ("PAT", 1)
    heavy = results(runs=3, weights=[8, 1, 1], influence_valued=shares)
    assert leader(heavy, patrons, "valued", 5) == ("PAT", np.float32(0.8))
