"""How close `handjax.hands.mano` is to smplx, and how much faster.

    PYTHONPATH=. python benchmarks/mano.py [--file MANO_RIGHT.pkl] [--hands 1000]

Without a file: random numbers in the structure of MANO's. First the largest difference
of a coordinate of vertices and joints over random parameters, mm, in float64 and in
float32; then hands a second, both in float32: forward, vertices and joints, and the
gradient of a scalar of both by all 61 parameters, a second and, where neighbours on the
machine don't count, a second of a core's work. The two take turns. Needs smplx and
torch (`pip install -e '.[compare]'`); without them our own speed is printed alone.
"""

import argparse
import tempfile
import time
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from timing import fastest

from handjax.hands import mano, mano_files
from handjax.hands.articulate import articulate, keypoints
from handjax.hands.parameters import Parameters
from handjax.hands.skeleton import to_dataset
from tests.hands import mano_model

NAMES = ("global_orient", "hand_pose", "betas", "transl")


def draw(hands: int, dtype: str) -> Parameters:
    """Official parameters of random hands: radians, standard deviations, metres."""
    rng = np.random.default_rng(0)
    scales = ((1.0, 3), (0.5, 45), (1.0, 10), (0.5, 3))
    drawn = (rng.normal(0.0, scale, (hands, n)) for scale, n in scales)
    return Parameters(*(jnp.asarray(x, dtype) for x in drawn))


@jax.jit
@partial(jax.vmap, in_axes=(None, 0))
def forward(hand: mano.Mano, official: Parameters):
    """Vertices and MANO's 16 joints, metres, the file's axes."""
    posed = articulate(hand.template, mano.pose_from_official(hand, official))
    joints, _ = to_dataset("mano", keypoints(posed))
    points = (posed.vertices, joints[:16])
    return tuple(mano.official_points(hand, x) for x in points)


@partial(jax.jit, static_argnums=0)
def slopes(of: Any, hand: mano.Mano, official: Parameters):
    """Derivative of the sum of squares of all coordinates."""
    return jax.grad(lambda p: sum(jnp.sum(x**2) for x in of(hand, p)))(official)


def make_peer(path: Path, hands: int, dtype: str):
    """smplx's module with the numbers of a released file."""
    import smplx
    import torch

    found = mano_files.read_released(path)
    numbers = smplx.utils.Struct(
        v_template=found.vertices,
        shapedirs=found.shapes,
        posedirs=found.correctives,
        J_regressor=found.regressor,
        weights=found.weights,
        f=found.faces,
        kintree_table=np.array([(0, *mano_files.PARENTS), range(16)]),
        hands_components=found.components,
        hands_mean=found.mean,
    )
    options: dict[str, Any] = {"use_pca": False, "flat_hand_mean": True}
    options |= {"batch_size": hands, "dtype": getattr(torch, dtype)}
    return smplx.MANO("", data_struct=numbers, is_rhand=not found.left, **options)


def asked(official: Parameters, *, slopes: bool = False) -> dict[str, Any]:
    """Parameters by the names of smplx."""
    import torch

    values = (torch.tensor(np.array(x), requires_grad=slopes) for x in official)
    return dict(zip(NAMES, values, strict=True))


def differences(path: Path, hands: int) -> None:
    """Print the largest differences, mm."""
    print(f"largest difference over {hands} random hands, mm: vertices   joints")
    for dtype in ("float64", "float32"):
        with jax.enable_x64(dtype == "float64"):
            official = draw(hands, dtype)
            ours = forward(mano.load(path, dtype=np.dtype(dtype)), official)
            peer = make_peer(path, hands, dtype)(**asked(official))
            theirs = (peer.vertices, peer.joints)
            off = [
                1000.0 * np.abs(np.asarray(x) - y.detach().numpy()).max()
                for x, y in zip(ours, theirs, strict=True)
            ]
        print(f"{dtype:>50}: {off[0]:8.1e} {off[1]:8.1e}", flush=True)


def speeds(path: Path, batch: int, repeats: int) -> None:
    """Print hands a second of both."""
    hand, official = mano.load(path), draw(batch, "float32")
    calls: dict[str, Any] = {
        "forward": lambda: forward(hand, official),
        "gradient": lambda: slopes(forward, hand, official),
    }
    if find_spec("smplx"):
        import torch

        peer, still = make_peer(path, batch, "float32"), asked(official)
        free = asked(official, slopes=True)

        def theirs():
            with torch.no_grad():
                return peer(**still).vertices.numpy()

        def slopes_of_theirs():
            found = peer(**free)
            total = (found.vertices**2).sum() + (found.joints**2).sum()
            return torch.autograd.grad(total, list(free.values()))[0].numpy()

        calls |= {"smplx forward": theirs, "smplx gradient": slopes_of_theirs}
    clocks = {"a second": time.perf_counter, "a second of a core": time.process_time}
    for title, clock in clocks.items():
        seconds = fastest(calls, repeats=repeats, clock=clock)
        print(f"\nbatch {batch}, hands {title}")
        for name in ("forward", "gradient"):
            line = f"{name:10} {batch / seconds[name]:10.0f}"
            if peer_seconds := seconds.get(f"smplx {name}"):
                line += f"   smplx {batch / peer_seconds:8.0f}"
                line += f"   {peer_seconds / seconds[name]:5.1f} times"
            print(line, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--file", type=Path, help="a released file of MANO's")
    parser.add_argument("--hands", type=int, default=1000, help="to compare")
    parser.add_argument("--batch", type=int, default=64, help="to time")
    parser.add_argument("--repeats", type=int, default=100, help="of which the best")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = chosen.file or Path(folder) / "MANO_RIGHT.pkl"
        if not chosen.file:
            path.write_bytes(mano_model.pickled(mano_model.random_model()))
        if find_spec("smplx"):
            differences(path, chosen.hands)
        else:
            print("smplx is not installed: pip install -e '.[compare]'")
        speeds(path, chosen.batch, chosen.repeats)


if __name__ == "__main__":
    main()
