"""The encoder: from a picture to the hand pose vector, and to how the hand is turned.

Notation, shared by every function here and by the tests:
    theta: hand pose vector, radians, (batch, 28).
    six: two columns of a rotation, before they are made one, (batch, 6).
"""

from pathlib import Path
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from handjax.methods.deep_hand_mesh.correctives import SPREAD
from handjax.methods.deep_hand_mesh.pose_vector import FREEDOMS
from handjax.networks import pretrained
from handjax.networks.layers import Dense
from handjax.networks.resnet import ResNet, Stages

SIX = 6
"""Numbers for a rotation."""
RESNET = "resnet"
"""What the residual network's parameters are called."""
AT_REST = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
"""What `six` is added to."""


class Encoder(nn.Module):
    """A residual network, and two fully connected layers behind it.

        theta = pi tanh(FC(ReLU(FC(features))))

    Beside it, from the same features and two layers of its own, how the hand is turned,
    which the paper does not estimate.

    Attributes:
        stages: of the residual network.
        norm: one of `networks.resnet.NORMS`; with "frozen" pictures are standardised
            as those were that the weights come from.
        hidden: features between the layers.
        dtype: of the residual network.
        pooled: whether features are the mean over pixels, as printed, or all of them.
        turn_teaches: whether features learn from how the hand is turned; as printed
            they don't.

    Source: [moon2020] Sec. 4.2.
    """

    stages: Stages
    norm: str = "group"
    hidden: int = 512
    dtype: Any = jnp.float32
    pooled: bool = True
    turn_teaches: bool = False

    @nn.compact
    def __call__(
        self, image: Float[Array, "batch height width 3"]
    ) -> tuple[Float[Array, "batch 28"], Float[Array, "batch 6"]]:
        frozen = self.norm == "frozen"
        image = pretrained.standardize(image) if frozen else image - 0.5
        found = ResNet(self.stages, self.norm, self.dtype, name=RESNET)(image)
        features = found.mean if self.pooled else found.pixels.reshape(len(image), -1)
        start = nn.initializers.normal(SPREAD)
        h = nn.relu(Dense(self.hidden, kernel_init=start, name="pose1")(features))
        theta = jnp.pi * jnp.tanh(
            Dense(len(FREEDOMS), kernel_init=start, name="pose2")(h)
        )
        seen = features if self.turn_teaches else jax.lax.stop_gradient(features)
        h = nn.relu(Dense(self.hidden, kernel_init=start, name="turn1")(seen))
        six = Dense(SIX, kernel_init=start, name="turn2")(h)
        return theta, six + jnp.array(AT_REST)


def with_pretrained(params: Any, net: Encoder, path: str | Path) -> Any:
    """Parameters whose residual network is one that somebody else has trained.

    Args:
        params: of the encoder.
        net: the encoder, with the norm "frozen".
        path: a .safetensors or .npz file of torchvision's or timm's.

    Raises:
        StoredError: the file can't be read, or is of another network.

    Source: [moon2020] Sec. 7, ResNet-50 from ImageNet.
    """
    resnet = pretrained.load_resnet(path, ResNet(net.stages, net.norm))
    return {"params": {**params["params"], RESNET: resnet}}
