"""File names that every system takes, made from titles that know nothing of that."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from pathlib import Path

_CHARACTERS_MAX = 120
_BYTES_MAX = 200
"""File systems take 255 bytes a name; room stays for suffixes and temporary names."""
_REPLACEMENTS = str.maketrans('/\\:|"<>?*', "----'____")
_RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])\s*(\.|$)", re.I)
_EMPTY = "untitled"


def safe_file_name(title: str) -> str:
    """``title`` as a name of one file or folder that is valid on Windows, macOS and Linux.

    Letters of every script stay. Slashes and colons become dashes; control characters and marks
    that turn the direction of writing go; dots and spaces are taken off both ends (a leading dot
    would hide the file, Windows drops a trailing one); names of Windows devices get an underscore;
    at most 120 characters and 200 bytes. Never empty.
    """
    name = unicodedata.normalize("NFC", title)
    name = "".join(c for c in name if _is_writable(c)).translate(_REPLACEMENTS)
    name = _trim(re.sub(r"\s+", " ", name))
    name = name[:_CHARACTERS_MAX]
    while len(name.encode()) > _BYTES_MAX:
        name = name[:-1]
    name = _trim(name)
    if _RESERVED.match(name):
        name = "_" + name
    return name or _EMPTY


def unique_song_folder(name: str, taken: Collection[str]) -> str:
    """A safe name for a song's files that is not among ``taken``: "Song", "Song (2)"...

    ``taken`` are the names already given in one batch; names that differ only in case count as
    equal, as they do on Windows and macOS. What lies on disk from earlier does not count: the
    export asks about that. The caller adds the answer to ``taken``.
    """
    used = {other.casefold() for other in taken}
    base = safe_file_name(name)
    candidate = base
    number = 2
    while candidate.casefold() in used:
        candidate = f"{base} ({number})"
        number += 1
    return candidate


def numbered(path: Path, number: int) -> Path:
    """ "vocals.wav" as "vocals (2).wav"."""
    return path.with_name(f"{path.stem} ({number}){path.suffix}")


def _is_writable(character: str) -> bool:
    if character.isspace():
        return True
    category = unicodedata.category(character)
    if category == "Cf":  # joiners belong to emoji and to Persian words
        return character in "\u200c\u200d"
    return category not in ("Cc", "Cs", "Co", "Cn")


def _trim(name: str) -> str:
    return name.strip(" .")
