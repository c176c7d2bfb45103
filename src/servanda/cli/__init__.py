"""The command line: thin commands over the Python functions, and tables to read in a terminal."""

from servanda.cli.main import app, command, main

__all__ = ["app", "command", "main"]
