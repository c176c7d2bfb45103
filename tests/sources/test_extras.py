"""Every adapter can be imported without pandas, which only some need to read."""

from __future__ import annotations

import pkgutil
import subprocess
import sys

from servanda import sources


def test_no_adapter_needs_pandas_to_be_imported():
    modules = [f"servanda.sources.{one.name}" for one in pkgutil.iter_modules(sources.__path__)]
    assert "servanda.sources.cow_trade" in modules
    names = ", ".join(("servanda", "servanda.history", *modules))
    code = f"import sys; sys.modules['pandas'] = sys.modules['pyarrow'] = None; import {names}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
