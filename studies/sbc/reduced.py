"""A case small enough to be learned hundreds of times: twelve months and eleven parameters.

It is the template of `servanda new` with another record (the files in `record/`), and all
parameters but a few fixed. What the figures of the record count decides nothing here: they are
simulated anew. Their months, errors and resolutions are those of the record.
"""

import shutil
import tempfile
from pathlib import Path

from servanda.case import Case, load, new
from servanda.case.priors import BIAS, label

RECORD = Path(__file__).parent / "record"
LAST_MONTH = "2020-12"
UNCERTAIN = (
    "war.initial_log_tempo",
    "war.volatility",
    "arsenal.initial_stock[AAA.shells]",
    "arsenal.initial_stock[BBB.shells]",
    "arsenal.initial_capacity[AAA.shells]",
    "arsenal.demand[BBB.shells]",
    "arsenal.tempo_elasticity[BBB.shells]",
    "exchange.lane_ceiling[AAA>BBB:shells]",
    "exchange.adjustment",
    "attrition.losses[BBB]",
    "attrition.fire_exponent",
)


def reduced() -> Case:
    """The case, with the cut-off in its twelfth month."""
    with tempfile.TemporaryDirectory() as place:
        folder = new("reduced", place)
        for file in RECORD.iterdir():
            shutil.copy(file, folder)
        case = load(folder).at(LAST_MONTH)
    for table in case.parameters.values():
        for member, prior in table.priors.items():
            name = label(table.name, member)
            if table.name != BIAS and name not in UNCERTAIN:
                case = case.with_prior(name, fixed=prior.centre, unit=prior.unit)
    return case
