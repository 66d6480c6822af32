"""The module that is saved again and again."""

VERSION = 0
