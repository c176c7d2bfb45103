"""Axes: every array has one of these as its first axis; the axis of runs, if any, is last.

Axes hold only what the case names, which keeps a month small: accounts exist only where a tie or a
war needs a stock, and ties are a list of directed edges.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import jax.numpy as jnp
from jaxtyping import Array, Float

from servanda.case.schema import CaseSpec, Good, Tie
from servanda.world.members import Account, Edge, Member, Named, Option, Pair, Partner

SIGNALS = ("enforcement", "courtship", "supply", "turn")
ENDINGS = ("lapse", "renegotiation", "violation", "substitution")


@dataclass(frozen=True)
class Axes:
    """The members of every axis of a case.

    Build with `Axes.of(spec)`; `axes.members["tie"]` gives records, `axes["tie"]` their labels and
    `axes.at("tie", label)` a position.
    """

    spec: CaseSpec

    @classmethod
    def of(cls, spec: CaseSpec) -> "Axes":
        """Build the axes of a case."""
        return cls(spec)

    @cached_property
    def members(self) -> Mapping[str, tuple[Member, ...]]:
        """Members by axis name."""
        spec = self.spec
        named = {
            "": [""],
            "actor": [a.code for a in spec.actors],
            "belligerent": [spec.war.attacker, spec.war.defender],
            "coalition": [c.name for c in spec.coalitions],
            "route": [r.name for r in spec.routes],
            "proliferator": [p.actor for p in spec.proliferators],
            "posture": [p.actor for p in spec.postures],
            "signal": SIGNALS,
            "ending": ENDINGS,
            "reference_class": spec.reference_classes,
        }
        return {
            **{axis: tuple(map(Named, labels)) for axis, labels in named.items()},
            "account": self.accounts,
            "tie": self.edges,
            "partnership": tuple(map(Pair, spec.partnerships)),
            "patronage": tuple(map(Pair, spec.patronages)),
            "partner": tuple(
                Partner(p, actor) for p in spec.partnerships for actor in (p.supplier, p.buyer)
            ),
            "stance": tuple(Option(p, s) for p in spec.postures for s in p.stances),
        }

    @cached_property
    def labels(self) -> Mapping[str, tuple[str, ...]]:
        """Labels by axis name."""
        return {axis: tuple(m.label for m in found) for axis, found in self.members.items()}

    @cached_property
    def sizes(self) -> Mapping[str, int]:
        """Number of members of each axis."""
        return {axis: len(found) for axis, found in self.members.items()}

    def __getitem__(self, axis: str) -> tuple[str, ...]:
        return self.labels[axis]

    def size(self, axis: str) -> int:
        """Number of members of an axis."""
        return self.sizes[axis]

    def at(self, axis: str, label: str) -> int:
        """The position of a label; raises `ValueError` if it is not on the axis."""
        return self.labels[axis].index(label)

    @cached_property
    def edges(self) -> tuple[Edge, ...]:
        """Ties with the goods that flow on them."""
        return tuple(Edge(t, self._goods[t.good]) for t in self.spec.ties)

    @cached_property
    def accounts(self) -> tuple[Account, ...]:
        """Accounts that ties debit or credit, and the belligerents' accounts of arms."""
        found: dict[Account, None] = {}
        for edge in self.edges:
            if edge.good.kind != "knowledge":
                found[Account(edge.tie.giver, edge.good)] = None
            if edge.good.kind == "rival":
                found[Account(edge.tie.receiver, edge.good)] = None
        war = self.spec.war
        for actor in (war.attacker, war.defender):
            found[Account(actor, self._goods[war.arms])] = None
        return tuple(found)

    def account(self, actor: str, good: str) -> int | None:
        """Position of an actor's account of a good, or None if it has no such account."""
        return next(
            (i for i, a in enumerate(self.accounts) if (a.owner, a.good.name) == (actor, good)),
            None,
        )

    def ties(self, *bases: str) -> list[int]:
        """Positions of the ties with one of these bases."""
        return [i for i, t in enumerate(self.spec.ties) if t.basis in bases]

    def pacts(self, *bases: str) -> tuple[int | None, ...]:
        """The pact of each tie with one of these bases; None for other ties."""
        partners = [frozenset((p.supplier, p.buyer)) for p in self.spec.partnerships]
        return tuple(
            partners.index(frozenset((t.giver, t.receiver))) if t.basis in bases else None
            for t in self.spec.ties
        )

    def fights_for(self, tie: Tie) -> int | None:
        """The belligerent for which the people lent on a tie fight, or None if they do not."""
        sides = self["belligerent"]
        fighting = tie.good == self.spec.war.men and tie.receiver in sides
        return sides.index(tie.receiver) if fighting else None

    def kind(self, tie: Tie) -> str:
        """The kind of a tie's good: rival, lent or knowledge."""
        return self._goods[tie.good].kind

    @cached_property
    def _goods(self) -> Mapping[str, Good]:
        return {g.name: g for g in self.spec.goods}


def pick(x: Float[Array, "source *run"], positions: Sequence[int]) -> Float[Array, "target *run"]:
    """Rows of `x` at fixed positions, by slices: a gather would not vectorise over runs."""
    if not positions:
        return x[:0]
    if list(positions) == list(range(len(x))):
        return x
    return jnp.stack([x[i] for i in positions])


def collect(
    x: Float[Array, "source *run"], targets: Sequence[int | None], size: int
) -> Float[Array, "target *run"]:
    """Sums of rows of `x` by target; rows whose target is None are left out."""
    nothing = jnp.zeros(x.shape[1:], x.dtype)
    totals = [nothing] * size
    for row, target in enumerate(targets):
        if target is not None:
            totals[target] = totals[target] + x[row]
    return jnp.stack(totals) if totals else jnp.zeros((0, *x.shape[1:]), x.dtype)


def column(values: Sequence[float], like: Float[Array, "row *run"]) -> Array:
    """Fixed values, one for each row, in a shape that broadcasts over the runs of `like`."""
    return jnp.reshape(jnp.array(values), (len(values),) + (1,) * (like.ndim - 1))


def place(
    x: Float[Array, "source *run"], positions: Sequence[int], size: int
) -> Float[Array, "target *run"]:
    """An array of `size` rows with the rows of `x` at `positions` and zero elsewhere."""
    return collect(x, positions, size)
