"""The table of verdicts, worked through case by case."""

from __future__ import annotations

import pytest

from servanda.verdicts.verdict import model_word, record_side, verdict_word
from tests.verdicts.conftest import fact

SURE, LIKELY, EVEN, UNLIKELY, HARDLY = 0.95, 0.8, 0.5, 0.2, 0.05
FOR, AGAINST = ((fact("A"),), ()), ((), (fact("A"),))
SILENT: tuple[tuple, tuple] = ((), ())
SPLIT = ((fact("A"),), (fact("B"),))


@pytest.mark.parametrize(
    ("probability", "word"),
    [
        (1.0, "supported"),
        (0.9, "supported"),
        (0.899, "leaning"),
        (0.7, "leaning"),
        (0.699, "open"),
        (0.5, "open"),
        (0.301, "open"),
        (0.299, "leaning against"),
        (0.101, "leaning against"),
        (0.099, "contradicted"),
        (0.0, "contradicted"),
    ],
)
def test_the_models_own_word(probability, word):
    assert model_word(probability) == word


@pytest.mark.parametrize(
    ("supports", "opposes", "side"),
    [
        ("", "", 0),
        ("C", "", 1),
        ("", "C", -1),
        ("A", "C", 1),  # 3 against 1
        ("A", "B", 0),  # 3 against 2
        ("B", "C", 1),  # 2 against 1
        ("AC", "B", 1),  # 4 against 2
        ("CCC", "B", 0),  # 3 against 2
        ("CC", "AC", -1),  # 2 against 4
        ("A", "A", 0),
    ],
)
def test_the_record_lies_where_it_weighs_twice_as_much(supports, opposes, side):
    facts = [
        tuple(fact(c, number=n) for n, c in enumerate(confidences))
        for confidences in (supports, opposes)
    ]
    assert record_side(*facts) == side


def test_a_series_has_one_vote_a_side_however_often_it_was_published():
    often = (*(fact("C") for _ in range(9)), fact("B"))
    assert record_side(often, (fact("B", number=1),)) == 0
    assert record_side(often, (fact("C", number=1),)) == 1


@pytest.mark.parametrize(
    ("probability", "record", "word"),
    [
        # the record pushes no word further than the model goes
        (SURE, FOR, "supported"),
        (LIKELY, FOR, "leaning"),
        (EVEN, FOR, "open"),
        (EVEN, AGAINST, "open"),
        (UNLIKELY, AGAINST, "leaning against"),
        (HARDLY, AGAINST, "contradicted"),
        # on the other side it holds a word back by a step
        (UNLIKELY, FOR, "open"),
        (HARDLY, FOR, "leaning against"),
        (SURE, AGAINST, "leaning"),
        (LIKELY, AGAINST, "open"),
        # the model alone goes no further than leaning
        (SURE, SILENT, "leaning"),
        (LIKELY, SILENT, "leaning"),
        (EVEN, SILENT, "open"),
        (UNLIKELY, SILENT, "leaning against"),
        (HARDLY, SILENT, "leaning against"),
        (SURE, SPLIT, "leaning"),
        (EVEN, SPLIT, "open"),
        (HARDLY, SPLIT, "leaning against"),
    ],
)
def test_model_and_record_together(probability, record, word):
    assert verdict_word(probability, *record) == word


@pytest.mark.parametrize(
    ("probability", "record", "other", "word"),
    [
        (SURE, FOR, SURE, "supported"),
        (SURE, FOR, LIKELY, "supported"),
        (SURE, FOR, EVEN, "leaning"),  # open is not the same side
        (SURE, FOR, UNLIKELY, "leaning"),
        (SURE, FOR, HARDLY, "leaning"),
        (EVEN, FOR, HARDLY, "open"),
        (HARDLY, AGAINST, LIKELY, "leaning against"),
        (HARDLY, AGAINST, HARDLY, "contradicted"),
        (UNLIKELY, FOR, SURE, "open"),
    ],
)
def test_an_accounting_that_does_not_agree_holds_a_word_back(probability, record, other, word):
    assert verdict_word(probability, *record, (other,)) == word


def test_one_accounting_of_several_is_enough_to_hold_it_back():
    assert verdict_word(SURE, *FOR, (SURE, HARDLY)) == "leaning"


@pytest.mark.parametrize("record", [FOR, AGAINST, SILENT, SPLIT])
@pytest.mark.parametrize("others", [(), (SURE,), (EVEN,), (HARDLY,)])
def test_a_claim_never_does_better_on_a_lower_probability(record, others):
    order = ["contradicted", "leaning against", "open", "leaning", "supported"]
    words = [verdict_word(p / 100, *record, others) for p in range(101)]
    ranks = [order.index(w) for w in words]
    assert ranks == sorted(ranks)


@pytest.mark.parametrize(("for_", "against"), [(FOR, AGAINST), (SILENT, SILENT)])
def test_a_claim_and_its_denial_mirror_each_other(for_, against):
    order = ["contradicted", "leaning against", "open", "leaning", "supported"]
    for p in (0.01, 0.2, 0.5, 0.75, 0.99):
        one, other = verdict_word(p, *for_), verdict_word(1 - p, *against)
        assert order.index(one) + order.index(other) == 4
