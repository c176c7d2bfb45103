"""Print tables that compare published results of trade models with this project's.

    python -m studies.published_trade --data DIR [--write]

With `--write` the tables go to their place in docs/trade.md. They quote a dozen countries of each.

DIR holds the publishers' files, which never enter the repository:

- `models/agtpa_ch2_*`: data and results of the border experiment (`servanda.sources.agtpa`);
- `trade/gegravity_sample_30country_2006.csv`: the sample of gegravity, which is run.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from servanda.errors import ServandaError
from servanda.files import drafts
from studies.published_trade.comparison import border_experiment, tables

PAGE = Path(__file__).resolve().parents[2] / "docs" / "trade.md"
BEGIN, END = "<!-- written by python -m studies.published_trade -->", "<!-- end of written -->"


def written(page: str, text: str) -> str:
    """The page with its tables replaced."""
    begin, rest = page.split(BEGIN)
    return f"{begin}{BEGIN}\n\n{text}\n{END}{rest.split(END, 1)[1]}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables, or write them into the page; print errors on one line."""
    parser = argparse.ArgumentParser(
        prog="python -m studies.published_trade",
        description=__doc__.splitlines()[0] if __doc__ else None,
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of the publishers' files")
    parser.add_argument("--write", action="store_true", help="into docs/trade.md")
    given = parser.parse_args(arguments)
    try:
        text = tables(given.data, border_experiment(given.data))
    except ServandaError as error:
        print(error, file=sys.stderr)
        return 2
    if given.write:
        drafts.write(PAGE, written(PAGE.read_text(encoding="utf-8"), text))
    else:
        print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
