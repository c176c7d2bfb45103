"""Inputs of the generated pages: the shipped case, assembled, and docstrings in parts."""

import inspect
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from markup import sentence, starred

from servanda.case import Case, load
from servanda.engine import Model, assemble
from servanda.engine.catalogue import Catalogue
from servanda.engine.trace import trace
from servanda.mechanisms import slot_of
from servanda.world import Quantity, Theory

CASE = "russia-dprk"


@dataclass(frozen=True)
class Docstring:
    """A module's docstring in parts: `Title: claim.`, the body, `Source:` and `Left out:`."""

    title: str
    claim: str
    body: str
    source: str
    left_out: str

    @classmethod
    def of(cls, theory: type[Theory]) -> "Docstring":
        """The docstring of the module that a theory's slot is written in."""
        home = sys.modules[slot_of(theory).__module__]
        head, *rest = (inspect.getdoc(home) or "").split("\n\n")
        title, _, claim = head.partition(": ")
        marked = {"Source: ": "", "Left out: ": ""}
        body = []
        for paragraph in rest:
            mark = next((m for m in marked if paragraph.startswith(m)), None)
            if mark is None:
                body.append(paragraph if paragraph.startswith("    ") else starred(paragraph))
            else:
                marked[mark] = starred(sentence(paragraph.removeprefix(mark)))
        return cls(title, sentence(claim), "\n\n".join(body), *marked.values())


@cache
def case() -> Case:
    """The shipped case."""
    return load(CASE)


@cache
def model() -> Model:
    """The shipped case, assembled."""
    return assemble(case())


@cache
def slots() -> Mapping[str, Mapping[str, type[Theory]]]:
    """Every slot with its theories by variant, the ledger included, in the order of the month."""
    known = Catalogue.of().variants
    return {theory.slot: known[theory.slot] for theory in model().plan}


def chosen(slot: str) -> type[Theory]:
    """The theory that the shipped case names."""
    return type(model().theories[slot])


def quantities() -> Mapping[str, Quantity]:
    """Every quantity by name, those carried from month to month first."""
    return model().layout.quantities


@cache
def reads(theory: type[Theory]) -> frozenset[str]:
    """What a theory reads in the shipped case."""
    others = tuple(type(t) for t in model().plan)
    return trace(theory.build(case(), model().layout), others, model().axes.sizes).reads


def readers(name: str) -> list[str]:
    """The slots with a theory that reads the quantity."""
    return [
        slot for slot, rivals in slots().items() if any(name in reads(t) for t in rivals.values())
    ]
