"""Pixel shuffle: resolution and channels exchanged.

Layout is (batch, height, width, channels). Source: Shi et al., Real-time single image
and video super-resolution using an efficient sub-pixel convolutional neural network,
CVPR 2016.
"""

from jaxtyping import Array, Float


def unshuffle(
    x: Float[Array, "batch h w c"], factor: int = 2
) -> Float[Array, "batch p q o"]:
    """Every patch of `factor` x `factor` pixels as one pixel of so many more channels.

    Args:
        x: height and width are multiples of `factor`.
        factor: edge of a patch.
    """
    batch, height, width, channels = x.shape
    if height % factor or width % factor:
        raise ValueError(
            f"a picture of {height} x {width} pixels has no whole patches of {factor} "
            f"x {factor}"
        )
    x = x.reshape(batch, height // factor, factor, width // factor, factor, channels)
    x = x.transpose(0, 1, 3, 2, 4, 5)
    return x.reshape(batch, height // factor, width // factor, -1)


def shuffle(
    x: Float[Array, "batch p q o"], factor: int = 2
) -> Float[Array, "batch h w c"]:
    """The inverse of `unshuffle`.

    Args:
        x: channels are a multiple of `factor` squared.
        factor: edge of a patch.
    """
    batch, height, width, channels = x.shape
    if channels % factor**2:
        raise ValueError(
            f"{channels} channels are no patch of {factor} x {factor} pixels"
        )
    x = x.reshape(batch, height, width, factor, factor, -1).transpose(0, 1, 3, 2, 4, 5)
    return x.reshape(batch, height * factor, width * factor, -1)
