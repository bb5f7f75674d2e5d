"""Front matter: the fields above a text.  Its title is the document's, the rest is metadata, and it is cut.

As Hugo, Jekyll, Hexo, Astro, Obsidian and pandoc have it, it is YAML between lines "---", or TOML between lines "+++".  What scrapers
write above their dumps is a header of plain lines: "Title: …" / "URL: …" / "Date: …", perhaps with "Text:" below them.
Only the very top of what came in is looked at: further down it is an example in a text about such blocks.
"""

import re
import tomllib
from collections.abc import Hashable, Iterator
from dataclasses import replace
from functools import cache
from typing import Any

from cleaners.document import Document, is_prose
from cleaners.edits import Edit
from cleaners.read.record import is_known, is_name_of_one, is_text, metadata_of

RULE = "metadata.front-matter"

_LONGEST = 10_000  # characters of a block; parsing YAML takes some two microseconds each
# Text must follow: a file of nothing but fields is data.
_BLOCK = re.compile(
    r"\ufeff?(?:\s*\n)?+(?P<mark>---|\+\+\+)[ \t]*\r?\n(?P<fields>(?:.*\n){1,100}?)(?:(?P=mark)|\.\.\.)[ \t]*\r?\n(?=\s*\S)"
)
# Every block has one of these; what stands between two rules above an article, and most other YAML, has none.
_USUAL = re.compile(
    r"""(?mx)^["']?(?:title|subtitle|date|lastmod|updated|created|publishDate|pubDate|layout|tags|categories|category|authors?|draft|slug
    |description|summary|excerpt|keywords|permalink|aliases|cssclasses)["']?[ ]*[:=]"""
)
# A line of a header with the blank lines above it, or one that parts it from the text.
_LINE = re.compile(
    r"\ufeff?(?:[ \t]*\r?\n)*+(?:(?P<name>[^\W\d_][\w -]{1,24}?)[ \t]?[:：][ \t]*(?P<value>\S.{,2000})?|[=*_-]{3,}[ \t]*)\r?\n"
)
_ALSO = frozenset(
    ("category", "country", "id", "keywords", "section", "source", "tags", "warning")
)  # of no meaning to the contract


def read(doc: Document) -> Document:
    """The document with what the front matter at its top says, title and metadata; what is known already has precedence."""
    fields: dict[str, Any] = {}
    end = 0
    while found := _block(doc.text, end) or _header(doc.text, end):  # converters put a new one above the old
        said, end = found
        fields = {**said, **fields}
    if not end:
        return doc
    said = metadata_of(fields, "", doc.text[end:])
    title = " ".join(said.pop("title", "").split()) or None
    known = {name: value for name, value in doc.metadata.items() if value is not None}
    return replace(doc, title=doc.title or title, metadata={**said, **known}, front=end)


def clean(doc: Document) -> Iterator[Edit]:
    """Cut the front matter that `read` found."""
    if doc.front:
        yield Edit(0, doc.front, "", RULE)


def _block(text: str, start: int) -> tuple[dict[str, Any], int] | None:
    """What a block in YAML or TOML says, and where it ends."""
    block = _BLOCK.match(text, start)
    found = _fields(block) if block else None
    return (found, block.end()) if block and found else None


def _header(text: str, start: int) -> tuple[dict[str, Any], int] | None:
    """What a header of plain lines says, and where it ends; None if it is none.

    "Title: …" / "Author: …" may stand above the review of a book.  So a header holds an address, or a line that says where the text begins, as
    only programs write.
    """
    fields: dict[str, Any] = {}
    end, is_ours = start, False
    while line := _LINE.match(text, end):
        name, value = line["name"], (line["value"] or "").rstrip()
        if name and is_text(name):
            if value and not is_prose(value):
                break  # "Text: Ada Brandt"
            end, is_ours = (line.start("value"), is_ours) if value else (line.end(), True)
            break
        if name and (not value or name in fields or not (is_known(name) or name.lower() in _ALSO)):
            break
        end = line.end()
        if name:
            fields[name] = value
            is_ours = is_ours or value.startswith("http")
        elif fields:
            break
    known = [name for name, value in fields.items() if is_known(name) or value.startswith("http")]
    is_header = is_ours and len(known) > 1 and any(map(is_name_of_one, known))
    return (fields, end) if is_header and text[end:].strip() else None


def _fields(block: re.Match[str]) -> dict[str, Any] | None:
    """The fields of a block; None if it is no front matter."""
    text = block["fields"].replace("\r", "")
    if len(text) > _LONGEST or not _USUAL.search(text):
        return None
    try:
        fields = tomllib.loads(text) if block["mark"] == "+++" else _yaml(text)
    except (ValueError, RecursionError):
        return None
    return fields if isinstance(fields, dict) and all(isinstance(name, str) for name in fields) else None


def _yaml(text: str) -> Any:
    """What a text in YAML says.

    Raises:
        ValueError: it is not YAML, names a field twice, or has tags or aliases, a few lines of which can make gigabytes.
    """
    import yaml

    try:
        return yaml.load(text, _loader())  # noqa: S506  it is a safe one
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error


@cache
def _loader() -> Any:
    """A loader that leaves numbers and dates as they are written: "1984" is a title, "010" a house number, "no" Norwegian."""
    import yaml  # takes a while, and most dumps have no front matter

    class Loader(yaml.SafeLoader):
        def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
            event = self.peek_event()  # type: ignore[no-untyped-call]
            if isinstance(event, yaml.AliasEvent) or getattr(event, "tag", None):
                raise yaml.YAMLError("an alias or a tag")
            return super().compose_node(parent, index)

        def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
            fields = super().construct_mapping(node, deep)
            if len(fields) < len(node.value):
                raise yaml.YAMLError("a field stands twice")
            return fields

    Loader.yaml_implicit_resolvers = {}
    Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"(?i:true|false)\Z"), list("tTfF"))
    Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"(?i:null|~|)\Z"), ["n", "N", "~", ""])
    return Loader
