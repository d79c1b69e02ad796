"""Hands on a live page: what `python -m handjax view` is made of.

State -> Scene -> handles of viser, which only `page`, `handles` and `panel` know.

state      a hand as numbers, and the sliders that move them
scene      what stands in space: surface, key points, spheres, lines between hands
pictures   what a camera sees of it
results    folders that `predict` and `evaluate.py` wrote, frame by frame
evidence   what a hand is refined against, and the steps of that
session    all of it together, without a page
"""
