"""A living pact of a supplier with plenty and a buyer, for tests of exchange and its bargains."""

from __future__ import annotations

from tests.builders import REST

SHELLS, TROOPS = "SUP>BUY:shells", "SUP>BUY:troops"
OIL, TECHNOLOGY, AID = "BUY>SUP:oil", "BUY>SUP:technology", "PAT>SUP:oil"
PACT = "BUY-SUP"
PLENTY = 1e9
FINISHED = {AID: 20.0, REST: 100.0}  # what the lanes carry at their ceilings


def standing(bench, **values):
    """A world in which all ties are open, the pact lives and the supplier has plenty."""
    given = {"opened": 1.0, "alive": 1.0, "stock": PLENTY, "lane": FINISHED, "price": 1.75}
    return bench.world(**(given | values))
