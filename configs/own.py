"""A recording of your own, to learn from: docs/own_data.md.

python train.py --config=configs/own.py --config.real.root=OWN --init wan_spheres
"""

from ml_collections import ConfigDict

from configs import wan_spheres


def get_config(variant: str = "small") -> ConfigDict:
    """The fitting phase of [wan2019] on your frames, beside synthetic hands."""
    config = wan_spheres.get_config(f"{variant},real,adapt").unlock()
    config.real.name = "own"
    config.real.views = 3  # how many cameras you have
    config.real.center = "depth"  # of crops; or "gt", key points, where you have some
    config.phases[0].steps = 1_500
    return config.lock()
