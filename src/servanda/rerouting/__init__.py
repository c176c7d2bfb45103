"""How much of what sanctions took came round another way, held against two records.

`neighbours` fits exports to Russia's neighbours (read by `exports`), `scores` forecasts them from
rolling origins beside simpler rivals, and `leakage` says what share of the loss came back;
`substitution` asks the same of products under the embargo on North Korea. The recursions are those
of the evasion mechanism (`diversion`), fitted by quadrature (`fit`) from `priors`. Only totals are
used.
"""

from servanda.rerouting.exports import Exports, read_exports
from servanda.rerouting.leakage import Leakage
from servanda.rerouting.substitution import Imports, read_imports

__all__ = ["Exports", "Imports", "Leakage", "read_exports", "read_imports"]
