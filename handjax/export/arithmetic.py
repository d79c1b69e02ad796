"""Arithmetic of numbers and truths as operators of ONNX, which broadcast.

Each function is (graph, equation, inputs) -> outputs, as `operators.Lowering` says.
"""

from typing import Any

import numpy as np

from handjax.export.graph import Dims, Graph, Value, fixed, is_number, kind_of


def elementwise(kind: str, graph: Graph, equation: Any, inputs: list[Value]):
    """One operator of as many inputs, which ONNX broadcasts."""
    del equation
    name = graph.add(kind, *(graph.name(x) for x in inputs))
    return [Value(name, _met(inputs))]


def _met(inputs: list[Value]) -> Dims:
    """The shape at which values meet that are broadcast."""
    rank = max(len(x.dims) for x in inputs)
    aligned = [(1,) * (rank - len(x.dims)) + tuple(x.dims) for x in inputs]
    return tuple(
        next((dim for dim in sizes if not (is_number(dim) and dim == 1)), 1)
        for sizes in zip(*aligned, strict=True)
    )


def ne(graph: Graph, equation: Any, inputs: list[Value]):
    """Where two differ."""
    (same,) = elementwise("Equal", graph, equation, inputs)
    return elementwise("Not", graph, equation, [same])


def rem(graph: Graph, equation: Any, inputs: list[Value]):
    """What is left of a division, with the first one's sign."""
    del equation
    name = graph.add("Mod", *(graph.name(x) for x in inputs), fmod=1)
    return [Value(name, _met(inputs))]


def rsqrt(graph: Graph, equation: Any, inputs: list[Value]):
    """One over the root."""
    return elementwise(
        "Reciprocal", graph, equation, elementwise("Sqrt", graph, equation, inputs)
    )


def power(graph: Graph, equation: Any, inputs: list[Value]):
    """To a whole power that is constant."""
    (x,) = inputs
    times = equation.params.get("y", 2)
    if times == 2:
        return elementwise("Mul", graph, equation, [x, x])
    y = fixed(np.array(times, equation.invars[0].aval.dtype))
    return elementwise("Pow", graph, equation, [x, y])


def select(graph: Graph, equation: Any, inputs: list[Value]):
    """One of two, by a truth."""
    which, *cases = inputs
    if len(cases) != 2 or np.dtype(equation.invars[0].aval.dtype).kind != "b":
        raise NotImplementedError("a choice among more than two")
    return elementwise("Where", graph, equation, [which, cases[1], cases[0]])


def cast(graph: Graph, equation: Any, inputs: list[Value]):
    """As another type."""
    (x,) = inputs
    to = kind_of(equation.params["new_dtype"])
    return [Value(graph.add("Cast", graph.name(x), to=to), x.dims)]
