"""Pictures of the studio in colour, and how long they take.

PYTHONPATH=. python benchmarks/studio_colour.py [--out docs/images] [--timing]
"""

import argparse
import time
from functools import lru_cache, partial
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import timing
from PIL import Image

from handjax import visualize
from handjax.data.studio import SUBJECTS, colour

MOMENTS = (40, 230, 420, 700, 1000, 1400)
CAMERAS = (3, 0, 7, 10, 17, 23)
SHOWN, TIMED = 192, 256
RUNS = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("docs/images"))
    parser.add_argument("--timing", action="store_true", help="draw no pictures")
    chosen = parser.parse_args()
    print(colour.label())
    if not chosen.timing:
        draw(chosen.out)
    measure()


def draw(folder: Path) -> None:
    """Leave the two sheets in a folder."""
    people = [seen(name, MOMENTS, CAMERAS) for name in SUBJECTS]
    sheet = visualize.contact_sheet(
        people, captions=[f"subject {name}" for name in SUBJECTS]
    )
    save(folder / "studio_colour.jpg", sheet)
    around = seen("D", (200,) * 24, tuple(range(24)))
    rows = [around[first : first + 8] for first in range(0, 24, 8)]
    save(folder / "studio_dome.jpg", visualize.contact_sheet(rows))


def seen(name: str, moments: tuple, cameras: tuple) -> list[np.ndarray]:
    """Pictures of a subject, one a moment and camera."""
    stage = colour.load_stage(name, "tiny", "train")
    take, pictures = compiled(SHOWN, ()), []
    for first in range(0, len(moments), 2):
        few = slice(first, first + 2)
        batch = take(
            stage, jnp.asarray(moments[few]), jnp.asarray(cameras[few])[:, None]
        )
        pictures += list(np.asarray(batch.views.image[:, 0]))
    return [(255.0 * picture + 0.5).astype(np.uint8) for picture in pictures]


def save(path: Path, picture: np.ndarray) -> None:
    """As JPEG: sensor noise makes PNG ten times as large."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).save(path, quality=88, optimize=True)


def measure() -> None:
    """Milliseconds of processor time a moment, by what is asked for."""
    stage = colour.load_stage("D", "tiny", "train")
    moments = jnp.arange(8)
    rows = {
        "picture": (1, ()),
        "picture, depth and mask": (1, ("depth", "mask")),
        "picture; depth and mask of six others": (7, ("depth", "mask")),
    }
    calls = {}
    for name, (count, labels) in rows.items():
        cameras = jnp.tile(jnp.arange(count), (len(moments), 1))
        calls[name] = partial(compiled(TIMED, labels), stage, moments, cameras)
    found = timing.fastest(calls, repeats=RUNS, clock=time.process_time)
    for name, taken in found.items():
        each = 1e3 * taken / len(moments)
        print(f"{name:40}{each:8.1f} ms a moment, {TIMED} pixels")


@lru_cache
def compiled(pixels: int, labels: tuple[str, ...]):
    return jax.jit(partial(colour.take, pixels=pixels, labels=labels))


if __name__ == "__main__":
    main()
