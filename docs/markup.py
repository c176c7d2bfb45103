"""Markdown for the generated pages."""

import re
from collections.abc import Iterable, Sequence

Row = Sequence[str]

NOTICE = "<!-- Written by docs/generate.py: change the source, not this page. -->\n\n"


def table(head: Row, rows: Iterable[Row]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cell(c) for c in line)} |\n" for line in lines)


def cell(text: str) -> str:
    """Text as one cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")


def code(text: str) -> str:
    """Text as code; empty if the text is empty."""
    return f"`{text}`" if text else ""


def codes(names: Iterable[str]) -> str:
    """A list of names as code."""
    return ", ".join(code(n) for n in names)


def sentence(text: str) -> str:
    """Text with a capital first letter."""
    text = text.strip()
    return text[:1].upper() + text[1:]


_EMPHASIS = re.compile(r"(?<![\w*])\*(?=\w)([^*]+)(?<=\w)\*(?!\w)")


def starred(text: str) -> str:
    """Text with other stars than those of emphasis escaped, as in A*."""
    parts = _EMPHASIS.split(text)
    plain = [part.replace("*", "\\*") for part in parts[::2]]
    strong = [f"*{part}*" for part in parts[1::2]]
    return "".join(a + b for a, b in zip(plain, [*strong, ""], strict=True))


def number_text(x: float) -> str:
    """A number for readers."""
    whole = x == int(x) and abs(x) < 1e10  # noqa: PLR2004 (beyond that, powers of ten are easier to read)
    return f"{int(x):,}" if whole else f"{x:g}"


def slot_link(slot: str) -> str:
    """A link between pages in docs/mechanisms."""
    return f"[{slot}]({slot}.md)"


def links(names: Iterable[str], prefix: str = "") -> str:
    """A list of links to mechanisms."""
    return ", ".join(f"[{s}]({prefix}{s}.md)" for s in names)
