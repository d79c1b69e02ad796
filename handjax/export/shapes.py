"""Shapes, parts and joins of arrays as operators of ONNX.

Each function is (graph, equation, inputs) -> outputs, as `operators.Lowering` says.
"""

from typing import Any

import numpy as np

from handjax.export.graph import (
    Dims,
    Graph,
    Value,
    fixed,
    output_of,
    outputs_of,
    shape_of,
    whole_inputs,
)


def broadcast(graph: Graph, equation: Any, inputs: list[Value]):
    """Axes of size 1 in their places; who needs more, makes it whole."""
    x, dims = inputs[0], equation.outvars[0].aval.shape
    short = [1] * len(dims)
    offset = len(equation.params["broadcast_dimensions"]) - len(x.dims)
    for k, axis in enumerate(equation.params["broadcast_dimensions"]):
        if k >= offset:
            short[axis] = x.dims[k - offset]
    return [_shaped(graph, x, tuple(short))]


def _shaped(graph: Graph, x: Value, dims: Dims) -> Value:
    if x.dims == dims:
        return x
    if x.constant is not None:
        return fixed(x.constant.reshape(dims))
    return Value(graph.reshaped(x.name, dims), dims)


def reshape(graph: Graph, equation: Any, inputs: list[Value]):
    """The same numbers at another shape."""
    (dims,) = outputs_of(equation)
    whole = graph.whole(inputs[0], equation.invars[0].aval.shape)
    return [Value(graph.reshaped(whole, dims), dims)]


def transpose(graph: Graph, equation: Any, inputs: list[Value]):
    """Axes in another order."""
    order = equation.params["permutation"]
    x = inputs[0]
    if len(x.dims) < len(order):
        x = Value(graph.whole(x, equation.invars[0].aval.shape), shape_of(equation))
    dims = tuple(x.dims[axis] for axis in order)
    return [Value(graph.transposed(graph.name(x), order), dims)]


def concatenate(graph: Graph, equation: Any, inputs: list[Value]):
    """One behind the other along an axis."""
    axis = int(equation.params["dimension"])
    whole = whole_inputs(graph, equation, inputs)
    return [Value(graph.add("Concat", *whole, axis=axis), output_of(equation))]


def stack(graph: Graph, equation: Any, inputs: list[Value]):
    """One behind the other along a new axis."""
    axis = int(equation.params["axis"])
    at = graph.array(np.array([axis], np.int64))
    whole = [
        graph.add("Unsqueeze", x, at) for x in whole_inputs(graph, equation, inputs)
    ]
    return [Value(graph.add("Concat", *whole, axis=axis), output_of(equation))]


def split(graph: Graph, equation: Any, inputs: list[Value]):
    """Parts along an axis."""
    sizes = graph.array(np.array(equation.params["sizes"], np.int64))
    (whole,) = whole_inputs(graph, equation, inputs)
    axis, count = int(equation.params["axis"]), len(equation.outvars)
    names = graph.add("Split", whole, sizes, outputs=count, axis=axis)
    names = [names] if count == 1 else names
    return [Value(*pair) for pair in zip(names, outputs_of(equation), strict=True)]


def slice(graph: Graph, equation: Any, inputs: list[Value]):
    """Every so many entries between two places along each axis."""
    params, dims = equation.params, shape_of(equation)
    steps = params["strides"] or (1,) * len(dims)
    each = zip(params["start_indices"], params["limit_indices"], steps, strict=True)
    cut = [
        (axis, first, last, step)
        for axis, (first, last, step) in enumerate(each)
        if not (step == 1 and last is not None and last == dims[axis] and first == 0)
    ]
    (whole,) = whole_inputs(graph, equation, inputs)
    if cut:
        axes, first, last, step = (
            np.array(x, np.int64) for x in zip(*cut, strict=True)
        )
        numbers = [graph.array(x) for x in (first, last, axes, step)]
        whole = graph.add("Slice", whole, *numbers)
    return [Value(whole, output_of(equation))]


def pad(graph: Graph, equation: Any, inputs: list[Value]):
    """More entries of one value around, or, where there are less than none, fewer.

    Raises:
        NotImplementedError: entries between entries.
    """
    low, high, between = zip(*equation.params["padding_config"], strict=True)
    if any(between):
        raise NotImplementedError("pad with entries between entries")
    whole, value = whole_inputs(graph, equation, inputs)
    if inputs[1].constant is not None:
        dtype = equation.invars[0].aval.dtype
        value = graph.array(np.asarray(inputs[1].constant, dtype))
    around = graph.array(np.array([*low, *high], np.int64))
    return [Value(graph.add("Pad", whole, around, value), output_of(equation))]


def iota(graph: Graph, equation: Any, inputs: list[Value]):
    """Counting along one axis; the others are broadcast."""
    del graph, inputs
    (dims,), axis = outputs_of(equation), equation.params["dimension"]
    short = [1] * len(dims)
    short[axis] = dims[axis]
    dtype = equation.outvars[0].aval.dtype
    return [fixed(np.arange(dims[axis], dtype=dtype).reshape(short))]
