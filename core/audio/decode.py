"""From a file of any format to samples on disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from core.audio.growing import GrowingAudio
from core.audio.info import DecodedSong, FileInfo
from core.audio.intake import Intake
from core.audio.probe import Reader, look_at
from core.audio.sndfile_reader import ReadSong, UnknownToSoundfileError, read_with_soundfile
from core.audio.tags import read_tags
from core.errors import AudioFileError


def decode(
    path: str | Path,
    *,
    scratch_dir: str | Path | None = None,
    progress: Callable[[float], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    accept_damaged: bool = False,
    track: int | None = None,
    opened: Callable[[DecodedSong], None] | None = None,
) -> DecodedSong:
    """Decode ``path`` in one sequence into a temporary file, with its description and tags.

    Samples are float32 where full scale is 1.0; 16- and 24-bit ones are kept exactly. Encoder
    padding is cut off by the container's own start and duration. ``progress`` gets fractions;
    ``should_stop`` is polled for each block. ``track`` picks one of several sound tracks (from 0);
    by default the one that the container marks.

    ``opened`` gets a long song as soon as its first second is there, where its file says how long
    it is: its ``audio`` is a ``GrowingAudio`` that can be read while the rest is decoded. What
    comes back in the end holds the same ``audio``, unless the file is not as long as it said.

    A file that is cut off or broken in part raises ``DamagedAudioError``, since half a song that
    passes for a whole one is worse than a message; with ``accept_damaged`` what can be read comes
    back, and the sentence in ``DecodedSong.notice``. Every other trouble raises
    ``AudioFileError``; a full scratch disk ``OutputError``; a stop ``Cancelled``. Nothing stays on
    disk then.
    """
    path = Path(path).absolute()
    reader = look_at(path)
    scratch = Path(scratch_dir) if scratch_dir is not None else None

    def hand_out(audio: GrowingAudio, info: FileInfo) -> None:
        assert opened is not None
        opened(DecodedSong(audio, info, read_tags(path)))

    intake = Intake(path, scratch, progress, should_stop, hand_out if opened else None)
    try:
        intake.poll(0.0)
        song = _read(path, reader, intake, accept_damaged, track)
    except OSError as error:  # the disk went away, or the file did, while it was read
        raise AudioFileError(
            "“{name}” can no longer be read: {reason}. Check the disk it lies on.",
            name=path.name,
            reason=error.strerror or error,
        ) from error
    finally:
        intake.close()
    try:
        tags = read_tags(path)
        intake.poll(1.0)
    except BaseException:
        song.audio.close()
        raise
    return DecodedSong(song.audio, song.info, tags, song.notice)


def _read(
    path: Path, reader: Reader, intake: Intake, accept_damaged: bool, track: int | None
) -> ReadSong:
    if reader is Reader.SOUNDFILE and not track:
        try:
            return read_with_soundfile(path, intake, accept_damaged)
        except UnknownToSoundfileError:
            pass
    from core.audio.av_reader import read_with_av  # here: FFmpeg's libraries take a while to load

    return read_with_av(path, intake, accept_damaged, track)
