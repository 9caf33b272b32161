"""What is loaded behind the open window: the pages nobody has gone to yet, and slow libraries.

Imports of one thread hold up another only while they run Python code, a moment at a time; what
takes long in one piece is loaded by ``app.torch_setup``.
"""

from __future__ import annotations

import importlib
import logging
from collections.abc import Iterator

logger = logging.getLogger(__name__)

MODULES = (
    "scipy.fft",
    "core.audio.av_reader",
    "core.training.run_folder",
    "core.training.summary",
    "core.evaluation",
    "app.training.recipes",
    "app.training.sound",
    "app.panels.training.curves",
    "app.panels.training.replay_view",
    "app.panels.training.run_view",
    "app.panels.training.data_card",
    "app.panels.training.recipe_card",
    "app.panels.training.setup_control",
    "app.panels.training.page",
    "app.panels.evaluation.clip_view",
    "app.panels.evaluation.results",
    "app.panels.evaluation.page",
    "app.evaluation_job",
    "app.panels.export_dialog",
    "app.comparison.blind",
)


def load_modules() -> Iterator[str]:
    """Import one after the other, giving way between; what fails is left to who needs it."""
    for name in MODULES:
        try:
            importlib.import_module(name)
        except Exception as error:
            logger.info("%s could not be loaded ahead: %s", name, error)
        yield name
    try:
        from app.training.recipes import recipes

        recipes()
    except Exception as error:
        logger.info("The recipes could not be read ahead: %s", error)
