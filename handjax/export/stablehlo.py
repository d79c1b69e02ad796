"""An inference as StableHLO, in one file that JAX alone runs.

    program = jax.export.deserialize(bytearray(Path("hand.stablehlo").read_bytes()))
    hands = program.call(depth=depth, centre=centre)

The file keeps names and shapes of inputs and outputs; units and axes are in the JSON
beside it.
"""

from typing import Any

import jax
import jax.numpy as jnp
from jax import export

from handjax.export.inference import Inference, about

PLATFORMS = ("cpu", "cuda", "rocm", "tpu")


def program(
    inference: Inference, platforms: tuple[str, ...] = PLATFORMS
) -> export.Exported:
    """The program, of any batch, to be lowered once for all platforms."""
    (batch,) = export.symbolic_shape("batch")
    specs = {
        x.name: jax.ShapeDtypeStruct((batch, *x.shape), jnp.float32)
        for x in inference.inputs
    }
    run = jax.jit(inference.run)
    return export.export(run, platforms=platforms)(**specs)


def content(inference: Inference) -> bytes:
    """The content of the file."""
    return bytes(program(inference).serialize())


def page(inference: Inference) -> dict[str, Any]:
    """What stands beside the file."""
    return about(inference) | {"format": "stablehlo", "platforms": list(PLATFORMS)}
