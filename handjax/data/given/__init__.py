"""What a user gives: files of frames, the cameras that took them, where the hand is.

Read alike to predict (`handjax.predicting`), to fit (`handjax.fitting`) and to learn
from (`handjax.data.own`).
"""
