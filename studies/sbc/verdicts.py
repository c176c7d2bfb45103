"""What the ranks of a study say, and its file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from studies.sbc.uniformity import p_values, together

NONE = "none"
"""The name of the sampler as it is among those with planted faults."""
LEVEL = 0.01
"""Ranks that are less probable than this are not uniform."""
Found = dict[str, Any]


def verdict(found: Found, name: str) -> dict[str, Any]:
    """The number of data sets, the least uniform quantity, and how probable all ranks are."""
    p = p_values(np.array(found["ranks"][name]))
    least = found["quantities"][int(np.argmin(p))]
    return {"sets": len(found["ranks"][name]), "quantity": least, "p": together(p)}


def is_right(found: Found) -> bool:
    """Whether the sampler as it is passes, and each planted fault fails."""
    return all((v["p"] >= LEVEL) == (name == NONE) for name, v in found["verdicts"].items())


def read(path: Path) -> Found:
    """Read what `studies.sbc.study` wrote."""
    found: Found = json.loads(path.read_text(encoding="utf-8"))
    return found


def table_part(found: Found) -> str:
    """What each sampler's ranks say, in Markdown."""
    rows = [
        f"| {name} | {v['sets']} | `{v['quantity']}` | {v['p']:.2g} | "
        f"{'fails' if v['p'] < LEVEL else 'passes'} |\n"
        for name, v in found["verdicts"].items()
    ]
    head = "| planted fault | data sets | least uniform ranks | *p* | verdict |\n"
    return head + "| --- | --- | --- | --- | --- |\n" + "".join(rows)
