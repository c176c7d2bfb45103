"""The theories from which a model takes one for each slot: the package's and outside ones."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from inspect import isclass

from servanda.case import Case
from servanda.errors import CaseError, nearest
from servanda.mechanisms import absences, slot_of, variants
from servanda.world import ABSENT, Ledger, Quantity, Theory
from servanda.world.quantity import quantities_of

_HANDED_IN = "theories"


@dataclass(frozen=True)
class Catalogue:
    """All theories available to a model.

    Attributes:
        variants: all theories by slot and name.
        outside: by slot, the theory that the caller gave.
    """

    variants: Mapping[str, Mapping[str, type[Theory]]]
    outside: Mapping[str, type[Theory]]

    @classmethod
    def of(cls, theories: Sequence[type[Theory]] = ()) -> "Catalogue":
        """A catalogue of the package's theories, the ledger, and the given others.

        Raises:
            CaseError: if one of the others is not a theory, two have the same slot, or a slot is
                not the one of the package that has its name.
        """
        books: dict[str, type[Theory]] = {Ledger.variant: Ledger}
        known: dict[str, Mapping[str, type[Theory]]] = {Ledger.slot: books, **variants()}
        outside: dict[str, type[Theory]] = {}
        for theory in theories:
            _check(theory, known)
            if theory.slot in outside:
                raise CaseError(
                    where=_HANDED_IN,
                    found=f"two theories of '{theory.slot}': "
                    f"{outside[theory.slot].__name__} and {theory.__name__}",
                    expected="one for each slot",
                )
            outside[theory.slot] = theory
        for slot, theory in outside.items():
            known[slot] = {**known.get(slot, {}), theory.variant: theory}
        return cls(known, outside)

    def chosen(self, case: Case) -> Mapping[str, type[Theory]]:
        """The theory of every slot: the given one, else the one the case names, else its absence.

        Raises:
            CaseError: if the case names an unknown slot or theory.
        """
        named = case.spec.mechanisms
        slots = [slot for slot in self.variants if slot != Ledger.slot]
        for slot in named:
            if slot not in slots:
                raise CaseError(
                    where=f"case.toml: mechanisms.{slot}",
                    found=f"slot '{slot}'",
                    expected="one of " + ", ".join(slots),
                    hint=nearest(slot, slots),
                )
        chosen: dict[str, type[Theory]] = {Ledger.slot: Ledger}
        for slot in slots:
            if slot in self.outside:
                chosen[slot] = self.outside[slot]
            elif slot in named:
                chosen[slot] = self._variant(slot, named[slot])
            else:
                chosen[slot] = absences()[slot]
        return chosen

    def _variant(self, slot: str, name: str) -> type[Theory]:
        rivals = self.variants[slot]
        if name not in rivals:
            raise CaseError(
                where=f"case.toml: mechanisms.{slot}",
                found=f"variant '{name}'",
                expected="one of " + ", ".join(rivals),
                hint=nearest(name, rivals),
            )
        return rivals[name]


def quantities(theories: Iterable[type[Theory]]) -> Mapping[str, Quantity]:
    """All quantities of these theories' slots by name; state comes first.

    Raises:
        CaseError: if two quantities have the same name.
    """
    slots = list(theories)
    found: dict[str, Quantity] = {}
    for carried in (True, False):
        for theory in slots:
            record = theory.State if carried else theory.Flows
            for quantity in quantities_of(theory.slot, record, carried=carried):
                if quantity.name in found:
                    raise CaseError(
                        where="the month's plan",
                        found=f"two writers of '{quantity.name}': "
                        f"{found[quantity.name].slot} and {quantity.slot}",
                        expected="one writer for each quantity",
                    )
                found[quantity.name] = quantity
    return found


def _check(theory: object, known: Mapping[str, Mapping[str, type[Theory]]]) -> None:
    """Raise `CaseError` unless this is a complete final theory of a slot."""
    name = getattr(theory, "__name__", repr(theory))
    if not (isclass(theory) and issubclass(theory, Theory) and getattr(theory, "__final__", False)):
        raise CaseError(
            where=_HANDED_IN,
            found=f"{name}",
            expected="a final theory of a slot",
            hint="derive it from the slot's class and mark it @final",
        )
    undefined = [
        what
        for what in ("slot", "State", "Flows", "variant", "Parameters")
        if not hasattr(theory, what)
    ] + sorted(theory.__abstractmethods__)
    if undefined:
        raise CaseError(
            where=_HANDED_IN, found=f"{name} without {undefined[0]}", expected="a whole theory"
        )
    if theory.slot == Ledger.slot:
        raise CaseError(
            where=_HANDED_IN,
            found=f"{name}, a theory of the ledger",
            expected="a theory of a slot: there is one ledger",
        )
    rivals = known.get(theory.slot, {})
    own = [slot_of(rival) for rival in rivals.values()]
    if own and slot_of(theory) is not own[0]:
        raise CaseError(
            where=_HANDED_IN,
            found=f"{name}, whose slot '{theory.slot}' is not the package's",
            expected=f"a theory derived from {own[0].__module__}.{own[0].__name__}",
        )
    if theory.variant == ABSENT or rivals.get(theory.variant, theory) is not theory:
        raise CaseError(
            where=_HANDED_IN,
            found=f"{name}, whose variant '{theory.variant}' there is already",
            expected="a name of its own",
        )
