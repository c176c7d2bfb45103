"""Trade flows between countries: the data of a counterfactual, and its result."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace

import numpy as np
import xarray as xr
from jaxtyping import Float64, Int64

from servanda.errors import UsageError
from servanda.trade.codes import check_codes
from servanda.trade.labels import in_order

# An economy of one sector needs no axis of sectors. Many runs add an axis in front.
Countries = Float64[np.ndarray, "... country"]
Pairs = Float64[np.ndarray, "... origin destination"]
Runs = Float64[np.ndarray, "*run"]
Counts = Int64[np.ndarray, "*run"]

FEWEST = 2  # countries
AT_HOME = "sales at home are gross output less exports"
ROUNDING = 1e-9
ADDED = "a duty t adds t to the price and collects t / (1 + t) of what buyers pay"
LESS_THAN_NOTHING = (
    "exports above output are most likely re-exports: count exports of goods made in the country,"
    " or add what passes through to its output and imports"
)


@dataclass(frozen=True, slots=True)
class Economy:
    """Observed flows, in any one unit of money.

    Attributes:
        countries: Their codes, in the order of the flows.
        flows: Sales of each origin to each destination, [origin, destination]; its sales at home
            are on the diagonal. With sectors, [sector, origin, destination]. Given as lists, arrays
            or, by label, a DataFrame or DataArray; kept as an array.
        value_added_share: γ, value added over gross output. Below one, goods are inputs too.
        sectors: Their names, in the order of the flows. None: one sector without an axis.
        sector_elasticity: η, the elasticity of substitution between sectors. At one, each keeps
            its share of spending; below one, a dearer sector takes a larger share.
    """

    countries: tuple[str, ...]
    flows: Pairs
    value_added_share: float = 1.0
    sectors: tuple[str, ...] = ()
    sector_elasticity: float = 1.0

    def __post_init__(self) -> None:
        """Refuse flows that cannot come from an equilibrium."""
        object.__setattr__(self, "countries", tuple(self.countries))
        object.__setattr__(self, "sectors", tuple(self.sectors))
        if len(self.countries) < FEWEST:
            raise UsageError("countries", str(len(self.countries)), f"at least {FEWEST}")
        check_names(self.countries, "countries", "code")
        check_names(self.sectors, "sectors", "name")
        check_codes({"countries": self.countries}, "{column}", "a country code")
        check_codes({"sectors": self.sectors}, "{column}", "a sector's name")
        object.__setattr__(self, "flows", in_order(self.flows, self.axes, "flows"))
        check_shape(self, self.flows, "flows")
        for sector, flows in self.by_sector():
            _check_values(self.countries, flows, sector)
        _check_ties(self.countries, self.flows.reshape(-1, *self.flows.shape[-2:]).sum(axis=0))
        if not 0 < self.value_added_share <= 1:
            raise UsageError(
                "value-added share", repr(self.value_added_share), "a number above 0 and at most 1"
            )
        if not 0 <= self.sector_elasticity < math.inf:
            raise UsageError(
                "elasticity between sectors",
                repr(self.sector_elasticity),
                "a finite number, zero or more",
            )

    @property
    def axes(self) -> dict[str, tuple[str, ...]]:
        """The axes of the flows and the labels of each, in order."""
        sectors = {"sector": self.sectors} if self.sectors else {}
        return {**sectors, "origin": self.countries, "destination": self.countries}

    def at_gross_output(self, ratio: float) -> Economy:
        """The same value added and trade, with gross output `ratio` times value added.

        Sales at home make up the difference, so that each sector keeps its share of spending (its
        share of value added moves), and γ becomes 1 / ratio. With another γ alone, value added
        would change too.

        Raises:
            UsageError: The ratio is not a number from one on, or so low that a country would export
                its whole output of a sector.
        """
        what = "gross output over value added"
        if not 1 <= ratio < math.inf:
            raise UsageError(what, repr(ratio), "a finite number, one or more")
        home = np.eye(len(self.countries))
        sectors = self.flows.reshape(-1, *home.shape)
        more = sectors.sum(axis=(0, 2)) * (ratio * self.value_added_share - 1)
        spending = sectors.sum(axis=1)
        flows = sectors + (spending / spending.sum(axis=0) * more)[:, None] * home
        for i in np.flatnonzero(flows.diagonal(axis1=1, axis2=2).min(axis=0) <= 0):
            country = self.countries[i]
            raise UsageError(what, repr(ratio), f"more, or {country!r} would keep nothing at home")
        return replace(self, flows=flows.reshape(self.flows.shape), value_added_share=1 / ratio)

    def by_sector(self) -> list[tuple[str, Pairs]]:
        """Each sector's name ('' if there is one sector) and its flows, [origin, destination]."""
        if not self.sectors:
            return [("", self.flows)]
        return list(zip(self.sectors, self.flows, strict=True))


@dataclass(frozen=True, slots=True)
class Equilibrium:
    """The effect of a change in trade costs. A change is new over old, so 1 is no change.

    If the economy has an axis of sectors, arrays have it before that of countries, unless noted.
    If many counterfactuals were solved, the axis of runs comes first.

    Attributes:
        countries: Their codes, in the order of every array.
        sectors: Their names, or none where there is one sector without an axis.
        price: Change in the factory-gate price, with world output in money fixed.
        wage: Change in the earnings of a unit of the country's factors.
        inward: Change in inward multilateral resistance: the price of what the country buys of the
            sector, P̂ of Anderson and van Wincoop (2003).
        outward: Change in outward multilateral resistance, Π̂: the incidence of trade costs on the
            country's sellers.
        price_index: Change in the price index of the country; no axis of sectors.
        real_income: Change in the real income of its factors and its treasury, which collects
            duties; no axis of sectors.
        real_spending: Change in what it buys for final use, with what it borrows or lends, over its
            price index: welfare with transfers. NaN for a country that bought nothing for final use
            before, its inputs being all that it spent; no axis of sectors.
        revenue: What its treasury collects, in the unit of the flows; no axis of sectors.
        flows: The new flows, in the unit of the old ones, as sellers receive them: before duties.
        steps: Number of steps of the solver.
        residual: Largest remaining gap between log demand and log supply.
    """

    countries: tuple[str, ...]
    sectors: tuple[str, ...]
    price: Countries
    wage: Countries
    inward: Countries
    outward: Countries
    price_index: Countries
    real_income: Countries
    real_spending: Countries
    revenue: Countries
    flows: Pairs
    steps: Counts
    residual: Runs

    def run(self, number: int) -> Equilibrium:
        """One of many counterfactuals, without the axis of runs."""
        arrays = {f.name: np.asarray(getattr(self, f.name)[number]) for f in fields(self)[2:]}
        return Equilibrium(self.countries, self.sectors, **arrays)

    def dataset(self) -> xr.Dataset:
        """The results as arrays labelled by run, sector, and country or origin and destination."""
        runs = ["run"] * (self.real_income.ndim - 1)
        sectors = ["sector"] if self.sectors else []
        country, pair = ["country"], ["origin", "destination"]
        dims = {
            "price_index": runs + country,
            "real_income": runs + country,
            "real_spending": runs + country,
            "revenue": runs + country,
            "flows": runs + sectors + pair,
            "steps": runs,
            "residual": runs,
        }
        coordinates = {name: list(self.countries) for name in (*country, *pair)}
        if self.sectors:
            coordinates["sector"] = list(self.sectors)
        return xr.Dataset(
            {
                f.name: (dims.get(f.name, runs + sectors + country), getattr(self, f.name))
                for f in fields(self)[2:]
            },
            coords=coordinates,
        )


def check_names(names: tuple[str, ...], what: str, noun: str) -> None:
    """Raise `UsageError` if a name occurs twice."""
    for name in names:
        if names.count(name) > 1:
            raise UsageError(what, f"{name!r} twice", f"each {noun} once")


def check_shape(economy: Economy, values: np.ndarray, what: str) -> None:
    """Raise `UsageError` unless there is a value for each pair, of each sector if there are any."""
    sectors, n = len(economy.sectors), len(economy.countries)
    shape = (sectors, n, n) if sectors else (n, n)
    if values.shape != shape:
        each = f"each of the {n} countries to each"
        each += f" in each of the {sectors} sectors" if sectors else ""
        raise UsageError(what, f"an array of shape {values.shape}", f"shape {shape}: {each}")


def check_costs(economy: Economy, cost_change: Pairs, run: str = "") -> None:
    """Raise `UsageError` unless there is a positive cost change for each pair."""
    check_shape(economy, cost_change, f"cost change{run}")
    for place in np.argwhere(~(np.isfinite(cost_change) & (cost_change > 0))):
        *sector, i, j = place
        good = f" of {economy.sectors[sector[0]]!r}" if sector else ""
        raise UsageError(
            f"cost change{run}{good} from {economy.countries[i]!r} to {economy.countries[j]!r}",
            repr(float(cost_change[tuple(place)])),
            "a positive number, 1 for no change",
        )


def check_revenue(economy: Economy, revenue: Pairs, cost_change: Pairs, run: str = "") -> None:
    """Raise `UsageError` unless what is collected of each pair is part of what its cost adds.

    Of what buyers pay, a cost change t̂ adds the share 1 − 1/t̂. If more were collected, sellers
    would deliver the goods for less than before.
    """
    check_shape(economy, revenue, f"revenue{run}")
    home = np.eye(len(economy.countries), dtype=bool)
    added = np.where(home, 0, np.maximum(0, 1 - 1 / cost_change))
    for place in map(tuple, np.argwhere(~((revenue >= 0) & (revenue <= added + ROUNDING * ~home)))):
        *sector, i, j = place
        good = f" of {economy.sectors[sector[0]]!r}" if sector else ""
        cost = float(cost_change[place])
        raise UsageError(
            f"revenue{run}{good} from {economy.countries[i]!r} to {economy.countries[j]!r}",
            repr(float(revenue[place])),
            "0, because no duty is collected at home"
            if i == j
            else f"a share from 0 to {added[place]:.4g}, which a cost change of {cost:.4g} adds",
            hint=None if i == j else ADDED,
        )


def _check_values(countries: tuple[str, ...], flows: Pairs, sector: str) -> None:
    good = f" of {sector!r}" if sector else ""
    for country, sales in zip(countries, np.diag(flows).tolist(), strict=True):
        if not sales > 0:
            raise UsageError(
                f"domestic flow{good} of {country!r}",
                repr(sales) if sales < 0 else "none",
                "a positive value",
                hint=LESS_THAN_NOTHING if sales < 0 else AT_HOME,
            )
    check_flows(countries, flows, good)


def check_flows(countries: tuple[str, ...], flows: Pairs, good: str = "") -> None:
    """Raise `UsageError` unless each flow of a good is zero or a positive number."""
    for i, j in np.argwhere(~(np.isfinite(flows) & (flows >= 0))):
        raise UsageError(
            f"flow{good} from {countries[i]!r} to {countries[j]!r}",
            repr(float(flows[i, j])),
            "zero or a positive number",
        )


def _check_ties(countries: tuple[str, ...], flows: Pairs) -> None:
    """Refuse a country that sells or buys nothing abroad; in a single sector it may."""
    abroad = flows * ~np.eye(len(countries), dtype=bool)
    for axis, direction in ((1, "exports"), (0, "imports")):
        for i in np.flatnonzero(abroad.sum(axis=axis) == 0):
            raise UsageError(
                f"{direction} of {countries[i]!r}",
                "zero with every other country",
                "at least one positive flow",
                hint="its prices have no link to the others': leave the country out",
            )
