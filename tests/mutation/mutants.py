"""Mutants of the files of a case: one file is changed in one place, from a seed.

    python -m tests.mutation.mutants 500 --first 0       # of the template
    python -m tests.mutation.mutants 500 --case russia-dprk

Each mutant goes through what `servanda check` and `servanda sanction` read. It is refused with an
error of Servanda's own, or accepted. Any other exception is a fault, and its seed and the line that
was changed are printed.
"""

from __future__ import annotations

import argparse
import random
import re
import shutil
import sys
import tempfile
import traceback
from collections.abc import Callable, Mapping
from itertools import zip_longest
from pathlib import Path

from servanda.analysis.check import check
from servanda.case import available_cases, load, new
from servanda.case.load import examine
from servanda.case.notes import of_evidence
from servanda.errors import ServandaError, visible
from servanda.files.faults import by_place

Files = Mapping[str, bytes]

VALUES = (
    *("0", "-1", "1e308", "-1e308", "1e-320", "nan", "inf", "-inf", "100_000", "0x" + "f" * 40),
    *("9" * 5000, "true", '"no"', '""', "[]", "{}", "[[[]]]", "[" * 3000 + "]" * 3000),
    *(
        "0000-01-01",
        "2020-01-01",
        "12:30:00",
        '"0000-01"',
        '"2020-13"',
        '"9999-12"',
        '"2020-06\\n"',
    ),
    *(
        '"../../escaped"',
        '"\\u0000"',
        '"\\u202e"',
        '"\\u001b[31m"',
        '"' + "a" * 300 + '"',
        '"=1+1"',
    ),
    *('"javascript:alert(1)"', '"9**9**8*barrel"', '"barrel/0"', '"AAA"', '"USSR"', '"365"'),
    *("\u0663", "2020-W53-4", "2999-01-01", "1e400", "''", "' '", '"""\n\n"""'),
    *("a." * 3000 + "a", '"barrel\u2079\u2079\u2079"', '"ZAR"', "2007-01-00", '"E1 "', "1" * 400),
)
_LONGEST = 200
_WORD = re.compile(rb"[\w.-]+")
_QUOTED = re.compile(rb'"[^"\n]*"|\[[^\]\n]*\]|[\w.+-]+')


def mutant(files: Files, seed: int) -> tuple[dict[str, bytes], str]:
    """The files with one change, and what was changed in words."""
    chance = random.Random(seed)  # noqa: S311 (no secret)
    name = chance.choice(sorted(files))
    change = chance.choice(CHANGES)
    text = change(files[name], chance)
    what = f"{name}, {change.__name__.strip('_')}, {first_change(files[name], text)}"
    return {**files, name: text}, what


def first_change(before: bytes, after: bytes) -> str:
    """The first line that differs, before and after."""
    lines = zip_longest(before.split(b"\n"), after.split(b"\n"))
    for number, (was, now) in enumerate(lines, start=1):
        if was != now:
            return f"line {number}: {_quoted(was)} → {_quoted(now)}"
    return "no change"


def _quoted(line: bytes | None) -> str:
    shown = "no line" if line is None else repr(line)[1:]
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}..."


def _value_replaced(text: bytes, chance: random.Random) -> bytes:
    return _at(text, _QUOTED, chance, lambda _: chance.choice(VALUES).encode())


def _word_misspelt(text: bytes, chance: random.Random) -> bytes:
    return _at(text, _WORD, chance, lambda word: word[:-1] or b"x")


def _word_swapped(text: bytes, chance: random.Random) -> bytes:
    other = chance.choice(_WORD.findall(text) or [b"x"])
    return _at(text, _WORD, chance, lambda _: other)


def _line_removed(text: bytes, chance: random.Random) -> bytes:
    return _lines(text, chance, lambda _: [])


def _line_repeated(text: bytes, chance: random.Random) -> bytes:
    return _lines(text, chance, lambda line: [line, line])


def _lines_joined(text: bytes, chance: random.Random) -> bytes:
    return _lines(text, chance, lambda line: [line.rstrip(b"\n")])


def _cut(text: bytes, chance: random.Random) -> bytes:
    return text[: chance.randrange(len(text) + 1)]


def _bytes_put_in(text: bytes, chance: random.Random) -> bytes:
    put = (
        b"\0",
        b"\xff",
        b"\xef\xbb\xbf",
        b'"',
        b"'",
        b",",
        b";",
        b"\r",
        b"\n",
        b"[",
        b"]",
        b"=",
        b"#",
    )
    place = chance.randrange(len(text) + 1)
    return text[:place] + chance.choice(put) + text[place:]


def _encoded_otherwise(text: bytes, chance: random.Random) -> bytes:
    return text.decode().encode(chance.choice(("utf-16", "utf-8-sig", "cp1252")), "replace")


CHANGES: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    *(_value_replaced, _value_replaced, _value_replaced, _word_misspelt, _word_swapped),
    *(_line_removed, _line_repeated, _lines_joined, _cut, _bytes_put_in, _encoded_otherwise),
)


def _at(
    text: bytes, what: re.Pattern[bytes], chance: random.Random, change: Callable[[bytes], bytes]
) -> bytes:
    """The text with one of the places where something matches changed; comments are no place."""
    code = re.sub(rb"(?m)^#.*$", lambda found: b" " * len(found[0]), text)
    found = chance.choice([*what.finditer(code)])
    return text[: found.start()] + change(found[0]) + text[found.end() :]


def _lines(text: bytes, chance: random.Random, change: Callable[[bytes], list[bytes]]) -> bytes:
    lines = text.splitlines(keepends=True)
    place = chance.randrange(len(lines))
    return b"".join([*lines[:place], *change(lines[place]), *lines[place + 1 :]])


def read(folder: Path) -> None:
    """Read and check all that the files of a folder say, as the commands do."""
    examined = examine(folder)
    places = {key: f"evidence.csv line {line}" for key, line in examined.lines.items()}
    by_place(examined.faults)
    by_place(of_evidence(examined.evidence, places))
    check(load(folder))


def fault(files: Files, seed: int, folder: Path) -> str | None:
    """The traceback of a mutant that is neither refused nor accepted, with its seed; or None."""
    changed, what = mutant(files, seed)
    for name, content in changed.items():
        (folder / name).write_bytes(content)
    try:
        read(folder)
    except ServandaError as error:
        first, *hint = str(error).split("\n  hint: ")
        if not all(part == visible(part) for part in (first, *hint)):
            return f"seed {seed}: {what}\na message of several lines: {error}"
    except Exception:  # noqa: BLE001 (every other exception is what is looked for)
        return f"seed {seed}: {what}\n{traceback.format_exc()}"
    return None


def originals(case: str) -> dict[str, bytes]:
    """The files of a shipped case, or of the template, that are read as text."""
    with tempfile.TemporaryDirectory() as place:
        folder = load(case).folder if case in available_cases() else new("tiny", place)
        files = (path for path in sorted(folder.iterdir()) if path.suffix in (".toml", ".csv"))
        return {path.name: path.read_bytes() for path in files}


def main() -> int:
    """Try mutants one by one; exit 1 after printing every fault."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("count", type=int, help="number of mutants")
    parser.add_argument("--first", type=int, default=0, help="first seed")
    parser.add_argument("--case", default="template", help="a shipped case; default: the template")
    given = parser.parse_args()
    files, found = originals(given.case), 0
    folder = Path(tempfile.mkdtemp(prefix="servanda-mutants-"))
    try:
        for seed in range(given.first, given.first + given.count):
            if told := fault(files, seed, folder):
                found += 1
                sys.stdout.write(f"{told}\n")
    finally:
        shutil.rmtree(folder)
    sys.stdout.write(f"{given.count} mutants of {given.case}, {found} faults\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
