"""What the runs of a case keep, and names like `used[RUS.shells]` for one member of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from servanda.errors import CaseError, nearest
from servanda.world import Axes
from servanda.world.state import Quantity, unit_of

# Zero on every tie but those of lent people, and kept only there.
_OF_PEOPLE = frozenset({"lent", "dispatched", "lent_lost"})


@dataclass(frozen=True)
class Reference:
    """A resolved name.

    Attributes:
        quantity: the quantity that runs keep.
        member: its label, empty where the quantity has no axis.
        row: its row in what runs keep of the quantity, or None where that has no rows.
        unit: its unit.
    """

    quantity: Quantity
    member: str
    row: int | None
    unit: str


@dataclass(frozen=True)
class Layout:
    """The quantities of a model and the members of each that runs keep.

    Attributes:
        axes: labels of every axis.
        quantities: every quantity by name, those carried from month to month first.
    """

    axes: Axes
    quantities: Mapping[str, Quantity]

    @cached_property
    def kept(self) -> Mapping[str, tuple[int, ...]]:
        """Positions of the members that runs keep, by quantity; those of no member are left out."""
        found = {name: self._positions(q) for name, q in self.quantities.items() if q.kept}
        return {name: positions for name, positions in found.items() if positions}

    def labels(self, name: str) -> tuple[str, ...]:
        """Labels of the members that runs keep of a quantity; one empty label where it has none."""
        axis = self.axes[self.quantities[name].axis]
        return tuple(axis[position] for position in self.kept.get(name, ()))

    def units(self, name: str) -> tuple[str, ...]:
        """Units of the members that runs keep of a quantity, in their order."""
        quantity = self.quantities[name]
        return tuple(unit_of(self.axes, quantity, label) for label in self.labels(name))

    def resolve(self, text: str, where: str) -> Reference:
        """What a name like `used[RUS.shells]` or `tempo` refers to.

        Raises:
            CaseError: if no kept quantity or no member of it has this name.
        """
        name, _, member = text.removesuffix("]").partition("[")
        kept = [n for n, quantity in self.quantities.items() if quantity.kept]
        if name not in kept:
            raise CaseError(
                where=where,
                found=f"quantity '{text}'",
                expected="a quantity that runs keep",
                hint=nearest(name, kept) or "these are " + ", ".join(kept),
            )
        quantity, labels = self.quantities[name], self.labels(name)
        if member not in labels or text not in (name, f"{name}[{member}]"):
            forms = [f"{name}[{m}]" for m in labels] if quantity.axis else [name]
            raise CaseError(
                where=where,
                found=f"'{text}'",
                expected="one of " + ", ".join(forms)
                if forms
                else f"no {name}: runs keep none of it",
                hint=nearest(text, forms),
            )
        row = labels.index(member)
        return Reference(quantity, member, row if quantity.axis else None, self.units(name)[row])

    def _positions(self, quantity: Quantity) -> tuple[int, ...]:
        """Members that are kept: of people that are lent, those on the ties that lend them."""
        if quantity.name in _OF_PEOPLE:
            ties = enumerate(self.axes.spec.ties)
            return tuple(i for i, tie in ties if self.axes.kind(tie) == "lent")
        return tuple(range(self.axes.size(quantity.axis)))
