"""What JAX computes with, as operators of ONNX.

`lower` walks through a jaxpr; each primitive has a function here or in `indexing`:
(graph, equation, inputs) -> outputs. What follows from constants alone is worked out on
the way.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from handjax.export import arithmetic, shapes, sums
from handjax.export.graph import Graph, Value, fixed, is_number, shape_of
from handjax.export.indexing import gather, scatter

Lowering = Callable[[Graph, Any, list[Value]], list[Value]]

ELEMENTWISE = {
    **{"add": "Add", "sub": "Sub", "mul": "Mul", "div": "Div", "pow": "Pow"},
    **{"max": "Max", "min": "Min", "and": "And", "or": "Or", "not": "Not"},
    **{"lt": "Less", "gt": "Greater", "eq": "Equal", "le_to": "LessOrEqual"},
    **{"le": "LessOrEqual", "ge": "GreaterOrEqual", "add_any": "Add"},
    **{"exp": "Exp", "log": "Log", "neg": "Neg", "sqrt": "Sqrt", "tanh": "Tanh"},
    **{"sin": "Sin", "cos": "Cos", "floor": "Floor", "abs": "Abs", "sign": "Sign"},
    **{"logistic": "Sigmoid", "erf": "Erf", "ceil": "Ceil"},
    **{"stop_gradient": "Identity", "copy": "Identity", "copy_p": "Identity"},
}
REDUCTIONS = {
    "reduce_sum": "ReduceSum",
    "reduce_max": "ReduceMax",
    "reduce_min": "ReduceMin",
    "reduce_prod": "ReduceProd",
}
WITHIN = {
    "jit": "jaxpr",
    "pjit": "jaxpr",
    "closed_call": "call_jaxpr",
    "custom_jvp_call": "call_jaxpr",
    "custom_vjp_call": "call_jaxpr",
    "remat2": "jaxpr",
    "checkpoint": "jaxpr",
}
"""Primitives that are other programs, and where these stand."""


def lower(
    graph: Graph, jaxpr: Any, constants: list[Any], inputs: list[Value]
) -> list[Value]:
    """The outputs of a jaxpr in the graph.

    Raises:
        NotImplementedError: it has a primitive without a lowering.
    """
    known: dict[Any, Value] = dict(zip(jaxpr.invars, inputs, strict=True))
    for var, constant in zip(jaxpr.constvars, constants, strict=True):
        known[var] = fixed(constant)

    def read(atom: Any) -> Value:
        return fixed(atom.val) if hasattr(atom, "val") else known[atom]

    for equation in jaxpr.eqns:
        found = _one(graph, equation, [read(atom) for atom in equation.invars])
        known.update(zip(equation.outvars, found, strict=True))
    return [read(atom) for atom in jaxpr.outvars]


def _one(graph: Graph, equation: Any, inputs: list[Value]) -> list[Value]:
    """The outputs of one equation."""
    name = equation.primitive.name
    if name in WITHIN:
        inner = equation.params[WITHIN[name]]
        jaxpr = getattr(inner, "jaxpr", inner)
        return lower(graph, jaxpr, getattr(inner, "consts", []), inputs)
    known = [value.constant for value in inputs]
    sizes = [dim for var in equation.outvars for dim in var.aval.shape]
    constant = all(array is not None for array in known)
    if constant and name not in LATE and all(is_number(dim) for dim in sizes):
        return _worked_out(equation, known)
    if name not in LOWERINGS:
        raise NotImplementedError(f"the primitive {name}")
    return LOWERINGS[name](graph, equation, inputs)


def _worked_out(equation: Any, inputs: list[Any]) -> list[Value]:
    """The outputs of an equation of constants, by JAX itself."""
    whole = [
        np.broadcast_to(np.asarray(x, var.aval.dtype), var.aval.shape)
        for x, var in zip(inputs, equation.invars, strict=True)
    ]
    found = equation.primitive.bind(*whole, **equation.params)
    found = found if equation.primitive.multiple_results else [found]
    return [fixed(x) for x in found]


def _scan(graph: Graph, equation: Any, inputs: list[Value]) -> list[Value]:
    """One turn after the other: all of ours are short."""
    params, body = equation.params, equation.params["jaxpr"]
    held, carried = params["num_consts"], params["num_carry"]
    before = held + carried
    rows = [
        graph.whole(x, shape_of(equation, before + k))
        for k, x in enumerate(inputs[before:])
    ]
    way = -1 if params["reverse"] else 1
    carry, made = inputs[held:before], []
    for turn in range(params["length"])[::way]:
        at = graph.array(np.int64(turn))
        now = [
            Value(graph.add("Gather", x, at, axis=0), var.aval.shape)
            for x, var in zip(rows, body.jaxpr.invars[before:], strict=True)
        ]
        given = [*inputs[:held], *carry, *now]
        found = lower(graph, body.jaxpr, body.consts, given)
        carry, rest = found[:carried], found[carried:]
        made.append(rest)
    outs = equation.outvars[carried:]
    turns = zip(*made[::way], strict=True)
    return [*carry, *(_piled(graph, *x) for x in zip(turns, outs, strict=True))]


def _piled(graph: Graph, turns: Any, var: Any) -> Value:
    """What each turn gave, one behind the other."""
    dims, zero = var.aval.shape, graph.array(np.array([0], np.int64))
    each = [graph.add("Unsqueeze", graph.whole(x, dims[1:]), zero) for x in turns]
    name = each[0] if len(each) == 1 else graph.add("Concat", *each, axis=0)
    return Value(name, dims)


def _platform(graph: Graph, equation: Any, inputs: list[Value]):
    """ONNX is no platform of JAX's: what is left for all others."""
    del graph, inputs
    return [fixed(np.array(len(equation.params["platforms"]) - 1))]


def _cond(graph: Graph, equation: Any, inputs: list[Value]):
    which, *rest = inputs
    if which.constant is None:
        raise NotImplementedError("a branch that depends on what is seen")
    branch = equation.params["branches"][int(which.constant)]
    return lower(graph, branch.jaxpr, branch.consts, rest)


LOWERINGS: dict[str, Lowering] = {
    **{x: partial(arithmetic.elementwise, kind) for x, kind in ELEMENTWISE.items()},
    **{x: partial(sums.reduce, kind) for x, kind in REDUCTIONS.items()},
    "argmax": partial(sums.place, "ArgMax"),
    "argmin": partial(sums.place, "ArgMin"),
    "broadcast_in_dim": shapes.broadcast,
    "concatenate": shapes.concatenate,
    "cond": _cond,
    "conv_general_dilated": sums.convolution,
    "convert_element_type": arithmetic.cast,
    "cumsum": sums.cumsum,
    "dot_general": sums.dot,
    "expand_dims": shapes.reshape,
    "gather": gather,
    "integer_pow": arithmetic.power,
    "iota": shapes.iota,
    "ne": arithmetic.ne,
    "platform_index": _platform,
    "reduce_or": sums.reduce_or,
    "rem": arithmetic.rem,
    "pad": shapes.pad,
    "reshape": shapes.reshape,
    "rsqrt": arithmetic.rsqrt,
    "scan": _scan,
    "scatter": scatter,
    "scatter-add": scatter,
    "select_n": arithmetic.select,
    "slice": shapes.slice,
    "split": shapes.split,
    "square": arithmetic.power,
    "squeeze": shapes.reshape,
    "stack": shapes.stack,
    "transpose": shapes.transpose,
}
LATE = {"broadcast_in_dim", "cond", "iota", "platform_index", "scan"}
"""Whose equations are not worked out by JAX itself, of constants or not."""
