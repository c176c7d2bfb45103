"""gegravity's sample: a file that is not it."""

from __future__ import annotations

import pytest

from servanda.errors import CaseError
from servanda.sources.gegravity import read_sample


def test_another_file_is_refused(tmp_path):
    path = tmp_path / "sample.csv"
    path.write_text("exporter,importer,year,trades\nGBR,AUS,2006,4310\n", encoding="utf-8")
    with pytest.raises(CaseError) as caught:
        read_sample(path)
    assert str(caught.value) == (
        "sample.csv: found no column 'trade', expected columns exporter, importer, year, trade, Y,"
        " E, pta, contiguity, common_language, lndist, international\n"
        "  hint: did you mean 'trades'?"
    )
