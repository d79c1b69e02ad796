"""How much of the hand dual_grid finds among all that is seen, on held-out frames.

    PYTHONPATH=. python benchmarks/dual_grid_masks.py [--weights runs/mesh]
        [--frames 4096] [--subject D] [--amount small]

Prints IoU, precision and recall, %, pooled over pixels: of the synthetic frames that
`evaluate.py` draws for seed 0, and of a studio subject's test frames, whose masks are
drawn from its surface. Beside them the same for who calls all that is seen the hand.
"""

import argparse
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from handjax import training, weights
from handjax.batch import FAR, Source
from handjax.data import studio
from handjax.evaluation import masks
from handjax.experiment import assemble

Part = Callable[[int], Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--weights", default="dual_grid", help="a release or a folder")
    parser.add_argument("--frames", type=int, default=4096, help="at most, of each")
    parser.add_argument("--subject", choices=studio.SUBJECTS, default="D")
    parser.add_argument("--amount", choices=studio.AMOUNTS, default="small")
    chosen = parser.parse_args()
    found = weights.find(chosen.weights)
    method, sources = assemble(found.config)[1:]
    size = found.config.evaluation.batch_size
    drawn = sources["synthetic"](size)
    test = studio.test_frames(chosen.subject, chosen.amount, size, masks=True)
    where = {
        "synthetic": (drawn, lambda number: drawn.held, chosen.frames),
        f"studio, {chosen.subject}": (
            test.source,
            test.part,
            min(chosen.frames, test.count),
        ),
    }
    print(f"{'':32}frames     IoU  precision  recall")
    for name, (source, part, frames) in where.items():
        look = looking(method, found, source)
        for who, counts in pooled(look, part, frames, size).items():
            shares = (masks.iou, masks.precision, masks.recall)
            iou, precision, recall = (100.0 * share(counts) for share in shares)
            row = f"{iou:8.1f}{precision:11.1f}{recall:8.1f}"
            print(f"{name + ', ' + who:32}{frames:6}{row}")


def looking(method: Any, found: weights.Weights, source: Source) -> Callable[..., Any]:
    """(key, held) -> what is called hand, what is seen, and what is the hand."""

    @jax.jit
    def look(params: Any, key: Any, held: Any) -> tuple[Any, Any, Any]:
        draw, noise = jax.random.split(key)
        batch = source.sample(draw, held)
        said, _ = method.predict(params, found.state, batch, key=noise, train=False)
        seen = batch.views.depth[:, 0] < FAR
        return (said.mask[:, 0] > 0.0) & seen, seen, batch.views.mask[:, 0]

    return lambda key, held: look(found.params, key, held)


def pooled(
    look: Callable[..., Any], part: Part, frames: int, size: int
) -> dict[str, masks.Counts]:
    """Pixels of all frames by what they are and were called, by who called them."""
    # The stream and the keys of evaluate.py.
    key = jax.random.fold_in(jax.random.key(0), training.TEST)
    found = {"found": masks.Counts(), "all that is seen": masks.Counts()}
    for number in range(-(-frames // size)):
        *called, true = look(jax.random.fold_in(key, number), part(number))
        left = frames - number * size
        for name, one in zip(found, called, strict=True):
            found[name] += masks.count(np.asarray(one)[:left], np.asarray(true)[:left])
    return found


if __name__ == "__main__":
    main()
