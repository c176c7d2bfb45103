"""The table of docs/reference-classes.md: when and how past alliances of each class ended."""

import math

from markup import table
from shipped import case

from servanda.history import Band, probability_of_ending, read_fitted, read_reference_classes

# Signed in June 2024, so half a year old at the case's as_of, 2024-12; its horizon is 2030-12.
AGE_AS_OF = 0.5
AGE_HORIZON = 6.5


def reference_classes_part() -> str:
    """Each class of the case: its size, survival, chance of ending, ways of ending and hazards."""
    folder = case().folder
    declared = read_reference_classes(folder / "reference_classes.toml")
    fitted = read_fitted(folder / "reference_classes.csv")
    head = (
        "class",
        "alliances (ended)",
        "in force after 5 years (95 %)",
        "ends by 2030-12",
        "fulfilled / renegotiated / violated",
        "% a month, by age in years",
    )
    rows = []
    for one in declared.classes:
        found = fitted[one.name]
        low, high = found.five_year_limits
        rows.append(
            (
                one.label,
                f"{found.n_alliances} ({found.n_ended})",
                f"{found.five_year_survival:.2f} ({low:.2f} to {high:.2f})",
                f"{probability_of_ending(found.bands, AGE_AS_OF, AGE_HORIZON):.2f}",
                " / ".join(f"{share:.0%}" for share in found.shares),
                ", ".join(map(_hazard, found.bands)),
            )
        )
    return table(head, rows)


def _hazard(band: Band) -> str:
    ages = f"{band.age_from:g}–{band.age_to:g}"
    if math.isinf(band.age_to):
        ages = f"{band.age_from:g}+"
    return f"{ages}: {100 * band.hazard_mean:.2f} (×/÷ {math.exp(band.hazard_log_sd):.2f})"
