"""The part of the inspector where masks are edited."""

from app.panels.editing.panel import EditPanel

__all__ = ["EditPanel"]
