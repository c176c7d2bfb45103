"""Reading TOML and CSV: plain tables and rows, records that are checked, one kind of complaint.

`read_toml` and `read_rows` read a file; `validated` checks a table against a record, or says what
is wrong with it.
"""

from servanda.files.records import Record, validated
from servanda.files.tables import read_rows, read_toml

__all__ = ["Record", "read_rows", "read_toml", "validated"]
