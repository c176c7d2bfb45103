"""A table of a case's uncertain parameters."""

from pathlib import Path

import numpy as np
import xarray as xr

from servanda.case import Case, as_case
from servanda.results import prepare


def priors(case: Case | str | Path) -> xr.Dataset:
    """The prior of every uncertain parameter.

    Args:
        case: from `servanda.load`, the name of a shipped case, or a folder.

    Returns:
        A dataset by `parameter` (printed name). `family` is the distribution; `first` and `second`
        are its two arguments, as in `parameters.toml`; `low` and `high` are the bounds. All four
        are in `unit`. `status` and `sources` give the evidence. `wider` is the wider form in
        words, blank if there is none. `to_dataframe()` makes a pandas table.

    Raises:
        CaseError: if the case does not fit together.
    """
    case = as_case(case)
    found = prepare(case).model.uncertain
    names = np.array(list(found), dtype="U")
    columns = {
        "family": [prior.family for prior in found.values()],
        "first": [prior.arguments[0] for prior in found.values()],
        "second": [prior.arguments[1] for prior in found.values()],
        "low": [prior.low for prior in found.values()],
        "high": [prior.high for prior in found.values()],
        "unit": [prior.unit for prior in found.values()],
        "status": [prior.status for prior in found.values()],
        "sources": [", ".join(prior.sources) for prior in found.values()],
        "wider": [str(prior.wider or "") for prior in found.values()],
    }
    variables = {name: ("parameter", np.array(values)) for name, values in columns.items()}
    return xr.Dataset(variables, {"parameter": names}, {"case": case.spec.name})
