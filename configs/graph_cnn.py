"""graph_cnn: mesh and pose of a hand from one picture in colour [ge2019].

python train.py --config=configs/graph_cnn.py              a laptop, minutes
python train.py --config=configs/graph_cnn.py:small        what is released
python train.py --config=configs/graph_cnn.py:paper        the full recipe
python train.py --config=configs/graph_cnn.py:test         seconds, for tests
python train.py --config=configs/graph_cnn.py:small,weak,adapt --init RUN
                                                           a row of Table 3
"""

from ml_collections import ConfigDict

from configs import common
from configs.graph_cnn_rows import FIGURES, MEASURED, ROWS, adapt

__all__ = ["FIGURES", "MEASURED", "ROWS", "SIZES", "get_config"]


STB = {
    "name": "stb",
    "splits": ("sk_train",),  # those with depth
    "sees": "image",
    "views": 1,
    "center": "gt",  # as synthetic crops stand
    "cube": 260.0,  # mm, as of the studio in colour
}
"""The paper's real dataset. Source: [ge2019] Sec. 4.4, 5.1."""


def get_config(variant: str = "") -> ConfigDict:
    """The settings of one variant, locked: a name that is not here is refused."""
    rows = {name: row.change for name, row in ROWS.items()}
    rows |= {common.REAL: common.on_real, common.ADAPT: adapt}
    changes = common.read_variant(variant, SIZES, rows)
    config = ConfigDict(
        {
            "method": "graph_cnn",
            "template": "hand_1000",  # 1280 nodes with the fake ones, as in Fig. 4
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
                    "pipeline": "mesh",  # or "pose", "parameters": Tables 2 and 3
                    "skins": False,  # whether "pose" gets the template's skin: Table 2
                    "stacks": 2,  # Sec. 4.1
                    "blocks": 1,  # bottlenecks in a row
                    "widths": (32, 64, 128),  # of the hourglasses
                    "encoder_width": 64,
                    "latent": 256,
                    "hidden": 256,  # of heads that are no graph
                    "mesh_widths": (64, 64, 32),  # Fig. 4
                    "regressor_widths": (32, 64),  # the authors' code
                    "teacher": "tuned",  # or the paper's "pretrained": Sec. 4.4
                    "dtype": "float32",  # or "bfloat16", within the networks alone
                }
            ),
            "evaluation": common.evaluation(),
        }
    )
    config.synthetic.modality = config.studio.modality = "rgb"
    config.synthetic.rgb.labels = ("joints", "keypoints2d", "scale", "vertices")
    config.real.update(STB)
    for change in changes:
        change(config)
    return config.lock()


def _pictures(config: ConfigDict, pixels: int, samples: int) -> None:
    """Edge of all pictures; heat-maps have a quarter of it, as in Sec. 4.3."""
    rgb = config.synthetic.rgb
    rgb.pixels = config.studio.rgb.pixels = config.real.pixels = pixels
    rgb.samples = samples
    rgb.heatmap_pixels = pixels // 4
    rgb.heatmap_sigma = 4.0 * pixels / 256


def _phases(heatmaps: int, regressor: int, supervised: int) -> tuple[ConfigDict, ...]:
    """Sec. 4.3: heat-maps and regressor by themselves, then all but the regressor."""
    weights = {
        "heatmaps": 0.5,  # Eq. 6, lambda_H
        "vertices": 1.0,  # L_M, lambda_v
        "normals": 1.0,  # lambda_n
        "edges": 1.0,  # lambda_e
        "laplacian": 50.0,  # lambda_l
        "joints": 1.0,  # Eq. 6, lambda_J
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
            "regressor",
            loss="regressor",
            steps=regressor,
            weights={"regressor": 1.0},
            sources=("poses",),
            batch_sizes={"poses": 64},
            every=regressor,
            keep="latest",
        ),
        common.phase("synthetic", steps=supervised, weights=weights),
    )


def _laptop(config: ConfigDict) -> None:
    """Two cores, minutes."""
    _pictures(config, 64, 1)
    config.optimizer.learning_rate = 2e-3
    config.studio.amount = "small"  # the least that has all 40 poses
    config.phases = _phases(2_000, 200, 1_600)
    # Drawing takes a core longer than learning from it.
    config.phases[0].reuse, config.phases[-1].reuse = 4, 2
    config.phases[0].optimizer = {"learning_rate": 1e-2}
    # So few pictures, and vertices that are far off yet would undo the heat-maps.
    config.phases[-1].weights["heatmaps"] = 100.0
    # One look at held-out pictures a phase: each takes as long as a hundred steps.
    config.evaluation.update({"every": 4_000, "frames": 512})


def _small(config: ConfigDict) -> None:
    """All equations, and weights of 16 MiB at most."""
    _laptop(config)
    config.phases[0].update({"steps": 8_000, "every": 8_000})
    config.phases[-1].steps = 10_000
    config.evaluation.update({"every": 1000, "frames": 1024})


def _paper(config: ConfigDict) -> None:
    """What the paper says; its 315,000 pictures are drawn anew each time here."""
    _pictures(config, 256, 2)
    config.batch_size = 32  # Sec. 5.1
    config.model.update(
        {
            "widths": (256, 256, 256, 256, 256),
            "blocks": 2,  # the authors' code
            "encoder_width": 256,
            "latent": 512,
            "teacher": "pretrained",
        }
    )
    config.studio.amount = "full"
    config.phases = _phases(50_000, 20_000, 200_000)
    config.optimizer.update(
        {
            "rule": "rmsprop",  # Sec. 5.1; AdamW where steps are few
            "learning_rate": 1e-3,  # Sec. 5.1
            "schedule": "constant",
            "weight_decay": 0.0,
        }
    )


def _test(config: ConfigDict) -> None:
    """Everything, tiny."""
    _small(config)
    config.template = "hand_790"
    config.batch_size = 2
    _pictures(config, 64, 1)
    config.synthetic.rgb.background_count = 2
    config.model.update(
        {
            "widths": (8, 8),
            "encoder_width": 8,
            "latent": 16,
            "hidden": 16,
            "mesh_widths": (8, 8, 8),
            "regressor_widths": (4, 8),
        }
    )
    config.studio.amount = "test"
    config.phases = _phases(4, 4, 4)
    config.phases[0].reuse = 2
    for phase in config.phases:
        phase.every = 0
        phase.batch_sizes = dict.fromkeys(phase.batch_sizes, 2)
    config.evaluation.every = 4
    config.evaluation.frames = 4
    config.evaluation.batch_size = 2


SIZES = {"": _laptop, "small": _small, "paper": _paper, "test": _test}
