"""Adapters of publishers' files: one module for each format, with its codes and its traps.

Each module reads a file that the package may not ship. It returns checked records, arrays or
frames, or raises one `CaseError` that names the first place that differs from what is expected.
Modules import pandas only when they read, so that importing them does not need it.
"""
