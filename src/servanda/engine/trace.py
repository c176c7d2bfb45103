"""Tracing a theory: what it reads, and whether its results fit the records of its slot.

Nobody lists what a theory reads. Its step is traced once on abstract arrays. A theory reads the
quantities on which its outputs depend. The order of the month, the tables of the documentation and
the count of evidence about a parameter all use this trace, so they cannot differ from the code.
Reading only the shape of an array does not count.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.interpreters import partial_eval
from jaxtyping import Array

from servanda.errors import CaseError
from servanda.mechanisms.arsenal import Arsenal
from servanda.world import Clock, Month, Record, Theory, World
from servanda.world.quantity import MisfitError, neutral, shape

# Any number that is not the size of another axis. An array with this size has runs last.
_RUNS = 1009

# Slot, state and flows of each theory of a model. Rivals for a slot have the same records, so what
# was traced beside one theory holds beside its rivals.
Records = tuple[tuple[str, type[Record], type[Record]], ...]
Sizes = tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Trace:
    """The quantities and parameters that a theory reads.

    Attributes:
        reads: states of last month and flows of this month on which the step's outputs depend.
        parameters: parameters on which outputs, initial state or opening stock depend.
    """

    reads: frozenset[str]
    parameters: frozenset[str]


def trace(theory: Theory, slots: Sequence[type[Theory]], sizes: Mapping[str, int]) -> Trace:
    """Trace a theory together with the other theories of a model.

    Args:
        theory: the theory, built for a case.
        slots: a theory for every slot of the model, which gives their records.
        sizes: number of members of each axis.

    Raises:
        CaseError: if it reads an unknown quantity, or does not return its slot's records with
            every quantity in its shape.
    """
    records = tuple((t.slot, t.State, t.Flows) for t in slots)
    key = tuple(sizes.items())
    try:
        hash(theory)
    except TypeError:  # it holds an array
        return _trace(theory, records, key)
    return _traced(theory, records, key)


def trace_each(
    theory: Theory, slots: Sequence[type[Theory]], sizes: Mapping[str, int]
) -> Mapping[str, Trace]:
    """What each quantity that a theory computes depends on; arguments as for `trace`.

    An arsenal also computes the opening `stock`.
    """
    records = tuple((t.slot, t.State, t.Flows) for t in slots)
    step, initial, given = _functions(theory, records, tuple(sizes.items()))
    found = _used_by_each(step, *given)
    for name, paths in _used_by_each(initial, given[0]).items():
        found[name] = found.get(name, frozenset()) | paths
    return {name: _named(paths) for name, paths in found.items()}


def _trace(theory: Theory, records: Records, sizes: Sizes) -> Trace:
    step, initial, given = _functions(theory, records, sizes)
    try:
        return _named(_used(step, *given) | _used(initial, given[0]))
    except MisfitError as error:
        where = f"theory {theory.slot}/{theory.variant}"
        raise CaseError(where, error.found, error.expected, error.hint) from error


def _functions(
    theory: Theory, records: Records, sizes: Sizes
) -> tuple[Callable[..., Any], Callable[..., Any], tuple[Any, ...]]:
    """A theory's step and start, which check what it returns, and the step's arguments."""
    own = dict(sizes)
    p, draws = _parameters(theory, own), _draws(theory, own)
    world, month, clock = _surroundings(records, sizes)

    def step(p: Any, world: World, month: Month, draws: Any, clock: Clock) -> Any:
        found = theory.step(p, world, month, draws, clock)
        pair: object = found  # it is a pair only by its annotation
        if not isinstance(pair, tuple) or len(pair) != 2:  # noqa: PLR2004
            raise MisfitError(f"a step that returns {_kind(found)}", _EXPECTED, None)
        for record, wanted in zip(found, (theory.State, theory.Flows), strict=True):
            _check(record, wanted, own, "step")
        return found

    def initial(p: Any) -> Any:
        state = theory.initial(p)
        _check(state, theory.State, own, "start", runs=(_RUNS,) if _has_runs(state) else ())
        return state, {"stock": theory.opening_stock(p)} if isinstance(theory, Arsenal) else {}

    return step, initial, (p, world, month, draws, clock)


def _named(paths: frozenset[Any]) -> Trace:
    """The quantities and parameters at these paths of a step's arguments."""
    return Trace(
        reads=frozenset(path[-1].name for path in paths if path[0].idx in (1, 2)),
        parameters=frozenset(path[1].name for path in paths if path[0].idx == 0),
    )


_traced = lru_cache(maxsize=512)(_trace)
_EXPECTED = "its slot's state and flows"


def _kind(thing: object) -> str:
    return "nothing" if thing is None else f"a {type(thing).__name__}"


def _check(
    record: object,
    wanted: type[Record],
    sizes: Mapping[str, int],
    what: str,
    runs: tuple[int, ...] = (_RUNS,),
) -> None:
    """Raise `MisfitError` unless this is the record, with every quantity in its shape."""
    if not isinstance(record, wanted):
        raise MisfitError(f"a {what} that returns {_kind(record)}", wanted.__name__, None)
    for field in fields(wanted):
        value, axis = getattr(record, field.name), field.metadata["axis"]
        right = (*shape(axis, sizes), *runs)
        if jnp.shape(value) != right:
            each = [name for name, has in ((axis, axis), ("run", runs)) if has]
            raise MisfitError(
                f"a {what} that returns '{field.name}' of shape {_text(jnp.shape(value))}",
                f"{_text(right)}: " + ("one for each " + " and ".join(each) if each else "one"),
                None,
            )
        if not jnp.issubdtype(jnp.result_type(value), jnp.floating):
            found = f"a {what} that returns '{field.name}' of {jnp.result_type(value)}"
            raise MisfitError(found, "numbers with a decimal point", "use jnp.where(…, 1.0, 0.0)")


def _text(shape: tuple[int, ...]) -> str:
    """A shape with the runs named."""
    return "(" + ", ".join("runs" if n == _RUNS else str(n) for n in shape) + ")"


def _has_runs(state: object) -> bool:
    return any(jnp.ndim(x) and jnp.shape(x)[-1] == _RUNS for x in jax.tree.leaves(state))


def _used(function: Callable[..., Any], *given: Any) -> frozenset[Any]:
    """Paths of those leaves of the arguments on which a function's results depend."""
    jaxpr = jax.make_jaxpr(function)(*given).jaxpr
    _, used = partial_eval.dce_jaxpr(jaxpr, [True] * len(jaxpr.outvars))
    paths = [path for path, _ in jax.tree_util.tree_leaves_with_path(given)]
    return frozenset(path for path, one in zip(paths, used, strict=True) if one)


def _used_by_each(function: Callable[..., Any], *given: Any) -> dict[str, frozenset[Any]]:
    """The same paths for each leaf of the results, by the leaf's name."""
    closed, results = jax.make_jaxpr(function, return_shape=True)(*given)
    paths = [path for path, _ in jax.tree_util.tree_leaves_with_path(given)]
    found: dict[str, frozenset[Any]] = {}
    leaves = jax.tree_util.tree_leaves_with_path(results)
    for place, (where, _) in enumerate(leaves):
        wanted = [other == place for other in range(len(leaves))]
        _, used = partial_eval.dce_jaxpr(closed.jaxpr, wanted)
        name = getattr(where[-1], "name", None) or where[-1].key
        found[name] = frozenset(path for path, one in zip(paths, used, strict=True) if one)
    return found


def _numbers(*shape: int) -> Array:
    return jnp.zeros((*shape, _RUNS), jnp.float32)


def _parameters(theory: Theory, sizes: Mapping[str, int]) -> eqx.Module:
    def made() -> eqx.Module:
        axes = {f.name: f.metadata["axis"] for f in fields(theory.Parameters)}
        return theory.Parameters(**{k: _numbers(*shape(axis, sizes)) for k, axis in axes.items()})

    record: eqx.Module = jax.eval_shape(made)
    return record


def _draws(theory: Theory, sizes: Mapping[str, int]) -> Any:
    return jax.eval_shape(lambda: {d.name: _numbers(*shape(d.axis, sizes)) for d in theory.draws})


@lru_cache(maxsize=8)
def _surroundings(records: Records, sizes: Sizes) -> tuple[World, Month, Clock]:
    """Abstract records of every slot, and a clock. All theories of a model share them."""
    members = dict(sizes)

    def made() -> tuple[World, Month, Clock]:
        like = _numbers()
        world = World({slot: neutral(state, members, like) for slot, state, _ in records})
        month = Month({slot: neutral(flows, members, like) for slot, _, flows in records})
        number, yes = jnp.zeros((), int), jnp.zeros((), bool)
        clock = Clock(month=number, time=number.astype(like.dtype), dt=1.0, quarter=yes, future=yes)
        return world, month, clock

    surroundings: tuple[World, Month, Clock] = jax.eval_shape(made)
    return surroundings
