"""Training depth with arm and background beside the studio's, hands outlined.

PYTHONPATH=. python benchmarks/surroundings_sheet.py [--out docs/images]
PYTHONPATH=. python benchmarks/surroundings_sheet.py --time

Writes synthetic_surroundings.png and prints how much of the pictures is hand; with
--time prints milliseconds an example instead, with surroundings and without.
"""

import argparse
from pathlib import Path
from typing import Any

import jax
import numpy as np
import timing

from configs import common
from handjax import visualize
from handjax.batch import FAR
from handjax.data import studio, synthetic
from handjax.hands.template import load_template

ROWS, COLUMNS, FROM_STUDIO = 4, 8, 4
LIMITS = (-90.0, 150.0)
OUTLINE = (230, 30, 30)
BATCH = 32


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("docs/images"))
    parser.add_argument("--level", default="hand_790", help="of the hand's mesh")
    parser.add_argument("--subject", default="C", help="of the studio")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--time", action="store_true", help="measure, draw nothing")
    chosen = parser.parse_args()
    if chosen.time:
        compare(chosen.level)
        return
    views = draw(chosen.level, surroundings=True)(jax.random.key(chosen.seed)).views
    depth, mask = (np.asarray(x[:, 0]) for x in (views.depth, views.mask))
    seen = depth < FAR
    print(f"{np.mean(seen):.1%} of the pixels show something, {mask.mean():.1%} a hand")
    own = [tile(*both) for both in zip(depth, mask, strict=True)]
    beside = captured(chosen.subject)
    headings = ["training"] + [""] * (COLUMNS - 1) + [f"studio, {chosen.subject}"]
    rows = [
        own[k * COLUMNS : (k + 1) * COLUMNS]
        + beside[k * FROM_STUDIO : (k + 1) * FROM_STUDIO]
        for k in range(ROWS)
    ]
    headings += [""] * (FROM_STUDIO - 1)
    sheet = visualize.contact_sheet(rows, headings=headings)
    visualize.save_png(chosen.out / "synthetic_surroundings.png", sheet)


def draw(level: str, *, surroundings: bool) -> Any:
    """Key -> a batch, compiled."""
    config: Any = common.synthetic()
    config.surroundings = surroundings
    source = synthetic.source(load_template(level), config, BATCH)
    return jax.jit(lambda key: source.sample(key, source.held))


def captured(subject: str) -> list[np.ndarray]:
    """Test frames of the studio as its first camera sees them."""
    count = ROWS * FROM_STUDIO
    test = studio.test_frames(subject, "small", count, masks=True)
    frames = 30 + 60 * np.arange(count)
    held = {**test.part(0), "chosen": frames}
    views = test.source.sample(jax.random.key(0), held).views
    return [
        tile(*both)
        for both in zip(
            np.asarray(views.depth[:, 0]), np.asarray(views.mask[:, 0]), strict=True
        )
    ]


def tile(depth: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Depth in grey, the outline of the hand in red."""
    picture = visualize.enlarge(
        visualize.depth_to_rgb(depth, far=FAR, limits=LIMITS), 2
    ).copy()
    inner = np.pad(mask.repeat(2, 0).repeat(2, 1), 1)
    whole = inner[1:-1, 1:-1].copy()
    inner = inner[:-2, 1:-1] & inner[2:, 1:-1] & inner[1:-1, :-2] & inner[1:-1, 2:]
    picture[whole & ~inner] = OUTLINE
    return picture


def compare(level: str) -> None:
    """Milliseconds an example, in one run."""
    key = jax.random.key(0)
    drawn = {on: draw(level, surroundings=on) for on in (False, True)}
    calls = {
        "bare hand": lambda: drawn[False](key),
        "with surroundings": lambda: drawn[True](key),
    }
    for name, seconds in timing.fastest(calls).items():
        print(f"{name:20}{1e3 * seconds / BATCH:7.2f} ms an example, batch {BATCH}")


if __name__ == "__main__":
    main()
