"""The command ``bench``: how fast this machine separates and trains, and how late its window is."""

from app.bench.command import run_bench

__all__ = ["run_bench"]
