"""The way of one song: decode, look in the cache, separate, keep. Each stage ends in the row."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from app.cache_file import CacheKey
from app.jobs import JobHandle, JobProgress, Priority
from app.outcomes import Failure
from app.separation_job import Noticed, SeparationBegun, SeparationRequest
from app.song import Song, SongResult, SongState, StemsAdvanced, joined
from app.song_decoding import Decoded, Decoding
from app.tasks import TaskHandle
from app.workshop import Found, Workshop

RESTORE, STORE = 8, -10  # priorities in the pool


class SongWork(QObject):
    """Drives one song. Only the latest attempt counts: what it replaced ends unheard.

    A long song goes on to the next stages while the rest of its file is still being decoded.
    """

    changed = Signal(object)  # song_id
    decoded = Signal(object)  # song_id: it can be read, the whole or from the beginning on
    arrived = Signal(object)  # song_id: more of its file has been decoded, or all of it
    advanced = Signal(object)  # StemsAdvanced
    ended = Signal(object)  # song_id: done, failed or cancelled
    stored = Signal(object)  # song_id: a result is in the cache
    noticed = Signal(object)  # Failure: something to tell, the work goes on
    speed_noted = Signal()

    def __init__(self, song: Song, workshop: Workshop) -> None:
        super().__init__()
        self.song = song
        self.accept_damaged = False
        self.stored_models: set[str] = set()
        self._shop = workshop
        song.project = workshop.projects.pop(song.path, None)
        self._decoding: Decoding | None = None
        self._handle: TaskHandle | JobHandle | None = None  # of the stages behind decoding
        self._place = 0  # where somebody listens, in samples
        self._stores: list[tuple[TaskHandle, str]] = []
        self._key: CacheKey | None = None
        self._folder: Path | None = None
        self._device = "auto"
        self._priority = Priority.QUEUE
        self.fingerprint = ""

    @property
    def cache_key(self) -> CacheKey | None:
        """Where the result of the latest model looked for is, if anywhere."""
        return self._key

    def start(self, shown: bool, device: str) -> None:
        """Go on from wherever the song stands towards the result of its current model."""
        self._drop_handle()
        self._device = device
        self._priority = Priority.ON_SCREEN if shown else Priority.QUEUE
        self.song.error, self.song.error_details = None, ""
        if self.song.decoded is None:
            self._drop_decoding()
            self._decode(shown)
        elif self.song.result is not None and self.song.result.complete:
            self._complete(self.song.result)
        else:
            self._restore()

    def set_shown(self, shown: bool) -> None:
        self._priority = Priority.ON_SCREEN if shown else Priority.QUEUE
        if isinstance(self._handle, JobHandle):
            self._handle.set_priority(self._priority)

    def seek(self, sample: int) -> None:
        """Somebody listens at ``sample`` of the song: what is heard from there on comes next."""
        self._place = sample
        result = self.song.result
        if result is not None and result.seek is not None:
            result.seek(sample)

    def cancel(self) -> None:
        """Stop at once; what runs ends unheard, what was half done is dropped."""
        self._drop_handle()
        self._drop_decoding()
        self._drop_partial()
        self._end(SongState.CANCELLED, "Cancelled")

    def close(self) -> None:
        """Stop without a word: the song was removed."""
        self._drop_handle()
        self._drop_decoding()
        for store, _model_id in self._stores:
            store.cancel()

    def hold(self) -> None:
        """Back to the queue, as if nothing had been begun beyond decoding."""
        self._drop_handle()
        self._drop_partial()
        self._set(SongState.QUEUED, "Waiting")

    # Decoding

    def _decode(self, shown: bool) -> None:
        self._set(SongState.DECODING, "Decoding")
        self.song.is_decoding = True
        self._decoding = decoding = Decoding(
            self.song.path,
            self._shop.decode,
            self._shop.pool,
            shown=shown,
            accept_damaged=self.accept_damaged,
            scratch_dir=self._shop.scratch_dir,
        )
        decoding.opened.connect(self._on_opened)
        decoding.progressed.connect(self._on_decoding_progressed)
        decoding.finished.connect(self._on_decoded)
        decoding.failed.connect(self._on_failed)
        decoding.cancelled.connect(self._on_cancelled)

    @Slot(object)
    def _on_opened(self, decoded: Decoded) -> None:
        if self._is_current():
            self._take(decoded)

    @Slot(float, str)
    def _on_decoding_progressed(self, fraction: float, stage: str) -> None:
        song = self.song
        if not self._is_current() or self._decoding is None:
            return
        if song.state is SongState.DECODING:
            song.fraction, song.stage = fraction, stage
            song.seconds_left = self._decoding.seconds_left
            self.changed.emit(song.song_id)
        if song.decoded is not None:
            self.arrived.emit(song.song_id)

    @Slot(object)
    def _on_decoded(self, decoded: Decoded) -> None:
        if not self._is_current():
            return
        self._decoding, song = None, self.song
        song.is_decoding = False
        if song.decoded is None or song.decoded.audio is not decoded.song.audio:
            # What was handed out early, if anything, had not the length that its file said.
            self._drop_handle()
            song.results.clear()
            self._take(decoded)
        else:
            song.decoded = decoded.song
        self.arrived.emit(song.song_id)
        if song.state is SongState.DECODING:  # nothing was left to do but this
            if song.result is not None:
                self._complete(song.result)
            else:
                self._restore()

    def _take(self, decoded: Decoded) -> None:
        """Go on with a song that can be read."""
        self.song.decoded = decoded.song
        self.fingerprint = decoded.fingerprint
        self.song.title = decoded.song.tags.title or self.song.path.stem
        self._set(SongState.WAITING, "Waiting")
        self.decoded.emit(self.song.song_id)
        if self._handle is None and self.song.state is SongState.WAITING:
            self._restore()

    # The cache

    def _restore(self) -> None:
        self._set(SongState.WAITING, "Waiting")
        song = self.song
        assert song.decoded is not None
        audio, project = song.decoded.audio, song.project
        handle = self._shop.look_up(song.model_id, audio, self.fingerprint, project)
        self._handle = handle
        handle.finished.connect(self._on_restored)
        handle.failed.connect(self._on_failed)
        handle.cancelled.connect(self._on_cancelled)

    @Slot(object)
    def _on_restored(self, found: Found) -> None:
        if not self._is_current():
            return
        self._handle = None
        self._folder, self._key, result = found
        if result is None:
            self._separate()
            return
        self.song.results[result.model_id] = result
        if self._key is not None:
            self.stored_models.add(result.model_id)
        self.advanced.emit(StemsAdvanced.beginning(self.song.song_id, result))
        self._complete(result)

    def store(self, result: SongResult, key: CacheKey | None) -> None:
        """Keep a whole result of this song in the cache at ``key``."""
        handle = None if key is None else self._shop.store(key, result)
        if handle is not None:
            self._stores.append((handle, result.model_id))
            self.song.is_storing |= result.model_id == self.song.model_id
            handle.finished.connect(self._on_stored)

    @Slot(object)
    def _on_stored(self, kept: bool) -> None:
        for handle, model_id in self._stores:
            if handle.ended and kept:
                self.stored_models.add(model_id)
        self._stores = [pair for pair in self._stores if not pair[0].ended]
        self.song.is_storing = any(m == self.song.model_id for _, m in self._stores)
        self.stored.emit(self.song.song_id)

    # Separation

    def _separate(self) -> None:
        song = self.song
        assert song.decoded is not None
        assert self._folder is not None
        request = SeparationRequest(
            song.song_id,
            song.decoded.audio,
            song.model_id,
            self._folder,
            self._device,
            self._shop.make_separator,
            self._shop.scratch_dir,
            self._place,
        )
        handle = self._shop.runner.submit(request, self._priority)
        self._handle = handle
        handle.running_changed.connect(self._on_running_changed)
        handle.progressed.connect(self._on_job_progressed)
        handle.finished.connect(self._on_separated)
        handle.failed.connect(self._on_failed)
        handle.cancelled.connect(self._on_cancelled)

    @Slot(bool)
    def _on_running_changed(self, running: bool) -> None:
        if not self._is_current():
            return
        self.song.seconds_left = None
        self.song.state = SongState.SEPARATING if running else SongState.WAITING
        self.song.stage = "Separating" if running else "Waiting"
        self.changed.emit(self.song.song_id)

    @Slot(object)
    def _on_job_progressed(self, progress: JobProgress) -> None:
        if not self._is_current():
            return
        song = self.song
        spans: list[StemsAdvanced] = []
        for detail in progress.details:
            if isinstance(detail, SeparationBegun):
                song.results[detail.result.model_id] = detail.result
                if self._place:
                    self.seek(self._place)
            elif isinstance(detail, StemsAdvanced):
                spans.append(detail)
            elif isinstance(detail, Noticed):
                self.noticed.emit(Failure(detail.error, ""))
        song.stage, song.fraction = progress.stage, progress.fraction
        song.seconds_left = progress.seconds_left
        for span in spans:
            song.results[span.model_id].note(span)
        for span in joined(spans):
            self.advanced.emit(span)
        self.changed.emit(song.song_id)

    @Slot(object)
    def _on_separated(self, result: SongResult) -> None:
        if not self._is_current():
            return
        self._handle = None
        result.seek = None
        self._note_speed(result)
        self._complete(result)

    def _note_speed(self, result: SongResult) -> None:
        noting = self._shop.note_speed(result, self._device)
        if noting is not None:
            noting.finished.connect(self.speed_noted)

    def _complete(self, result: SongResult) -> None:
        """There is a whole result; the song is done once its file is known to be whole too."""
        if self._decoding is not None:
            self._set(SongState.DECODING, "Decoding")
            return
        if not result.complete:
            result.complete = True
            self.store(result, self._key)
        self._end(SongState.DONE, "Done")

    # Endings and helpers

    @Slot(object)
    def _on_failed(self, failure: Failure) -> None:
        if not self._is_current():
            return
        self._drop_handle()
        self._drop_decoding()
        self._drop_partial()
        self.song.error, self.song.error_details = failure.error, failure.details
        self._end(SongState.FAILED, "Failed")

    @Slot()
    def _on_cancelled(self) -> None:
        if not self._is_current():
            return
        if self.sender() is self._handle and self._decoding is not None:
            self._handle = None  # the rest of the file does not come: decoding says why
        else:  # not by the row's button: the program is closing
            self.cancel()

    def _is_current(self) -> bool:
        """Whether the signal being handled is of the attempt that counts."""
        return self.sender() in (handle for handle in (self._handle, self._decoding) if handle)

    def _drop_decoding(self) -> None:
        """Stop reading the file; half a song that passes for a whole one is not kept."""
        decoding, self._decoding = self._decoding, None
        self.song.is_decoding = False
        if decoding is not None:
            decoding.cancel()
            self.song.decoded = None
            self.song.results.clear()

    def _drop_handle(self) -> None:
        handle, self._handle = self._handle, None
        if handle is not None:
            handle.cancel()

    def _drop_partial(self) -> None:
        results = self.song.results
        for model_id in [key for key, result in results.items() if not result.complete]:
            del results[model_id]

    def _set(self, state: SongState, stage: str) -> None:
        song = self.song
        song.state, song.stage, song.seconds_left = state, stage, None
        song.fraction = 1.0 if state is SongState.DONE else 0.0
        self.changed.emit(song.song_id)

    def _end(self, state: SongState, stage: str) -> None:
        self._set(state, stage)
        self.ended.emit(self.song.song_id)
