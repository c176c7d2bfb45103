"""What the model refuses of a case that reads well: variants, parameters, levers, series, plan."""

from __future__ import annotations

from dataclasses import replace

import pytest

from servanda.case import load, new
from servanda.case.schema import Metric
from servanda.engine import assemble
from servanda.errors import CaseError
from servanda.results.metrics import check_metrics
from tests.case.refusals import refusal

REFUSED = (
    pytest.param(
        "case.toml",
        'posture = "frozen"',
        'posture = "frozn"',
        (
            "case.toml: mechanisms.posture: found variant 'frozn', expected one of "
            "quantal-response, frozen\n"
            "  hint: did you mean 'frozen'?"
        ),
        id="unknown variant",
    ),
    pytest.param(
        "case.toml",
        'posture = "frozen"',
        'postures = "frozen"',
        (
            "case.toml: mechanisms.postures: found slot 'postures', expected one of arsenal, "
            "attrition, balancing, commitment, evasion, exchange, influence, posture, "
            "proliferation, trade, war\n"
            "  hint: did you mean 'posture'?"
        ),
        id="unknown slot",
    ),
    pytest.param(
        "parameters.toml",
        (
            "[ledger.transit_loss]\n"
            'description = "Share lost under way"\n'
            'unit = "dimensionless"\n'
            "otherwise = 0\n"
        ),
        "",
        (
            "parameters.toml line 9: ledger.transit_loss: found no such parameter, expected a "
            "table: share lost in transit"
        ),
        id="missing parameter",
    ),
    pytest.param(
        "parameters.toml",
        "[ledger.transit_loss]",
        "[ledger.transit_lost]",
        (
            "parameters.toml: ledger.transit_lost: found a parameter that no mechanism "
            "uses, expected a parameter of a mechanism\n"
            "  hint: did you mean 'ledger.transit_loss'?"
        ),
        id="misspelt parameter",
    ),
    pytest.param(
        "parameters.toml",
        "[ledger.transit_loss]",
        (
            "[ledger.weather]\n"
            'description = "Storms"\n'
            'unit = "1/month"\n'
            "otherwise = 0\n"
            "[ledger.transit_loss]"
        ),
        (
            "parameters.toml: ledger.weather: found a parameter that no mechanism "
            "uses, expected a parameter of a mechanism"
        ),
        id="unused parameter",
    ),
    pytest.param(
        "parameters.toml",
        '"AAA>BBB:shells" = { lognormal = [300,',
        '"AAA>BBB:shell" = { lognormal = [300,',
        (
            "parameters.toml: exchange.cost.of.AAA>BBB:shell: found member 'AAA>BBB:shell', "
            "expected "
            "one of AAA>BBB:shells, BBB>AAA:oil\n"
            "  hint: did you mean 'AAA>BBB:shells'?"
        ),
        id="unknown member",
    ),
    pytest.param(
        "parameters.toml",
        ('BBB = { lognormal = [200000, 0.2], bounds = [50000, 800000], status = "assumed" }\n'),
        "",
        (
            "parameters.toml line 35: war.required: found no prior for 'BBB', expected one for "
            "each of BBB, CCC, or 'otherwise'"
        ),
        id="member missing",
    ),
    pytest.param(
        "parameters.toml",
        ("otherwise = 0.5\n[ledger.transit_loss]"),
        ('value = { fixed = 0.5, status = "assumed" }\n[ledger.transit_loss]'),
        (
            "parameters.toml line 9: ledger.transit_time: found one 'value', expected 'of' or "
            "'otherwise' for one number a member"
        ),
        id="one value for many",
    ),
    pytest.param(
        "parameters.toml",
        'value = { normal = [0.2, 0.04], bounds = [0.05, 0.5], status = "assumed" }',
        "otherwise = 0.2",
        (
            "parameters.toml line 23: war.volatility: found 'of' or 'otherwise' for one number a "
            "member, expected one 'value'"
        ),
        id="many for one value",
    ),
    pytest.param(
        "parameters.toml",
        "[evasion.carried]",
        (
            "[evasion.rate]\n"
            'description = "Speed"\n'
            'unit = "1/month"\n'
            'of = { sea = { fixed = 1, status = "assumed" } }\n'
            "[evasion.carried]"
        ),
        (
            "parameters.toml line 309: evasion.rate.of.sea: found member 'sea', expected "
            "none, as the case has none"
        ),
        id="member of an empty axis",
    ),
    pytest.param(
        "parameters.toml",
        '"BBB.oil" = { fixed = 1e9, unit = "barrel"',
        '"BBB.oil" = { fixed = 1e9, unit = "tonne"',
        (
            "parameters.toml: arsenal.initial_stock.of.BBB.oil: found unit 'tonne', "
            "expected a unit that converts to 'barrel'"
        ),
        id="unit of a prior",
    ),
    pytest.param(
        "case.toml",
        "exchange.allowed[AAA>BBB:shells]",
        "exchange.allowd[AAA>BBB:shells]",
        (
            "case.toml: levers['shells'].targets[1]: found target "
            "'exchange.allowd[AAA>BBB:shells]', expected a parameter of a mechanism in "
            "use\n"
            "  hint: did you mean 'exchange.allowed[AAA>BBB:shells]'?"
        ),
        id="lever without target",
    ),
    pytest.param(
        "series.toml",
        "arrived[AAA>BBB:shells]",
        "arived[AAA>BBB:shells]",
        (
            "series.toml: series['shells-delivered'].observes[1]: found quantity "
            "'arived[AAA>BBB:shells]', expected a quantity that runs keep\n"
            "  hint: did you mean 'arrived'?"
        ),
        id="series observes unknown quantity",
    ),
    pytest.param(
        "series.toml",
        "arrived[AAA>BBB:shells]",
        "arrived[AAA>BBB:shell]",
        (
            "series.toml: series['shells-delivered'].observes[1]: found 'arrived[AAA>BBB:shell]', "
            "expected one of arrived[AAA>BBB:shells], arrived[BBB>AAA:oil]\n"
            "  hint: did you mean 'arrived[AAA>BBB:shells]'?"
        ),
        id="series observes unknown member",
    ),
    pytest.param(
        "series.toml",
        "arrived[AAA>BBB:shells]",
        "order[AAA>BBB:shells]",
        (
            "series.toml: series['shells-delivered'].observes[1]: found quantity "
            "'order[AAA>BBB:shells]', expected a quantity that runs keep\n"
            "  hint: these are alive, arrears, arrived, base_hazard, concern, "
            "contact_rate, delivery_cost, depth, dispatched, dormant, ending, gain,"
            " gap, hazard, income_change, influence_given, influence_recorded, "
            "influence_valued, knowledge, launch_rate, leakage, lent, lent_lost, "
            "leverage, leverage_left, log_tempo, losses, made, manning, "
            "meeting_rate, men, obligation, paid, paid_in_sight, presence, "
            "recorded_trade, recruit_price, recruits, released, rerouted, "
            "sanctioned, slack, stance, stock, tempo, threat, used, value_given, "
            "war, warheads"
        ),
        id="series observes what is not kept",
    ),
    pytest.param(
        "series.toml",
        "arrived[AAA>BBB:shells]",
        "arrived",
        (
            "series.toml: series['shells-delivered'].observes[1]: found 'arrived', expected one of "
            "arrived[AAA>BBB:shells], arrived[BBB>AAA:oil]"
        ),
        id="series observes a quantity as a whole",
    ),
    pytest.param(
        "series.toml",
        "arrived[AAA>BBB:shells]",
        "tempo[BBB]",
        (
            "series.toml: series['shells-delivered'].observes[1]: found 'tempo[BBB]', expected one "
            "of tempo\n"
            "  hint: did you mean 'tempo'?"
        ),
        id="series observes a member of one number",
    ),
    pytest.param(
        "series.toml",
        "arrived[AAA>BBB:shells]",
        "lent[AAA>BBB:shells]",
        (
            "series.toml: series['shells-delivered'].observes[1]: found 'lent[AAA>BBB:shells]', "
            "expected no lent: runs keep none of it"
        ),
        id="series observes people that are not lent",
    ),
)


@pytest.mark.parametrize(("file", "old", "new", "message"), REFUSED)
def test_a_case_that_cannot_be_wired_says_why(tmp_path, file, old, new, message):
    assert refusal(tmp_path, file, old, new, assembled=True) == message


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return load(new("tiny", tmp_path_factory.mktemp("case")))


@pytest.mark.parametrize(
    ("text", "row", "unit"),
    [
        ("used[BBB.shells]", 1, "round"),
        ("arrived[BBB>AAA:oil]", 1, "barrel"),
        ("recruit_price[CCC]", 1, "USD/person"),
        ("gain[BBB-AAA/BBB]", 1, "USD/month"),
        ("tempo", None, "dimensionless"),
    ],
)
def test_a_name_resolves_to_a_member_and_its_unit(tiny, text, row, unit):
    found = assemble(tiny).layout.resolve(text, "here")
    assert (found.row, found.unit) == (row, unit)


def _metric(**changes):
    given = {"name": "m", "label": "", "unit": "round", "quantity": "used[BBB.shells]"}
    return Metric.model_validate(given | changes)


@pytest.mark.parametrize(
    ("metric", "message"),
    [
        (
            {"quantity": "usd[BBB.shells]"},
            (
                "case.toml: metrics['m'].quantity: found quantity 'usd[BBB.shells]',"
                " expected a quantity that runs keep\n  hint: did you mean 'used'?"
            ),
        ),
        (
            {"quantity": "recruits[BBD]"},
            (
                "case.toml: metrics['m'].quantity: found 'recruits[BBD]',"
                " expected one of recruits[BBB], recruits[CCC]\n"
                "  hint: did you mean 'recruits[BBB]'?"
            ),
        ),
        (
            {"unit": "person"},
            (
                "case.toml: metrics['m'].unit: found unit 'round', expected a unit that "
                "converts to 'person'"
            ),
        ),
    ],
    ids=["unknown quantity", "unknown member", "unit of something else"],
)
def test_a_metric_of_what_there_is_not_is_refused(tiny, metric, message):
    spec = tiny.spec.model_copy(update={"metrics": (_metric(**metric),)})
    model = assemble(replace(tiny, spec=spec))
    with pytest.raises(CaseError) as caught:
        check_metrics(model)
    assert str(caught.value) == message


def test_a_metric_in_another_unit_of_its_kind_is_accepted(tiny):
    spec = tiny.spec.model_copy(update={"metrics": (_metric(unit="kiloround"),)})
    check_metrics(assemble(replace(tiny, spec=spec)))
