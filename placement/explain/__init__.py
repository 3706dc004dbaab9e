"""Explanations: why an answer is as it is, found by solving around it."""
