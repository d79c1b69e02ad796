"""An inference as ONNX, in one file that onnxruntime runs, among others.

    session = onnxruntime.InferenceSession("hand.onnx")
    hands = session.run(None, {"depth": depth, "centre": centre})

What units and axes the arrays have stands in the file, as the documentation of each,
and as JSON in its metadata under `KEY`.
"""

import json
from importlib.util import find_spec
from typing import Any

import jax
import jax.numpy as jnp
from jax import export

from handjax.export import ExportError
from handjax.export.graph import Graph, Value, kind_of
from handjax.export.inference import Inference, Tensor, about
from handjax.export.operators import lower

OPSET, FILES = 18, 9
"""Versions of the operators and of the file; onnxruntime 1.15 and later know them."""
KEY = "handjax"
PACKAGES = ("onnx",)


def require_packages() -> None:
    """See to it that what writes ONNX is installed.

    Raises:
        ExportError: it is not.
    """
    lacking = [name for name in PACKAGES if find_spec(name) is None]
    if lacking:
        raise ExportError(
            f"onnx wants {', '.join(lacking)}, not installed here: "
            "pip install 'handjax[export]'"
        )


def model(inference: Inference) -> Any:
    """The program as an `onnx.ModelProto`, of any batch.

    Raises:
        ExportError: it holds what has no operator here, or packages are missing.
    """
    require_packages()
    from onnx import checker, helper

    (batch,) = export.symbolic_shape("batch")
    specs = {
        x.name: jax.ShapeDtypeStruct((batch, *x.shape), jnp.float32)
        for x in inference.inputs
    }

    def run(**inputs: jax.Array) -> list[jax.Array]:
        found = inference.run(**inputs)
        return [found[x.name] for x in inference.outputs]

    closed = jax.make_jaxpr(run)(**specs)
    graph = Graph(batch, inference.inputs[0].name)
    # As JAX flattens dictionaries.
    inputs = [Value(name, specs[name].shape) for name in sorted(specs)]
    try:
        found = lower(graph, closed.jaxpr, closed.consts, inputs)
    except NotImplementedError as lack:
        raise ExportError(
            f"{inference.name} holds what ONNX does not get here, {lack}; "
            "--format stablehlo takes all"
        ) from lack
    for x, value in zip(inference.outputs, found, strict=True):
        whole = graph.whole(value, (batch, *x.shape))
        graph.nodes.append(helper.make_node("Identity", [whole], [x.name]))
    taken = [_described(x) for x in inference.inputs]
    given = [_described(x) for x in inference.outputs]
    packed = helper.make_graph(
        graph.nodes, inference.name, taken, given, graph.constants
    )
    operators = [helper.make_opsetid("", OPSET)]
    made = helper.make_model(packed, opset_imports=operators, ir_version=FILES)
    made.producer_name = "handjax"
    helper.set_model_props(made, {KEY: json.dumps(page(inference))})
    checker.check_model(made)
    return made


def _described(tensor: Tensor) -> Any:
    """An input or output, and what it is."""
    from onnx import helper

    return helper.make_tensor_value_info(
        tensor.name,
        kind_of(jnp.float32),
        ["batch", *tensor.shape],
        doc_string=f"{tensor.meaning} [{tensor.unit}]",
    )


def page(inference: Inference) -> dict[str, Any]:
    """What stands in the file's metadata."""
    return about(inference) | {"format": "onnx", "opset": OPSET}


def content(inference: Inference) -> bytes:
    """The content of the file.

    Raises:
        ExportError: as `model` has it.
    """
    return model(inference).SerializeToString()
