"""Publishers' files: one module for each format, which says what it is, its codes and its traps.

Each reads a file that is not ours to ship and returns checked records, arrays or frames, or one
`CaseError` that says where the file is not what is expected. Modules that need pandas import it
when they read, so that importing them does not.
"""
