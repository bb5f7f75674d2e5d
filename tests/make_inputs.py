"""Builds a folder with one input of each kind that copydesk reads, hostile ones too: python -m tests.make_inputs FOLDER."""

import bz2
import csv
import gzip
import io
import json
import lzma
import os
import re
import sys
import tarfile
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import brotli
import pyarrow as pa
import pyarrow.parquet as pq

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

TEXT = """\
Ferry returns to the north quay after eleven years

The ferry to the islands leaves from the north quay again. The first boat went out on Monday at six in the morning with forty people
on board, most of whom had come for the ride alone.

The quay was closed eleven years ago because its piles were rotten. The town has replaced them one by one, and the last went into the
sea bed in March. “It took longer than we promised,” said the harbour master, “but it will stand longer, too.”
"""
ENCODED = "Zażółć gęślą jaźń: the café on the quay opens at six, and closes when the last boat is in."

TITLE = "Ferry returns to the north quay"
PAGE = f"""\
<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{TITLE}</title></head>
<body><nav><a href="/">Home</a></nav><article><h1>{TITLE}</h1>
<p>The ferry to the islands leaves from the north quay again. The first boat went out on Monday at six with forty people on board.</p>
<p>The quay was closed eleven years ago because its piles were rotten. The town has replaced them, and the last went in in March.</p>
</article><footer>Contact</footer></body></html>
""".encode()
XHTML = b'<?xml version="1.0" encoding="utf-8"?>\n' + PAGE.replace(b"<html", b'<html xmlns="http://www.w3.org/1999/xhtml"')

COMPRESSIONS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": lambda data: gzip.compress(data, mtime=0),
    ".zst": zstd.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
}


def article(number: int, **more: Any) -> dict[str, Any]:
    """A record with text, as a JSON Lines dump has it."""
    return {
        "url": f"https://ferry.example/{number}",
        "headline": f"{TITLE}, part {number}",
        "date": "2024-03-0" + str(number % 9 + 1),
        "text": f"{TEXT}\nThis is part {number}.\n",
        **more,
    }


def json_lines(count: int = 3) -> bytes:
    return b"".join(json.dumps(article(n), ensure_ascii=False).encode() + b"\n" for n in range(1, count + 1))


def table(delimiter: str = ",", count: int = 3) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(article(1)), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(article(n) for n in range(1, count + 1))
    return out.getvalue().encode()


def parquet(rows: Iterable[dict[str, Any]] | None = None) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(list(rows or (article(n) for n in range(1, 4)))), out, compression="zstd")
    return out.getvalue()


def warc_record(
    body: bytes,
    type_: str = "response",
    uri: str = "https://ferry.example/1",
    content_type: str | None = None,
    length: int | None = None,
) -> bytes:
    """A record of a web archive; a response brings its HTTP headers in its body."""
    content_type = content_type or ("application/http; msgtype=" + type_ if type_ in {"response", "request"} else "text/plain")
    head = (
        f"WARC/1.0\r\nWARC-Type: {type_}\r\nWARC-Record-ID: <urn:uuid:{zlib.crc32(body + type_.encode()):08x}-0000-4000-8000-000000000000>\r\n"
        f"WARC-Date: 2024-03-01T06:00:00Z\r\nWARC-Target-URI: {uri}\r\nContent-Type: {content_type}\r\n"
        f"Content-Length: {len(body) if length is None else length}\r\n\r\n"
    )
    return head.encode() + body + b"\r\n\r\n"


def http(body: bytes, *headers: str, status: str = "200 OK", content_type: str = "text/html") -> bytes:
    """A response of a web server."""
    return "\r\n".join([f"HTTP/1.1 {status}", f"Content-Type: {content_type}", *headers, "", ""]).encode() + body


def chunked(body: bytes, size: int = 100) -> bytes:
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in [*pieces, b""])


def warc_records() -> list[bytes]:
    raw_deflate = zlib.compressobj(wbits=-15)
    return [
        warc_record(b"software: test\r\n", "warcinfo", content_type="application/warc-fields"),
        warc_record(b"GET / HTTP/1.1\r\nHost: ferry.example\r\n\r\n", "request"),
        warc_record(http(PAGE)),
        warc_record(http("<html><p>caf\xe9".encode("latin-1"), content_type='text/html; charset="windows-1252"')),
        warc_record(http(chunked(PAGE), "Transfer-Encoding: chunked")),
        warc_record(http(gzip.compress(PAGE, mtime=0), "Content-Encoding: gzip")),
        warc_record(http(chunked(gzip.compress(PAGE, mtime=0)), "Content-Encoding: gzip", "Transfer-Encoding: chunked")),
        warc_record(http(zlib.compress(PAGE), "Content-Encoding: deflate")),
        warc_record(http(raw_deflate.compress(PAGE) + raw_deflate.flush(), "Content-Encoding: deflate")),
        warc_record(http(brotli.compress(PAGE), "Content-Encoding: br")),
        warc_record(http(zstd.compress(PAGE), "Content-Encoding: zstd")),
        warc_record(http(PAGE, "Content-Encoding: gzip", "Transfer-Encoding: chunked")),  # decoded by the crawler already
        warc_record(http(b"<html>gone", status="404 Not Found")),
        warc_record(http(b"\x89PNG", content_type="image/png")),
        warc_record(TEXT.encode(), "conversion"),
        warc_record(PAGE, "resource", content_type="text/html"),
        warc_record(b"", "metadata", content_type="application/warc-fields"),
    ]


def with_dictionary(records: list[bytes], *, pressed: bool = True) -> bytes:
    """A web archive in Zstandard, a frame for each record, with the dictionary of all in front."""
    dictionary = zstd.train_dict(records * 20, 4000)
    content = zstd.compress(dictionary.dict_content) if pressed else dictionary.dict_content
    frames = [zstd.compress(record, zstd_dict=dictionary) for record in records]
    return b"\x5d\x2a\x4d\x18" + len(content).to_bytes(4, "little") + content + b"".join(frames)


def wet() -> bytes:
    return warc_record(b"x: y\r\n", "warcinfo") + b"".join(
        warc_record(f"{TEXT}\nPart {n}".encode(), "conversion", f"https://ferry.example/{n}") for n in range(1, 4)
    )


def mhtml() -> bytes:
    from quopri import encodestring

    parts = [
        b"Content-Type: text/css\r\nContent-Location: https://ferry.example/a.css\r\n\r\nbody {}",
        b"Content-Type: text/html; charset=utf-8\r\nContent-ID: <page@x>\r\nContent-Transfer-Encoding: quoted-printable\r\n"
        b"Content-Location: https://ferry.example/1\r\n\r\n" + encodestring(PAGE),
    ]
    head = (
        b"From: <Saved by a browser>\r\nSnapshot-Content-Location: https://ferry.example/1\r\n"
        b"Subject: =?utf-8?Q?Ferry_returns_=E2=9C=93?=\r\nDate: Fri, 1 Mar 2024 06:00:00 -0000\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/related;\r\n\ttype="text/html";\r\n\tboundary="----x"\r\n\r\n'
    )
    return head + b"".join(b"\r\n------x\r\n" + part for part in parts) + b"\r\n------x--\r\n"


PARAGRAPHS = re.findall("<p>.*?</p>", PAGE.decode())


def rss() -> bytes:
    items = "".join(
        f"""<item><title>{TITLE} &amp;amp; more, part {n}</title><link>https://ferry.example/{n}</link><dc:creator><![CDATA[Ada Brandt]]></dc:creator>
        <pubDate>Fri, 0{n} Mar 2024 06:00:00 +0000</pubDate><category>Boats</category><guid isPermaLink="false">{n}</guid>
        <description>A teaser of part {n} &#8230;</description><content:encoded><![CDATA[{"".join(PARAGRAPHS)}<p>Part {n}.</p>]]></content:encoded></item>"""
        for n in range(1, 4)
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<!-- a feed --><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel><title>The Harbour Post</title><link>https://ferry.example/</link><language>en-GB</language>{items}</channel></rss>""".encode()


def atom() -> bytes:
    entries = (
        f'<content type="html">{"".join(PARAGRAPHS).replace("<", "&lt;")}</content>',
        f'<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">{"".join(PARAGRAPHS)}</div></content>',
        f"<summary>{TEXT}</summary>",
    )
    return f"""<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><title>The Harbour Post</title>{
        "".join(
            f'<entry><title type="html">{TITLE}, &lt;i>part&lt;/i> {n}</title><link rel="self" href="x"/><link href="https://ferry.example/{n}"/>'
            f"<id>urn:{n}</id><updated>2024-03-0{n}T06:00:00Z</updated><author><name>Ada Brandt</name></author>{entry}</entry>"
            for n, entry in enumerate(entries, start=1)
        )
    }</feed>""".encode()


def wordpress() -> bytes:
    """An export: an article as its author typed it, one of blocks, and a picture, which has no text."""
    plain = re.sub("</?p>", "", "\n\n".join(PARAGRAPHS)).replace("islands", "<em>islands</em>")
    blocks = "".join(f"<!-- wp:paragraph -->\n{text}\n<!-- /wp:paragraph -->\n\n" for text in PARAGRAPHS)
    items = "".join(
        f"""<item><title><![CDATA[{TITLE}]]></title><link>https://ferry.example/{n}</link><description></description>
        <content:encoded><![CDATA[{text}]]></content:encoded><excerpt:encoded><![CDATA[]]></excerpt:encoded>
        <wp:post_type>{kind}</wp:post_type><wp:status>publish</wp:status><wp:comment><wp:comment_content>Nice!</wp:comment_content></wp:comment></item>"""
        for n, (kind, text) in enumerate([("post", plain), ("post", blocks), ("attachment", "")], start=1)
    )
    return f"""<?xml version="1.0" encoding="UTF-8" ?>
<!-- This is a WordPress eXtended RSS file. --><!-- <item> -->
<rss version="2.0" xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/" xmlns:content="http://purl.org/rss/1.0/modules/content/"
  xmlns:wp="http://wordpress.org/export/1.2/"><channel><title>The Harbour Post</title>{items}</channel></rss>""".encode()


def write_giant(file: Path | io.BytesIO, before: bytes, megabytes: int, behind: bytes) -> None:
    """Zstandard data with a run of one letter in its content."""
    with zstd.open(file, "wb") as out:
        out.write(before)
        for _ in range(megabytes):
            out.write(b"a" * 1_000_000)
        out.write(behind)


def zip_(members: Iterable[tuple[str, bytes]], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # two members of the same name
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return out.getvalue()


def tar(members: Iterable[tuple[str, bytes | tarfile.TarInfo]]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, data in members:
            if isinstance(data, tarfile.TarInfo):
                data.name = name
                archive.addfile(data)
            else:
                info = tarfile.TarInfo(name)
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def link(target: str, type_: bytes = tarfile.SYMTYPE) -> tarfile.TarInfo:
    info = tarfile.TarInfo()
    info.type, info.linkname = type_, target
    return info


MEMBERS = (
    ("inner/a.txt", TEXT.encode()),
    ("inner/b.jsonl", json_lines(2)),
    ("inner/c.html", PAGE),
    ("inner/d.txt.gz", COMPRESSIONS[".gz"](TEXT.encode())),
)
EVIL_NAMES = (
    "../up.txt",
    "/etc/absolute.txt",
    "a/../../up.txt",
    "C:\\drive.txt",
    "..\\..\\back.txt",
    "a#1.txt",
    "same.txt",
    "same.txt",
)

PLAIN: dict[str, bytes] = {
    "text/plain.txt": TEXT.encode(),
    "text/notes.md": b"# " + TEXT.encode(),
    "text/no-suffix": TEXT.encode(),
    "text/utf-16.txt": TEXT.encode("utf-16"),
    "text/windows-1250.txt": ENCODED.encode("windows-1250", "replace"),
    "html/page.html": PAGE,
    "html/page.xhtml": XHTML,
    "html/page-named.txt": PAGE,
    "html/page.mhtml": mhtml(),
    "records/lines.jsonl": json_lines(),
    "records/lines-named.json": json_lines(),
    "records/lines-without-suffix": json_lines(),
    "records/array.json": json.dumps([article(n) for n in range(1, 4)], indent=2).encode(),
    "records/one.json": json.dumps(article(1), indent=2).encode(),
    "records/wrapped.json": json.dumps({"status": "ok", "articles": [article(n) for n in range(1, 4)]}).encode(),
    "records/wrapped.jsonl": b"".join(json.dumps({"data": {"items": [article(n)]}}).encode() + b"\n" for n in range(1, 4)),
    "records/pages.jsonl": json.dumps({"url": "https://ferry.example/", "raw_html": PAGE.decode()}).encode(),
    "records/utf-16.jsonl": json_lines().decode().encode("utf-16"),
    "records/bad-line.jsonl": json_lines(1) + b'{"text": broken\n' + json_lines(1),
    "records/table.csv": table(),
    "records/table.tsv": table("\t"),
    "records/table.parquet": parquet(),
    "archives/all.zip": zip_(MEMBERS),
    "archives/all.tar": tar(MEMBERS),
    "archives/all.tar.gz": COMPRESSIONS[".gz"](tar(MEMBERS)),
    "archives/nested.zip": zip_([("deep/all.tar.gz", COMPRESSIONS[".gz"](tar(MEMBERS))), ("deep/table.parquet", parquet())]),
    "web/crawl.warc": b"".join(warc_records()),
    "web/crawl.warc.gz": b"".join(COMPRESSIONS[".gz"](record) for record in warc_records()),
    "web/dictionary.warc.zst": with_dictionary(warc_records()),
    "web/texts.wet": wet(),
    "texts/wiki_00": "".join(
        f'<doc id="{n}" url="https://ferry.example/{n}" title="{TITLE}, part {n}">\n{TEXT}\nThis is part {n}.\n\n</doc>\n'
        for n in (1, 2)
    ).encode(),
    "texts/database.txt": "".join(
        f"\n  {n} of 2 DOCUMENTS\n\n{TEXT}\nThis is part {n}.\n\nLANGUAGE: ENGLISH\n" for n in (1, 2)
    ).encode(),
    "feeds/rss.xml": rss(),
    "feeds/atom.atom": atom(),
    "feeds/wordpress.xml": wordpress(),
    "feeds/rss-without-suffix": rss(),
}
"""What can be read, by file name."""

HOSTILE: dict[str, bytes] = {
    "hostile/cut-off.jsonl.gz": COMPRESSIONS[".gz"](json_lines(300))[:-200],
    "hostile/cut-off.tar": tar(MEMBERS)[:4000],
    "hostile/cut-off.zip": zip_(MEMBERS)[:-30],
    "hostile/cut-off.warc": b"".join(warc_records()[:4])[:-20],
    "hostile/cut-off.parquet": parquet()[:-20],
    "hostile/names.zip": zip_((name, TEXT.encode()) for name in EVIL_NAMES),
    "hostile/names.tar": tar(
        [*((name, TEXT.encode()) for name in EVIL_NAMES), ("link", link("/etc/passwd")), ("dev", link("", tarfile.CHRTYPE))]
    ),
    "hostile/no-record.jsonl": b"\n\n",
    "hostile/nothing.zip": zip_([]),
    "hostile/nothing.json": b"[]",
    "hostile/nothing.warc": b"",
    "hostile/bomb.txt.gz": COMPRESSIONS[".gz"](b"a" * (40 << 20)),
    "hostile/half-characters.jsonl": b'{"text": "half \\ud83d a character, \\u0000 and a zero, which no article needs"}\n',
    "hostile/entities.xml": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbb">]><a>&b;</a>',
    "hostile/entities.rss": b'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY b "bbbb">]><rss><channel><item><title>&b;</title></item></channel></rss>',
    "hostile/sitemap.xml": b'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>x</loc></url></urlset>',
    "hostile/cut-off.rss": rss()[:-300],
    "hostile/entities.xhtml": b'<?xml version="1.0"?><!DOCTYPE html [<!ENTITY b SYSTEM "file:///etc/passwd">]><html><p>&b;</p></html>',
    "hostile/image.txt": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 10,
    "hostile/empty.txt": b"",
}
"""What cannot be read, or not all of it."""


def build(folder: Path) -> None:
    """Write all of it into a folder; what needs a name or a place that bytes alone do not have comes too."""
    files = PLAIN | HOSTILE
    for name in ("text/plain.txt", "records/lines.jsonl", "records/table.csv", "records/table.parquet", "web/texts.wet"):
        files |= {f"compressed/{Path(name).name}{suffix}": press(PLAIN[name]) for suffix, press in COMPRESSIONS.items()}
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (folder / "hostile/loop").symlink_to(folder)
    (folder / "hostile/dangling").symlink_to(folder / "nowhere")
    with suppress(OSError):  # some file systems have no such names
        (folder / "hostile" / os.fsdecode(b"caf\xe9\r\n.txt")).write_bytes(TEXT.encode())


if __name__ == "__main__":
    build(Path(sys.argv[1]))
