"""Invented flows for gravity, and a regression on dummies by hand to hold it against."""

from __future__ import annotations

import numpy as np
import pandas as pd

CODES = ("AAA", "BBB", "CCC", "DDD", "EEE", "FFF")
COSTS = ("distance", "border")


def table(flows: np.ndarray, **costs: np.ndarray) -> pd.DataFrame:
    n = len(flows)
    pairs = [(i, j) for i in range(n) for j in range(n)]
    return pd.DataFrame(
        {
            "exporter": [CODES[i] for i, _ in pairs],
            "importer": [CODES[j] for _, j in pairs],
            "pair": ["-".join(sorted((CODES[i], CODES[j]))) for i, j in pairs],
            "trade": flows.ravel(),
            **{name: cost.ravel() for name, cost in costs.items()},
        }
    )


def world(seed: int, n: int) -> pd.DataFrame:
    """Random flows among n countries: noisy gravity, with zeros now and then."""
    rng = np.random.default_rng(seed)
    distance, border = rng.uniform(0, 3, (n, n)), 1.0 - np.eye(n)
    sizes = rng.uniform(-2, 2, (2, n))
    log_flows = sizes[0][:, None] + sizes[1] - distance - 2 * border + rng.normal(0, 0.5, (n, n))
    flows = np.exp(log_flows)
    flows[(border == 1) & (rng.uniform(size=(n, n)) < 0.1)] = 0
    flows[np.arange(n), (np.arange(n) + 1) % n] += 0.1  # everybody trades with somebody
    return table(flows, distance=distance, border=border)


def by_hand(
    data: pd.DataFrame,
    cluster: str | None,
    costs: tuple[str, ...] = COSTS,
    sides: tuple[str, ...] = ("exporter", "importer"),
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Poisson regression on dummies by Newton's method, with the textbook sandwich."""
    dummies = np.hstack([pd.get_dummies(data[side], dtype=float) for side in sides])
    kept: list[int] = []  # dummies that those before them do not add up to
    for k in range(dummies.shape[1]):
        if np.linalg.matrix_rank(dummies[:, [*kept, k]]) > len(kept):
            kept.append(k)
    x = np.hstack([data[list(costs)], dummies[:, kept]])
    y = data["trade"].to_numpy()
    beta = np.linalg.lstsq(x, np.log(y + y.mean()))[0]
    for _ in range(50):
        fitted = np.exp(x @ beta)
        beta = beta + np.linalg.solve(x.T @ (x * fitted[:, None]), x.T @ (y - fitted))
    fitted = np.exp(x @ beta)
    bread = np.linalg.inv(x.T @ (x * fitted[:, None]))
    scores = pd.DataFrame(x * (y - fitted)[:, None])
    sums = scores.groupby(np.arange(len(y)) if cluster is None else data[cluster].to_numpy()).sum()
    groups = len(sums)
    variance = bread @ (sums.T.to_numpy() @ sums.to_numpy()) @ bread * groups / (groups - 1)
    number = len(costs)
    return beta[:number], variance[:number, :number], fitted


def flow(data: pd.DataFrame, exporter: str, importer: str, value: float) -> pd.DataFrame:
    """The table with the flows from one country, or to it, replaced; '' is every country."""
    chosen = np.ones(len(data), dtype=bool)
    for side, code in (("exporter", exporter), ("importer", importer)):
        chosen &= (data[side] == code) | (code == "")
    data.loc[chosen, "trade"] = value
    return data


def abroad(data: pd.DataFrame) -> pd.DataFrame:
    """The table without sales at home."""
    return data[data["exporter"] != data["importer"]].copy()
