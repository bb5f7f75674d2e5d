"""JSON objects that are not a record but a wrapper of many: {"status": "ok", "articles": [{…}, {…}]}, {"a1": {…}, "a2": {…}}.

Theory.  A wrapper has no text of its own, but an array of objects that have.  Many records have such arrays, too: the
paragraphs of an article, comments on it, related articles.  So the array must have a name that wrappers use, or
its objects must have addresses; and no text of the object around it may be longer than all of theirs.

A table may be written column by column, as pandas does.  An object that holds nothing but objects with a text each is a wrapper,
too, unless they have names of fields: then they are the parts of one record ({"headline": {"text": …}, "body": {"text": …}}).  If all
names are addresses, numbers or file names, what they hold may be texts as well: {"https://…": "…", "https://…": "…"}.
"""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import islice, zip_longest
from typing import Any, NamedTuple

from cleaners.read import record
from cleaners.read.values import Fields

_WORDS = "articles items results data docs documents entries posts records rows hits news stories list feed value elements edges"
_NAMES = frozenset(_WORDS.split())
_ARTICLE_HAS = "comments replies related related_articles related_posts recommended links"
_BESIDE = frozenset(_ARTICLE_HAS.split())
_MAX_NESTED = 3  # objects around the array
_SAMPLE = 20  # elements of an array that are looked at

# Names of documents, not of their parts.
_ID = re.compile(r"(?i)\d+|\w+://.+|.+\.(?:txt|md|html?|xhtml|xml|json|pdf)", re.DOTALL)

_DECODER = json.JSONDecoder(strict=False)
_BLANK = re.compile(r"[ \t\r\n]*")


class Array(NamedTuple):
    """An array of records, or an object of them.

    Attributes:
        path: the names of the objects around it, and its own.
        at: the offset behind its opening bracket.
        is_keyed: whether it is an object.
    """

    path: tuple[str, ...]
    at: int
    is_keyed: bool = False


def may_be(value: Any, fields: Fields) -> bool:
    """Whether a value is an object that holds an array of objects, and no text under a known name: a quick look."""
    return isinstance(value, Mapping) and _has_array(value) and not record.text_of(value, fields, None)


def _has_array(value: Mapping[str, Any], depth: int = 0) -> bool:
    return any(
        (isinstance(item, list) and any(isinstance(element, Mapping) for element in item[:_SAMPLE]))
        or (isinstance(item, Mapping) and depth < _MAX_NESTED and _has_array(item, depth + 1))
        for item in value.values()
    )


def keyed(value: Any, fields: Fields, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    """The records that an object holds under names, by their paths; none if it is something else.

    Args:
        value: the object, which may hold them in an object with a name that wrappers use.
        fields: which fields of a record hold the document, if that is said.
        path: of the object.
    """
    if not isinstance(value, Mapping):
        return {}
    if rows := _rows(value, fields):
        return {(*path, key): row for key, row in rows.items()}
    if _holds_records(value, fields):
        return {(*path, name): named(name, item) for name, item in value.items()}
    inner = [name for name in value if name.lower() in _NAMES and isinstance(value[name], Mapping)]
    if len(path) == _MAX_NESTED or len(inner) != 1 or _is_record_beside(value, inner[0], fields):
        return {}
    return keyed(value[inner[0]], fields, (*path, inner[0]))


def named(name: str, item: Any) -> Any:
    """A record of an object of records; its name becomes its address, if it looks like one and the record has no other."""
    if "://" not in name or not isinstance(item, (str, Mapping)):
        return item
    fields = {"text": item} if isinstance(item, str) else item
    return fields if record.has_address(fields) else {"url": name, **fields}


def _holds_records(value: Mapping[str, Any], fields: Fields) -> bool:
    sample = dict(islice(value.items(), _SAMPLE))
    items = [item for item in sample.values() if isinstance(item, Mapping)]
    if sample and all(map(_ID.fullmatch, sample)):
        return all(item is None or isinstance(item, (str, Mapping)) for item in sample.values()) and (
            record.longest([sample]) in sample or any(record.text_of(item, fields, None) for item in items)
        )
    return (
        1 < len(sample) == len(items)
        and not any(map(record.is_known, sample))
        and all(record.text_of(item, fields, None) or record.has_field(item) for item in items)
        and any(record.text_of(item, fields, None) for item in items)
    )


def _rows(value: Mapping[str, Any], fields: Fields) -> dict[str, Any]:
    """The records in a table that is written column by column."""
    columns = _columns(value)
    keys = next(iter(columns.values()), ())
    rows = {str(key): {name: column[key] for name, column in columns.items()} for key in keys}
    if not any(record.text_of(row, fields, None) for row in rows.values()):
        return {}
    return {key: named(key, row) for key, row in rows.items()}


def _columns(value: Mapping[str, Any]) -> Mapping[str, Mapping[Any, Any]]:
    """The columns of a table, each by the names or numbers of its rows; none if this is something else.

    Tables of pandas are {"title": {"0": …, "1": …}, "text": {"0": …, "1": …}}, or {"columns": ["title", "text"], "data": [[…, …], …]};
    those of lists {"title": [… , …], "text": [… , …]}.  The last may also be one record whose text is a list of paragraphs; but then it has
    not as many titles, or addresses.
    """
    match value:
        case {"columns": [*names], "data": [[*_], *_] as rows} if all(
            isinstance(row, list) and len(row) == len(names) for row in rows
        ):
            return {str(name): dict(enumerate(column)) for name, column in zip(names, zip(*rows, strict=True), strict=True)}
    first = next(iter(value.values()), None)
    if isinstance(first, list):
        is_even = all(isinstance(column, list) and len(column) == len(first) > 1 for column in value.values())
        if is_even and any(record.is_name_of_one(name) and _are_different(column) for name, column in value.items()):
            return {name: dict(enumerate(column)) for name, column in value.items()}
        return {}
    if not isinstance(first, Mapping) or not first or not all(map(_ID.fullmatch, first)):
        return {}
    is_even = all(isinstance(column, Mapping) and column.keys() == first.keys() for column in value.values())
    return value if is_even else {}


def _are_different(column: list[Any]) -> bool:
    return all(isinstance(item, str) for item in column) and len(set(column)) == len(column)


def _is_record_beside(value: Mapping[str, Any], name: str, fields: Fields) -> bool:
    """Whether an object has a text or an address besides the field of that name."""
    beside = {other: item for other, item in value.items() if other != name}
    return bool(record.text_of(beside, fields, None)) or record.has_address(beside)


def begun(text: str, fields: Fields) -> Array | None:
    """The object of records in an object that breaks off, as `keyed` finds it in a whole one; its incomplete last item is ignored."""
    value: dict[str, Any] = {}
    opened: dict[tuple[str, ...], int] = {}
    with suppress(ValueError, TypeError, IndexError, RecursionError):
        _walk(text, _skip(text, 0), (), value, [], opened)
        return None
    chain = sorted(opened, key=len)  # each object stands in the one before
    for path, inner in zip_longest(chain, chain[1:]):
        half = inner[-1] if inner else None
        if (half is None or not record.is_known(half)) and _holds_records({n: v for n, v in value.items() if n != half}, fields):
            return Array(path, opened[path], is_keyed=True)
        if half is None or half.lower() not in _NAMES or _is_record_beside(value, half, fields):
            break
        value = value[half]
    return None


def arrays(text: str, fields: Fields, *, in_another: bool = False) -> list[Array]:
    """The arrays of records in a wrapper, or of wrappers, none if it is something else.

    Args:
        text: the object as JSON; if it breaks off, the arrays are found that begin before.
        fields: which fields of a record hold the document, if that is said.
        in_another: whether it is itself in an array, and so cannot wrap wrappers.
    """
    own: dict[str, Any] = {}  # as far as it goes
    found: list[tuple[Array, list[Any], dict[str, Any]]] = []
    with suppress(ValueError, TypeError, IndexError, RecursionError):
        _walk(text, _skip(text, 0), (), own, found, {})
    if record.text_of(own, fields, None):
        return []
    wrapped = []
    is_article = record.has_address(own)
    for array, sample, beside in found:
        if is_article and array.path[-1].lower() in _BESIDE:
            continue
        with_text = [
            (size, record.has_address(element))
            for element in sample
            if isinstance(element, Mapping) and (size := len(record.whole_text_of(element, fields)))
        ]
        addresses = sum(has_address for _, has_address in with_text)
        if with_text and (array.path[-1].lower() in _NAMES or 2 * addresses >= len(with_text)):
            wrapped.append((array, max(with_text)[0]))
            beside[array.path[-1]] = None  # these are no paragraphs of the object itself
        elif not (with_text or in_another) and any(_wraps(element, fields) for element in sample):
            wrapped.append((array, 1))
    most = len(record.whole_text_of(own, fields))
    return [array for array, size in wrapped if size > most]


def _wraps(value: Any, fields: Fields) -> bool:
    return may_be(value, fields) and bool(arrays(json.dumps(value), fields, in_another=True))


def _walk(
    text: str,
    at: int,
    path: tuple[str, ...],
    own: dict[str, Any],
    found: list[tuple[Array, list[Any], dict[str, Any]]],
    opened: dict[tuple[str, ...], int],
) -> int:
    """Go through an object; returns where it ends.

    Its arrays go into `found`, each with its first elements and the object that it is in; for objects without an end, the offsets
    behind their brackets go into `opened`.

    Raises:
        ValueError, TypeError, IndexError: it is no object, or breaks off.
    """
    if text[at] != "{":
        raise ValueError
    opened[path] = at + 1
    at = _skip(text, at + 1)
    while text[at] != "}":
        name, at = _DECODER.raw_decode(text, at)
        if not isinstance(name, str):
            raise TypeError
        at = _skip(text, _skip(text, at) + 1)  # behind the colon
        if text[at] == "{" and len(path) < _MAX_NESTED:
            inner: dict[str, Any] = {}
            own[name] = inner
            at = _walk(text, at, (*path, name), inner, found, opened)
        else:
            if text[at] == "[":
                sample: list[Any] = []
                found.append((Array((*path, name), at + 1), sample, own))
                sample.extend(_sample(text, at + 1))
            item, at = _DECODER.raw_decode(text, at)
            own[name] = item
        at = _skip(text, at)
        if text[at] == ",":
            at = _skip(text, at + 1)
    del opened[path]
    return at + 1


def _sample(text: str, at: int) -> Iterator[Any]:
    """The first elements of an array, as far as they are complete."""
    with suppress(ValueError, IndexError, RecursionError):
        for _ in range(_SAMPLE):
            element, at = _DECODER.raw_decode(text, _skip(text, at))
            yield element
            at = _skip(text, at)
            if text[at] != ",":
                return
            at += 1


def _skip(text: str, at: int) -> int:
    match = _BLANK.match(text, at)
    return match.end() if match else at
