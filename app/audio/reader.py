"""The thread that reads the song ahead of the audio callback."""

from __future__ import annotations

import threading

from app.audio.feed import Feed
from app.audio.mixer import Mixer
from core.errors import StemscopeError

RING_S = 1.5
"""How far the reader reads ahead, in seconds."""
_PRIME_S = 0.25
_POLL_S = 0.03


class Reader(threading.Thread):
    """Fills the newest feed; hands it to the mixer once it holds enough to begin with."""

    def __init__(self, mixer: Mixer) -> None:
        super().__init__(name="stemscope-audio-reader", daemon=True)
        self.error: Exception | None = None
        """Why reading stopped (the song could not be read); taken by the player."""
        self._mixer = mixer
        self._feed: Feed | None = None
        self._wake = threading.Event()
        self._closing = False
        self._prime_frames = int(_PRIME_S * mixer.rate)

    def set_feed(self, feed: Feed | None) -> None:
        """Read for ``feed`` from now on; the last one set wins."""
        self._feed = feed
        self.error = None  # of what was to be read before
        self._wake.set()

    def wake(self) -> None:
        """Something changed: more is computed, or play begins."""
        self._wake.set()

    def close(self) -> None:
        self._closing = True
        self._wake.set()
        if self.is_alive():
            self.join(5.0)

    def run(self) -> None:
        while not self._closing:
            feed = self._feed
            did = False
            if feed is not None:
                try:
                    did = feed.fill()
                except Exception as error:  # anything a file system can come up with
                    if self._feed is feed:
                        self.error = error
                        self._feed = None
                    continue
                if self._mixer.upcoming is not feed and feed.primed(self._prime_frames):
                    if self._feed is feed:
                        self._mixer.upcoming = feed
                    continue
            if not did:
                self._wake.wait(_POLL_S if feed is not None and self._mixer.playing else None)
                self._wake.clear()


def read_error(error: Exception) -> StemscopeError:
    """What the user is told when the song can no longer be read."""
    if isinstance(error, StemscopeError):
        return error
    return StemscopeError(
        "The song could not be read any further ({reason}). Open it again.",
        reason=str(error) or type(error).__name__,
    )
