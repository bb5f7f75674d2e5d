"""Signals that are handled differently for a while."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def handled(by: Callable[[int, FrameType | None], object] | signal.Handlers, *numbers: signal.Signals) -> Iterator[None]:
    """Handle signals in another way; outside of the main thread, which alone may do so, nothing changes."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, by) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
