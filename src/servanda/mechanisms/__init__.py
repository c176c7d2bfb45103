"""Theories by slot: one file a slot, and in it the theory, its rivals and a null.

A case names a theory for every slot that it has. To add a rival, write a final theory of the slot
in a module of this package, or anywhere, and pass it to `assemble`. Modules here are found by
looking, so that a rival needs no entry in any list.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from inspect import isclass
from pkgutil import iter_modules

from servanda.world import ABSENT, Theory, absence


@cache
def variants() -> Mapping[str, Mapping[str, type[Theory]]]:
    """Every theory by slot and name, those of one module in the order in which they stand there."""
    slots: dict[str, dict[str, type[Theory]]] = {}
    for theory in _theories():
        if theory.variant != ABSENT:
            slots.setdefault(theory.slot, {})[theory.variant] = theory
    return slots


@cache
def absences() -> Mapping[str, type[Theory]]:
    """What stands in for each slot that a case does not name."""
    own = {theory.slot: theory for theory in _theories() if theory.variant == ABSENT}
    return {
        slot: own.get(slot) or absence(slot_of(next(iter(rivals.values()))))
        for slot, rivals in variants().items()
    }


def slot_of(theory: type[Theory]) -> type[Theory]:
    """The abstract class that a theory's slot is."""
    return next(c for c in theory.__mro__[::-1] if issubclass(c, Theory) and "slot" in vars(c))


def _theories() -> Iterator[type[Theory]]:
    """The final theories of this package's modules."""
    for module in iter_modules(__path__, f"{__name__}."):
        for thing in vars(import_module(module.name)).values():
            own = isclass(thing) and thing.__module__ == module.name
            if own and issubclass(thing, Theory) and getattr(thing, "__final__", False):
                yield thing
