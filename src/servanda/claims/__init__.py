"""The argument, claim by claim: tested in paired runs, weighed against the record, and flipped."""

import sys
from types import ModuleType
from typing import Any

from servanda.claims.judge import claims, judge
from servanda.claims.verdict import Flip, Verdict

__all__ = ["Flip", "Verdict", "judge"]


class _Claims(ModuleType):
    """This package, callable: `servanda.claims(case)` is a public call that shares its name.

    Importing a package puts it on its parent, over whatever function stood there.
    """

    def __call__(self, *arguments: Any, **options: Any) -> list[Verdict]:
        return claims(*arguments, **options)


sys.modules[__name__].__class__ = _Claims
