"""deep_hand_mesh: one person's hand from pictures, joints and depth [moon2020].

python train.py --config=configs/deep_hand_mesh.py         a laptop, minutes
python train.py --config=configs/deep_hand_mesh.py:small   what is released
python train.py --config=configs/deep_hand_mesh.py:paper   the full recipe
python train.py --config=configs/deep_hand_mesh.py:test    seconds, for tests
python train.py --config=configs/deep_hand_mesh.py:small,linear
                                                           a row of Table 1
"""

from collections.abc import Callable

from ml_collections import ConfigDict

from configs import common

__all__ = ["FIGURES", "ROWS", "SIZES", "get_config"]


def _full(config: ConfigDict) -> None:
    """All of it."""


def _linear(config: ConfigDict) -> None:
    """Ten coefficients of shape, and correctives linear in rotations."""
    config.model.pipeline = "linear"


def _without(*terms: str) -> Callable[[ConfigDict], None]:
    def change(config: ConfigDict) -> None:
        for term in terms:
            config.phases[0].weights[term] = 0.0

    return change


def _leaving(name: str) -> Callable[[ConfigDict], None]:
    def change(config: ConfigDict) -> None:
        config.model.without = (*config.model.without, name)

    return change


def _with_weights(config: ConfigDict) -> None:
    """Sec. 13: skinning weights get a corrective too."""
    config.model.without = tuple(x for x in config.model.without if x != "weights")


def _general(config: ConfigDict) -> None:
    """Sec. 8.4: a new encoder on hands of others, with their true bone lengths."""
    steps, rate = config.phases[0].steps, config.optimizer.learning_rate
    phase = common.phase(
        "general",
        loss="general",
        steps=steps,
        weights={"pose": 1.0, "turn": 1.0},
        optimizer={"learning_rate": rate},
    )
    config.model.bones = "true"
    config.evaluation.source = "synthetic"
    config.phases = (*config.phases, phase)


def _on_real(config: ConfigDict) -> None:
    """A real dataset in place of the studio, or of synthetic hands of others."""
    common.on_real(config)
    for phase in config.phases:
        if phase.loss == "general":
            phase.sources, phase.reuse = (common.REAL,), 1


def _textured(config: ConfigDict) -> None:
    """Sec. 11: fine-tuning with the texture of a neutral pose."""
    config.phases = (*config.phases, _of_texture(config.phases[0], 1.0))
    config.studio.labels = (*config.studio.labels, "pictures")


def _as_long(config: ConfigDict) -> None:
    """As many steps more without it, for Figure 12."""
    _textured(config)
    config.phases[-1].weights["texture"] = 0.0


def _adapt(config: ConfigDict) -> None:
    """The phase that comes last, alone; of hands of others the decoder stays as it is,
    and a release will do."""
    config.phases = config.phases[-1:]
    config.model.folded = config.phases[0].loss == "general"
    config.needs_init = True


def _row(title: str, change: Callable, paper: float | None = None) -> common.Row:
    return common.Row(title, paper, change, scratch=True)


ROWS = {
    "full": _row("DeepHandMesh", _full, 9.86),
    "linear": _row("linear model", _linear, 13.81),
    "without_skeleton": _row("no skeleton corrective", _leaving("skeleton")),
    "without_identity": _row("no identity corrective", _leaving("identity")),
    "without_pose_corrective": _row("no pose corrective", _leaving("pose")),
    "with_weights": _row("skinning weights too", _with_weights),
    "without_pose": _row("no pose loss", _without("pose")),
    "without_depth": _row("no depth loss", _without("depth")),
    "without_penetration": _row("no penetration", _without("rigid", "non_rigid")),
    "without_laplacian": _row("no Laplacian", _without("laplacian")),
    "textured": common.Row("fine-tuned with texture", None, _textured),
    "as_long": common.Row("fine-tuned without", None, _as_long),
    "general": common.Row("hands of others", None, _general, dataset="synthetic"),
}
"""Tables 1 and 2, Figures 4, 6 and 12, Sec. 8.4 and 13, as changes of the config."""
FIGURES: tuple[common.Curves, ...] = ()


def get_config(variant: str = "") -> ConfigDict:
    """The settings of one variant, locked: a name that is not here is refused."""
    rows = {name: row.change for name, row in ROWS.items()}
    rows |= {common.REAL: _on_real, common.ADAPT: _adapt}
    changes = common.read_variant(variant, SIZES, rows)
    config = ConfigDict(
        {
            "method": "deep_hand_mesh",
            "template": "hand_790",
            "seed": 0,
            "batch_size": 8,
            "needs_init": False,  # whether --init must bring every parameter
            "phases": (),
            "optimizer": common.optimizer(),
            "synthetic": common.synthetic(),
            "studio": common.studio(),
            "real": common.real(),
            "model": ConfigDict(
                {
                    "pipeline": "correctives",  # or "linear"
                    "without": ("weights",),  # of "skeleton", "identity", "pose"
                    "encoder": "small",  # or "resnet18", "resnet50", "tiny"
                    "norm": "group",  # or "frozen", for weights from elsewhere
                    "neck": 512,  # features between the encoder's last layers
                    "hidden": 256,  # of the correctives
                    "skeleton_hidden": 256,  # the released code: 64
                    "bones": "subject",  # key points', or "true", for others' hands
                    "folded": False,  # identity as constants, as in a release
                    "texels": 256,  # edge of the texture, Sec. 11
                    "finer": 4,  # times as many of the one it is compared with
                    "unit": 10.0,  # mm, of what a corrective's output of 1 is
                    "dtype": "float32",  # or "bfloat16", within the encoder alone
                }
            ),
            "evaluation": common.evaluation(),
        }
    )
    config.synthetic.modality = config.studio.modality = "rgb"
    config.synthetic.rgb.labels = ("joints",)
    config.studio.labels = ("joints", "depth", "mask")
    config.studio.subject = "A"
    config.evaluation.source = "studio"  # others' hands say nothing of the subject's
    for change in changes:
        change(config)
    return config.lock()


def _pictures(config: ConfigDict, pixels: int, targets: int) -> None:
    config.studio.rgb.pixels = config.synthetic.rgb.pixels = pixels
    config.studio.rgb.targets = targets
    config.synthetic.rgb.samples = 1


def _weak(steps: int, sizes: float) -> ConfigDict:
    """Sec. 6, and Sec. 15 where `sizes` weighs the correctives' sizes."""
    weights = {
        "pose": 1.0,
        "turn": 1.0,  # learnt beside the paper's, and by nothing that it uses
        "depth": 1.0,
        "rigid": 1.0,
        "non_rigid": 5.0,
        "laplacian": 5.0,
    }
    parts = ("skeleton", "identity", "pose") if sizes else ()
    weights |= {f"{part}_size": sizes for part in parts}
    return common.phase(
        "weak",
        loss="weak",
        steps=steps,
        weights=weights,
        sources=("studio",),
        keep="latest",
    )


def _of_texture(weak: ConfigDict, weight: float) -> ConfigDict:
    """Sec. 11: 15 epochs after 35, the Laplacian at 1."""
    steps = max(1, weak.steps * 15 // 35)
    return common.phase(
        "texture",
        loss="texture",
        steps=steps,
        weights={**weak.weights, "laplacian": 1.0, "texture": weight},
        sources=("studio",),
        keep="latest",
        shown="neutral",
    )


def _laptop(config: ConfigDict) -> None:
    """Two cores, minutes."""
    _pictures(config, 128, 2)
    config.optimizer.learning_rate = 1e-3
    config.studio.amount = "tiny"
    config.phases = (_weak(1_500, 0.01),)
    config.evaluation.frames = 256


def _small(config: ConfigDict) -> None:
    """All equations, and weights of 16 MB at most."""
    _laptop(config)
    config.template = "hand_1721"
    config.studio.amount = "small"
    config.phases = (_weak(6_000, 0.01),)


def _paper(config: ConfigDict) -> None:
    """What the paper says."""
    _pictures(config, 256, 6)
    config.template = "hand_12553"
    config.batch_size = 32  # Sec. 7
    config.model.update({"encoder": "resnet50", "unit": 1.0})
    config.optimizer.learning_rate = 1e-4
    config.studio.amount = "full"
    config.phases = (_weak(35 * 404_000 // 32, 0.0),)  # 35 epochs


def _test(config: ConfigDict) -> None:
    """Everything, tiny."""
    _pictures(config, 32, 1)
    config.batch_size = 2
    config.model.update(
        {
            **{"encoder": "tiny", "neck": 8, "hidden": 8, "skeleton_hidden": 8},
            **{"texels": 16, "finer": 2},
        }
    )
    config.synthetic.rgb.background_count = 2
    config.studio.amount = "test"
    config.phases = (_weak(4, 0.01),)
    config.evaluation.update({"every": 4, "frames": 4, "batch_size": 2})


SIZES = {"": _laptop, "small": _small, "paper": _paper, "test": _test}
