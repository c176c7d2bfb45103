"""A few mutants of the template; `make mutate` tries thousands, also of the shipped case."""

from __future__ import annotations

from tests.mutation.mutants import fault, originals

SEEDS = range(150)


def test_a_mutant_is_refused_in_our_words_or_accepted(tmp_path):
    files = originals("template")
    found = [told for seed in SEEDS if (told := fault(files, seed, tmp_path, assembled=False))]
    assert found == []
