"""Reading a whole case: keys, the cut-off, the folder; each fault has one whole message."""

from __future__ import annotations

from datetime import date

import pytest

from servanda.case import available_cases, load, new
from servanda.errors import CaseError
from tests.case.refusals import refusal

REFUSED = (
    pytest.param(
        "case.toml",
        'title = "Tiny"\n',
        "",
        "case.toml line 1: title: found no such key, expected this key is required",
        id="missing key",
    ),
    pytest.param(
        "case.toml",
        "as_of =",
        "as_off =",
        (
            "case.toml: as_off: found a key that is not known here, expected one of "
            "name, title, summary, start, as_of, horizon, mechanisms, actors, goods, "
            "ties, partnerships, war, coalitions, patronages, routes, proliferators, "
            "postures, reference_classes, levers, metrics, not_modelled, tables\n"
            "  hint: did you mean 'as_of'?"
        ),
        id="misspelt key",
    ),
    pytest.param(
        "case.toml",
        'opens = "2020-06"',
        'open = "2020-06"',
        (
            "case.toml: ties[1].open: found a key that is not known here, expected one "
            "of giver, receiver, good, basis, opens, source, route, signal, customs, "
            "observed\n"
            "  hint: did you mean 'opens'?"
        ),
        id="misspelt key of a tie",
    ),
    pytest.param(
        "case.toml",
        'reduce = "last"',
        'reduces = "last"',
        (
            "case.toml: metrics[1].reduces: found a key that is not known here, "
            "expected one of name, label, unit, quantity, reduce, level, since, until, less, "
            "over, above\n"
            "  hint: did you mean 'reduce'?"
        ),
        id="misspelt key of a metric",
    ),
    pytest.param(
        "case.toml",
        'giver = "BBB"\n',
        "",
        "case.toml line 63: ties[2].giver: found no such key, expected this key is required",
        id="missing key of a tie",
    ),
    pytest.param(
        "case.toml",
        'title = "Tiny"',
        "title = 3",
        "case.toml: title: found 3, expected a text",
        id="a number for a text",
    ),
    pytest.param(
        "case.toml",
        ('[war]\nattacker = "BBB"\ndefender = "CCC"\narms = "shells"\nmen = "troops"\n'),
        "[nothing]\n",
        (
            "case.toml: nothing: found a key that is not known here, expected one of "
            "name, title, summary, start, as_of, horizon, mechanisms, actors, goods, "
            "ties, partnerships, war, coalitions, patronages, routes, proliferators, "
            "postures, reference_classes, levers, metrics, not_modelled, tables"
        ),
        id="a text for a table",
    ),
    pytest.param(
        "case.toml",
        'basis = "payment"',
        'basis = "paymnt"',
        (
            "case.toml: ties[2].basis: found 'paymnt', expected 'contract', 'payment', "
            "'aid' or 'covert'\n"
            "  hint: did you mean 'payment'?"
        ),
        id="a choice misspelt",
    ),
    pytest.param(
        "case.toml",
        "low = 0\n",
        "low = nan\n",
        "case.toml: levers[1].low: found nan, expected a finite number",
        id="a NaN lever",
    ),
    pytest.param(
        "case.toml",
        'reference_classes = ["bilateral-defence"]',
        "reference_classes = []",
        "case.toml: reference_classes: found [], expected a list of at least 1",
        id="a list for a text",
    ),
    pytest.param(
        "case.toml",
        "[war]",
        "[war",
        (
            "case.toml: found Expected ']' at the end of a table declaration (at column "
            "5), expected valid TOML"
        ),
        id="not TOML",
    ),
    pytest.param(
        "case.toml",
        'title = "Tiny"\n',
        ('title = "Tiny"\ntitle = "Tiny"\n'),
        ("case.toml: found Cannot overwrite a value (at column 15), expected valid TOML"),
        id="a key twice",
    ),
    pytest.param(
        "case.toml",
        ('name = "shells"\nunit'),
        ('name = "shells]"\nunit'),
        ("case.toml: goods[1].name: found 'shells]', expected a name of letters, digits, - and _"),
        id="a name with a bracket",
    ),
    pytest.param(
        "claims.toml",
        "metric = ",
        "metrc = ",
        (
            "claims.toml: claims[1].test.metrc: found a key that is not known here, "
            "expected one of kind, metric, present, absent, direction, margin\n"
            "  hint: did you mean 'metric'?"
        ),
        id="misspelt key of a claim",
    ),
    pytest.param(
        "claims.toml",
        'kind = "contrast"',
        'kind = "contrst"',
        (
            "claims.toml: claims[1].test.kind: found 'contrst', expected 'contrast', "
            "'trend', 'threshold', 'conditional', 'untestable'\n"
            "  hint: did you mean 'contrast'?"
        ),
        id="unknown kind of test",
    ),
    pytest.param(
        "claims.toml",
        'kind = "contrast", ',
        "",
        ("claims.toml: claims[1].test.kind: found no such key, expected this key is required"),
        id="no kind of test",
    ),
    pytest.param(
        "series.toml",
        ('bound = "estimate"\nbias = "reference"'),
        ('bounds = "estimate"\nbias = "reference"'),
        (
            "series.toml: series[1].rule[1].bounds: found a key that is not known "
            "here, expected one of source_class, counts, bound, bias, error, "
            "equivalence\n"
            "  hint: did you mean 'bound'?"
        ),
        id="misspelt key of a rule",
    ),
    pytest.param(
        "series.toml",
        "error = 0.35",
        "error = 0",
        ("series.toml: series[1].rule[1].error: found 0, expected a number greater than 0"),
        id="a rule with no error",
    ),
    pytest.param(
        "series.toml",
        "error = 0.35",
        'error = "poison"',
        (
            "series.toml: series[1].rule[1].error: found 'poison', expected a number "
            "above zero, or 'poisson'\n"
            "  hint: did you mean 'poisson'?"
        ),
        id="a rule with a wrong error",
    ),
    pytest.param(
        "series.toml",
        'counting = "running_total"',
        'counting = "running-total"',
        (
            "series.toml: series[1].counting: found 'running-total', expected 'level', "
            "'flow', 'running_total', 'event' or 'context'\n"
            "  hint: did you mean 'running_total'?"
        ),
        id="unknown counting",
    ),
    pytest.param(
        "case.toml",
        'as_of = "2021-12"',
        'as_of = "2021-13"',
        "case.toml: as_of: found '2021-13', expected a month like 2024-06",
        id="as_of unparsable",
    ),
    pytest.param(
        "case.toml",
        'as_of = "2021-12"',
        'as_of = "2025-12"',
        ("case.toml: as_of: found '2025-12', expected a month from 2020-02 to 2025-11"),
        id="as_of outside",
    ),
    pytest.param(
        "case.toml",
        'as_of = "2021-12"',
        'as_of = "2020-01"',
        ("case.toml: as_of: found '2020-01', expected a month from 2020-02 to 2025-11"),
        id="as_of at the start",
    ),
    pytest.param(
        "case.toml",
        'horizon = "2025-12"',
        'horizon = "2019-12"',
        (
            "case.toml: horizon: found '2019-12' with start '2020-01', expected at "
            "least two months after the start"
        ),
        id="horizon before start",
    ),
    pytest.param(
        "case.toml",
        'since = "as_of"',
        'since = "asof"',
        (
            "case.toml: metrics[1].since: found 'asof', expected a month like 2024-06 "
            "or 'start' or 'as_of'\n"
            "  hint: did you mean 'as_of'?"
        ),
        id="metric month unparsable",
    ),
)


@pytest.mark.parametrize(("file", "old", "new", "message"), REFUSED)
def test_a_fault_in_the_keys_of_a_case_is_named(tmp_path, file, old, new, message):
    assert refusal(tmp_path, file, old, new) == message


@pytest.fixture
def folder(tmp_path):
    return new("tiny", tmp_path)


@pytest.mark.parametrize("file", ["case.toml", "parameters.toml", "series.toml"])
def test_a_file_that_is_missing_is_named(folder, file):
    (folder / file).rename(folder / "elsewhere")
    with pytest.raises(CaseError) as caught:
        load(folder)
    if file == "case.toml":
        assert str(caught.value) == (
            f"case '{folder}': found no folder with a case.toml, and no shipped case of this name,"
            f" expected a folder, or one of {', '.join(available_cases())}"
        )
    else:
        assert str(caught.value) == (
            f"{file}: found no such file, expected a TOML file in {folder}"
        )


@pytest.mark.parametrize("file", ["evidence.csv", "sources.csv"])
def test_a_table_that_is_missing_is_named(folder, file):
    (folder / file).unlink()
    with pytest.raises(CaseError) as caught:
        load(folder)
    assert str(caught.value) == f"{file}: found no such file, expected a CSV file in {folder}"


def test_a_folder_in_place_of_a_file_is_named(folder):
    (folder / "series.toml").unlink()
    (folder / "series.toml").mkdir()
    with pytest.raises(CaseError) as caught:
        load(folder)
    assert str(caught.value) == (
        "series.toml: found a file that cannot be read: Is a directory,"
        f" expected a TOML file in {folder}"
    )


@pytest.mark.parametrize(
    ("file", "kind", "how"), [("case.toml", "TOML", ""), ("evidence.csv", "CSV", " with commas")]
)
def test_a_file_in_another_encoding_is_named(folder, file, kind, how):
    (folder / file).write_bytes("name = 'Müller'\n".encode("latin-1"))
    with pytest.raises(CaseError) as caught:
        load(folder)
    assert str(caught.value) == (
        f"{file} line 1: found byte 0xfc, which is not UTF-8, expected valid {kind}\n"
        f"  hint: save it as UTF-8{how}"
    )


def test_claims_may_be_missing(folder):
    (folder / "claims.toml").unlink()
    assert load(folder).claims == ()


def test_a_misspelt_shipped_case_is_hinted_at():
    with pytest.raises(CaseError) as caught:
        load("russia-drpk")
    assert str(caught.value) == (
        "case 'russia-drpk': found no folder with a case.toml, and no shipped case of this name,"
        f" expected a folder, or one of {', '.join(available_cases())}\n"
        "  hint: did you mean 'russia-dprk'?"
    )


def test_a_case_is_found_by_name_and_by_folder(folder):
    assert load("russia-dprk").spec.name == "russia-dprk"
    assert load(str(folder)).folder == folder


def test_the_tables_that_theories_read_are_read_and_no_others(folder):
    (folder / "trade_effects.csv").write_text("regime,actor\nnone,AAA\n")
    (folder / "my-table.csv").write_text("a\n1\n")
    (folder / "notes.csv").write_bytes(b"\xff")
    assert load(folder).tables == {"trade_effects": [{"regime": "none", "actor": "AAA"}]}
    spec = folder / "case.toml"
    spec.write_text('tables = ["my-table"]\n' + spec.read_text())
    case = load(folder)
    assert case.tables["my-table"] == [{"a": "1"}]
    assert case.files == (
        *("case.toml", "parameters.toml", "series.toml", "evidence.csv", "sources.csv"),
        *("claims.toml", "trade_effects.csv", "my-table.csv"),
    )


def test_a_mark_at_the_beginning_of_a_table_is_no_part_of_its_header(folder):
    table = folder / "evidence.csv"
    table.write_bytes(b"\xef\xbb\xbf" + table.read_bytes())
    assert len(load(folder).evidence.observations) == 2


@pytest.mark.parametrize(
    ("as_of", "cutoff"), [("2021-02", date(2021, 2, 28)), ("2024-12", date(2024, 12, 31))]
)
def test_the_cutoff_is_the_last_day_of_its_month(folder, as_of, cutoff):
    case = load(folder).at(as_of)
    assert (case.spec.as_of, case.cutoff) == (as_of, cutoff)


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [
        ("2020-01", "a month from 2020-02 to 2025-11"),
        ("2025-12", "a month from 2020-02 to 2025-11"),
        ("2024-6", "a month like 2024-06"),
        ("soon", "a month like 2024-06"),
    ],
)
def test_the_cutoff_stays_inside_the_case(folder, as_of, expected):
    with pytest.raises(CaseError) as caught:
        load(folder).at(as_of)
    assert str(caught.value) == f"case 'tiny', as_of: found '{as_of}', expected {expected}"


def test_moving_the_cutoff_leaves_the_rest_of_the_case_alone(folder):
    case = load(folder)
    moved = case.at("2021-03")
    assert moved.spec.model_copy(update={"as_of": case.spec.as_of}) == case.spec
    assert moved.evidence is case.evidence
    assert moved.parameters is case.parameters


def test_only_what_was_known_at_the_cutoff_is_known(folder):
    case = load(folder)
    assert [o.id for o in case.known.observations] == ["E1", "E2"]
    assert [o.id for o in case.at("2021-06").known.observations] == ["E1"]
    # about a period that had ended, but not yet known
    assert case.at("2020-12").known.observations == ()
