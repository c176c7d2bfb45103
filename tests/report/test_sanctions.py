"""The chart of who pays for sanctions says what it leaves out."""

from __future__ import annotations

from servanda.report.sanctions import figure, write
from servanda.trade.findings import Payer, Spread


def payer(country: str, *money: float | None) -> Payer:
    return Payer("enforcement", country, Spread(*money), Spread(*money))


def test_countries_with_hardly_a_change_are_named_and_not_drawn(tmp_path):
    payers = [payer("RUS", -30.0, -20.0, -9.0), payer("IRN", -0.2, 0.1, 0.4), payer("XXX", 0, 0, 0)]
    drawn = figure(payers, {"RUS": "Russia", "IRN": "Iran"})
    said = "Dot: median. Line: 90 % interval over draws."
    assert drawn.caption == f"{said} Not shown, under USD 1 m a month: Iran, XXX."
    assert figure(payers[:1], {}).caption == said
    svg = write(drawn, tmp_path)[0].read_text(encoding="utf-8")
    assert "Not shown, under USD 1 m a month: Iran, XXX." in svg
    assert "Russia" in svg


def test_one_draw_has_no_interval():
    assert figure([payer("RUS", None, -20.0, None)], {}).caption == "Dot: the one draw."
