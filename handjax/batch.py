"""Batch: what every source gives and every method receives.

Every array is [batch, view, ...], one view being the common case; labels that belong
to the world have no view axis. What a source or a config does not give is None, so
that it can't be read by accident and shapes never change between steps.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from jaxtyping import Array, Bool, Float

from handjax.geometry.cameras import Orthographic, Pinhole

FAR = 150.0
"""Depth of pixels without a hand, mm: the back face of the 300 mm crop."""


class Views(NamedTuple):
    """Pictures of the same instant from one or more cameras.

    Each view has a crop frame: the camera's axes with the origin moved to the crop's
    centre. `depth` is z in that frame; pixels without a hand carry `FAR`.

    Attributes:
        depth: mm from the crop's centre, (batch, view, height, width).
        image: RGB in [0, 1], (batch, view, height, width, 3).
        mask: which pixels show the hand, (batch, view, height, width).
        valid: which views exist, (batch, view).
        camera: crop frame to pixels, leaves (batch, view, 2).
        crop_from_camera: (batch, view, 4, 4).
        camera_from_world: (batch, view, 4, 4).
    """

    depth: Float[Array, "batch view height width"] | None
    image: Float[Array, "batch view height width 3"] | None
    mask: Bool[Array, "batch view height width"] | None
    valid: Bool[Array, "batch view"]
    camera: Orthographic | Pinhole
    crop_from_camera: Float[Array, "batch view 4 4"]
    camera_from_world: Float[Array, "batch view 4 4"]


class Labels(NamedTuple):
    """What may be known about the hand, in world coordinates, mm.

    Attributes:
        joints: the canonical 21 key points.
        joints_valid: which of them the source labels.
        centres: the 41 sphere centres.
        radii: their radii.
        vertices: the surface.
    """

    joints: Float[Array, "batch 21 3"] | None = None
    joints_valid: Bool[Array, "batch 21"] | None = None
    centres: Float[Array, "batch 41 3"] | None = None
    radii: Float[Array, "batch 41"] | None = None
    vertices: Float[Array, "batch vertices 3"] | None = None


class Batch(NamedTuple):
    """Input views, the views a prediction is compared with, and labels.

    `targets` is None where the inputs are their own targets.
    """

    views: Views
    targets: Views | None
    labels: Labels


class Source(NamedTuple):
    """Where batches come from.

    Attributes:
        sample: (key, held) -> Batch, or a tuple of them, within a jitted step.
        held: arrays that wait on the device. The step takes them as an argument; as
            constants they would be copied into the program.
    """

    sample: Callable[[Any, Any], Any]
    held: Any = ()
