"""The pitch of the voice as a line over its pane."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from app.spectrogram.gestures import TimeCanvas


def paint_pitch(painter: QPainter, canvas: TimeCanvas) -> None:
    """White with a dark seam, so that it stands out on every colour map."""
    line, view = canvas.stage.pitch, canvas.stage.viewport
    if line is None:
        return
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    lines = [
        QPolygonF(
            [
                QPointF(canvas.x_of(float(time)), canvas.y_of(float(view.scale.to_unit(float(hz)))))
                for time, hz in zip(times, hertz, strict=True)
            ]
        )
        for times, hertz in line.polylines(view.start_s, view.stop_s)
    ]
    for colour, width in (
        (QColor(0, 0, 0, 160), 4.0),
        (QColor(canvas.stage.colours.playhead), 1.6),
    ):
        pen = QPen(colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        for polygon in lines:
            if polygon.size() > 1:
                painter.drawPolyline(polygon)
            else:
                painter.drawPoint(polygon.at(0))
