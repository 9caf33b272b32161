"""The small style sheet over the Fusion style: what a palette cannot say."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.theme import Theme

_SHEET = """
QWidget {{ selection-background-color: {accent}; selection-color: {on_accent}; }}
QMainWindow, #centre {{ background: {background}; }}
#toolbar, #rail, #transport, #inspector, #strips, #queue, #statusline, #page {{
    background: {panel};
}}
#toolbar {{ border-bottom: 1px solid {line}; }}
#rail {{ border-right: 1px solid {line}; }}
#runs {{ background: {panel}; }}
RunsList {{ border-right: 1px solid {line}; }}
#inspector {{ border-left: 1px solid {line}; }}
#transport, #queue, #statusline {{ border-top: 1px solid {line}; }}
#errorbar {{ background: {raised}; border-bottom: 1px solid {error}; }}
QLabel[role="muted"] {{ color: {muted}; }}
QLabel[role="error"] {{ color: {error}; }}
QLabel[role="warning"] {{ color: {warning}; }}
QLabel[role="heading"] {{ font-weight: 600; }}
QLabel[role="section"] {{ color: {muted}; font-weight: 600; }}
QToolTip {{ background: {raised}; color: {text}; border: 1px solid {line}; padding: 4px 6px; }}

QPushButton, QToolButton {{
    background: {raised}; color: {text}; border: 1px solid {line}; border-radius: 4px;
    padding: 0 10px; min-height: 26px;
}}
QToolButton {{ padding: 0 6px; }}
QPushButton:hover, QToolButton:hover {{ background: {hover}; }}
QPushButton:pressed, QToolButton:pressed {{ background: {line}; }}
QPushButton:checked, QToolButton:checked {{
    background: {accent}; color: {on_accent}; border-color: {accent};
}}
QPushButton:disabled, QToolButton:disabled {{ color: {faint}; background: {panel}; }}
QPushButton:checked:disabled, QToolButton:checked:disabled {{
    background: {raised}; color: {faint}; border-color: {line};
}}
QPushButton:focus, QToolButton:focus, QComboBox:focus, QLineEdit:focus, QSpinBox:focus,
QDoubleSpinBox:focus {{ border: 1px solid {accent}; }}
QPushButton:default {{ background: {accent}; color: {on_accent}; border-color: {accent}; }}
QPushButton:default:hover {{ background: {text}; }}
QPushButton:default:disabled {{ background: {panel}; color: {faint}; border-color: {line}; }}
QPushButton[primary="true"] {{
    background: {accent}; color: {on_accent}; border-color: {accent}; font-weight: 600;
}}
QPushButton[primary="true"]:hover {{ background: {text}; }}
QPushButton[primary="true"]:disabled {{
    background: {panel}; color: {muted}; border-color: {line};
}}
QPushButton[row="true"] {{ background: transparent; border: 1px solid transparent; }}
QPushButton[edit="true"] {{
    background: transparent; border: none; border-radius: 3px; text-align: left; padding: 0 6px;
    min-height: 0;
}}
QPushButton[edit="true"]:hover {{ background: {raised}; }}
QPushButton[edit="true"]:checked {{ background: {hover}; color: {text}; }}
QPushButton[edit="true"][faint="true"] {{ color: {faint}; }}
QPushButton[row="true"]:hover {{ background: {raised}; }}
QPushButton[row="true"]:focus {{ border-color: {accent}; }}
QToolButton[flat="true"] {{ background: transparent; border-color: transparent; }}
QToolButton[flat="true"]:hover {{ background: {hover}; }}
QToolButton[flat="true"]:checked {{ background: {hover}; color: {text}; border-color: {line}; }}
QToolButton[flat="true"]:focus {{ border-color: {accent}; }}
QToolButton[lit="mute"]:checked {{ background: {mute}; color: {on_lit}; border-color: {mute}; }}
QToolButton[lit="solo"]:checked {{ background: {solo}; color: {on_lit}; border-color: {solo}; }}
QToolButton[small="true"] {{
    min-height: 20px; max-height: 20px; min-width: 12px; padding: 0 4px; font-weight: 600;
}}
QToolButton[nav="true"] {{
    background: transparent; border: 0; border-left: 2px solid transparent; border-radius: 0;
    color: {muted}; padding: 8px 0 6px 0; min-height: 40px;
}}
QToolButton[nav="true"]:hover {{ color: {text}; background: {raised}; }}
QToolButton[nav="true"]:checked {{
    color: {text}; background: {raised}; border-left: 2px solid {accent};
}}
QToolButton[nav="true"]:focus {{ border: 0; border-left: 2px solid {muted}; }}
QToolButton::menu-indicator {{ image: none; }}

QComboBox, QLineEdit, QSpinBox, QDoubleSpinBox {{
    background: {raised}; border: 1px solid {line}; border-radius: 4px;
    min-height: 26px; padding: 0 8px;
}}
QComboBox::drop-down {{ border: 0; width: 24px; }}
QComboBox::down-arrow {{ image: url("{arrow}"); width: 12px; height: 12px; }}
QSpinBox::up-button, QSpinBox::down-button {{ width: 0; border: 0; }}
QSpinBox[small="true"] {{ min-height: 16px; padding: 0 2px; }}
QSpinBox[lit="true"] {{ background: {accent}; color: {on_accent}; border-color: {accent}; }}
QSpinBox:disabled {{ color: {faint}; }}
QSpinBox[lit="true"]:disabled {{ background: {raised}; color: {faint}; border-color: {line}; }}
QAbstractSpinBox QLineEdit {{ border: 0; padding: 0; min-height: 0; background: transparent; }}
QComboBox:hover {{ background: {hover}; }}
QComboBox:disabled, QLineEdit:disabled {{ color: {faint}; }}
QComboBox QAbstractItemView {{
    background: {raised}; border: 1px solid {line}; outline: 0; padding: 4px;
}}
QMenu {{ background: {raised}; border: 1px solid {line}; padding: 4px; }}
QMenu::item {{ padding: 5px 28px 5px 24px; border-radius: 3px; }}
QMenu::item:selected {{ background: {hover}; }}
QMenu::item:disabled {{ color: {faint}; }}
QMenu::separator {{ height: 1px; background: {line}; margin: 4px 8px; }}
QMenuBar {{ background: {panel}; border-bottom: 1px solid {line}; }}
QMenuBar::item {{ background: transparent; padding: 4px 8px; }}
QMenuBar::item:selected {{ background: {hover}; border-radius: 3px; }}

QSlider::groove:horizontal {{ height: 3px; background: {line}; border-radius: 1px; }}
QSlider::sub-page:horizontal {{ background: {muted}; border-radius: 1px; }}
QSlider::handle:horizontal {{
    width: 10px; height: 16px; margin: -7px 0; border-radius: 3px; background: {text};
}}
QSlider::handle:horizontal:focus {{ background: {accent}; border: 1px solid {text}; }}

QProgressBar {{
    background: {line}; border: 0; border-radius: 2px; min-height: 4px; max-height: 4px;
}}
QProgressBar::chunk {{ background: {accent}; border-radius: 2px; }}
QScrollArea, QListWidget {{ border: 0; background: transparent; }}
QListWidget::item {{ border-radius: 4px; padding-left: 8px; }}
QListWidget::item:hover {{ background: {raised}; }}
QListWidget::item:selected {{ background: {raised}; color: {text}; }}
QTableView {{ border: 0; background: transparent; }}
QHeaderView {{ background: transparent; border: 0; }}
QHeaderView::section {{
    background: transparent; color: {muted}; border: 0; border-bottom: 1px solid {line};
    padding: 0 8px;
}}
QScrollBar:vertical {{ background: transparent; width: 10px; margin: 0; }}
QScrollBar:horizontal {{ background: transparent; height: 10px; margin: 0; }}
QScrollBar::handle {{ background: {hover}; border-radius: 3px; margin: 2px; }}
QScrollBar::handle:vertical {{ min-height: 24px; }}
QScrollBar::handle:horizontal {{ min-width: 24px; }}
QScrollBar::handle:hover {{ background: {faint}; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
QSplitter::handle {{ background: {line}; }}
QSplitter::handle:hover {{ background: {faint}; }}
QCheckBox {{ spacing: 8px; min-height: 24px; }}
QCheckBox::indicator {{
    width: 14px; height: 14px; border: 1px solid {faint}; border-radius: 3px; background: {raised};
}}
QCheckBox::indicator:hover, QCheckBox::indicator:focus {{ border-color: {accent}; }}
QCheckBox::indicator:checked {{
    background: {accent}; border-color: {accent}; image: url("{check}");
}}
QCheckBox::indicator:disabled {{ border-color: {line}; background: {panel}; }}
QCheckBox::indicator:checked:disabled {{ background: {faint}; image: url("{check}"); }}
QCheckBox:focus {{ text-decoration: underline; }}
QLineEdit[wrong="true"] {{ border-color: {error}; color: {error}; }}
RunRow:hover, RunRow:focus, RunRow[current="true"] {{ background: {raised}; }}
QToolButton[segment="true"] {{ padding: 0 2px; }}
#queue QWidget[queuerow="true"] {{ border-left: 2px solid transparent; }}
#queue QWidget[queuerow="true"]:hover, #queue QWidget[queuerow="true"]:focus {{
    background: {raised};
}}
#queue QWidget[queuerow="true"][current="true"] {{
    background: {raised}; border-left: 2px solid {accent};
}}
QFrame[rule="true"] {{ background: {line}; border: 0; max-height: 1px; min-height: 1px; }}
QPlainTextEdit, QTextBrowser {{
    background: {background}; border: 1px solid {line}; border-radius: 4px; padding: 8px;
}}
"""


def build(theme: Theme) -> str:
    """The style sheet in the colours of ``theme``."""
    icons = resources.files("resources") / "icons"
    images = {
        part: str(icons / f"{theme.name}-{part}.svg").replace("\\", "/")
        for part in ("arrow", "check")
    }
    return _SHEET.format(**vars(theme), **images)
