"""The One-Euro filter: still where a hand rests, close behind where it moves.

Notation, shared by every function here and by the tests:
    X, X_hat: a signal as measured and as filtered, any shape.
    dX_hat: its filtered speed, units a second.
    T: time since the last sample, seconds.
    f_c: cut-off frequency, Hz; f_c_min: its least, at rest; beta: how it grows.
    f_d: cut-off of the speed, Hz.

Source: Casiez, Roussel & Vogel, 1 euro filter: a simple speed-based low-pass filter for
noisy input in interactive systems, CHI 2012.
"""

import math
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

Signal = Float[np.ndarray, "*shape"]


class Settings(NamedTuple):
    """How a filter follows.

    Attributes:
        rest: f_c_min, Hz. Lower: less jitter of a hand at rest.
        follow: beta, Hz for each mm a second. Higher: less lag of a hand that moves.
        speed: f_d, Hz; the paper's 1.
    """

    rest: float = 1.0
    follow: float = 0.02
    speed: float = 1.0


class Memory(NamedTuple):
    """What a filter knows of the past: X_hat and dX_hat."""

    position: Signal
    speed: Signal


def share(cutoff: "Signal | float", period: float) -> "Signal | float":
    """How much of a new sample is taken.

        alpha = 1 / (1 + tau / T),  tau = 1 / (2 pi f_c)

    Args:
        cutoff: f_c, Hz, above 0.
        period: T, seconds, above 0.

    Source: Casiez et al. 2012, Eqs. (2) and (5).
    """
    return 1.0 / (1.0 + 1.0 / (2.0 * math.pi * cutoff * period))


def begin(measured: Signal) -> Memory:
    """A filter that has seen one sample, and takes it as it is."""
    first = np.asarray(measured, np.float64)
    return Memory(first, np.zeros_like(first))


def step(memory: Memory, measured: Signal, period: float, settings: Settings) -> Memory:
    """A sample later.

        dX_hat = a(f_d) (X - X_hat) / T + (1 - a(f_d)) dX_hat
        f_c    = f_c_min + beta |dX_hat|
        X_hat  = a(f_c) X + (1 - a(f_c)) X_hat

    Each coordinate for itself.

    Args:
        memory: of the samples before.
        measured: X.
        period: T, seconds, above 0.
        settings: f_c_min, beta, f_d.

    Source: Casiez et al. 2012, Eqs. (1) and (4).
    """
    X = np.asarray(measured, np.float64)
    a = share(settings.speed, period)
    speed = a * (X - memory.position) / period + (1.0 - a) * memory.speed
    cutoff = settings.rest + settings.follow * np.abs(speed)
    a = share(cutoff, period)
    return Memory(a * X + (1.0 - a) * memory.position, speed)


def smooth(
    measured: Float[np.ndarray, "frames *shape"],
    fps: float,
    settings: Settings | None = None,
) -> Float[np.ndarray, "frames *shape"]:
    """A whole signal, filtered; each sample sees those before it alone.

    Args:
        measured: X of every frame.
        fps: frames a second, above 0.
        settings: f_c_min, beta, f_d.
    """
    settings = settings or Settings()
    samples = [np.asarray(X) for X in measured]
    memory, filtered = begin(samples[0]), []
    for k, X in enumerate(samples):
        memory = step(memory, X, 1.0 / fps, settings) if k else memory
        filtered.append(memory.position)
    return np.stack(filtered)
