"""Compare rerouting and product substitution with the record, and print the results.

    python -m studies.rerouting --data DIR [--write]

DIR holds the publishers' files, which never enter the repository:

- `trade/eu_exports_to_russia_neighbours_monthly.csv`, Eurostat's monthly exports of member states
  (euros) to Russia and five neighbours;
- `dprk/comtrade_china_imports_from_dprk_by_hs_2016_2024_usd.csv`, China's imports from North Korea
  by heading (UN Comtrade, dollars a year).

With `--write` the fitted numbers, scores and intervals go to docs/rerouting_results.toml. The
tables of docs/rerouting.md come from this file. It holds no series of the publishers.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from servanda.errors import ServandaError
from studies.rerouting.results import results, write_results
from studies.rerouting.tables import priors_part, rerouting_part, substitution_part

RESULTS = Path(__file__).resolve().parents[2] / "docs" / "rerouting_results.toml"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables, and write the results with --write; print errors on one line."""
    parser = argparse.ArgumentParser(
        prog="python -m studies.rerouting", description=__doc__.splitlines()[0] if __doc__ else None
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of the publishers' files")
    parser.add_argument("--write", action="store_true", help=f"write docs/{RESULTS.name}")
    given = parser.parse_args(arguments)
    try:
        found = results(given.data)
    except ServandaError as error:
        print(error, file=sys.stderr)
        return 2
    print("\n".join(part(found) for part in (rerouting_part, substitution_part, priors_part)))
    if given.write:
        write_results(found, RESULTS)
    return 0


if __name__ == "__main__":
    sys.exit(main())
