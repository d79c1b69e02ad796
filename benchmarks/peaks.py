"""How far heat-maps' peaks are off by their height, and what errors have in common.

    PYTHONPATH=. python benchmarks/peaks.py --weights dense_hand_pose

On held-out synthetic pictures; then what `lifted.mislaid` makes of the true key points,
whose constants are after this table. Distances are pixels of a picture of 64.
"""

import argparse

import jax
import jax.numpy as jnp
import numpy as np
from absl import logging

from handjax import training, weights
from handjax.experiment import assemble
from handjax.hands.skeleton import KEYPOINTS
from handjax.hands.template import load_template
from handjax.methods.dense_hand_pose import estimate, hand, lifted
from handjax.methods.pictures import peaks, picture, true_pixels

BATCH = 64
PERCENTILES = (25, 50, 75, 90, 97)
PAIRS = (("index_pip", "index_dip"), ("index_dip", "index_tip"))
PAIRS += (("index_tip", "middle_tip"), ("wrist", "index_mcp"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", default="dense_hand_pose", help="or a run")
    parser.add_argument("--frames", type=int, default=512)
    chosen = parser.parse_args()
    logging.set_verbosity(logging.ERROR)
    found = weights.find(chosen.weights)
    source = assemble(found.config).sources["synthetic"](BATCH)
    room = estimate.make_room(found.config, load_template(found.config.template))

    @jax.jit
    def look(key):
        batch = source.sample(key, source.held)
        maps = room.networks.heatmaps.apply(found.params["heatmaps"], picture(batch))
        seen = jax.vmap(lambda one: peaks(one, pixels=room.pixels))(maps[-1])
        height = jnp.clip(jnp.max(maps[-1], axis=(1, 2)), 0.0, 1.0)
        true = hand.in_halves(true_pixels(batch), room.pixels)
        like = lifted.mislaid(jax.random.fold_in(key, 1), true)
        at = hand.in_halves(seen, room.pixels), height
        return [(uv - true, sure) for uv, sure in (at, like)]

    key = jax.random.fold_in(jax.random.key(0), training.TEST)
    keys = jax.random.split(key, -(-chosen.frames // BATCH))
    made = [jax.device_get(look(one)) for one in keys]
    for k, name in enumerate((found.origin, "mislaid")):
        off, height = (np.concatenate([one[k][n] for one in made]) for n in (0, 1))
        print(name)
        report(off[: chosen.frames] * lifted.EDGE / 2, height[: chosen.frames])


def report(off: np.ndarray, height: np.ndarray) -> None:
    """A line for each tenth of height, then what errors have in common."""
    away = np.linalg.norm(off, axis=-1)
    mean, median = away.mean(), np.median(away)
    print(f"  all         mean {mean:.2f}, median {median:.2f} pixels of 64")
    print("  height      share " + "".join(f"{p:>6} %" for p in PERCENTILES))
    for low in np.arange(0.0, 1.0, 0.1):
        there = (low <= height) & (height < low + 0.1)
        if there.any():
            row = np.percentile(away[there], PERCENTILES)
            share = f"{100 * there.mean():5.1f} %"
            print(
                f"  {low:.1f} to {low + 0.1:.1f} {share} "
                + "".join(f"{x:8.1f}" for x in row)
            )
    for pair in PAIRS:
        a, b = (off[:, KEYPOINTS.index(name), 0] for name in pair)
        print(f"  {' and '.join(pair)}: correlation {np.corrcoef(a, b)[0, 1]:.2f}")
    hands = height.mean(axis=1).std()
    print(f"  heights: mean {height.mean():.2f}, of hands' means {hands:.2f}")


if __name__ == "__main__":
    main()
