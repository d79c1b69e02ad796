"""wan_spheres: 41 spheres from a depth image [wan2019].

python train.py --config=configs/wan_spheres.py            a laptop, minutes
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
            "batch_size": 32,
            "phases": (),
            "optimizer": common.optimizer(),
            "synthetic": common.synthetic(),
            "model": ConfigDict(
                {
                    "stacks": 1,  # Sec. 4: one by default, two in Table 2
                    "widths": (32, 64, 128),
                    "blocks": 1,
                    "dtype": "float32",  # or "bfloat16", within the network alone
                    "beta": 10.0,  # Eq. 1: alpha
                    "normalisation": "softmax",  # Eq. 2 as printed; "relu": the code
                    "threshold": 0.05,  # Eq. 3: the code; 0 as printed
                    "reach": 50.0,  # mm, Eq. 9: the code; inf as printed
                }
            ),
            "evaluation": common.evaluation(),
        }
    )
    variants[variant](config)
    return config.lock()


def _laptop(config: ConfigDict) -> None:
    """Two cores, minutes: small batches and long steps learn most from few hands.

    Of the two kinds of supervision in Sec. 3.3 the one on coordinates, by absolute
    error: after 2,000 steps (seed 0) the 14 joints were 27 mm off, with the maps
    weighed as much beside it 35 mm.
    """
    config.phases = (
        common.phase(
            "synthetic",
            steps=12_000,
            weights={
                "coordinates_l1": 1.0,
                "model_to_data": 1e-3,  # Eq. 5
                "data_to_model": 3e-3,  # Eqs. 9-11
            },
        ),
    )


def _small(config: ConfigDict) -> None:
    """All equations, and weights of 16 MB at most: `_laptop` and Eq. 3, longer."""
    _laptop(config)
    config.template = "hand_1721"
    config.model.widths = (64, 128, 256)
    config.phases[0].steps = 65_000
    config.phases[0].weights.update(
        {"heatmaps": 0.3, "depthmaps": 0.3}  # Eq. 3
    )
    config.evaluation.every = 2500


def _paper(config: ConfigDict) -> None:
    """What the paper and its released code say.

    Ours still: the hand, its shapes and poses; the sensor's noise in place of Gaussian
    noise; crops centred on the mean of the spheres, up to 15 mm beside it, where the
    code moves hands within a box of 30 x 30 x 50 mm; background at 150 mm, not 100; a
    stem of patches, not a strided convolution; nearest, not bilinear upsampling.
    """
    config.template = "hand_1721"
    config.batch_size = 128
    config.optimizer.update(  # released code
        {
            "learning_rate": 1e-3,
            "schedule": "step",
            "warmup": 0,
            "clip": 0.0,
            "ema": 0.0,
        }
    )
    config.synthetic.view = "wan2019"
    config.synthetic.center = "gt"
    config.synthetic.crop_jitter = 15.0
    config.model.update(
        {
            "widths": (256, 256, 256),
            "beta": 20.0,  # released code
            "normalisation": "relu",  # released code
        }
    )
    config.phases = (
        common.phase(
            "synthetic",
            steps=20_000_000 // 128,  # Sec. 3.3: 20 million depth maps
            # Sec. 3.3: on the maps; weights of the released code, 1e-1 for mm squared.
            weights={"heatmaps": 1e3, "depthmaps": 1e3},
        ),
    )


def _test(config: ConfigDict) -> None:
    """Everything, tiny."""
    _small(config)
    config.template = "hand_790"
    config.batch_size = 4
    config.model.widths = (16, 16)
    config.phases[0].steps = 4
    config.evaluation.every = 2
    config.evaluation.frames = 8
    config.evaluation.batch_size = 4
