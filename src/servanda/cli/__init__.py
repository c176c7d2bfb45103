"""The command line: commands that call the Python functions and print tables."""

from typing import NoReturn

from servanda.cli import interrupts

__all__ = ["main"]


def main() -> NoReturn:
    """Run one command. Ctrl-C ends it with one line, also while modules are loading."""
    with interrupts.exits_at_once("interrupted: nothing was written"):
        from servanda.cli.commands import command
        from servanda.cli.terminal import any_encoding

        any_encoding()
        try:
            command()
        except SystemExit as ended:
            if ended.code == interrupts.CODE:
                interrupts.exit_at_once()
            raise
