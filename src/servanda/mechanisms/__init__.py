"""Theories by slot: one module for each slot, with its theories, among them a null rival.

A case names at most one theory for each slot. To add a rival, write a final theory of the slot in a
module of this package, which needs no registration, or anywhere else, and pass it to `assemble`.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from inspect import isclass
from pkgutil import iter_modules

from servanda.world import ABSENT, Theory, absence


@cache
def variants() -> Mapping[str, Mapping[str, type[Theory]]]:
    """All theories by slot and name, in the order of their modules."""
    slots: dict[str, dict[str, type[Theory]]] = {}
    for theory in _theories():
        if theory.variant != ABSENT:
            slots.setdefault(theory.slot, {})[theory.variant] = theory
    return slots


@cache
def absences() -> Mapping[str, type[Theory]]:
    """The theory that stands in for each slot that a case does not name."""
    own = {theory.slot: theory for theory in _theories() if theory.variant == ABSENT}
    return {
        slot: own.get(slot) or absence(slot_of(next(iter(rivals.values()))))
        for slot, rivals in variants().items()
    }


def slot_of(theory: type[Theory]) -> type[Theory]:
    """The abstract class of a theory's slot."""
    return next(c for c in theory.__mro__[::-1] if issubclass(c, Theory) and "slot" in vars(c))


def _theories() -> Iterator[type[Theory]]:
    """All final theories in the modules of this package."""
    for module in iter_modules(__path__, f"{__name__}."):
        for thing in vars(import_module(module.name)).values():
            own = isclass(thing) and thing.__module__ == module.name
            if own and issubclass(thing, Theory) and getattr(thing, "__final__", False):
                yield thing
