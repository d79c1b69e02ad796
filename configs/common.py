"""Settings that every config shares, and their defaults."""

from collections.abc import Mapping

from ml_collections import ConfigDict


def phase(
    name: str,
    *,
    steps: int,
    weights: Mapping[str, float],
    loss: str = "supervised",
    sources: tuple[str, ...] = ("synthetic",),
    optimizer: Mapping[str, float] | None = None,
) -> ConfigDict:
    """One stage of training: what is minimised, on what, for how long.

    Args:
        name: told in the log.
        steps: how many.
        weights: of the loss's terms; 0 only watches one.
        loss: of the method.
        sources: where batches come from.
        optimizer: what differs from the config's optimiser.
    """
    return ConfigDict(
        {
            "name": name,
            "loss": loss,
            "steps": steps,
            "weights": dict(weights),
            "sources": sources,
            "optimizer": dict(optimizer or {}),
        }
    )


def optimizer() -> ConfigDict:
    """AdamW under a cosine with a short warm-up, and an average of the parameters."""
    return ConfigDict(
        {
            "learning_rate": 4e-3,
            "schedule": "cosine",
            "warmup": 200,
            "weight_decay": 1e-5,
            "clip": 1.0,
            "ema": 0.999,
        }
    )


def synthetic() -> ConfigDict:
    """Random hands for `handjax.data.synthetic`."""
    return ConfigDict(
        {
            "view": "haar",  # or "wan2019"
            "noise": True,
            "center": "depth",  # of the crop: mean of what is seen; or "gt": spheres
            "crop_jitter": 10.0,  # mm, at most, from there
            "distance": (450.0, 1000.0),  # mm, of the wrist from the camera
            "shape": 1.0,  # standard deviations of the shape space
        }
    )


def evaluation() -> ConfigDict:
    """How often and on how many held-out frames."""
    return ConfigDict({"every": 1000, "frames": 1024, "batch_size": 64})
