"""Random streams: one number for each seed, draw, run and step, whatever else is drawn."""

from __future__ import annotations

import zlib

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from servanda.engine import assemble
from servanda.engine.streams import Streams, check_keys, normal, uniform
from servanda.ensembles.draws import uniforms
from servanda.errors import CaseError
from servanda.mechanisms.commitment import RelationalContract
from servanda.mechanisms.exchange import NashBargaining
from servanda.mechanisms.posture import QuantalResponse
from servanda.mechanisms.war import PersistentTempo
from servanda.world import Axes
from tests.builders import SPEC, Bench, tie, tiny_case

ALL = (QuantalResponse, PersistentTempo, NashBargaining, RelationalContract)


def streams(*theories, case=None) -> Streams:
    case = tiny_case() if case is None else case
    return Streams(Axes.of(case.spec), [Bench(t, case).theory for t in theories])


def at(source: Streams, runs, *, seed: int = 1, step: int = 0):
    return jax.jit(source.at)(jnp.uint32(seed), jnp.asarray(runs, jnp.uint32), jnp.asarray(step))


# ── against an independent implementation ───────────────────────────────────────────────────────

ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))


def threefry2x32(key, counter):
    """Threefry-2x32 with twenty rounds, as in Salmon et al. (2011), in NumPy."""
    with np.errstate(over="ignore"):
        k0, k1 = (np.uint32(k) for k in key)
        keys = (k0, k1, np.uint32(k0 ^ k1 ^ np.uint32(0x1BD11BDA)))
        x0, x1 = np.uint32(counter[0]) + keys[0], np.uint32(counter[1]) + keys[1]
        for group in range(5):
            for turn in ROTATIONS[group % 2]:
                x0 = x0 + x1
                x1 = (x1 << np.uint32(turn)) | (x1 >> np.uint32(32 - turn))
                x1 = x1 ^ x0
            x0 = x0 + keys[(group + 1) % 3]
            x1 = x1 + keys[(group + 2) % 3] + np.uint32(group + 1)
    return int(x0), int(x1)


@pytest.mark.parametrize(
    ("key", "counter", "expected"),
    [
        # the published test vectors of the Random123 library
        ((0, 0), (0, 0), (0x6B200159, 0x99BA4EFE)),
        ((0xFFFFFFFF, 0xFFFFFFFF), (0xFFFFFFFF, 0xFFFFFFFF), (0x1CB996FC, 0xBB002BE7)),
        ((0x13198A2E, 0x03707344), (0x243F6A88, 0x85A308D3), (0xC4923A9C, 0x483DF7A0)),
    ],
)
def test_the_reference_meets_the_published_test_vectors(key, counter, expected):
    assert threefry2x32(key, counter) == expected


@pytest.mark.parametrize(("seed", "run", "step"), [(0, 0, 0), (1, 129, 107), (2**32 - 1, 4000, 5)])
def test_a_draw_is_threefry_of_seed_and_name_at_run_and_step(seed, run, step):
    drawn = at(streams(PersistentTempo), [run], seed=seed, step=step)["war"]
    first, second = threefry2x32((seed, zlib.crc32(b"war/ceasefire/")), (run, step))
    assert float(drawn["ceasefire"][0]) == (first >> 9) * 2.0**-23 + 2.0**-24
    first, second = threefry2x32((seed, zlib.crc32(b"war/shock/")), (run, step))
    u, v = ((word >> 9) * 2.0**-23 + 2.0**-24 for word in (first, second))
    expected = np.sqrt(-2 * np.log(u)) * np.cos(2 * np.pi * v)
    assert float(drawn["shock"][0]) == pytest.approx(expected, rel=1e-5, abs=1e-6)


def test_each_member_of_an_axis_has_a_stream_of_its_own_name():
    drawn = at(streams(QuantalResponse), [3])["posture"]["choice"]
    for row, actor in enumerate(("PAT", "FOE")):
        first, _ = threefry2x32((1, zlib.crc32(f"posture/choice/{actor}".encode())), (3, 0))
        assert float(drawn[row, 0]) == (first >> 9) * 2.0**-23 + 2.0**-24


# ── independence ────────────────────────────────────────────────────────────────────────────────


def test_a_runs_numbers_do_not_depend_on_how_many_runs_there_are():
    many, few = at(streams(*ALL), np.arange(500)), at(streams(*ALL), [7])
    for slot, draws in few.items():
        for name, values in draws.items():
            np.testing.assert_array_equal(values[..., 0], many[slot][name][..., 7])


def test_a_draws_numbers_do_not_depend_on_what_else_is_drawn():
    alone, together = at(streams(PersistentTempo), [0, 1]), at(streams(*ALL), [0, 1])
    backwards = at(streams(*ALL[::-1]), [0, 1])
    for name in ("shock", "ceasefire"):
        np.testing.assert_array_equal(alone["war"][name], together["war"][name])
        np.testing.assert_array_equal(alone["war"][name], backwards["war"][name])


def test_one_tie_more_leaves_the_other_ties_numbers_as_they_were():
    more = tiny_case(spec={"ties": [tie("PAT", "BUY", "oil", "aid"), *SPEC["ties"]]})
    before = at(streams(NashBargaining), np.arange(9))["exchange"]["opening"]
    after = at(streams(NashBargaining, case=more), np.arange(9))["exchange"]["opening"]
    np.testing.assert_array_equal(after[1:], before)


def test_seeds_runs_steps_and_draws_all_give_other_numbers():
    source = streams(*ALL)
    base = at(source, np.arange(64))
    values = [np.asarray(base["war"]["ceasefire"])]
    values += [np.asarray(base["commitment"][name][0]) for name in ("ending", "way")]
    values += [np.asarray(at(source, np.arange(64), seed=2)["war"]["ceasefire"])]
    values += [np.asarray(at(source, np.arange(64), step=1)["war"]["ceasefire"])]
    assert len(np.unique(np.concatenate(values))) == 5 * 64


@pytest.mark.parametrize("shape", [(), (5,)])
def test_numbers_come_with_the_member_first_and_the_run_last(shape):
    drawn = at(streams(*ALL), np.zeros(shape))
    assert drawn["war"]["shock"].shape == shape
    assert drawn["posture"]["choice"].shape == (2, *shape)
    assert drawn["exchange"]["opening"].shape == (8, *shape)


# ── distribution ────────────────────────────────────────────────────────────────────────────────


def test_uniforms_stay_inside_zero_and_one_even_at_the_ends():
    ends = uniform(jnp.asarray([0, 2**32 - 1], jnp.uint32))
    assert (float(ends[0]), float(ends[1])) == (2.0**-24, 1 - 2.0**-24)


def test_normals_are_finite_even_at_the_ends():
    ends = uniform(jnp.asarray([0, 2**32 - 1], jnp.uint32))
    assert bool(jnp.isfinite(normal(ends, ends)).all())


def test_uniforms_and_normals_have_their_moments():
    n = 200_000
    drawn = at(streams(PersistentTempo), np.arange(n))["war"]
    u, z = np.asarray(drawn["ceasefire"], float), np.asarray(drawn["shock"], float)
    # bounds are five standard errors
    assert u.mean() == pytest.approx(1 / 2, abs=5 * np.sqrt(1 / 12 / n))
    assert u.var() == pytest.approx(1 / 12, abs=5 * np.sqrt(1 / 180 / n))
    assert z.mean() == pytest.approx(0, abs=5 / np.sqrt(n))
    assert z.var() == pytest.approx(1, abs=5 * np.sqrt(2 / n))
    assert (z**3).mean() == pytest.approx(0, abs=5 * np.sqrt(15 / n))
    assert (z**4).mean() == pytest.approx(3, abs=5 * np.sqrt(96 / n))
    assert np.corrcoef(u, z)[0, 1] == pytest.approx(0, abs=5 / np.sqrt(n))


def test_the_months_of_a_run_are_uncorrelated():
    source, runs = streams(PersistentTempo), np.arange(20_000)
    first, second = (np.asarray(at(source, runs, step=s)["war"]["shock"]) for s in (0, 1))
    assert np.corrcoef(first, second)[0, 1] == pytest.approx(0, abs=5 / np.sqrt(len(runs)))


def test_two_streams_of_one_key_are_refused():
    """The CRC-32 of names of one length depends on where they differ alone."""
    twins = ("5fzbwb", "8h01a0")
    more = {
        "goods": [*SPEC["goods"], *({"name": name, "unit": "round"} for name in twins)],
        "ties": [*SPEC["ties"], *(tie("SUP", "BUY", name, "contract") for name in twins)],
    }
    with pytest.raises(CaseError) as caught:
        assemble(tiny_case(spec=more))
    assert str(caught.value) == (
        "random numbers of 'exchange/opening/SUP>BUY:8h01a0': "
        "found those of 'exchange/opening/SUP>BUY:5fzbwb', expected numbers of its own\n"
        "  hint: two names can share a key: rename a good, an actor or a figure in one"
    )


def test_parameters_of_one_key_are_refused_too():
    names = [f"exchange.cost[AAA>BBB:{good}]" for good in ("5fzbwb", "8h01a0")]
    drawn = uniforms(names, 1, np.arange(50))
    np.testing.assert_array_equal(drawn[0], drawn[1])
    with pytest.raises(CaseError):
        check_keys(names)
