"""Where angles are wont to be: the mean and spread of the named poses."""

import numpy as np

from handjax.hands.inverse.chain import ABOUT, MOVED
from handjax.hands.named_poses import NAMED

LEEWAY = np.deg2rad(15.0)
"""Added to the spread of the named poses, which are few, radians."""

_BANK = np.stack(list(NAMED.values()))[:, MOVED, ABOUT]
MEAN = _BANK.mean(axis=0).astype(np.float32)
_SPREAD = np.cov(_BANK.T) + LEEWAY**2 * np.eye(len(MEAN))
PRECISION = np.linalg.inv(_SPREAD).astype(np.float32)
