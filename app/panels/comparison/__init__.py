"""The inspector's part for two models, and the blind test."""

from app.panels.comparison.panel import ComparePanel
from app.panels.comparison.reading import ComparedReading

__all__ = ["ComparePanel", "ComparedReading"]
