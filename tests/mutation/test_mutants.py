"""A few mutants of the template; `make mutate` tries thousands, also of the shipped case."""

from __future__ import annotations

from tests.mutation.mutants import fault, mutant, originals

SEEDS = range(100)


def test_what_was_changed_in_a_mutant_is_said_in_one_line():
    files = {"case.toml": b'name = "tiny"\nstart = "2020-01"\n'}
    said = {mutant(files, seed)[1] for seed in range(200)}
    assert "case.toml, line_removed, line 1: 'name = \"tiny\"' → 'start = \"2020-01\"'" in said
    assert max(map(len, said)) < 500


def test_a_mutant_is_refused_in_our_words_or_accepted(tmp_path):
    files = originals("template")
    found = [told for seed in SEEDS if (told := fault(files, seed, tmp_path))]
    assert found == []
