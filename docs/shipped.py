"""What the generated pages are made of: the shipped case, assembled, and docstrings in parts."""

import inspect
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from markup import sentence, starred

from servanda.case import Case, load
from servanda.engine import Model, assemble
from servanda.mechanisms import variants
from servanda.world import Ledger, Process

CASE = "russia-dprk"


@dataclass(frozen=True)
class Docstring:
    """A module's docstring in parts: `Title: claim.`, the body, the source, what it leaves out."""

    title: str
    claim: str
    body: str
    source: str
    left_out: str

    @classmethod
    def of(cls, process: type[Process]) -> "Docstring":
        """The docstring of the module that a process is written in."""
        head, *rest = (inspect.getdoc(sys.modules[process.__module__]) or "").split("\n\n")
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
def slots() -> Mapping[str, Mapping[str, type[Process]]]:
    """Every slot with its variants, the ledger among them, in the order of the month."""
    known: dict[str, Mapping[str, type[Process]]] = {
        Ledger.slot: {Ledger.variant: Ledger},
        **variants(),
    }
    return {process.slot: known[process.slot] for process in model().plan}


def chosen(slot: str) -> type[Process]:
    """The variant that the shipped case names."""
    return type(model().processes[slot])


def writers() -> dict[str, str]:
    """Which slot of the shipped case writes each quantity."""
    return {name: process.slot for process in model().plan for name in process.writes}


def readers(name: str) -> list[str]:
    """The slots of which some variant reads a quantity."""
    return [
        slot for slot, rivals in slots().items() if any(name in v.reads for v in rivals.values())
    ]
