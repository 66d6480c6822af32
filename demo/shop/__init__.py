"""A shop that sells nothing and breaks on request."""

from .app import application

__all__ = ["application"]
