"""What is in a source: recognises its format, and asks the reader for that format."""

from collections.abc import Iterator
from importlib import import_module

from cleaners.read.formats import recognise
from cleaners.read.source import HEAD, Source
from cleaners.read.values import Failed, Raw, ReadError

MAX_DEPTH = 8
"""How deep containers may be nested; an archive counts 2, a compressed file 1.  Some archives hold themselves, without end."""


def documents(source: Source) -> Iterator[Raw | Failed]:
    """The documents of a source, at least one: a source without any is a failure, and so is one that breaks off."""
    empty = True
    media_type = None
    try:
        head = source.head()
        format_ = recognise(source.name, head)
        media_type = format_.media_type
        if format_.reader is None:
            message = f"this is {format_.name}, which cannot be read"
            yield source.failed(None, "Unsupported", message, media_type=media_type)
            return
        if source.depth > MAX_DEPTH:
            raise ReadError("TooDeep", "this lies too deep in containers of containers")  # noqa: TRY301
        # Imported when needed: pyarrow and others take long, and most folders hold only text files.
        for document in import_module(f"cleaners.read.{format_.reader}").read(source, media_type):
            empty = False
            yield document
    except ReadError as error:
        yield source.failed(None, error.type, str(error), media_type=media_type)
    except Exception as error:  # noqa: BLE001  whatever a parser makes of hostile bytes costs only this source, and is recorded with it
        message = getattr(error, "strerror", None) or str(error) or type(error).__name__
        yield source.failed(None, type(error).__name__, message, media_type=media_type)
    else:
        if empty:
            # Of a source larger than its head, the bytes are not at hand any more.
            whole = head if len(head) < HEAD and source.stream.tell() <= len(head) else None
            yield source.failed(None, "Empty", f"this is {format_.name}, and holds no document", whole, media_type)
