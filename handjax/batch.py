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
    centre. `depth` is z in that frame; pixels without a hand carry `FAR`. A pinhole
    camera's rays meet in its own origin, so its crop frame is the camera's; there
    pixels without a hand lie `FAR` behind the crop's centre.

    Attributes:
        depth: mm from the crop's centre, (batch, view, height, width).
        image: RGB in [0, 1], (batch, view, height, width, 3).
        mask: which pixels show the hand, (batch, view, height, width).
        valid: which views exist, (batch, view).
        camera: crop frame to pixels, leaves (batch, view, 2).
        crop_from_camera: (batch, view, 4, 4).
        camera_from_world: (batch, view, 4, 4).
        depth_valid, mask_valid: of which views there is depth, or a mask, at all; None
            where all valid ones have it. Without, no pixel shows the hand.
    """

    depth: Float[Array, "batch view height width"] | None
    image: Float[Array, "batch view height width 3"] | None
    mask: Bool[Array, "batch view height width"] | None
    valid: Bool[Array, "batch view"]
    camera: Orthographic | Pinhole
    crop_from_camera: Float[Array, "batch view 4 4"]
    camera_from_world: Float[Array, "batch view 4 4"]
    depth_valid: Bool[Array, "batch view"] | None = None
    mask_valid: Bool[Array, "batch view"] | None = None


class Labels(NamedTuple):
    """What may be known about the hand, in world coordinates, mm; or in the views.

    Attributes:
        joints: the canonical 21 key points.
        joints_valid: which key points the source labels, in space or in the views.
        centres: the 41 sphere centres.
        radii: their radii.
        vertices: the surface; zeros where it is not valid.
        vertices_valid: of which hands it is known; None where of all.
        own: joints as the dataset itself has them, in its order (`skeleton.DATASETS`):
            what it is scored on.
        own_valid: which of them it labels.
        keypoints2d: the canonical key points in each view, pixels.
        heatmaps: these as Gaussians of height one, in pixels of their own.
        scale: length of the middle finger's proximal bone, mm.
        root: depth of the wrist in each view's camera, mm.
        scale_valid: of which hands scale and root are known; None where of all.
    """

    joints: Float[Array, "batch 21 3"] | None = None
    joints_valid: Bool[Array, "batch 21"] | None = None
    centres: Float[Array, "batch 41 3"] | None = None
    radii: Float[Array, "batch 41"] | None = None
    vertices: Float[Array, "batch vertices 3"] | None = None
    own: Float[Array, "batch own 3"] | None = None
    own_valid: Bool[Array, "batch own"] | None = None
    vertices_valid: Bool[Array, "batch"] | None = None
    keypoints2d: Float[Array, "batch view 21 2"] | None = None
    heatmaps: Float[Array, "batch view 21 rows columns"] | None = None
    scale: Float[Array, "batch"] | None = None
    root: Float[Array, "batch view"] | None = None
    scale_valid: Bool[Array, "batch"] | None = None


class Batch(NamedTuple):
    """Input views, the views a prediction is compared with, and labels.

    Attributes:
        views: what a method sees.
        targets: what its prediction is compared with, None where that is `views`.
        labels: what it may know.
        right: which hands are right ones, None where all are. Left ones are mirrored
            before they come here.
    """

    views: Views
    targets: Views | None
    labels: Labels
    right: Bool[Array, "batch"] | None = None


class Source(NamedTuple):
    """Where batches come from.

    Attributes:
        sample: (key, held) -> Batch, or a tuple of them, within a jitted step.
        held: arrays that wait on the device. The step takes them as an argument; as
            constants they would be copied into the program.
        feed: number of a step, from 0 -> what is held for it, made on the host; None
            where the same serves every step.
    """

    sample: Callable[[Any, Any], Any]
    held: Any = ()
    feed: Callable[[int], Any] | None = None
