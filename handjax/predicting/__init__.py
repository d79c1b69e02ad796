"""Hands out of a user's own images: what `python -m handjax predict` is made of.

inputs -> Frame -> blobs or pyramid -> estimate -> Found -> smoothing -> outputs
"""
