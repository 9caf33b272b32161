"""Edits of masks: what the user changes, brought into the mask and the sound piece by piece."""
