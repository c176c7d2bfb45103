"""Names like `used[RUS.shells]`: one member of one quantity, as metrics, series and charts write it."""

from dataclasses import dataclass

from servanda.errors import CaseError, nearest
from servanda.world import Axes, quantities
from servanda.world.state import unit_of


@dataclass(frozen=True)
class Reference:
    """A resolved name.

    Attributes:
        quantity: name of a quantity that runs keep.
        member: its label, empty where the quantity has no axis.
        position: its position on the quantity's axis, or None where there is none.
        unit: its unit.
    """

    quantity: str
    member: str
    position: int | None
    unit: str


def resolve(axes: Axes, text: str, where: str) -> Reference:
    """What a name refers to.

    Raises:
        CaseError: if no kept quantity or no member of it has this name.
    """
    name, _, member = text.removesuffix("]").partition("[")
    kept = {n: q for n, q in quantities().items() if q.kept}
    if name not in kept:
        raise CaseError(
            where=where,
            found=f"quantity '{text}'",
            expected="one of " + ", ".join(sorted(kept)),
            hint=nearest(name, kept),
        )
    quantity = kept[name]
    members = axes[quantity.axis]
    if member not in members:
        raise CaseError(
            where=where,
            found=f"member '{member}' of {name}",
            expected="one of " + ", ".join(m or "no member" for m in members),
            hint=nearest(member, members),
        )
    position = axes.at(quantity.axis, member) if quantity.axis else None
    return Reference(name, member, position, unit_of(axes, quantity, member))
