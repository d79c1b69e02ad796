"""wan_spheres: 41 spheres from a depth image [wan2019].

python train.py --config=configs/wan_spheres.py            a laptop, 13 minutes
python train.py --config=configs/wan_spheres.py:small      what is released
python train.py --config=configs/wan_spheres.py:paper      the full recipe
python train.py --config=configs/wan_spheres.py:test       seconds, for tests
"""

from ml_collections import ConfigDict

from configs import common


def get_config(variant: str = "") -> ConfigDict:
    """The settings of one variant, locked: a name that is not here is refused."""
    variants = {"": _laptop, "small": _small, "paper": _paper, "test": _test}
    if variant not in variants:
        raise ValueError(f"variant must be one of {sorted(variants)}, got {variant!r}")
    config = ConfigDict(
        {
            "method": "wan_spheres",
            "template": "hand_790",
            "seed": 0,
            "batch_size": 64,
            "phases": (
                common.phase("synthetic", steps=9000, weights={"coordinates_l1": 1.0}),
            ),
            "optimizer": common.optimizer(),
            "synthetic": common.synthetic(),
            "model": ConfigDict(
                {
                    "stacks": 1,  # Sec. 4: one by default, two in Table 2
                    "widths": (32, 64, 128),
                    "blocks": 1,
                    "beta": 10.0,  # Eq. 1: alpha
                    "normalisation": "softmax",  # Eq. 2 as printed; "relu": the code
                }
            ),
            "evaluation": common.evaluation(),
        }
    )
    variants[variant](config)
    return config.lock()


def _laptop(config: ConfigDict) -> None:
    """Two cores, minutes: small batches and long steps learn most from few hands."""
    config.batch_size = 32
    config.optimizer.learning_rate = 4e-3
    config.phases[0].steps = 12_000


def _small(config: ConfigDict) -> None:
    """All equations, and weights of 16 MB at most."""
    config.template = "hand_1721"
    config.model.widths = (64, 128, 256)


def _paper(config: ConfigDict) -> None:
    """What the paper and its released code say."""
    config.template = "hand_1721"
    config.batch_size = 128
    config.optimizer.learning_rate = 1e-3
    config.model.widths = (256, 256, 256)
    config.phases = (
        common.phase(
            "synthetic",
            steps=20_000_000 // 128,  # Sec. 3.3: 20 million depth maps
            weights={"heatmaps": 1e3, "depthmaps": 1e3},  # Sec. 3.3: on the maps
        ),
    )


def _test(config: ConfigDict) -> None:
    """Everything, tiny."""
    config.batch_size = 4
    config.model.widths = (16, 16)
    config.phases[0].steps = 4
    config.evaluation.every = 2
    config.evaluation.frames = 8
    config.evaluation.batch_size = 4
