"""The shipped case's baseline and regimes, and the places in ranges where they are solved."""

from __future__ import annotations

import tomllib
from itertools import product
from pathlib import Path

from servanda.trade import read_baseline, read_regimes

CASE = Path(__file__).resolve().parents[2] / "src/servanda/cases/russia-dprk"
BASELINE = read_baseline(CASE)
ECONOMY = BASELINE.economy
REGIMES = read_regimes(CASE / "regimes.toml")
BY_NAME = {regime.name: regime for regime in REGIMES}
REGIMES_FILE, BASELINE_FILE, CASE_FILE = (
    tomllib.loads((CASE / name).read_text(encoding="utf-8"))
    for name in ("regimes.toml", "trade_baseline.toml", "case.toml")
)
NAMES = ("none", "indifference", "selective", "enforcement")  # from mild to hard
# The case's first month, and each to its cut in which a measure comes into force.
MONTHS = ("2022-01", "2022-03", "2022-04", "2022-05", "2022-09", "2022-12")
WEST = ("USA", "EU", "KOR", "JPN")
PLACES = tuple(product((-1.0, 0.0, 1.0), (-1.0, 0.0, 1.0)))  # of elasticities, and of severity

Losses = dict[tuple[str, str, tuple[float, float]], float]
