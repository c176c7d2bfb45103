"""Labelled axes: every array's first axis is one of these; runs, where there are any, come last.

Axes hold what the case names and nothing else: accounts exist only where a tie or a war needs a
stock, ties are a list of directed edges. That is what keeps a month small.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import jax.numpy as jnp
from jaxtyping import Array, Float

from servanda.case.schema import CaseSpec, Tie

SIGNALS = ("enforcement", "courtship", "supply", "turn")
ENDINGS = ("lapse", "renegotiation", "violation", "substitution")


@dataclass(frozen=True)
class Axes:
    """The labels of every axis of a case.

    Build with `Axes.of(spec)`; `axes["tie"]` gives labels, `axes.at("tie", label)` a position.
    """

    spec: CaseSpec

    @classmethod
    def of(cls, spec: CaseSpec) -> "Axes":
        """The axes of a case."""
        return cls(spec)

    @cached_property
    def labels(self) -> Mapping[str, tuple[str, ...]]:
        """Labels by axis name."""
        spec = self.spec
        return {
            "": ("",),
            "actor": tuple(a.code for a in spec.actors),
            "account": self._accounts(),
            "tie": tuple(t.label for t in spec.ties),
            "partnership": tuple(p.label for p in spec.partnerships),
            "partner": tuple(
                f"{p.label}/{actor}" for p in spec.partnerships for actor in (p.supplier, p.buyer)
            ),
            "belligerent": (spec.war.attacker, spec.war.defender),
            "coalition": tuple(c.name for c in spec.coalitions),
            "patronage": tuple(p.label for p in spec.patronages),
            "route": tuple(r.name for r in spec.routes),
            "proliferator": tuple(p.actor for p in spec.proliferators),
            "posture": tuple(p.actor for p in spec.postures),
            "stance": tuple(f"{p.actor}.{s.name}" for p in spec.postures for s in p.stances),
            "signal": SIGNALS,
            "ending": ENDINGS,
            "reference_class": spec.reference_classes,
        }

    def __getitem__(self, axis: str) -> tuple[str, ...]:
        return self.labels[axis]

    def size(self, axis: str) -> int:
        """How many labels an axis has."""
        return len(self.labels[axis])

    def at(self, axis: str, label: str) -> int:
        """The position of a label; raises `ValueError` if it is not on the axis."""
        return self.labels[axis].index(label)

    def ties(self, *bases: str) -> list[int]:
        """Positions of the ties with one of these bases."""
        return [i for i, t in enumerate(self.spec.ties) if t.basis in bases]

    def pacts(self, *bases: str) -> tuple[int | None, ...]:
        """The pact that each tie with one of these bases is under; None for other ties."""
        partners = [frozenset((p.supplier, p.buyer)) for p in self.spec.partnerships]
        return tuple(
            partners.index(frozenset((t.giver, t.receiver))) if t.basis in bases else None
            for t in self.spec.ties
        )

    def fights_for(self, tie: Tie) -> int | None:
        """The belligerent for which the people lent on a tie fight, or None where they do not."""
        sides = self["belligerent"]
        fighting = tie.good == self.spec.war.men and tie.receiver in sides
        return sides.index(tie.receiver) if fighting else None

    def kind(self, tie: Tie) -> str:
        """The kind of a tie's good: rival, lent or knowledge."""
        return {g.name: g.kind for g in self.spec.goods}[tie.good]

    def account(self, actor: str, good: str) -> int | None:
        """Position of an actor's account of a good, or None where it keeps none."""
        label = f"{actor}.{good}"
        return self["account"].index(label) if label in self["account"] else None

    def _accounts(self) -> tuple[str, ...]:
        """Accounts that ties draw on or fill, and the belligerents' arms."""
        spec = self.spec
        kinds = {g.name: g.kind for g in spec.goods}
        found: dict[str, None] = {}
        for tie in spec.ties:
            if kinds[tie.good] != "knowledge":
                found[f"{tie.giver}.{tie.good}"] = None
            if kinds[tie.good] == "rival":
                found[f"{tie.receiver}.{tie.good}"] = None
        for actor in (spec.war.attacker, spec.war.defender):
            found[f"{actor}.{spec.war.arms}"] = None
        return tuple(found)


def pick(x: Float[Array, "source *run"], positions: Sequence[int]) -> Float[Array, "target *run"]:
    """Rows of `x` at fixed positions: slices, because a gather would not vectorise over runs."""
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
    """Fixed values, one a row, in a shape that broadcasts over the runs of `like`."""
    return jnp.reshape(jnp.array(values), (len(values),) + (1,) * (like.ndim - 1))


def place(
    x: Float[Array, "source *run"], positions: Sequence[int], size: int
) -> Float[Array, "target *run"]:
    """An array of `size` rows with the rows of `x` at `positions` and zero elsewhere."""
    return collect(x, positions, size)
