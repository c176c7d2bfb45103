"""The command line: thin commands over the Python functions, and tables to read in a terminal."""

from typing import NoReturn

from servanda.cli import interrupts

__all__ = ["main"]


def main() -> NoReturn:
    """The program: one command, which Ctrl-C ends, also while modules are still loading."""
    with interrupts.leaves():
        from servanda.cli.commands import command

        try:
            command()
        except SystemExit as ended:
            if ended.code == interrupts.CODE:
                interrupts.leave()
            raise
