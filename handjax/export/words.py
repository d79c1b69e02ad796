"""What goes into exported programs and comes out of them, in words."""

from typing import Any, NamedTuple

from handjax.batch import FAR
from handjax.data.crop import PIXELS, SIZE

CAMERA = "x right, y down, z forward, origin in the camera that took the crop"
ROOTS = (
    "x right, y down, z forward of the camera that took the crop, origin in the mean "
    "of wrist and finger roots: where the hand is, this method does not say"
)


class Tensor(NamedTuple):
    """An array that goes in or comes out, float32.

    Attributes:
        name: of the array.
        shape: behind the batch.
        unit: of its numbers.
        meaning: what it is.
    """

    name: str
    shape: tuple[int, ...]
    unit: str
    meaning: str


DEPTH = (
    Tensor(
        "depth",
        (PIXELS, PIXELS),
        "mm",
        f"z from the crop's centre of a cube of {SIZE:g} mm around the hand, seen "
        f"along parallel rays, rows down and columns right; {FAR:g} where nothing is",
    ),
    Tensor("centre", (3,), "mm", f"the crop's centre; {CAMERA}"),
)
"""What methods on depth may ask for."""


def in_colour(pixels: int) -> tuple[Tensor, ...]:
    """What methods on colour may ask for."""
    shape = (pixels, pixels, 3)
    return (
        Tensor(
            "image", shape, "1", "RGB of the crop, 0 to 1, rows down, columns right"
        ),
        Tensor("focal", (2,), "pixels of the crop", "focal lengths, u and v"),
        Tensor(
            "principal_point",
            (2,),
            "pixels of the crop",
            "where the camera's axis pierces the picture, (u, v); 0 is the middle of "
            "the first pixel",
        ),
    )


def described(shapes: dict[str, Any], *, placed: bool) -> tuple[Tensor, ...]:
    """What comes out."""
    meanings = {
        "joints": "key points, in the order of the names",
        "vertices": "of the template's surface, in the order of its vertices",
        "centres": "of the 41 spheres",
    }
    axes = CAMERA if placed else ROOTS
    return tuple(
        Tensor(name, shapes[name].shape, "mm", f"{meaning}; {axes}")
        for name, meaning in meanings.items()
        if name in shapes
    )
