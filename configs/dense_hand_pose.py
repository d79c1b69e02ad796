"""dense_hand_pose: a parametric hand from one picture in colour [baek2019].

python train.py --config=configs/dense_hand_pose.py        a laptop, minutes
python train.py --config=configs/dense_hand_pose.py:small  what is released
python train.py --config=configs/dense_hand_pose.py:paper  the full recipe
python train.py --config=configs/dense_hand_pose.py:test   seconds, for tests
python train.py --config=configs/dense_hand_pose.py:small,without_shape
                                                           a row of Figure 5
"""

from ml_collections import ConfigDict

from configs import common
from configs.dense_hand_pose_rows import FIGURES, MEASURED, ROWS, adapt, mixed

__all__ = ["FIGURES", "MEASURED", "ROWS", "SIZES", "get_config"]

RHD = {
    "name": "rhd",
    "splits": ("training",),
    "sees": "image",
    "views": 1,
    "center": "gt",  # as synthetic crops stand
}
"""The paper's real dataset that has masks. Source: [baek2019] Sec. 4."""


def get_config(variant: str = "") -> ConfigDict:
    """The settings of one variant, locked: a name that is not here is refused."""
    rows = {name: row.change for name, row in ROWS.items()}
    rows |= {common.REAL: common.on_real, common.ADAPT: adapt, "mixed": mixed}
    changes = common.read_variant(variant, SIZES, rows)
    config = ConfigDict(
        {
            "method": "dense_hand_pose",
            "template": "hand_790",  # MANO has 778 vertices, and its file will do
            "seed": 0,
            "batch_size": 16,
            "needs_init": False,  # whether --init must bring every parameter
            "phases": (),
            "optimizer": common.optimizer(),
            "synthetic": common.synthetic(),
            "studio": common.studio(),
            "real": common.real(),
            "model": ConfigDict(
                {
                    "evidence": "both",  # or "features": without key points
                    "confidence": True,  # of key points, told beside them
                    "features": 128,  # numbers of F, where no ResNet's mean
                    "refiner": True,  # of key points: Eq. 6
                    "iterations": 3,  # Sec. 3.2
                    "gate": 15.0,  # tau of Eq. 10, pixels of 224; 0: lambda is 1
                    "extractor": "light",  # or "resnet50", "resnet18": F, Sec. 3.1
                    "norm": "group",  # or "frozen", with `pretrained`
                    "pretrained": "",  # file of a ResNet's weights
                    "hidden": (512, 512),  # of regressor and refiner; () as printed
                    "widths": (24, 48),  # of the pose machine, see there
                    "blocks": (1, 2),
                    "fold": 2,
                    "stages": 3,
                    "stage_width": 32,
                    "reach": 5,
                    "layers": 3,
                    "map_hidden": 64,
                    "renderer": "antialiased",  # or the paper's "neural_renderer"
                    "samples": 2,  # looks along each side of a mask's pixel
                    "seeds": 4,  # of a batch, to imagine from; 0 for all: Sec. 3.5
                    "dtype": "float32",  # or "bfloat16", within the networks alone
                }
            ),
            "refinement": ConfigDict(  # Eq. 11
                {
                    "steps": 50,  # Sec. 3.4
                    "learning_rate": 0.01,  # of Adam; printed is plain descent, 1e-3
                    "final": 0.05,  # the last steps' as a share of that
                    "weights": {
                        "keypoints": 1.0,
                        "features": 0.01,
                        "laplacian": 0.01,
                        "habit": 1e-3,  # the paper has neither this
                        "stay": 1e-3,  # nor this
                    },
                }
            ),
            "evaluation": common.evaluation(),
        }
    )
    config.synthetic.modality = config.studio.modality = "rgb"
    config.synthetic.rgb.labels = ("joints", "keypoints2d", "scale", "vertices", "mask")
    config.studio.labels = config.real.labels = ("joints", "keypoints2d", "mask")
    config.real.update(RHD)
    for change in changes:
        change(config)
    return config.lock()


def _pictures(config: ConfigDict, pixels: int, heatmaps: int, samples: int) -> None:
    """Edge of all pictures and of heat-maps; the paper's are 224 and 32."""
    rgb = config.synthetic.rgb
    rgb.pixels = config.studio.rgb.pixels = config.real.pixels = pixels
    rgb.samples = samples
    rgb.heatmap_pixels = heatmaps
    rgb.heatmap_sigma = 1.0  # not printed


def _phases(
    heatmaps: int, lifted: int, supervised: int, imagined: int
) -> tuple[ConfigDict, ...]:
    """Heat-maps by themselves, in place of weights that are not to be had; hands from
    key points alone; all but what is imagined; and all. Sec. 3.3, 3.5."""
    weights = {
        "articulation": 1.0,  # Eq. 7, as all but the last two
        "laplacian": 0.1,
        "features": 0.02,
        "shape": 1.0,
        "refiner": 1.0,
        "heatmaps": 0.1,  # Eq. 3, beside Eq. 7
        "habit": 1e-3,  # none in the paper
        "near": 0.0,  # Figure 5(f), to be watched
    }
    return (
        common.phase(
            "heatmaps",
            loss="heatmaps",
            steps=heatmaps,
            weights={"heatmaps": 1.0},
            every=heatmaps,
            keep="latest",
        ),
        common.phase(
            "lifted",
            loss="lifted",
            steps=lifted,
            weights={
                name: weights[name]
                for name in ("articulation", "laplacian", "refiner", "habit")
            },
            sources=("poses",),
            batch_sizes={"poses": 128},
            every=lifted,
            keep="latest",
        ),
        common.phase("synthetic", steps=supervised, weights=weights, keep="latest"),
        common.phase(
            "imagined",
            steps=imagined,
            weights=weights,
            imagine=True,
            # The first figure on held-out frames is of hands whose distance nobody
            # can see.
            keep="latest",
        ),
    )


def _laptop(config: ConfigDict) -> None:
    """Two cores, minutes."""
    _pictures(config, 64, 16, 1)
    config.optimizer.learning_rate = 2e-3
    config.studio.amount = "small"  # the least that has all 40 poses
    _steps(config, 4_000, 4_000, 2_500, 150)


def _small(config: ConfigDict) -> None:
    """All equations; what is released went on from a run of the bare config."""
    _laptop(config)
    _steps(config, 3_000, 8_000, 6_000, 300)


def _steps(config: ConfigDict, *steps: int) -> None:
    """Phases of so many steps on two cores."""
    config.phases = _phases(*steps)
    # Drawing takes a core longer than learning from it; key points are not drawn.
    for phase, reuse in zip(config.phases, (4, 1, 3, 3), strict=True):
        phase.reuse = reuse
    config.phases[0].optimizer = {"learning_rate": 5e-3}
    config.phases[2].optimizer = {"learning_rate": 1e-3}
    # Of a slower average so few steps would hardly be seen.
    last = {"learning_rate": 5e-4, "warmup": 20, "ema": 0.98}
    config.phases[-1].optimizer = last


def _paper(config: ConfigDict) -> None:
    """What the paper says, as far as it does; its 71,258 pictures are drawn anew each
    time here: 20 epochs of them, and as many with what is imagined."""
    _pictures(config, 224, 32, 2)
    config.batch_size = 32  # not printed
    config.model.update(
        {
            "extractor": "resnet50",  # Sec. 3.1
            "confidence": False,
            "hidden": (),  # one layer, Sec. 3.2
            "widths": (64, 128, 256, 128),  # [68]
            "blocks": (2, 2, 4, 4),
            "fold": 1,
            "stage_width": 128,
            "reach": 7,
            "layers": 5,
            "map_hidden": 512,
            "renderer": "neural_renderer",  # Sec. 3
            "seeds": 0,
        }
    )
    config.studio.amount = "full"
    heatmaps, _, *totals = _phases(45_000, 1, 45_000, 45_000)
    config.phases = (heatmaps, *totals)  # the paper lifts nothing that it has not seen
    for phase in totals:
        phase.weights.update({"laplacian": 1.0, "features": 1.0, "habit": 0.0})
    config.refinement.weights.update(
        {"features": 1.0, "laplacian": 1.0, "habit": 0.0, "stay": 0.0}
    )
    config.optimizer.update(
        {
            "learning_rate": 1e-3,  # Sec. 3.3; Adam
            "schedule": "constant",
            "weight_decay": 0.0,
        }
    )


def _test(config: ConfigDict) -> None:
    """Everything, tiny."""
    _small(config)
    config.batch_size = 2
    _pictures(config, 32, 8, 1)
    config.synthetic.rgb.background_count = 2
    config.model.update(
        {
            "extractor": "tiny",
            "hidden": (16,),
            "widths": (4, 8),
            "blocks": (1, 1),
            "stages": 2,
            "stage_width": 8,
            "reach": 3,
            "layers": 1,
            "map_hidden": 8,
            "samples": 1,
            "seeds": 1,
        }
    )
    config.refinement.steps = 3
    config.studio.amount = "test"
    config.phases = _phases(4, 4, 4, 4)
    config.phases[1].batch_sizes.poses = 2
    config.phases[2].reuse = 2
    for phase in config.phases:
        phase.every = 0
    config.evaluation.update({"every": 4, "frames": 4, "batch_size": 2})


SIZES = {"": _laptop, "small": _small, "paper": _paper, "test": _test}
