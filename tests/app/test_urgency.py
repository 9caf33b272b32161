"""What can wait gives way to what somebody waits for."""

from __future__ import annotations

import threading
import time

from app.urgency import Urgency


def test_what_can_wait_waits_for_the_end() -> None:
    urgency, done = Urgency(), []
    urgency.claim()
    urgency.claim()
    other = threading.Thread(target=lambda: (urgency.give_way(20.0), done.append(1)))
    other.start()
    urgency.release()
    assert not done
    urgency.release()
    other.join(10.0)
    assert done


def test_but_not_for_ever() -> None:
    urgency = Urgency()
    urgency.give_way(20.0)  # nothing is urgent
    urgency.claim()
    began_s = time.monotonic()
    urgency.give_way(0.01)
    assert 0.01 <= time.monotonic() - began_s < 10.0
