"""Programs of one input, for what single operators do."""

import jax
import jax.numpy as jnp
import numpy as np
import onnxruntime

from handjax.export import onnx
from handjax.export.inference import Inference, Tensor


def toy(function, shape):
    """A function of one example as if it were a method."""
    spec = jax.ShapeDtypeStruct(shape, jnp.float32)
    found = jax.eval_shape(function, spec).shape
    x = Tensor("x", shape, "1", "an array of a crop")
    y = Tensor("y", found, "1", "what follows of it")

    def run(x):
        return {"y": jax.vmap(function)(x)}

    return Inference("toy", "toy", "nobody", "hand_790", (x,), (y,), run, None)


def both(function, shape, count=3):
    """What onnxruntime and what JAX say of the same numbers."""
    x = np.random.default_rng(8).normal(size=(count, *shape)).astype(np.float32)
    made = toy(function, shape)
    providers = ["CPUExecutionProvider"]
    session = onnxruntime.InferenceSession(onnx.content(made), providers=providers)
    (found,) = session.run(["y"], {"x": x})
    return found, np.asarray(made.run(x)["y"])
