"""An ONNX graph while it is being made: nodes, constants, and shapes with a batch.

Values are broadcast when somebody needs their whole shape, not before: most operators
of ONNX broadcast by themselves. Whole numbers are int64 throughout.

Notation, shared by what builds on this:
    dims: a shape; each entry a number, or a multiple of the batch as JAX writes it.
"""

from typing import Any, NamedTuple

import numpy as np

Dims = tuple[Any, ...]


class Value(NamedTuple):
    """An array in the graph.

    Attributes:
        name: in the graph; "" of a constant that is not yet there.
        dims: that it has; 1 along axes where it is still to be broadcast.
        constant: what it is, if that is known.
    """

    name: str
    dims: Dims
    constant: np.ndarray | None = None


class Graph:
    """Nodes and constants, in order.

    Args:
        batch: the symbolic size of the batch.
        first: the input that tells it, along its first axis.

    Attributes:
        nodes: `onnx.NodeProto`.
        constants: `onnx.TensorProto`.
    """

    def __init__(self, batch: Any, first: str):
        self.batch, self.first = batch, first
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self._known: dict[Any, str] = {}

    def add(self, kind: str, *inputs: str, outputs: int = 1, **attributes: Any) -> Any:
        """A node; returns the name of its output, or those of several."""
        from onnx import helper

        first = len(self.nodes)
        names = [f"{kind.lower()}_{first}_{k}" for k in range(outputs)]
        self.nodes.append(helper.make_node(kind, inputs, names, **attributes))
        return names[0] if outputs == 1 else names

    def array(self, array: Any) -> str:
        """The name of a constant."""
        from onnx import numpy_helper

        array = np.ascontiguousarray(plain(array)).reshape(np.shape(array))
        key = array.dtype.str, array.shape, array.tobytes()
        if key not in self._known:
            self._known[key] = f"constant_{len(self.constants)}"
            self.constants.append(numpy_helper.from_array(array, self._known[key]))
        return self._known[key]

    def name(self, value: Value) -> str:
        """Of a value as it is."""
        return value.name if value.constant is None else self.array(value.constant)

    def whole(self, value: Value, dims: Dims) -> str:
        """Of a value at its whole shape."""
        if value.dims == dims:
            return self.name(value)
        return self.add("Expand", self.name(value), self.shape(dims))

    def shape(self, dims: Dims) -> str:
        """A shape as numbers."""
        if all(is_number(dim) for dim in dims):
            return self.array(np.array(dims, np.int64))
        parts = [self._size(dim) for dim in dims]
        return parts[0] if len(parts) == 1 else self.add("Concat", *parts, axis=0)

    def reshaped(self, name: str, dims: Dims) -> str:
        """At another shape; one size may be the batch's."""
        free = [not is_number(dim) for dim in dims]
        if sum(free) > 1:
            return self.add("Reshape", name, self.shape(dims))
        sizes = [-1 if at else int(dim) for at, dim in zip(free, dims, strict=True)]
        return self.add("Reshape", name, self.array(np.array(sizes, np.int64)))

    def transposed(self, name: str, order: Any) -> str:
        """With axes in another order."""
        order = [int(axis) for axis in order]
        if order == sorted(order):
            return name
        return self.add("Transpose", name, perm=order)

    def _size(self, dim: Any) -> str:
        """A size as an array of one number."""
        if is_number(dim):
            return self.array(np.array([dim], np.int64))
        times = dim // self.batch
        one = self._batch_size()
        return one if times == 1 else self.add("Mul", one, self._size(times))

    def _batch_size(self) -> str:
        if "batch" not in self._known:
            self._known["batch"] = self.add("Shape", self.first, start=0, end=1)
        return self._known["batch"]


def is_number(dim: Any) -> bool:
    """Whether a size is known."""
    return isinstance(dim, int | np.integer)


def plain(array: Any) -> np.ndarray:
    """An array as it stands in a graph: whole numbers are int64."""
    array = np.asarray(array)
    return array.astype(np.int64) if array.dtype.kind in "iu" else array


def kind_of(dtype: Any) -> int:
    """ONNX's number of a type."""
    from onnx import TensorProto

    found = np.dtype(dtype)
    if found == np.float32:
        return TensorProto.FLOAT
    if found.kind in "iub":
        return TensorProto.BOOL if found.kind == "b" else TensorProto.INT64
    raise NotImplementedError(f"arrays of {found}")


def outputs_of(equation: Any) -> list[Dims]:
    """Shapes of what an equation gives."""
    return [var.aval.shape for var in equation.outvars]


def output_of(equation: Any) -> Dims:
    """Shape of the one array that an equation gives."""
    (dims,) = outputs_of(equation)
    return dims


def shape_of(equation: Any, k: int = 0) -> Dims:
    """Of its k-th input."""
    return equation.invars[k].aval.shape


def whole_inputs(graph: Graph, equation: Any, inputs: list[Value]) -> list[str]:
    """Names of all inputs at their whole shapes."""
    return [graph.whole(x, shape_of(equation, k)) for k, x in enumerate(inputs)]


def fixed(array: Any) -> Value:
    """A constant."""
    array = plain(array)
    return Value("", array.shape, array)
