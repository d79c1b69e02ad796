"""dual_grid: the hand's mesh from a depth image [wan2020].

python train.py --config=configs/dual_grid.py              a laptop, minutes
python train.py --config=configs/dual_grid.py:small        what is released
python train.py --config=configs/dual_grid.py:paper        the full recipe
python train.py --config=configs/dual_grid.py:test         seconds, for tests
python train.py --config=configs/dual_grid.py:small,single_view    a row of Table 1
python train.py --config=configs/dual_grid.py:small,real \
    --config.real.name=nyu --config.real.root=PATH                 real frames
"""

from ml_collections import ConfigDict

from configs import common
from configs.dual_grid_rows import FIGURES, ROWS, adapt

__all__ = ["FIGURES", "ROWS", "SIZES", "get_config"]


def get_config(variant: str = "") -> ConfigDict:
    """The settings of one variant, locked: a name that is not here is refused."""
    rows = {name: row.change for name, row in ROWS.items()}
    rows |= {common.REAL: common.on_real, common.ADAPT: adapt}
    changes = common.read_variant(variant, SIZES, rows)
    config = ConfigDict(
        {
            "method": "dual_grid",
            "template": "hand_1721",  # Sec. 3.1
            "seed": 0,
            "batch_size": 32,
            "needs_init": False,  # whether --init must bring every parameter
            "phases": (),
            "optimizer": common.optimizer(),
            "synthetic": common.synthetic(),
            "studio": common.studio(),
            "real": common.real(),
            "model": ConfigDict(
                {
                    "embedding": "mds",  # Sec. 3.1; "sheets", "atlas" fold less
                    "grid": 16,  # Sec. 3.5: cells along each side of the mesh grid
                    "margin": 1.0,  # cells between the embedding and the grid's border
                    "window": 8,  # Sec. 3.5, of extension and sampling
                    "sigma": 0.5,  # Eq. 2
                    "features": 16,  # that go from image grid to mesh grid
                    "points": 512,  # of the hand, at most, that go there
                    "icp_points": 256,  # of these, at most, that pull at vertices
                    "icp_on": "refined",  # Eq. 6: what they pull at; or "vertices"
                    "shuffle": 4,  # of pixels; 2 in Sec. 3.5, twice the work
                    "segment_widths": (24, 48, 64),
                    "image_widths": (32, 64, 128),
                    "mesh_widths": (48, 64, 96),
                    "blocks": 1,
                    "dtype": "float32",  # or "bfloat16", within the networks alone
                }
            ),
            "evaluation": common.evaluation(),
        }
    )
    config.synthetic.surroundings = True  # Sec. 3.5: what the hand is segmented from
    for change in changes:
        change(config)
    return config.lock()


def _segmentation(steps: int) -> ConfigDict:
    """Sec. 3.5: the hand among forearm and background."""
    return common.phase(
        "segmentation",
        loss="segmentation",
        steps=steps,
        weights={"mask": 1.0},
        every=steps,
        keep="latest",  # what counts here is no joint
    )


def _correspondence(steps: int) -> ConfigDict:
    """The image network by itself: what is hardest to learn, at half the price."""
    return common.phase(
        "correspondence",
        loss="correspondence",
        steps=steps,
        weights={"correspondence": 1.0},
        every=steps,
        keep="latest",
    )


def _synthetic(steps: int) -> ConfigDict:
    """Sec. 5.2. No weight is printed: coordinates in cells, all else in 100 mm."""
    weights = {
        "mask": 1.0,
        "correspondence": 0.1,
        "vertices": 1.0,
        "refined": 1.0,
        "keypoints": 1.0,
    }
    return common.phase(
        "synthetic", steps=steps, weights=weights, optimizer={"learning_rate": 2e-3}
    )


def _fitting(steps: int) -> ConfigDict:
    """Sec. 4: three views of unlabelled frames, with synthetic hands beside them.

    No weight is printed; of two for lifting, 3 was better on the studio's subject C.
    """
    return common.phase(
        "fitting",
        loss="fitting",
        steps=steps,
        sources=("studio", "synthetic"),
        batch_sizes={"studio": 6, "synthetic": 16},
        weights={
            "icp": 1.0,  # Eq. 6
            "lifting": 3.0,  # Eq. 7, alpha
            "collision": 0.1,  # Eq. 9
            "arap": 1.0,  # Eq. 10, kappa 1
            "offset": 1.0,  # Eq. 12, kappa 2
            "multi_view_vertices": 1.0,  # Eq. 13
            "multi_view_icp": 1.0,  # Eq. 13, eta 1
            "multi_view_lifting": 3.0,  # Eq. 13, eta 2
            "mask": 1.0,
            "correspondence": 0.1,
            "vertices": 1.0,
            "refined": 1.0,
            "keypoints": 1.0,
        },
        optimizer={"learning_rate": 1e-3, "warmup": 100},
        keep="latest",  # held-out synthetic frames don't tell how real ones do
        imagine=True,  # Sec. 4.4
    )


def _laptop(config: ConfigDict) -> None:
    """Two cores, minutes."""
    config.batch_size = 16
    config.studio.amount = "tiny"
    config.phases = (_segmentation(1_000), _correspondence(9_500), _synthetic(2_800))


def _small(config: ConfigDict) -> None:
    """All equations, and weights of 16 MiB at most."""
    _laptop(config)
    config.studio.amount = "small"
    config.phases = (
        _segmentation(2_000),
        _correspondence(30_000),
        _synthetic(10_000),
        _fitting(1_500),
    )
    config.evaluation.every = 2500


def _paper(config: ConfigDict) -> None:
    """The paper's sizes and amounts; it prints no rate, no batch, no width, no weight.

    The phases before the synthetic one, 7.7 million samples, are ours too.
    """
    config.batch_size = 128
    config.model.update(
        {
            "features": 64,
            "shuffle": 2,
            "points": 2048,
            "icp_points": 2048,
            "segment_widths": (64, 64, 64, 64),
            "image_widths": (256, 256, 256, 256),
            "mesh_widths": (256, 256, 256),
        }
    )
    config.studio.amount = "full"
    config.phases = (
        _segmentation(10_000),
        _correspondence(50_000),
        _synthetic(7_200_000 // 128),  # Sec. 5.2: 7.2 million samples
        _fitting(100_000),
    )


def _test(config: ConfigDict) -> None:
    """Everything, tiny."""
    _small(config)
    config.template = "hand_790"
    config.batch_size = 4
    config.model.update(
        {
            "features": 4,
            "points": 256,
            "icp_points": 32,
            "segment_widths": (8, 8),
            "image_widths": (16, 16),
            "mesh_widths": (16, 16),
        }
    )
    config.studio.amount = "test"
    for phase in config.phases:
        phase.steps = 4
        phase.every = 0
        phase.batch_sizes = dict.fromkeys(phase.batch_sizes, 2)
    config.evaluation.every = 2
    config.evaluation.frames = 8
    config.evaluation.batch_size = 4


SIZES = {"": _laptop, "small": _small, "paper": _paper, "test": _test}
