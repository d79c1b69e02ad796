"""JAX's gather and scatter as operators of ONNX, as far as methods use them.

Notation, shared by every function here:
    starts: axes of the operand along which single entries are picked.
    rest: its other axes, of which all is taken.
"""

from typing import Any

import numpy as np

from handjax.export.graph import Graph, Value, is_number


def gather(graph: Graph, equation: Any, inputs: list[Value]) -> list[Value]:
    """Entries picked along some axes, all along the others.

    What is picked beyond an axis is its last entry here; of methods nothing is.

    Raises:
        NotImplementedError: windows are picked.
    """
    numbers = equation.params["dimension_numbers"]
    dims, index_dims = (var.aval.shape for var in equation.invars)
    picked = _picked(numbers, equation.params["slice_sizes"], dims)
    starts = [int(numbers.start_index_map[k]) for k in picked]
    if not starts:
        raise NotImplementedError("a gather that picks nothing")
    x, at = graph.whole(inputs[0], dims), Value("", index_dims, inputs[1].constant)
    if at.constant is None:
        at = at._replace(name=graph.whole(inputs[1], index_dims))
    at = _within(graph, at, picked, [dims[axis] - 1 for axis in starts])
    pick = _rows if len(starts) == 1 and not numbers.operand_batching_dims else _entries
    name, made = pick(graph, numbers, (x, len(dims)), (at, len(index_dims)), starts)
    order = [a for a in _wanted(numbers, len(dims), len(index_dims)) if a in made]
    name = graph.transposed(name, [made.index(axis) for axis in order])
    shape = equation.outvars[0].aval.shape
    return [Value(graph.reshaped(name, shape), shape)]


Axes = list[tuple[str, int]]
"""Where axes come from: the index or the operand, and which there."""
Ranked = tuple[str, int]
"""An array's name, and how many axes it has."""


def _within(graph: Graph, at: Value, picked: list[int], last: list[int]) -> str:
    """The coordinates that say anything, none beyond the last entry."""
    if at.constant is not None:
        return graph.array(np.clip(at.constant[..., picked], 0, last))
    some = graph.array(np.array(picked, np.int64))
    name = graph.add("Gather", at.name, some, axis=-1)
    name = graph.add("Max", name, graph.array(np.int64(0)))
    return graph.add("Min", name, graph.array(np.array(last, np.int64)))


def _rows(
    graph: Graph, numbers: Any, x: Ranked, at: Ranked, starts: list[int]
) -> tuple[str, Axes]:
    """Along one axis, the same for all others."""
    del numbers
    (axis,) = starts
    flat = graph.add("Squeeze", at[0], graph.array(np.array([-1], np.int64)))
    before = [("operand", a) for a in range(axis)]
    after = [("operand", a) for a in range(axis + 1, x[1])]
    index = [("index", a) for a in range(at[1] - 1)]
    return graph.add("Gather", x[0], flat, axis=axis), [*before, *index, *after]


def _entries(
    graph: Graph, numbers: Any, x: Ranked, at: Ranked, starts: list[int]
) -> tuple[str, Axes]:
    """Along several axes, or elsewhere for each example."""
    shared = [int(axis) for axis in numbers.operand_batching_dims]
    rest = [a for a in range(x[1]) if a not in (*starts, *shared)]
    ours = [int(axis) for axis in numbers.start_indices_batching_dims]
    others = [a for a in range(at[1] - 1) if a not in ours]
    name = graph.add(
        "GatherND",
        graph.transposed(x[0], [*shared, *starts, *rest]),
        graph.transposed(at[0], [*ours, *others, at[1] - 1]),
        batch_dims=len(shared),
    )
    made = [("index", a) for a in (*ours, *others)]
    return name, made + [("operand", a) for a in rest]


def _picked(numbers: Any, sizes: Any, dims: Any) -> list[int]:
    """Which coordinates of the indices say anything: not those of axes that stay
    whole."""
    picked = []
    for k, axis in enumerate(numbers.start_index_map):
        if axis not in numbers.collapsed_slice_dims:
            if is_number(dims[axis]) and sizes[axis] == dims[axis]:
                continue
            if sizes[axis] != 1:
                raise NotImplementedError("a gather of windows")
        picked.append(k)
    return picked


def _wanted(numbers: Any, rank: int, index_rank: int) -> Axes:
    """Where each axis of the result comes from, in JAX's order."""
    gone = {*numbers.collapsed_slice_dims, *numbers.operand_batching_dims}
    kept = iter([("operand", a) for a in range(rank) if a not in gone])
    index = iter([("index", a) for a in range(index_rank - 1)])
    total = rank - len(gone) + index_rank - 1
    offsets = {int(axis) for axis in numbers.offset_dims}
    return [next(kept) if axis in offsets else next(index) for axis in range(total)]


def scatter(graph: Graph, equation: Any, inputs: list[Value]) -> list[Value]:
    """Some entries replaced, or added to, at places that are constant.

    Each entry of the result is an update or none: which one, JAX itself says, by
    scattering the updates' numbers.

    Raises:
        NotImplementedError: places depend on what is seen, or meet.
    """
    adds = equation.primitive.name == "scatter-add"
    at = inputs[1].constant
    shapes = [var.aval.shape for var in equation.invars]
    leads = [not is_number(shapes[k][0]) for k in (0, 2)]
    if at is None or not all(leads) or (adds and not equation.params["unique_indices"]):
        raise NotImplementedError("a scatter to places that are not constant")
    one, _, two = ((1, *shape[1:]) for shape in shapes)
    numbered = np.arange(1, 1 + np.prod(two), dtype=np.float32).reshape(two)
    places = at.astype(equation.invars[1].aval.dtype)
    found = equation.primitive.bind(
        np.zeros(one, np.float32), places, numbered, **equation.params
    )
    which = np.asarray(found, np.int64)[0] - 1
    old, updates = graph.whole(inputs[0], shapes[0]), graph.whole(inputs[2], shapes[2])
    flat = graph.reshaped(updates, (shapes[2][0], numbered.size))
    new = graph.add("Gather", flat, graph.array(np.maximum(which, 0).ravel()), axis=1)
    new = graph.reshaped(new, shapes[0])
    new = graph.add("Add", old, new) if adds else new
    name = graph.add("Where", graph.array(which >= 0), new, old)
    return [Value(name, shapes[0])]
