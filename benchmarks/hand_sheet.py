"""Pictures of the built-in hand: at rest, in 40 poses, its shapes, its spheres.

python benchmarks/hand_sheet.py [--out docs/images] [--only rest poses ...]
"""

import argparse
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy.ndimage import gaussian_filter

from handjax.geometry import cameras, meshes, rotations
from handjax.hands import articulate, poses
from handjax.hands.build.shapes import components
from handjax.hands.skeleton import FINGERS, POSED
from handjax.hands.template import Template, load_template
from handjax.render.rasterize import interpolate, rasterize

FAR = 1000.0
SUPERSAMPLING = 2
SKIN = np.array([0.74, 0.47, 0.35])  # linear reflectance
KEY, FILL, RIM = (-0.75, -0.70, -0.42), (0.85, 0.05, -0.55), (0.3, -0.5, 0.8)
COLOURS = {
    "palm": (0.55, 0.55, 0.58),
    "thumb": (0.78, 0.25, 0.18),
    "index": (0.85, 0.55, 0.12),
    "middle": (0.30, 0.60, 0.25),
    "ring": (0.15, 0.45, 0.75),
    "little": (0.45, 0.25, 0.65),
}


def turned(*, down: float = 0.0, around: float = 0.0) -> np.ndarray:
    """View that turns the hand about its long axis, then tips it down, degrees."""
    turns = jnp.deg2rad(jnp.array([[down, 0.0, 0.0], [0.0, around, 0.0]]))
    x, y = np.asarray(jax.vmap(rotations.matrix_from_axis_angle)(turns))
    return x @ y


VIEWS = {
    "palm": turned(),
    "back": turned(around=180.0),
    "thumb's side": turned(around=90.0),
    "three quarters": turned(down=-22.0, around=142.0),
}


def picture(vertices, faces, view, *, pixels: int, size: float, smooth: bool = True):
    """A shaded hand on white, (pixels, pixels, 3), linear; `size` mm across."""
    seen = np.asarray(vertices, np.float64) @ view.T
    seen -= 0.5 * (seen.min(0) + seen.max(0)) - [0.0, 0.0, 300.0]
    seen = jnp.asarray(seen, jnp.float32)
    fine = pixels * SUPERSAMPLING
    rendering = rasterize(
        cameras.orthographic_crop(size, fine),
        seen,
        faces,
        height=fine,
        width=fine,
        far=FAR,
    )
    if smooth:
        normals = interpolate(rendering, faces, meshes.vertex_normals(seen, faces))
    else:
        normals = meshes.face_normals(seen, faces)[rendering.face]
    return shrink(shade(np.asarray(normals), np.asarray(rendering.depth), SKIN, size))


def shade(normals, depth, colour, size: float) -> np.ndarray:
    """Soft light from the upper left, a weak fill, sky, and shade in hollows."""
    length = np.linalg.norm(normals, axis=-1, keepdims=True)
    n = normals / np.maximum(length, 1e-9)
    key, fill, rim = (n @ (np.array(d) / np.linalg.norm(d)) for d in (KEY, FILL, RIM))
    # Light wraps around skin, red farthest.
    wrap = np.array([0.28, 0.16, 0.11])
    lit = np.clip((key[..., None] + wrap) / (1.0 + wrap), 0.0, 1.0) ** 1.1
    sky = 0.5 - 0.5 * n[..., 1:2]
    light = 1.10 * lit + 0.12 * np.clip(fill, 0, 1)[..., None] + 0.09 + 0.10 * sky
    light += 0.15 * np.clip(rim, 0, 1)[..., None]
    light *= hollows(depth, size)[..., None]
    toward = np.array([0.0, 0.0, -1.0]) + np.array(KEY) / np.linalg.norm(KEY)
    gloss = np.clip(n @ (toward / np.linalg.norm(toward)), 0.0, 1.0) ** 24
    image = np.asarray(colour) * light + 0.05 * gloss[..., None]
    return np.where((depth < FAR)[..., None], image, 1.0)


def hollows(depth: np.ndarray, size: float) -> np.ndarray:
    """Darkening where the surface lies behind its surroundings.

    Source: Luft, Colditz & Deussen, Image enhancement by unsharp masking the depth
    buffer, 2006.
    """
    seen = (depth < FAR).astype(float)
    shade = np.ones_like(depth)
    for width, strength in ((1.5, 0.10), (6.0, 0.030)):
        pixels = width * len(depth) / size
        total = gaussian_filter(np.where(seen > 0, depth, 0.0), pixels)
        mean = total / np.maximum(gaussian_filter(seen, pixels), 1e-6)
        shade *= np.exp(-strength * np.clip(depth - mean, 0.0, 15.0))
    return shade


def shrink(image: np.ndarray) -> np.ndarray:
    """Average the supersampled pixels."""
    s = SUPERSAMPLING
    h, w = image.shape[0] // s, image.shape[1] // s
    return image.reshape(h, s, w, s, 3).mean((1, 3))


def encode(image: np.ndarray) -> np.ndarray:
    """Linear light to bytes (sRGB)."""
    image = np.clip(image, 0.0, 1.0)
    low, high = 12.92 * image, 1.055 * image ** (1 / 2.4) - 0.055
    return (np.where(image < 0.0031308, low, high) * 255.0 + 0.5).astype(np.uint8)


def sheet(tiles, columns: int, *, narrow: float = 1.0) -> Image.Image:
    """Tiles with a caption each, in rows; `narrow` keeps that part of their breadth."""
    trim = int((1.0 - narrow) * tiles[0][1].shape[1]) // 2
    tiles = [(c, i[:, trim : i.shape[1] - trim]) for c, i in tiles]
    height, width = tiles[0][1].shape[:2]
    rows = -(-len(tiles) // columns)
    page = Image.new("RGB", (columns * width, rows * height), "white")
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(size=max(11, width // 22))
    for k, (caption, image) in enumerate(tiles):
        corner = (k % columns * width, k // columns * height)
        page.paste(Image.fromarray(encode(image)), corner)
        at = (corner[0] + width / 2, corner[1] + height - 5)
        draw.text(at, caption, fill=(90, 90, 90), font=font, anchor="mb")
    return page


def rest_sheet() -> Image.Image:
    """Four views of the dense hand, of 1,721 vertices smooth, and of their facets."""
    tiles = []
    for name, smooth in (("12553", True), ("1721", True), ("1721", False)):
        hand = load_template(f"hand_{name}")
        for caption, view in VIEWS.items():
            title = f"{caption}, {int(name):,} vertices{'' if smooth else ', facets'}"
            image = picture(
                hand.vertices, hand.faces, view, pixels=460, size=228.0, smooth=smooth
            )
            tiles.append((title, image))
    return sheet(tiles, 4, narrow=0.74)


def poses_sheet() -> Image.Image:
    """The 40 poses by name."""
    hand = load_template("hand_12553")
    view = turned(down=12.0, around=-24.0)
    return sheet(
        [
            (
                name,
                picture(posed(hand, a), hand.faces, view, pixels=250, size=236.0),
            )
            for name, a in poses.NAMED.items()
        ],
        8,
        narrow=0.84,
    )


@jax.jit
def posed(hand: Template, angles):
    """Vertices of the hand with joint angles."""
    turns = articulate.rotations_from_angles(hand, angles)
    pose = articulate.rest_pose(hand)._replace(rotations=turns)
    return articulate.articulate(hand, pose).vertices


def shapes_sheet() -> Image.Image:
    """Each shape component at minus and plus three standard deviations."""
    hand = load_template("hand_12553")
    tiles = []
    for k, name in enumerate(components()):
        for sign in (-3.0, 3.0):
            moved = hand.vertices + sign * hand.shape_vertices[k]
            image = picture(moved, hand.faces, turned(), pixels=250, size=266.0)
            tiles.append((f"{name.replace('_', ' ')} {sign:+.0f} sd", image))
    return sheet(tiles, 8, narrow=0.74)


def spheres_sheet() -> Image.Image:
    """The 41 spheres inside the skin, from four sides."""
    hand = load_template("hand_12553")
    tiles = []
    for caption, view in VIEWS.items():
        skin = picture(hand.vertices, hand.faces, view, pixels=460, size=228.0)
        tiles.append((caption, 0.35 * skin + 0.65 * spheres_picture(hand, view)))
    return sheet(tiles, 4, narrow=0.74)


def spheres_picture(hand: Template, view, *, pixels: int = 460, size: float = 228.0):
    """The spheres alone, coloured by finger, framed like `picture`."""
    seen = np.asarray(hand.vertices) @ view.T
    middle = 0.5 * (seen.min(0) + seen.max(0)) - [0.0, 0.0, 300.0]
    c, r = (
        np.asarray(hand.sphere_centres) @ view.T - middle,
        np.asarray(hand.sphere_radii),
    )
    fine = pixels * SUPERSAMPLING
    axis = (np.arange(fine) - (fine - 1) / 2) * size / fine
    x, y = np.meshgrid(axis, axis)
    depth, normals = np.full((fine, fine), FAR), np.zeros((fine, fine, 3))
    colour = np.ones((fine, fine, 3))
    owner = [POSED[j].split("_")[0] for j in np.asarray(hand.sphere_joints)]
    for centre, radius, name in zip(c, r, owner, strict=True):
        square = radius**2 - (x - centre[0]) ** 2 - (y - centre[1]) ** 2
        z = centre[2] - np.sqrt(np.maximum(square, 0.0))
        front = (square > 0.0) & (z < depth)
        depth[front] = z[front]
        normals[front] = (np.stack([x, y, z], -1)[front] - centre) / radius
        colour[front] = COLOURS[name if name in FINGERS else "palm"]
    return shrink(shade(normals, depth, colour, size))


SHEETS = {
    "rest": rest_sheet,
    "poses": poses_sheet,
    "shapes": shapes_sheet,
    "spheres": spheres_sheet,
}


def main() -> None:
    """Draw the sheets."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/images"))
    parser.add_argument("--only", nargs="*", choices=SHEETS, default=tuple(SHEETS))
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    for name in args.only:
        SHEETS[name]().save(args.out / f"hand_{name}.png", optimize=True)


if __name__ == "__main__":
    main()
