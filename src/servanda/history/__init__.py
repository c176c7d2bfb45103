"""How long past alliances lasted: reference classes from the record, and their hazards of ending.

`reference_classes` selects the members of a class from the record that `servanda.sources.atop`
reads. `survival` estimates how fast such alliances end, and how. Reading the fitted table that
ships with a case needs neither the publisher's files nor lifelines.
"""

from servanda.history.reference_classes import (
    Conditions,
    Lifetimes,
    ReferenceClass,
    ReferenceClasses,
    lifetimes,
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
    fit_classes,
    kaplan_meier,
    probability_of_ending,
    read_fitted,
    write_fitted,
)

__all__ = [
    "Band",
    "Conditions",
    "FittedClass",
    "KaplanMeier",
    "Lifetimes",
    "ReferenceClass",
    "ReferenceClasses",
    "band_at",
    "fit_bands",
    "fit_class",
    "fit_classes",
    "kaplan_meier",
    "lifetimes",
    "probability_of_ending",
    "read_fitted",
    "read_reference_classes",
    "select",
    "write_fitted",
]
