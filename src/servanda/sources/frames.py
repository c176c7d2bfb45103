"""Reading a publisher's table as a pandas data frame."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from servanda.errors import CaseError, ServandaError, nearest

if TYPE_CHECKING:
    import pandas as pd


def read_frame(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    """Read a CSV or Parquet file, by its suffix; needs the extra `sources`.

    Args:
        path: The file.
        columns: Required columns; others are allowed.

    Raises:
        CaseError: The file is missing, cannot be read, or lacks a column.
        ServandaError: pandas is not installed, or pyarrow for Parquet.
    """
    kind = "Parquet" if path.suffix == ".parquet" else "CSV"
    try:
        pandas = import_module("pandas")
        frame = (pandas.read_parquet if kind == "Parquet" else pandas.read_csv)(path)
    except ImportError:
        raise ServandaError(
            path.name,
            "pandas or pyarrow is not installed",
            "the extra 'sources', which reading this file needs",
            hint="pip install 'servanda[sources]'",
        ) from None
    except FileNotFoundError:
        raise CaseError(path.name, "no such file", f"a {kind} file in {path.parent}") from None
    except (OSError, ValueError) as error:  # pandas and pyarrow raise ValueError.
        raise CaseError(path.name, str(error), f"valid {kind}") from None
    known = [str(name) for name in frame.columns]
    for column in columns:
        if column not in known:
            expected = "columns " + ", ".join(columns)
            hint = nearest(column, set(known) - set(columns))
            raise CaseError(path.name, f"no column {column!r}", expected, hint)
    return frame
