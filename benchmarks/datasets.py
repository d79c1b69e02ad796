"""Frames of NYU a second, on one core: decoded, prepared, and read back as crops.

    PYTHONPATH=. python benchmarks/datasets.py
    PYTHONPATH=. python benchmarks/datasets.py --frame test/depth_1_0000001.png

Without a frame of NYU one is drawn, cleaner than a sensor's, so files are smaller.
Rates are by processor time, so that other work on the machine counts less; each is the
best of several runs.
"""

import argparse
import io
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from PIL import Image

from handjax.data import nyu
from handjax.data.crop import crop_depth
from handjax.data.real import builder, crops, examples, order, records, store
from handjax.data.real.batches import Look
from handjax.data.real.frame import Frame
from handjax.data.real.pictures import depth_of_bytes, read_rgb
from handjax.geometry.cameras import Pinhole
from handjax.hands.articulate import Pose, articulate
from handjax.hands.template import load_template
from handjax.render.rasterize import rasterize

FRAMES = 240
OPTIONS = ("uncompressed", "snappy", "brotli:1", "zstd:1", "zstd:3", "zstd:9")


def rate(call: Callable[[], Any], *, count: int = 40, runs: int = 6) -> float:
    """Calls in a second of processor time, in the best of some runs."""
    call()
    best = 0.0
    for _ in range(runs):
        start = time.process_time()
        for _ in range(count):
            call()
        best = max(best, count / (time.process_time() - start))
    return best


def drawn_frame(path: Path) -> None:
    """A frame as NYU writes them: a hand before a wall, with a mm of noise."""
    template = load_template("hand_790")
    shape = jnp.zeros(len(template.shape_joints))
    place = jnp.array([-60.0, 60.0, 750.0])
    hand = jax.jit(articulate)(template, Pose(jnp.zeros((17, 3)), place, shape))
    camera = Pinhole(jnp.asarray(nyu.FOCAL), jnp.asarray(nyu.CENTRE))
    height, width = nyu.SIZE
    depth = np.asarray(
        rasterize(
            camera,
            hand.vertices,
            template.faces,
            height=height,
            width=width,
            far=1200.0,
        ).depth
    )
    noise = np.random.default_rng(0).normal(size=depth.shape)
    mm = np.rint(depth + noise).astype(np.uint16)
    Image.fromarray(
        np.stack([0 * mm, mm >> 8, mm & 255], axis=-1).astype(np.uint8)
    ).save(path)


def decoders(path: Path) -> dict[str, Callable[[], Any]]:
    """What can decode a PNG here."""
    content = path.read_bytes()
    found = {"pillow": lambda: np.asarray(Image.open(io.BytesIO(content)))}
    try:
        import cv2

        cv2.setNumThreads(1)
        raw = np.frombuffer(content, np.uint8)
        found["opencv"] = lambda: cv2.imdecode(raw, cv2.IMREAD_UNCHANGED)
    except ImportError:
        pass
    try:
        import imagecodecs

        found["imagecodecs"] = lambda: imagecodecs.png_decode(content)
    except ImportError:
        pass
    return found


def frame_of(path: Path, views: int) -> Frame:
    """The picture as so many views of a frame around the nearest thing in it."""
    coded = read_rgb(path, nyu.SIZE)
    depth = depth_of_bytes(coded[..., 1], coded[..., 2])
    view = nyu.View(
        focal=nyu.FOCAL,
        centre=nyu.CENTRE,
        camera_from_world=np.eye(4, dtype=np.float32),
        depth=np.where(depth < nyu.NOTHING, depth, np.float32(0.0)),
    )
    middle = nearest(view.depth)
    return Frame("frame", (view,) * views, np.tile(middle, (36, 1)), np.ones(36, bool))


def nearest(depth: np.ndarray) -> np.ndarray:
    """Where the nearest thing of a picture is, 20 mm beneath its surface."""
    row, column = np.unravel_index(
        np.where(depth > 0, depth, np.inf).argmin(), depth.shape
    )
    z = depth[row, column] + 20.0
    x, y = (np.array([column, row]) - nyu.CENTRE) / nyu.FOCAL * z
    return np.array([x, y, z])


def measure_preparation(path: Path) -> None:
    """Decoders, and what a picture takes in all."""
    rates = {name: rate(call) for name, call in decoders(path).items()}
    for name, value in rates.items():
        print(f"decode, {name:24}{value:9.0f} images/s")
    best = max(rates, key=lambda name: rates[name])
    print(
        f"chosen: imagecodecs where it is there, else Pillow; fastest here: {best}.\n"
        "OpenCV does not say what is wrong with a broken file."
    )

    def crop() -> None:
        (part,) = records.make(frame_of(path, 1), nyu.ABOUT, 0).parts
        crops.crop_depth(part.depth, part.camera, part.hand, size=300.0)

    both = rate(lambda: records.make(frame_of(path, 1), nyu.ABOUT, 0))
    print(f"{'decode, check, find and cut out':32}{both:9.0f} images/s")
    print(f"{'the same and crop, no store':32}{rate(crop):9.0f} images/s")


def write_store(record: records.Record, folder: Path, options: str) -> tuple[Any, int]:
    """A split of one record many times over: its bytes by number, and their size."""
    from array_record.python.array_record_module import ArrayRecordWriter

    folder.mkdir(parents=True)
    path = folder / builder.shard_name("nyu", "test", 0, 1)
    content = examples.to_bytes(record, examples.features())
    writer = ArrayRecordWriter(str(path), options)
    for _ in range(FRAMES):
        writer.write(content)
    writer.close()
    split = builder.Split((FRAMES,), FRAMES * len(content), {}, {}, root="")
    builder.write_info(folder, nyu, {"test": split})
    return builder.read_split(folder, "test"), path.stat().st_size


def measure_store(path: Path, folder: Path) -> None:
    """What a record costs, by the compression of the file that it is in."""
    record = records.make(frame_of(path, 3), nyu.ABOUT, 0)
    windows = [part.depth.shape for part in record.parts]
    print(f"a record: three windows of {windows[0]} pixels")
    numbers = np.random.default_rng(0).permutation(FRAMES).tolist()
    for options in OPTIONS:
        here = folder / options.replace(":", "_") / "nyu" / nyu.ABOUT.version
        stored, size = write_store(record, here, f"group_size:1,{options}")
        found = 3 * rate(lambda s=stored: s[numbers[0]], count=100)
        print(f"{options:14}{size / FRAMES / 3e3:8.1f} kB a crop, {found:9.0f} crops/s")


def measure_crops(path: Path, folder: Path) -> None:
    """Crops made of what is read, as training takes them and one by one."""
    here = folder / "chosen" / "nyu" / nyu.ABOUT.version
    record = records.make(frame_of(path, 3), nyu.ABOUT, 0)
    write_store(record, here, builder.OPTIONS)
    frames = order.Frames(store.open_store(nyu, folder / "chosen"), ["test"])
    draws = order.draw(frames, Look(views=3, jitter=10.0), 25, seed=0)
    part, size = record.parts[0], {"size": 300.0}
    one = (part.depth, part.camera, part.hand)
    thin, camera = crops.thin(*one, 300.0 / 64)
    rates = {
        "read and unpacked": 3 * rate(lambda: frames[7]),
        "cropped from all pixels": rate(lambda: crops.crop_depth(*one, **size)),
        "cropped from enough": rate(
            lambda: crops.crop_depth(*one, **size, exact=False)
        ),
        "cropped from enough, by XLA": on_device(thin, camera, part.hand),
        "batches of 25 x 3, read to made": 75 * rate(lambda: draws[3], count=5),
    }
    for name, value in rates.items():
        print(f"{name:32}{value:9.0f} crops/s")
    for threads in (1, 2, 4):
        value = fed(draws, threads)
        print(f"the same by {threads} threads, wall clock {value:9.0f} crops/s")


def fed(draws: Any, threads: int) -> float:
    """Crops a second of wall clock that training is handed."""
    feed = order.Feed(draws, threads=threads)
    feed(0)
    best = 0.0
    for first in (1, 31, 61):
        start = time.perf_counter()
        for number in range(first, first + 30):
            feed(number)
        best = max(best, 30 * 75 / (time.perf_counter() - start))
    return best


def on_device(depth: np.ndarray, camera: np.ndarray, centre: np.ndarray) -> float:
    """Crops a second by `data.crop`, 75 at once."""
    many = [
        jnp.asarray(np.broadcast_to(x, (75, *x.shape)))
        for x in (depth.astype(np.float32) / records.PER_MM, *camera, centre)
    ]
    crop = jax.jit(jax.vmap(lambda d, f, c, p: crop_depth(d, Pinhole(f, c), p)))
    return 75 * rate(lambda: jax.block_until_ready(crop(*many)), count=2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frame", type=Path, help="a depth_*.png of NYU")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = chosen.frame or Path(folder) / "frame.png"
        if not chosen.frame:
            drawn_frame(path)
        measure_preparation(path)
        measure_store(path, Path(folder) / "stores")
        measure_crops(path, Path(folder))


if __name__ == "__main__":
    main()
