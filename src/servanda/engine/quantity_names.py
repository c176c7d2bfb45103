"""Names like `used[RUS.shells]`: one member of one quantity, for metrics, series and charts."""

from collections.abc import Iterable
from dataclasses import dataclass

from servanda.case import Series
from servanda.errors import CaseError, nearest
from servanda.world import Axes, quantities
from servanda.world.state import unit_of

# Zero on every tie but those of lent people, and kept only there.
_OF_PEOPLE = frozenset({"lent", "dispatched", "lent_lost"})


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
            expected="a quantity that runs keep",
            hint=nearest(name, kept) or "these are " + ", ".join(kept),
        )
    quantity = kept[name]
    members = [axes[quantity.axis][position] for position in kept_positions(axes, name)]
    if member not in members or text not in (name, f"{name}[{member}]"):
        forms = [f"{name}[{m}]" for m in members] if quantity.axis else [name]
        raise CaseError(
            where=where,
            found=f"'{text}'",
            expected="one of " + ", ".join(forms) if forms else f"no {name}: runs keep none of it",
            hint=nearest(text, forms),
        )
    position = axes.at(quantity.axis, member) if quantity.axis else None
    return Reference(name, member, position, unit_of(axes, quantity, member))


def kept_positions(axes: Axes, name: str) -> list[int]:
    """Positions of the members of a kept quantity that runs keep: lent people's on their ties."""
    if name in _OF_PEOPLE:
        return [i for i, tie in enumerate(axes.spec.ties) if axes.kind(tie) == "lent"]
    return list(range(axes.size(quantities()[name].axis)))


def check_observed(axes: Axes, series: Iterable[Series]) -> None:
    """Raise `CaseError` if a series observes what no run keeps."""
    for entry in series:
        for text in entry.observes:
            resolve(axes, text, f"series.toml: {entry.name}.observes")
