"""Put Stemscope into the menu of a Linux desktop, for this user: desktop entry and icon.

``python packaging/install_desktop.py [COMMAND]``; COMMAND is the program to start, by default the
``stemscope`` beside this Python.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main() -> None:
    default = Path(sys.executable).parent / "stemscope"
    command = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else default
    share = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    entry = share / "applications" / "stemscope.desktop"
    icon = share / "icons" / "hicolor" / "scalable" / "apps" / "stemscope.svg"
    for target in (entry, icon):
        target.parent.mkdir(parents=True, exist_ok=True)
    text = (HERE / "stemscope.desktop").read_text(encoding="utf-8")
    entry.write_text(text.replace("Exec=stemscope", f'Exec="{command}"'), encoding="utf-8")
    shutil.copyfile(HERE.parent / "resources" / "icons" / "stemscope.svg", icon)
    print(f"Wrote {entry} and {icon}")


if __name__ == "__main__":
    main()
