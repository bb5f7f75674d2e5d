"""Does memory grow with the input?  Generates containers of any size, reads them, and prints what that took.

    python -m benchmarks.memory --gb 5 --kinds jsonl.zst warc parquet
    python -m benchmarks.memory --gb 5 --keep FOLDER    # leaves the files there, for a run of `copydesk clean`

Each file is read in a process of its own.  "first" is its resident memory after the first 1,000 documents,
"peak" the highest at all; both in MB, as are the sizes.  "documents" are all, and "failed" those that could not be had.
"""

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from cleaners.read import Failed, documents, find
from cleaners.read.compression import zstd_module

MB = 1_000_000


def articles() -> Iterator[str]:
    """Made-up texts of some 5 KB, which compress about as text does, without end and always the same."""
    rng = random.Random(20261122)
    words = ["".join(rng.choices("etaoinshrdlucmfwypvbgkq", k=rng.randint(2, 10))) for _ in range(8000)]
    paragraphs = [" ".join(rng.choices(words, k=rng.randint(40, 120))) + "." for _ in range(20_000)]
    number = 0
    while True:
        number += 1
        yield f"Article {number}\n\n" + "\n\n".join(rng.choices(paragraphs, k=10))


def records() -> Iterator[dict[str, str]]:
    for number, text in enumerate(articles()):
        yield {"url": f"https://news.example/{number}", "title": f"Article {number}", "date": "2026-11-22", "text": text}


def json_lines(file: BinaryIO, size: int) -> None:
    for record in records():
        size -= file.write(json.dumps(record).encode() + b"\n")
        if size < 0:
            return


def json_lines_zst(file: BinaryIO, size: int) -> None:
    with zstd_module().ZstdFile(file, "wb") as compressed:
        json_lines(compressed, size)


def json_array(file: BinaryIO, size: int) -> None:
    separator = b"[\n"
    for record in records():
        size -= file.write(separator + json.dumps(record, indent=1).encode())
        separator = b",\n"
        if size < 0:
            break
    file.write(b"]")


def csv(file: BinaryIO, size: int) -> None:
    file.write(b"url,date,text\n")
    for record in records():
        size -= file.write('"{url}",{date},"{text}"\n'.format(**record).encode())
        if size < 0:
            return


PICTURE = random.Random(7).randbytes(250_000)  # most of what a crawl brings home


def warc(file: BinaryIO, size: int) -> None:
    def response(url: str, media_type: str, content: bytes) -> int:
        body = f"HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content
        head = (
            f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: {url}\r\nWARC-Date: 2026-11-22T00:00:00Z\r\n"
            f"WARC-Record-ID: <{url}>\r\nContent-Type: application/http; msgtype=response\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return file.write(head.encode() + body + b"\r\n\r\n")

    for record in records():
        html = "<p>".join(record["text"].split("\n\n"))
        page = f"<!DOCTYPE html><html><head><title>{record['title']}</title></head><body><article>{html}</article></body></html>"
        size -= response(record["url"], "text/html; charset=utf-8", page.encode())
        size -= response(record["url"] + ".jpg", "image/jpeg", PICTURE)
        if size < 0:
            return


def parquet(file: BinaryIO, size: int) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    rest, rows = records(), 20_000
    writer = None
    while size > 0:
        table = pa.Table.from_pylist(list(islice(rest, rows)))
        writer = writer or pq.ParquetWriter(file, table.schema, compression="zstd")
        writer.write_table(table, row_group_size=rows)
        size -= table.nbytes
    assert writer is not None
    writer.close()


def zip_(file: BinaryIO, size: int) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for number, text in enumerate(articles()):
            archive.writestr(f"{number // 1000}/{number}.txt", text)
            size -= len(text)
            if size < 0:
                return


KINDS: dict[str, Callable[[BinaryIO, int], None]] = {
    "jsonl": json_lines,
    "jsonl.zst": json_lines_zst,
    "json": json_array,
    "csv": csv,
    "warc": warc,
    "parquet": parquet,
    "zip": zip_,
}


def resident() -> float:
    """Resident memory of this process now, in MB (Linux)."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / MB


def peak() -> float:
    """The most that this process ever had resident, in MB (Linux).  What getrusage says includes the parent before the fork."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024 / MB


def read(path: Path) -> None:
    """Read a file and print a line of the table."""
    started = time.perf_counter()
    count = failed = size = 0
    first = 0.0
    for found in find(path):
        for came in documents(found):
            count += 1
            if isinstance(came, Failed):
                failed += 1
            else:
                size += len(came.raw)
            if count == 1000:
                first = resident()
    seconds = time.perf_counter() - started
    figures = f"{path.stat().st_size / MB:>8,.0f}{size / MB:>8,.0f}{count:>11,}{failed:>8,}{first:>8.0f}{peak():>8.0f}"
    print(f"{path.name.partition('.')[2]:<10}{figures}{size / MB / seconds:>8.0f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gb", type=float, default=1, help="size of the content of each file (default: 1)")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=["jsonl.zst", "warc", "parquet"])
    parser.add_argument("--keep", type=Path, help="where to leave the files (default: they are removed)")
    parser.add_argument("--read", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.read:
        read(options.read)
        return
    print(f"{'':<10}{'file':>8}{'content':>8}{'documents':>11}{'failed':>8}{'first':>8}{'peak':>8}{'MB/s':>8}", flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        for kind in options.kinds:
            path = (options.keep or Path(scratch)) / f"generated.{kind}"
            with path.open("wb") as file:
                KINDS[kind](file, int(options.gb * 1e9))
            subprocess.run([sys.executable, "-m", "benchmarks.memory", "--read", str(path)], check=True)
            if not options.keep:
                path.unlink()


if __name__ == "__main__":
    main()
