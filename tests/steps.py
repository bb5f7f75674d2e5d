"""How much there is to do, counted and not timed: so it is the same on every machine, however busy."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any


def steps(do: Callable[..., object], *arguments: object) -> int:
    """How many lines of Python are run and functions called, those of C included."""
    count = 0

    def called(_frame: FrameType, event: str, _what: object) -> None:
        nonlocal count
        count += event == "c_call"

    def traced(_frame: FrameType, _event: str, _what: object) -> Any:
        nonlocal count
        count += 1
        return traced

    profile, trace = sys.getprofile(), sys.gettrace()
    sys.setprofile(called)
    sys.settrace(traced)
    try:
        do(*arguments)
    finally:
        sys.settrace(trace)
        sys.setprofile(profile)
    return count
