"""What parts the studio from the training synthesis, one factor at a time.

    PYTHONPATH=. python benchmarks/studio_gap.py --weights wan_spheres --subject C

Prints the error on held-out synthetic frames, on the subject's test frames, on those
with one factor taken away, and on those with none of them.
"""

import argparse

import jax
import numpy as np
from absl import logging

from handjax import training, weights
from handjax.data import studio
from handjax.data.studio.factors import FACTORS
from handjax.data.studio.subjects import load_subject, residual
from handjax.evaluation import compare
from handjax.experiment import assemble, judge, judge_in_studio


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", required=True, help="a release or a run's folder")
    parser.add_argument("--subject", choices=studio.SUBJECTS, default="C")
    parser.add_argument("--amount", choices=studio.AMOUNTS, default="small")
    chosen = parser.parse_args()
    logging.set_verbosity(logging.ERROR)
    training.keep_freed()
    found = weights.find(chosen.weights)
    experiment = assemble(found.config)
    size = found.config.evaluation.batch_size

    def measure(title, examiner, key, frames):
        estimates = examiner(found.params, found.state, key, frames)
        apart = estimates.predicted["nyu14"] - estimates.truth["nyu14"]
        error = np.linalg.norm(apart, axis=-1).mean(axis=-1)
        # Synthetic frames are strangers to one another; blocks do them no harm.
        print(f"{title:28}{compare.interval(error[None])!s:>24} mm", flush=True)

    body = load_subject(chosen.subject)
    print(
        f"shape {residual(body):.2f} mm off the linear space, "
        f"{residual(body, pose=True):.2f} with the pose free"
    )
    print(f"{found.origin} on {studio.label()}, subject {chosen.subject}, nyu14")
    key = jax.random.fold_in(jax.random.key(0), training.TEST)
    measure("synthetic", judge(experiment), key, 4096)
    cases = {"studio": FACTORS} | {
        f"without {name}": tuple(other for other in FACTORS if other != name)
        for name in FACTORS
    }
    for title, factors in (cases | {"without any": ()}).items():
        test = studio.test_frames(chosen.subject, chosen.amount, size, factors=factors)
        measure(title, judge_in_studio(experiment, test), key, test.count)


if __name__ == "__main__":
    main()
