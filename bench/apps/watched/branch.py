"""Replaced when the branch changes."""

VERSION = 0
