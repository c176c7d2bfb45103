"""Members of axes: records with a label for people and files, and the unit of their good."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from servanda.case.schema import Good, Partnership, Patronage, Posture, Stance, Tie


@runtime_checkable
class Member(Protocol):
    """A member of an axis."""

    @property
    def label(self) -> str:
        """Its name in case files, results and charts."""

    @property
    def unit(self) -> str:
        """The unit of its good; empty if it has no good."""


@dataclass(frozen=True)
class Named:
    """A member that has only a name: a state, a coalition, a route, a signal."""

    label: str
    unit: str = ""


@dataclass(frozen=True)
class Account:
    """One actor's stock of one good."""

    owner: str
    good: Good

    @property
    def label(self) -> str:
        """`RUS.shells`."""
        return f"{self.owner}.{self.good.name}"

    @property
    def unit(self) -> str:
        """The unit of the good."""
        return self.good.unit


@dataclass(frozen=True)
class Edge:
    """A tie and its good."""

    tie: Tie
    good: Good

    @property
    def label(self) -> str:
        """`PRK>RUS:shells`."""
        return self.tie.label

    @property
    def unit(self) -> str:
        """The unit of the good."""
        return self.good.unit


@dataclass(frozen=True)
class Pair:
    """Two actors that belong together: the partners of a pact, or a patron and its client."""

    of: Partnership | Patronage
    unit: str = ""

    @property
    def label(self) -> str:
        """`RUS-PRK`."""
        return self.of.label

    @property
    def actors(self) -> tuple[str, str]:
        """Both, in the order of the label."""
        pair = self.of
        if isinstance(pair, Partnership):
            return pair.buyer, pair.supplier
        return pair.patron, pair.client


@dataclass(frozen=True)
class Partner:
    """One partner of a pact."""

    pact: Partnership
    actor: str
    unit: str = ""

    @property
    def label(self) -> str:
        """`RUS-PRK/PRK`."""
        return f"{self.pact.label}/{self.actor}"


@dataclass(frozen=True)
class Option:
    """One of the stances that an actor chooses among."""

    posture: Posture
    stance: Stance
    unit: str = ""

    @property
    def label(self) -> str:
        """`CHN.courtship`."""
        return f"{self.posture.actor}.{self.stance.name}"
