"""Reading TOML and CSV files into plain tables and rows, and checking them against records.

`read_toml` and `read_rows` read a file. `validated` checks a table against a record and raises
`CaseError` on its first fault. `csv_text` writes rows.
"""

from servanda.files.cells import csv_text
from servanda.files.records import Record, checked, validated
from servanda.files.tables import read_rows, read_toml

__all__ = ["Record", "checked", "csv_text", "read_rows", "read_toml", "validated"]
