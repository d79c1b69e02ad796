"""Sums, products of matrices and convolutions as operators of ONNX.

Each function is (graph, equation, inputs) -> outputs, as `operators.Lowering` says.
"""

from typing import Any

import numpy as np

from handjax.export.graph import (
    Graph,
    Value,
    kind_of,
    output_of,
    outputs_of,
    shape_of,
    whole_inputs,
)


def reduce(kind: str, graph: Graph, equation: Any, inputs: list[Value]):
    """Sums, largest or smallest along axes."""
    axes = graph.array(np.array(equation.params["axes"], np.int64))
    (whole,) = whole_inputs(graph, equation, inputs)
    return [Value(graph.add(kind, whole, axes, keepdims=0), output_of(equation))]


def reduce_or(graph: Graph, equation: Any, inputs: list[Value]):
    """ONNX takes no largest of truths."""
    (x,) = inputs
    number = graph.add("Cast", graph.name(x), to=kind_of(np.int64))
    given = [Value(number, x.dims)]
    (found,) = reduce("ReduceMax", graph, equation, given)
    return [Value(graph.add("Cast", found.name, to=kind_of(bool)), found.dims)]


def place(kind: str, graph: Graph, equation: Any, inputs: list[Value]):
    """Where the largest or the smallest stands."""
    (axis,) = equation.params["axes"]
    (whole,) = whole_inputs(graph, equation, inputs)
    name = graph.add(kind, whole, axis=int(axis), keepdims=0)
    return [Value(name, output_of(equation))]


def cumsum(graph: Graph, equation: Any, inputs: list[Value]):
    """Sums of all until each place."""
    axis = graph.array(np.array(equation.params["axis"], np.int64))
    (whole,) = whole_inputs(graph, equation, inputs)
    name = graph.add("CumSum", whole, axis, reverse=int(equation.params["reverse"]))
    return [Value(name, output_of(equation))]


def dot(graph: Graph, equation: Any, inputs: list[Value]):
    """Both as (batch, rows, columns), then one product of matrices."""
    contracted, shared = equation.params["dimension_numbers"]
    names, free = [], []
    for k, x in enumerate(whole_inputs(graph, equation, inputs)):
        dims = shape_of(equation, k)
        rest = [a for a in range(len(dims)) if a not in (*contracted[k], *shared[k])]
        ends = (rest, [*contracted[k]]) if k == 0 else ([*contracted[k]], rest)
        order = [*shared[k], *ends[0], *ends[1]]
        sizes = [_product(dims[a] for a in axes) for axes in ends]
        flat = (*(dims[a] for a in shared[k]), *sizes)
        moved = graph.transposed(x, order)
        same = tuple(dims[a] for a in order) == flat
        names.append(moved if same else graph.reshaped(moved, flat))
        free.append(sizes[k])
    (dims,) = outputs_of(equation)
    found = (*(shape_of(equation)[a] for a in shared[0]), *free)
    name = graph.add("MatMul", *names)
    return [Value(name if found == dims else graph.reshaped(name, dims), dims)]


def _product(dims: Any) -> Any:
    found = 1
    for dim in dims:
        found = dim * found
    return found


def convolution(graph: Graph, equation: Any, inputs: list[Value]):
    """A convolution, not a transposed one."""
    params = equation.params
    if set(params["lhs_dilation"]) != {1} or params["batch_group_count"] != 1:
        raise NotImplementedError("a transposed convolution")
    specs = params["dimension_numbers"]
    x, kernel = whole_inputs(graph, equation, inputs)
    low, high = zip(*params["padding"], strict=True)
    name = graph.add(
        "Conv",
        graph.transposed(x, specs.lhs_spec),
        graph.transposed(kernel, specs.rhs_spec),
        pads=[int(n) for n in (*low, *high)],
        strides=[int(n) for n in params["window_strides"]],
        dilations=[int(n) for n in params["rhs_dilation"]],
        group=int(params["feature_group_count"]),
    )
    return [
        Value(graph.transposed(name, np.argsort(specs.out_spec)), output_of(equation))
    ]
