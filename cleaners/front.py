"""Front matter: the block of fields above the text of a post, as Hugo, Jekyll, Hexo, Astro, Obsidian and pandoc have it.

It is YAML between lines "---", or TOML between lines "+++".  Its title is the document's, the rest is metadata, and it is cut.
Only the very top of what came in is looked at: further down it is an example in a text about such blocks.
"""

import re
import tomllib
from collections.abc import Hashable, Iterator
from dataclasses import replace
from functools import cache
from typing import Any

from cleaners.document import Document
from cleaners.edits import Edit
from cleaners.read.record import metadata_of

RULE = "metadata.front-matter"

_LONGEST = 10_000  # characters of a block; parsing YAML takes some two microseconds each
# Text must follow: what is nothing but fields is a data file.
_BLOCK = re.compile(
    r"\ufeff?(?:\s*\n)?+(?P<mark>---|\+\+\+)[ \t]*\r?\n(?P<fields>(?:.*\n){1,100}?)(?:(?P=mark)|\.\.\.)[ \t]*\r?\n(?=\s*\S)"
)
# One of these is in every block; between two rules above an article, and in most other YAML, none is.
_USUAL = re.compile(
    r"""(?mx)^["']?(?:title|subtitle|date|lastmod|updated|created|publishDate|pubDate|layout|tags|categories|category|authors?|draft|slug
    |description|summary|excerpt|keywords|permalink|aliases|cssclasses)["']?[ ]*[:=]"""
)


def read(doc: Document) -> Document:
    """The document with what front matter at its top says: a title and metadata; what is known already stands before it."""
    fields: dict[str, Any] = {}
    end = 0
    while (block := _BLOCK.match(doc.text, end)) and (found := _fields(block)):  # converters put a new one above the old
        fields, end = {**found, **fields}, block.end()
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


def _fields(block: re.Match[str]) -> dict[str, Any] | None:
    """What a block says; None if it is no front matter."""
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
        ValueError: it is none, names a field twice, or has tags or aliases, of which a few lines can make gigabytes.
    """
    import yaml

    try:
        return yaml.load(text, _loader())  # noqa: S506  it is a safe one
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error


@cache
def _loader() -> Any:
    """A loader that leaves numbers and dates as they are written: "1984" is a title, "010" a number of a street, "no" Norwegian."""
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
