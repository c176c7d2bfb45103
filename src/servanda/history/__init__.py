"""How long past alliances lasted: the record, reference classes drawn from it, their hazards.

`alliances` reads the publisher's files and picks the members of a reference class; `survival`
estimates how fast such alliances end, and how. Reading the fitted table that ships with a case
needs neither the publisher's files nor lifelines.
"""

from servanda.history.alliances import (
    Alliance,
    Ending,
    Lifetimes,
    ReferenceClass,
    ReferenceClasses,
    lifetimes,
    read_alliances,
    read_reference_classes,
    select,
)
from servanda.history.survival import (
    Band,
    FittedClass,
    KaplanMeier,
    band_at,
    fit_bands,
    fit_class,
    kaplan_meier,
    probability_of_ending,
    read_fitted,
    write_fitted,
)

__all__ = [
    "Alliance",
    "Band",
    "Ending",
    "FittedClass",
    "KaplanMeier",
    "Lifetimes",
    "ReferenceClass",
    "ReferenceClasses",
    "band_at",
    "fit_bands",
    "fit_class",
    "kaplan_meier",
    "lifetimes",
    "probability_of_ending",
    "read_alliances",
    "read_fitted",
    "read_reference_classes",
    "select",
    "write_fitted",
]
