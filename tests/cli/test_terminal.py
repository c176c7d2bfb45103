"""What reaches a terminal can be seen, and can be printed in any encoding."""

from __future__ import annotations

import io
import sys

import pytest

from servanda.case import new
from servanda.cli.terminal import any_encoding, err, out, say, table
from servanda.errors import CaseError, ServandaError, visible

SEEN = {
    "\x1b[31mred": "\\x1b[31mred",
    "a\x00b\x7f\x9b": "a\\x00b\\x7f\\x9b",
    "\u202etxt.exe\u202c": "\\u202etxt.exe\\u202c",
    "\u2066x\u2069\u200f": "\\u2066x\\u2069\\u200f",
    "no\u200bbreak\ufeff": "no\\u200bbreak\\ufeff",
    "a\rb\nc\u2028d": "a\\rb\\nc\\u2028d",
    "\udcff": "\\udcff",
    "Zürich, 平壤, 5 ± 1": "Zürich, 平壤, 5 ± 1",
}


@pytest.mark.parametrize(("text", "seen"), SEEN.items(), ids=range(len(SEEN)))
def test_what_cannot_be_seen_is_an_escape(text, seen):
    assert visible(text) == seen
    assert visible(seen) == seen


def test_no_part_of_a_message_has_two_lines():
    error = ServandaError("a\nb", "'c\nd'", "e\nf", "g\nh")
    assert str(error) == "a\\nb: found 'c\\nd', expected e\\nf\n  hint: g\\nh"


def test_a_message_quotes_the_beginning_of_a_long_value():
    assert str(CaseError("here", "x" * 100_000, "that")) == (
        f"here: found {'x' * 397}..., expected that"
    )


def test_tables_and_lines_of_a_case_reach_the_terminal_as_they_can_be_seen(capsys):
    rows = table("\x1b]0;", "\u202ea head")
    rows.add_row("\x1b[2Jcell\nline")
    out().print(rows)
    say("\x1b[31mpath")
    err().print("\x9b31merror")
    printed = capsys.readouterr()
    told = printed.out + printed.err
    assert {c for c in told if visible(c) != c} == {"\n"}
    for text in ("\\x1b]0;", "\\u202ea head", "\\x1b[2Jcell", "\\x1b[31mpath", "\\x9b31m"):
        assert text in told


@pytest.mark.parametrize("columns", [40, 60, 80, 200])
@pytest.mark.parametrize("word", ["word", "x" * 70])
def test_no_word_of_a_table_is_split_or_lost_at_any_width(monkeypatch, capsys, columns, word):
    monkeypatch.setenv("COLUMNS", str(columns))
    title = "Partners' gains from the exchange, USD m a month, of all partners of the pact"
    rows = table(title, "first", "second head", "third")
    rows.add_row(
        f"a {word}", "0.027 to 45.8 " * 9, "it's a long cell that must be wrapped somewhere"
    )
    out().print(rows)
    printed = capsys.readouterr().out
    assert {*title.split(), word, "somewhere", "45.8"} <= set(printed.split())
    assert all(len(line) <= columns or line.strip() == word for line in printed.split("\n"))


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp437"])
def test_every_character_can_be_printed_in_every_encoding(monkeypatch, encoding):
    streams = [io.TextIOWrapper(io.BytesIO(), encoding=encoding) for _ in range(2)]
    monkeypatch.setattr(sys, "stdout", streams[0])
    monkeypatch.setattr(sys, "stderr", streams[1])
    any_encoding()
    rows = table("平壤 — ±", "α")
    rows.add_row("−1 \udcff")
    out().print(rows)
    err().print("×")
    for stream in streams:
        stream.flush()
    printed = streams[0].buffer.getvalue().decode(encoding)
    assert "\\u5e73\\u58e4" in printed
    assert "\\udcff" in printed


def test_a_case_cannot_write_to_the_terminal(servanda):
    folder = new("tiny")
    text = (folder / "case.toml").read_text()
    text = text.replace('title = "Tiny"', 'title = "\\u001b[2J\\u202eTiny"')
    (folder / "case.toml").write_text(text)
    said = servanda("check", "tiny", "--details")
    assert said.code == 0
    assert "\n\\x1b[2J\\u202eTiny: 2020-01 to 2025-12" in said.out
    assert {c for c in said.out + said.err if visible(c) != c} == {"\n"}
