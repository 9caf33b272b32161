"""Files that appear all together or not at all, under names that are valid everywhere."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import string
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from core.audio.file_names import numbered, safe_file_name
from core.errors import OutputError, UsageError

_FIELDS = ("song", "stem", "artist", "title", "model")


@dataclass(frozen=True)
class Target:
    """One file to be written."""

    stem: str
    path: Path


def plan_targets(
    folder: Path,
    template: str,
    fields: Mapping[str, str],
    stems: Sequence[str],
    suffix: str,
) -> list[Target]:
    """The file of each stem: ``template`` filled in, part by part between its slashes."""
    used: dict[str, str] = {}
    targets = []
    for stem in stems:
        parts = [
            safe_file_name(_fill(part, {**fields, "stem": stem}))
            for part in template.split("/")
            if part.strip()
        ]
        if not parts:
            raise UsageError("The name template is empty. Use for example {example}.",
                             example="{song}/{stem}")  # fmt: skip
        path = folder.joinpath(*parts[:-1], f"{parts[-1]}.{suffix}")
        if str(path).casefold() in used:
            raise UsageError(
                "The name template gives “{name}” to two stems. Put {field} into it.",
                name=path.name,
                field="{stem}",
            )
        used[str(path).casefold()] = stem
        targets.append(Target(stem, path))
    return targets


def _fill(part: str, fields: Mapping[str, str]) -> str:
    try:
        pieces = list(string.Formatter().parse(part))
    except ValueError as error:
        raise UsageError(
            "The name template “{part}” has a brace without its partner.", part=part
        ) from error
    filled = ""
    for text, field, spec, conversion in pieces:
        filled += text
        if field is None:
            continue
        if field not in _FIELDS or spec or conversion:
            raise UsageError(
                "The name template knows no field “{field}”. It has {fields}.",
                field=field,
                fields=", ".join(_FIELDS),
            )
        filled += fields[field]
    return filled


class OutputFiles:
    """Makes the folders, hands out temporary files beside the targets, renames them at the end.

    A context manager: unless ``commit`` was reached, leaving it removes every temporary file and
    every folder it made. ``targets`` are those to be written, ``skipped`` the paths kept.
    """

    def __init__(
        self, folder: Path, targets: Sequence[Target], if_exists: str, source: Path | None
    ) -> None:
        self._folder = folder
        self._may_overwrite = if_exists == "overwrite"
        self._made: list[Path] = []
        self._temporary: dict[Target, Path] = {}
        self._committed = False
        self.skipped: list[Path] = []
        self.targets = self._settle(list(targets), if_exists)
        for target in self.targets:
            if source is not None and _is_same(source, target.path):
                raise OutputError(
                    "“{name}” would replace the song itself. Choose another folder or name.",
                    name=target.path.name,
                )

    def temporary(self, target: Target) -> Path:
        """Where ``target`` is written until all are complete."""
        return self._temporary[target]

    @contextlib.contextmanager
    def reported(self) -> Iterator[None]:
        """Turn an ``OSError`` into a sentence that names the folder and the remedy."""
        try:
            yield
        except OSError as error:
            raise _output_error(self._folder, error) from error

    def commit(self) -> None:
        """Give every complete file its name; the ones before a failure are taken back."""
        placed: list[Path] = []
        with self.reported():
            try:
                for target in self.targets:
                    existed = os.path.lexists(target.path)
                    if existed and not self._may_overwrite:
                        raise _exists_error(target.path)
                    os.replace(self._temporary[target], target.path)
                    if not existed:
                        placed.append(target.path)
            except BaseException:
                for path in placed:
                    with contextlib.suppress(OSError):
                        path.unlink()
                raise
        self._committed = True

    def __enter__(self) -> Self:
        try:
            with self.reported():
                for target in self.targets:
                    self._make_folder(target.path.parent)
                    name = f".{secrets.token_hex(8)}.stemscope-part"
                    self._temporary[target] = target.path.with_name(name)
        except BaseException:
            self._clean_up()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if not self._committed:
            self._clean_up()

    def _settle(self, targets: list[Target], if_exists: str) -> list[Target]:
        existing = [target for target in targets if os.path.lexists(target.path)]
        if not existing:
            return targets
        if if_exists == "skip":
            self.skipped = [target.path for target in existing]
            return [target for target in targets if target not in existing]
        if if_exists == "overwrite":
            for target in existing:
                if target.path.is_dir():
                    raise OutputError(
                        "“{name}” is a folder in “{folder}”. Choose another name.",
                        name=target.path.name,
                        folder=target.path.parent,
                    )
            return targets
        if if_exists == "rename":
            number = 2
            while True:  # one number for the set, so that its files stay recognisable
                renamed = [Target(t.stem, numbered(t.path, number)) for t in targets]
                if not any(os.path.lexists(target.path) for target in renamed):
                    return renamed
                number += 1
        raise _exists_error(existing[0].path)

    def _make_folder(self, folder: Path) -> None:
        missing = []
        while not folder.exists():
            missing.append(folder)
            folder = folder.parent
        for path in reversed(missing):
            with contextlib.suppress(FileExistsError):  # another export made it meanwhile
                path.mkdir()
                self._made.append(path)
        if missing and not missing[0].is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(missing[0]))

    def _clean_up(self) -> None:
        for path in self._temporary.values():
            with contextlib.suppress(OSError):
                path.unlink()
        for path in reversed(self._made):
            with contextlib.suppress(OSError):  # no longer empty: someone else's by now
                path.rmdir()


def _is_same(first: Path, second: Path) -> bool:
    try:
        return first.samefile(second)
    except OSError:
        return False


def _exists_error(path: Path) -> OutputError:
    return OutputError(
        "“{name}” is already in “{folder}”. Allow it to be overwritten, or choose another folder.",
        name=path.name,
        folder=path.parent,
    )


def _output_error(folder: Path, error: OSError) -> OutputError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return OutputError(
            "There is no room left on the disk of “{folder}”. "
            "Free some space or choose another folder; nothing was written.",
            folder=folder,
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return OutputError(
            "You have no permission to write into “{folder}”. Choose another folder.",
            folder=folder,
        )
    if error.errno in (errno.ENOTDIR, errno.EEXIST):
        return OutputError(
            "“{folder}” or what leads to it is a file, not a folder. Choose another folder.",
            folder=folder,
        )
    return OutputError(
        "The files could not be written into “{folder}”: {reason}. Choose another folder.",
        folder=folder,
        reason=error.strerror or error,
    )
