"""Names that a case refers to must resolve; each that does not has one whole message."""

from __future__ import annotations

import pytest

from tests.case.refusals import refusal

REFUSED = (
    pytest.param(
        "case.toml",
        'giver = "BBB"',
        'giver = "BBD"',
        (
            "case.toml: ties[2].giver: found actor 'BBD', expected one of AAA, BBB, "
            "CCC\n"
            "  hint: did you mean 'BBB'?"
        ),
        id="unknown actor of a tie",
    ),
    pytest.param(
        "case.toml",
        'defender = "CCC"',
        'defender = "DDD"',
        "case.toml: war.defender: found actor 'DDD', expected one of AAA, BBB, CCC",
        id="unknown actor of the war",
    ),
    pytest.param(
        "case.toml",
        'supplier = "AAA"',
        'supplier = "AAB"',
        (
            "case.toml: partnerships[1].supplier: found actor 'AAB', expected one of AAA, "
            "BBB, CCC\n"
            "  hint: did you mean 'AAA'?"
        ),
        id="unknown actor of a partnership",
    ),
    pytest.param(
        "case.toml",
        'good = "oil"',
        'good = "oill"',
        (
            "case.toml: ties[2].good: found good 'oill', expected one of shells, "
            "troops, oil\n"
            "  hint: did you mean 'oil'?"
        ),
        id="unknown good of a tie",
    ),
    pytest.param(
        "case.toml",
        'arms = "shells"',
        'arms = "shels"',
        (
            "case.toml: war.arms: found good 'shels', expected one of shells, troops, "
            "oil\n"
            "  hint: did you mean 'shells'?"
        ),
        id="unknown good of the war",
    ),
    pytest.param(
        "case.toml",
        'unit = "barrel"',
        'unit = "barel"',
        (
            "case.toml: goods['oil'].unit: found unit 'barel', expected a unit that pint or "
            "this project defines\n"
            "  hint: did you mean 'barrel'?"
        ),
        id="unknown unit of a good",
    ),
    pytest.param(
        "case.toml",
        ('unit = "round"\nquantity'),
        ('unit = "rond"\nquantity'),
        (
            "case.toml: metrics['fire'].unit: found unit 'rond', expected a unit that pint or "
            "this project defines\n"
            "  hint: did you mean 'round'?"
        ),
        id="unknown unit of a metric",
    ),
    pytest.param(
        "case.toml",
        'code = "CCC"',
        'code = "AAA"',
        "case.toml line 37: actors[3]: found 'AAA' twice, expected each name once",
        id="actor twice",
    ),
    pytest.param(
        "case.toml",
        ('giver = "BBB"\nreceiver = "AAA"'),
        ('giver = "AAA"\nreceiver = "AAA"'),
        "case.toml line 63: ties[2]: found a tie of AAA to itself, expected two actors",
        id="a tie to itself",
    ),
    pytest.param(
        "case.toml",
        ('giver = "BBB"\nreceiver = "AAA"'),
        ('giver = "CCC"\nreceiver = "AAA"'),
        (
            "case.toml line 63: ties[2]: found a payment between CCC and AAA, expected the two "
            "partners of one of BBB-AAA"
        ),
        id="a payment outside a pact",
    ),
    pytest.param(
        "case.toml",
        'basis = "payment"',
        'basis = "covert"',
        ("case.toml line 63: ties[2]: found 'covert' without 'route', expected one of the routes"),
        id="covert without route",
    ),
    pytest.param(
        "case.toml",
        'basis = "payment"',
        ('basis = "covert"\nroute = "sea"'),
        (
            "case.toml line 68: ties[2].route: found route 'sea', expected no route, as "
            "there is none"
        ),
        id="covert with an unknown route",
    ),
    pytest.param(
        "case.toml",
        ('opens = "2020-06"\nsource = "E1"'),
        'opens = "2020-06"',
        (
            "case.toml line 56: ties[1]: found 'opens' without 'source', expected the evidence "
            "row that shows it"
        ),
        id="opens without source",
    ),
    pytest.param(
        "case.toml",
        ('opens = "2020-06"\nsource = "E1"'),
        ('opens = "2020-06"\nsource = "E11"'),
        (
            "case.toml: ties[1].source: found source 'E11', expected an id in "
            "evidence.csv\n"
            "  hint: did you mean 'E1'?"
        ),
        id="tie source unknown",
    ),
    pytest.param(
        "case.toml",
        ('opens = "2020-06"\nsource = "E1"'),
        ('opens = "2020-06"\nsource = "a-report"'),
        ("case.toml: ties[1].source: found source 'a-report', expected an id in evidence.csv"),
        id="tie source undated",
    ),
    pytest.param(
        "case.toml",
        ('signed = "2020-06"\nsource = "E1"'),
        ('signed = "2020-06"\nsource = "a-reprt"'),
        (
            "case.toml: partnerships[1].source: found source 'a-reprt', expected an id in "
            "evidence.csv"
        ),
        id="partnership source",
    ),
    pytest.param(
        "case.toml",
        "[[levers]]",
        (
            "[[postures]]\n"
            'actor = "AAA"\n'
            'signal = "turn"\n'
            'driver = "war"\n'
            'stances = [{ name = "stay", level = 0 }, { name = "go", level = 1 }]\n'
            'recorded = [{ since = "2020-01", stance = "sty", source = "E1" }]\n'
            "[[levers]]"
        ),
        (
            "case.toml line 88: postures[1].recorded[1].stance: found stance 'sty', "
            "expected one of stay, go\n"
            "  hint: did you mean 'stay'?"
        ),
        id="unknown stance",
    ),
    pytest.param(
        "case.toml",
        "[[levers]]",
        (
            "[[postures]]\n"
            'actor = "AAB"\n'
            'signal = "turn"\n'
            'driver = "war"\n'
            'stances = [{ name = "stay", level = 0 }, { name = "go", level = 1 }]\n'
            'recorded = [{ since = "2020-01", stance = "stay", source = "E1" }]\n'
            "[[levers]]"
        ),
        (
            "case.toml line 84: postures[1].actor: found actor 'AAB', expected one of AAA, BBB, "
            "CCC\n"
            "  hint: did you mean 'AAA'?"
        ),
        id="unknown actor of a posture",
    ),
    pytest.param(
        "case.toml",
        "[[levers]]",
        (
            "[[coalitions]]\n"
            'name = "ring"\n'
            'members = ["CCC"]\n'
            'against = "AAA-BBB"\n'
            'neighbour = "CCC"\n'
            "[[levers]]"
        ),
        (
            "case.toml line 86: coalitions['ring'].against: found partnership 'AAA-BBB', "
            "expected one of BBB-AAA"
        ),
        id="coalition against nothing",
    ),
    pytest.param(
        "case.toml",
        "[[levers]]",
        (
            "[[coalitions]]\n"
            'name = "ring"\n'
            'members = ["CCD"]\n'
            'against = "BBB-AAA"\n'
            'neighbour = "CCC"\n'
            "[[levers]]"
        ),
        (
            "case.toml line 85: coalitions['ring'].members[1]: found actor 'CCD', expected "
            "one of AAA, BBB, "
            "CCC\n"
            "  hint: did you mean 'CCC'?"
        ),
        id="unknown member of a coalition",
    ),
    pytest.param(
        "case.toml",
        "[[levers]]",
        ('[[proliferators]]\nactor = "AAA"\nrival = "CCC"\ntaught_by = "BBB>AAA:oils"\n[[levers]]'),
        (
            "case.toml line 86: proliferators[1].taught_by: found tie 'BBB>AAA:oils', expected "
            "one of AAA>BBB:shells, BBB>AAA:oil\n"
            "  hint: did you mean 'BBB>AAA:oil'?"
        ),
        id="taught by no tie",
    ),
    pytest.param(
        "case.toml",
        "[[levers]]",
        (
            '[[proliferators]]\nactor = "AAA"\nrival = "CCC"\ntaught_by = "BBB>AAA:oil"\n'
            'exports = ["shell"]\n[[levers]]'
        ),
        (
            "case.toml line 87: proliferators[1].exports[1]: found good 'shell', expected "
            "one of shells, "
            "troops, oil\n"
            "  hint: did you mean 'shells'?"
        ),
        id="exports no good",
    ),
    pytest.param(
        "case.toml",
        'unit = "round"',
        'unit = "round"\nmade_with = "shells"',
        "case.toml: goods['shells'].made_with: found good 'shells', expected one of troops, oil",
        id="made with itself",
    ),
    pytest.param(
        "case.toml",
        ("low = 0\nhigh = 1"),
        ("low = 1\nhigh = 0"),
        "case.toml: levers['shells'].low: found low 1, high 0, expected low below high",
        id="lever low above high",
    ),
    pytest.param(
        "case.toml",
        ("low = 0\nhigh = 1"),
        ("low = 0\nhigh = 1\nchoices = { none = 0, twice = 2 }"),
        (
            "case.toml: levers['shells'].choices.twice: found choice 'twice' at 2, expected "
            "a value from 0 to 1"
        ),
        id="lever choice out of range",
    ),
    pytest.param(
        "case.toml",
        'since = "as_of"',
        'since = "2026-01"',
        (
            "case.toml: metrics['alive'].since: found month '2026-01', expected one from "
            "2020-01 to 2025-12"
        ),
        id="metric month outside",
    ),
    pytest.param(
        "claims.toml",
        'metric = "fire"',
        'metric = "fires"',
        (
            "claims.toml: claims['shells-sustain-the-war'].test.metric: found metric "
            "'fires', expected one "
            "of alive, fire\n"
            "  hint: did you mean 'fire'?"
        ),
        id="unknown metric of a claim",
    ),
    pytest.param(
        "case.toml",
        'unit = "round"\nquantity = "used[BBB.shells]"\nreduce = "sum"',
        'unit = "month"\nquantity = "used[BBB.shells]"\nabove = 1\nreduce = "time_to_event"',
        (
            "claims.toml line 8: claims['shells-sustain-the-war'].test.metric: found metric "
            "'fire', a time_to_event, "
            "expected a metric that is finite in every run\n"
            "  hint: test whether the event happens: reduce = 'any'"
        ),
        id="time of an event in a claim",
    ),
    pytest.param(
        "claims.toml",
        "{ shells = 0 }",
        "{ shell = 0 }",
        (
            "claims.toml: claims['shells-sustain-the-war'].test.absent.shell: found lever "
            "'shell', expected one of "
            "shells\n"
            "  hint: did you mean 'shells'?"
        ),
        id="unknown lever of a claim",
    ),
    pytest.param(
        "claims.toml",
        "{ shells = 0 }",
        "{ shells = 3 }",
        (
            "claims.toml: claims['shells-sustain-the-war'].test.absent.shells: found lever "
            "'shells' at 3.0, "
            "expected a number from 0 to 1"
        ),
        id="lever of a claim out of range",
    ),
    pytest.param(
        "claims.toml",
        "{ shells = 0 }",
        '{ shells = "none" }',
        (
            "claims.toml: claims['shells-sustain-the-war'].test.absent.shells: found lever "
            "'shells' at 'none', "
            "expected a number from 0 to 1"
        ),
        id="unknown choice of a claim",
    ),
    pytest.param(
        "claims.toml",
        'supports = ["E1"]',
        'supports = ["E3"]',
        (
            "claims.toml: claims['shells-sustain-the-war'].supports[1]: found source 'E3', "
            "expected an id in "
            "evidence.csv or a key in sources.csv"
        ),
        id="claim source",
    ),
    pytest.param(
        "parameters.toml",
        ('sources = ["E1", "E2"] }\n"BBB'),
        ('sources = ["E1", "e2"] }\n"BBB'),
        (
            "parameters.toml: exchange.lane_ceiling.of.AAA>BBB:shells: found source "
            "'e2', expected an id in evidence.csv or a key in sources.csv\n"
            "  hint: did you mean 'E2'?"
        ),
        id="prior source",
    ),
    pytest.param(
        "evidence.csv",
        "2021-07-10",
        "2022-07-10",
        (
            "parameters.toml line 134: exchange.lane_ceiling.of.AAA>BBB:shells: found source "
            "'E2', known on 2022-07-10, expected what was known by 2021-12-31"
        ),
        id="prior source known later",
    ),
    pytest.param(
        "series.toml",
        'bias = "government-deliveries"',
        'bias = "government-delivery"',
        (
            "series.toml: series['shells-delivered'].rule[2].bias: found bias "
            "'government-delivery', expected one of reference, government-deliveries\n"
            "  hint: did you mean 'government-deliveries'?"
        ),
        id="bias without prior",
    ),
    pytest.param(
        "series.toml",
        'bias = "government-deliveries"',
        'bias = "reference"',
        (
            "parameters.toml line 340: observation.bias.of.government-deliveries: found a bias "
            "that no counting rule uses, expected a bias in series.toml other than "
            "'reference'"
        ),
        id="unused bias",
    ),
)


@pytest.mark.parametrize(("file", "old", "new", "message"), REFUSED)
def test_a_name_that_does_not_resolve_is_named(tmp_path, file, old, new, message):
    assert refusal(tmp_path, file, old, new) == message
