"""The scripts that made the hand's assets: `python -m handjax.hands.build`."""
