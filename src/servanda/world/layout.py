"""The quantities of a model with their members, and names such as `used[RUS.shells]`.

Theories use a layout to find their members, and results use it to find what runs keep.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from servanda.errors import CaseError, nearest
from servanda.world.axes import Axes
from servanda.world.quantity import Quantity


@dataclass(frozen=True)
class Reference:
    """A resolved name.

    Attributes:
        quantity: the quantity that runs keep.
        member: its label, empty where the quantity has no axis.
        row: its row in the kept array, or None if the quantity has no rows.
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
        axes: members of every axis.
        quantities: every quantity by name, those carried from month to month first.
    """

    axes: Axes
    quantities: Mapping[str, Quantity]

    @cached_property
    def kept(self) -> Mapping[str, tuple[int, ...]]:
        """Positions of the kept members, by quantity; quantities without members are left out."""
        found = {name: self._positions(q) for name, q in self.quantities.items() if q.kept}
        return {name: positions for name, positions in found.items() if positions}

    def labels(self, name: str) -> tuple[str, ...]:
        """Labels of the kept members of a quantity; one empty label if it has no axis."""
        axis = self.axes[self.quantities[name].axis]
        return tuple(axis[position] for position in self.kept.get(name, ()))

    def units(self, name: str) -> tuple[str, ...]:
        """Units of the kept members of a quantity, in their order."""
        return tuple(self.unit(name, position) for position in self.kept.get(name, ()))

    def unit(self, name: str, position: int) -> str:
        """The unit of one member of a quantity, with the unit of its good."""
        quantity = self.quantities[name]
        member = self.axes.members[quantity.axis][position]
        return quantity.unit.replace("{good}", member.unit)

    def resolve(self, text: str, where: str) -> Reference:
        """Resolve a name such as `used[RUS.shells]` or `tempo` among kept quantities.

        Raises:
            CaseError: if no kept quantity or no member of it has this name.
        """
        name, member = _parts(text)
        kept = [n for n, quantity in self.quantities.items() if quantity.kept]
        if name not in kept:
            raise CaseError(
                where=where,
                found=f"quantity '{text}'",
                expected="a quantity that runs keep",
                hint=nearest(name, kept) or "these are " + ", ".join(sorted(kept)),
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

    def carried(self, text: str, where: str) -> tuple[Quantity, int | None]:
        """Resolve a name such as `depth[ring]` among state quantities: quantity and position.

        Raises:
            CaseError: if no state quantity has this name, or it has no such member.
        """
        name, member = _parts(text)
        carried = sorted(q.name for q in self.quantities.values() if q.carried)
        if name not in carried:
            raise CaseError(
                where=where,
                found=f"'{text}'",
                expected="one of " + ", ".join(carried) + ", with a member in brackets",
                hint=nearest(name, carried),
            )
        axis = self.quantities[name].axis
        if member not in self.axes[axis]:
            raise CaseError(
                where=where,
                found=f"member '{member}' of {name}",
                expected="one of " + ", ".join(self.axes[axis]),
                hint=nearest(member, self.axes[axis]),
            )
        return self.quantities[name], self.axes.at(axis, member) if axis else None

    def _positions(self, quantity: Quantity) -> tuple[int, ...]:
        """Positions of the kept members; of a quantity of lent people, the ties that lend."""
        if quantity.people:
            return tuple(i for i, e in enumerate(self.axes.edges) if e.good.kind == "lent")
        return tuple(range(self.axes.size(quantity.axis)))


def _parts(text: str) -> tuple[str, str]:
    """Quantity and member of a name as case files spell it."""
    name, _, member = text.removesuffix("]").partition("[")
    return name, member
