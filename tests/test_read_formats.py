"""The readers: one folder with one of each kind, then the cases of each format as data."""

import gzip
import io
import json
import os
import random
import re
import subprocess
import sys
import zipfile
import zlib
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import brotli
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cleaners.read import Failed, Fields, Raw, documents, find
from tests import make_inputs
from tests.conftest import ROOT
from tests.make_inputs import PAGE, TEXT, http, tar, warc_record, zip_

FOUND = Fields()  # none is named


def came(folder: Path, name: str, content: bytes, fields: Fields = FOUND) -> list[Raw | Failed]:
    """What a file gives."""
    path = folder / name
    path.write_bytes(content)
    [found] = find(path)
    return list(documents(found, fields))


def values(documents: list[Raw | Failed]) -> list[tuple[str | None, Any]]:
    """Record and text, or the type of the failure."""
    return [
        (one.record, one.type if isinstance(one, Failed) else one.raw.decode() if one.text is None else one.text)
        for one in documents
    ]


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> list[Raw | Failed]:
    folder = tmp_path_factory.mktemp("everything")
    make_inputs.build(folder)
    return [one for found in find(folder) for one in documents(found)]


def test_one_of_each_kind_is_read(everything):
    plain = [one for one in everything if not one.id.startswith("hostile/")]
    failed = [(one.id, one.type) for one in plain if isinstance(one, Failed)]
    assert failed == [
        ("records/bad-line.jsonl#2", "JSONDecodeError"),
        *(
            (f"web/crawl.warc{suffix}#{n}", type_)
            for suffix in ("", ".gz")
            for n, type_ in ((13, "HttpStatus"), (14, "Unsupported"))
        ),
        *((f"web/dictionary.warc.zst#{n}", type_) for n, type_ in ((13, "HttpStatus"), (14, "Unsupported"))),
    ]
    assert {one.path for one in plain} >= set(make_inputs.PLAIN)


def test_every_hostile_file_comes_back_and_loses_what_it_must_alone(everything):
    types: dict[str, Counter[str]] = {}
    for one in everything:
        types.setdefault(one.path, Counter())[one.type if isinstance(one, Failed) else "read"] += 1
    hostile = {path.removeprefix("hostile/"): dict(count) for path, count in types.items() if path.startswith("hostile/")}
    hostile.pop("caf\ufffdE9\r\n.txt", None)
    lines = hostile["cut-off.jsonl.gz"].pop("read")
    assert 250 < lines < 300
    assert hostile == {
        "bomb.txt.gz": {"TooLarge": 1},
        "cut-off.jsonl.gz": {"Truncated": 1},
        "cut-off.rss": {"read": 2, "Damaged": 1},
        "cut-off.parquet": {"ArrowInvalid": 1},
        "cut-off.tar": {"read": 3, "Truncated": 1, "ReadError": 1},
        "cut-off.warc": {"read": 1, "Truncated": 1},
        "cut-off.zip": {"read": 5, "Truncated": 1},
        "dangling": {"FileNotFoundError": 1},
        "empty.txt": {"read": 1},
        "entities.rss": {"Entities": 1},
        "entities.xhtml": {"read": 1},
        "entities.xml": {"Unsupported": 1},
        "half-characters.jsonl": {"read": 1},
        "image.txt": {"read": 1},
        "loop": {"NotAFile": 1},
        "names.tar": {"read": 8, "NotAFile": 2},
        "names.zip": {"read": 8},
        "sitemap.xml": {"Unsupported": 1},
        "no-record.jsonl": {"Empty": 1},
        "nothing.json": {"Empty": 1},
        "nothing.warc": {"Empty": 1},
        "nothing.zip": {"Empty": 1},
    }


def test_what_holds_no_document_is_known_by_its_bytes(tmp_path):
    """So its record says which file it was, as that of any other that is left out."""
    empty = {"a.jsonl": b"\n\n", "b.json": b"[]", "c.warc": b"", "d.zip": zip_([]), "e.csv": b"title,text\n"}
    out = io.BytesIO()
    pq.write_table(pa.table({"text": pa.array([], pa.string())}), out)
    empty["f.parquet"] = out.getvalue()

    def left_out(name: str, content: bytes) -> tuple[str, bytes | None]:
        [one] = came(tmp_path, name, content)
        assert isinstance(one, Failed)
        return one.type, one.raw

    for name, content in empty.items():
        assert left_out(name, content) == left_out("in.zip", zip_([(name, content)])) == ("Empty", content)
    assert left_out("a.jsonl", b"\n" * 100_000) == ("Empty", None)  # neither read twice nor held


def test_ids_are_unique_safe_and_lead_to_the_file(everything):
    assert len({one.id for one in everything}) == len(everything)
    for one in everything:
        assert one.id == (one.path if one.record is None else f"{one.path}#{one.record}")
        assert one.id.encode()
        parts = one.id.replace("#", "/").replace("\\", "/").split("/")
        assert ".." not in parts
        assert all(parts), one.id
        assert "\0" not in one.id


def test_reading_again_gives_the_same(everything, tmp_path):
    make_inputs.build(tmp_path)
    assert [one for found in find(tmp_path) for one in documents(found)] == everything


# Name, content, records with text or type of failure.
RECORDS = [
    ("a.jsonl", b'{"text": "a"}\r\n\n{"text": "b"}', [("1", "a"), ("3", "b")]),
    ("a.jsonl", b'\xef\xbb\xbf{"text": "a"}\n', [("1", "a")]),
    ("a.jsonl", b'"a"\n["b"]\nnull\n3\n{}\n{"n": 1}', [("1", "a"), *((str(n), "NotARecord") for n in (2, 3, 4)), ("5", "NoText"), ("6", "NoText")]),
    ("a.jsonl", b'{"text": ""}\n{"text": null, "html": "<p>a"}', [("1", ""), ("2", "<p>a")]),
    ("a.jsonl", b'{"text": "a\n{"text": "b"}\n', [("1", "JSONDecodeError"), ("2", "b")]),
    ("a.jsonl", b'{"text": "caf\xe9"}', [("1", b"caf\xe9")]),
    ("a.jsonl", b'{"text": "\\ud83d\\ude00 \\ud83d."}', [("1", "\U0001f600 \ufffd.")]),
    ("a.jsonl", b'{"text": NaN, "content": "a"}', [("1", "a")]),
    ("a.jsonl", b"[" * 100_000, [("1", "JSONDecodeError")]),
    ("a.jsonl", b'{"a":' * 100_000, [("1", "JSONDecodeError")]),
    ("a.jsonl", b'[{"text": "a"}, {"text": "b"}]', [("1", "a"), ("2", "b")]),
    ("a.jsonl", b'{\n "text": "a"\n}\n{\n "text": "b"\n}\n', [("1", "a"), ("2", "b")]),
    ("a.jsonl", b'{"text": "a", "author": ' + b"[" * 900 + b"]" * 900 + b', "x": ' + b'{"name":' * 900 + b"1" + b"}" * 900 + b'}\n"b"', [("1", "a"), ("2", "b")]),
    ("a.json", b'[{"text": "]"}, {"text": "\\"}"},\n{"text": broken}, {"text": {"b": ["c"]}, "body": "d"}]', [("1", "]"), ("2", '"}'), ("3", "JSONDecodeError"), ("4", "d")]),
    ("a.json", b'{"text": "a"}{"text": "b"}\n', [("1", "a"), ("2", "b")]),
    ("a.json", b'[{"text": "a"}, {"text": "b', [("1", "a"), ("2", "JSONDecodeError")]),
    ("a.json", b'[{"text": "a"}] {"text": "b"}', [("1", "a"), ("2", "b")]),
    # A second run behind the first; lines with the commas of an array; the bulk format of Elasticsearch
    ("a.json", b'[{"text": "a"}\n]\n[\n{"text": "b"},\n{"text": "c"}]', [("1", "a"), ("2", "b"), ("3", "c")]),
    ("a.json", b'[{"text": "a"}] 1 [{"text": "b"}]', [("1", "a"), ("2", "JSONDecodeError")]),
    ("a.json", b'{"text": "a"} [{"text": "b"}]', [("1", "a"), ("2", "NotARecord")]),
    ("a.jsonl", b'{"text": "a"},\n{"text": "b"},\r\n{"text": "c"}\n', [("1", "a"), ("2", "b"), ("3", "c")]),
    ("a.json", b'{"index": {"_id": "1"}}\n{"text": "a"}\n{"create": {}}\n{"text": "b"}\n{"index": {"n": 1}}\n', [("2", "a"), ("4", "b"), ("5", "NoText")]),
    ("a.json", b'{"update": {"_id": "1"}}\n{"text": "a"}\n{"delete": {"_id": "2", "routing": "x"}}\n', [("2", "a")]),
    ("a.json", b'{"meta": {"id": 7}, "article": {"body": "a"}}', [("1", "a")]),
    ("a.json", b'[{"text": "a\\\\\\"], b"}, {"text": "c\\\\"}]', [("1", 'a\\"], b'), ("2", "c\\")]),  # a backslash, and a quote behind it
    ("a.json", '[{"text": "港の船は朝六時に出ます。市長が見た時刻表"}, {"text": "一覧表"}]'.encode("cp932"), [("1", "港の船は朝六時に出ます。市長が見た時刻表"), ("2", "一覧表")]),
    ("a.jsonl", '{"text": "港の船は朝六時に出ます。市長は予定表"}\n{"text": "表"}\n'.encode("cp932"), [("1", "港の船は朝六時に出ます。市長は予定表"), ("2", "表")]),
    ("a.csv", b"text,url\na,x\n", [("1", "a")]),
    ("a.csv", b'url;text\nx;"a\nb;c"\ny;d\n', [("1", "a\nb;c"), ("2", "d")]),
    ("a.csv", b"text,url\na,x,y\nb\nc,z\n", [("1", "Columns"), ("2", "Columns"), ("3", "c")]),
    ("a.csv", b"text,url\ncaf\xe9,x\n", [("1", b"caf\xe9")]),
    ("a.csv", "text,url\né,x\n".encode("utf-16"), [("1", "é")]),
    ("a.csv", b"text\na\0b\n", [("1", "a\0b")]),
    ("a.csv", b"text,n\ra,1\rb,2\r", [("1", "a"), ("2", "b")]),  # as old Macs and Excel on a Mac write it
    ("a.csv", b'text,n\r"a\rb",1\rc,2', [("1", "a\nb"), ("2", "c")]),
    # Tables that were put one behind the other
    ("a.csv", b"\xef\xbb\xbftext,n\na,1\ntext,n\nb,2\n\xef\xbb\xbftext,n\nc,n\n", [("1", "a"), ("2", "b"), ("3", "c")]),
    ("a.csv", b"text,n\ntext,1\na,n\n", [("1", "text"), ("2", "a")]),  # no header again
    # Excel is told the delimiter in the first line; MySQL and Spark put a backslash before a quote.
    ("a.csv", b"sep=;\r\nn;text\r\n1,5;a\r\n", [("1", "a")]),
    ("a.csv", b'"sep=\t"\n"n"\t"text"\n"1"\t"a, b"\n', [("1", "a, b")]),
    ("a.csv", b'n,text\n1,"He said \\"no\\", C:\\new"\n2,"b"\n', [("1", 'He said "no", C:\\new'), ("2", "b")]),
    ("a.csv", b'n,text\n1,"He said ""no"", in C:\\"\n2,b\n', [("1", 'He said "no", in C:\\'), ("2", "b")]),
    ("a.csv", b'path,text\n"C:\\","a"\n', [("1", "a")]),
    ("a.tsv", b"n\ttext\turl\n1\ta\\\n\\\nb \"c\"\t\\N\n2\td\\\te\\\\\tu\n", [("1", 'a\n\nb "c"'), ("2", "d\te\\")]),
    ("a.csv", b"n,text\n1,a\\, b\\\nc\n2,d\n", [("1", "a, b\nc"), ("2", "d")]),
    ("a.csv", b'n,text\n1,"a\\\nb"\n2,"c"\n', [("1", "a\\\nb"), ("2", "c")]),
    ("a.csv", b'n,text\r1,"a\n""b"""\r2,c\r3,"d\r\n\ne"\r', [("1", 'a\n"b"'), ("2", "c"), ("3", "d\n\ne")]),
    ("a.csv", b'n,text\r\n1,"a\rb"\r\n2,c\r\n', [("1", "a\rb"), ("2", "c")]),
    ("a.csv", b'n,title,text,url\n1,"t","a said \\"no\\".\\\n\\\nb\\\\",\\N\n2,"t","c","u"\n', [("1", 'a said "no".\n\nb\\'), ("2", "c")]),
    ("a.tsv", b'n\ttext\turl\n1\t"A" said.\\n\\nSo\\tC:\\\\n.\t\\N\n2\tb\tu\n', [("1", '"A" said.\n\nSo\tC:\\n.'), ("2", "b")]),
    ("a.tsv", b"n\ttext\n1\tA.\\nB: C:\\Users\n", [("1", "A.\\nB: C:\\Users")]),
    ("a.tsv", b'n\ttext\n1\t"A ""B""\tC.\\n\\nD"\n', [("1", 'A "B"\tC.\\n\\nD')]),
    ("a.tsv", b"n\ttext\n1\tin C:\\new\n", [("1", "in C:\\new")]),
    ("a.tsv", b"n\ttext\n1\tin C:\\\n2\tb\n", [("1", "in C:\\"), ("2", "b")]),
    # Commas in a text are more than the semicolons between the cells; blanks between commas and quotes
    ("a.csv", b"1;The ferry, the old one, white, is back.;x\n2;It leaves at six, and at nine, and then not before noon.;y\n",
     [("1", "The ferry, the old one, white, is back."), ("2", "It leaves at six, and at nine, and then not before noon.")]),
    ("a.csv", b"text;n\na, b;1\nc, d;2\n", [("1", "a, b"), ("2", "c, d")]),
    ("a.csv", b'title, text\nt, "a, ""b"", c"\n u, "d\ne"\n', [("1", 'a, "b", c'), ("2", "d\ne")]),
    ("a.csv", b'n;text\n1;a\n2; "No" was what he said.\n', [("1", "a"), ("2", ' "No" was what he said.')]),
    ("a.csv", b'n,text\n1,"He said, ""no"""\n', [("1", 'He said, "no"')]),
    # JSON under another name, and in one line
    ("a.csv", b'{"text": "a"}\n{"text": "b"}\n', [("1", "a"), ("2", "b")]),
    ("a.csv", b"{x},text\n1,a\n", [("1", "a")]),
    # A text that begins with a piece of JSON, and JSON without a name
    ("a", b'{"text": "a"}\n"And so," she said.\n', [(None, b'{"text": "a"}\n"And so," she said.\n')]),
    ("a", b'{"text": "a"}\n\n"b"\n', [("1", "a"), ("3", "b")]),
    ("a", b'{"text": "a"}\n{"text": b}\n', [("1", "a"), ("2", "JSONDecodeError")]),
    ("a", b'{\n"text": "a"\n}\n', [("1", "a")]),
    ("a.json", b'{"text": "a"}{"text": "b"}', [("1", "a"), ("2", "b")]),
    ("a.json", b'{"text": "a"', [("1", "JSONDecodeError")]),
    ("a.csv", b'n,text\n1,a\n2,"b\nnever closed\n3,c\n', [("1", "a"), ("2", "Truncated")]),
    ("a.csv", b'n,text\n1,a\n2,"b\nclosed"\n3,12" of rain\n', [("1", "a"), ("2", "b\nclosed"), ("3", '12" of rain')]),
    ("a.csv", b"1,The ferry leaves at six.\n2,The next one leaves at nine.\n", [("1", "NoText"), ("2", "NoText")]),  # no header
    ("a.csv", b",,text,tags,tags\n1,x,a,y,z\n", [("1", "a")]),
    ("a.csv", b"yes,yes,He came back in the night.\nno,no,She had left by then.\n", [("1", "NoText"), ("2", "NoText")]),
    ("a.csv", b"text, text\na,b\n", [("1", "a")]),
    ("a.jsonl", b'{"id": "x", "sum": "' + b"0123456789abcdef" * 4 + b'"}\n', [("1", "NoText")]),
    ("a.csv", b"1," + b"long words " * 20 + b"\n2," + b"other words " * 20, [("1", "long words " * 20), ("2", "other words " * 20)]),
    ("a.tsv", b"text\turl\na, b\tx\n", [("1", "a, b")]),
    ("a.tsv", b'text\turl\n"A," she said\tx\n"B\ty\n', [("1", '"A," she said'), ("2", '"B')]),
    ("a.tsv", b'text\turl\n"A ""B"""\tx\n"C\nD"\ty\n', [("1", 'A "B"'), ("2", "C\nD")]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content", "wanted"), RECORDS)
def test_records(tmp_path, name, content, wanted):
    got = [
        (one.record, one.type if isinstance(one, Failed) else one.raw if one.text is None else one.text)
        for one in came(tmp_path, name, content)
    ]
    assert got == wanted


def test_rows_that_cannot_be_trusted_are_told_with_their_lines(tmp_path):
    got = came(tmp_path, "a.csv", b'n,text\n1,a,b\n2,"b\nnever closed\n3,c\n')
    assert [(one.record, one.message, one.raw) for one in got if isinstance(one, Failed)] == [
        ("1", "row 1 (line 2) has 3 cells, and the header 2: its text may be cut in the wrong place", b"1\na\nb"),
        (
            "2",
            "row 2 opens a quotation mark that is never closed, so it holds all lines from 3 on",
            b'2,"b\nnever closed\n3,c\n',
        ),
    ]


ENCODINGS = [
    ("cp1252", "Le café était fermé, déclare le maire du port. Il a été réélu à l’été."),
    ("cp1251", "Паром вернулся в гавань утром. Мэр сказал, что всё хорошо."),
    ("gb18030", "港口的渡轮今天早上六点离开，市长说。岛上的居民都很高兴。"),
    ("shift_jis", "港の船は朝六時に出ます。市長は、船を見て言いました。"),
]


@pytest.mark.parametrize(("encoding", "text"), ENCODINGS)
def test_names_and_metadata_in_legacy_encodings(tmp_path, encoding, text):
    """The document keeps its own bytes; what is UTF-8 is read as such."""
    title = text[:12]
    line = json.dumps({"title": title, text[0]: [{"x": title}], "text": text}, ensure_ascii=False)
    plain = json.dumps({"title": title, "text": "a"}, ensure_ascii=False)
    utf_8 = json.dumps({"title": "ſ", "text": "ſ"}, ensure_ascii=False)
    content = b"".join((one + "\n").encode(encoding) for one in [plain] * 3 + [line] * 900)
    got = came(tmp_path, "a.jsonl", content + utf_8.encode() + b'\n{"title": "\xff", "text": "a"}\n')
    assert [(one.raw, one.text, one.encoding, one.metadata) for one in got[:3] if isinstance(one, Raw)] == [
        (plain.encode(encoding), "a", encoding, {"title": title})
    ] * 3
    assert [(one.raw, one.text, one.metadata) for one in got[3:-2] if isinstance(one, Raw)] == [
        (text.encode(encoding), None, {"title": title, text[0]: [{"x": title}]})
    ] * 900
    assert [(one.text, one.encoding, one.metadata) for one in got[-2:-1] if isinstance(one, Raw)] == [
        ("ſ", "utf-8", {"title": "ſ"})
    ]
    table = f"title;{text[0]}\n" + f"{title};{text}\n" * 900
    got = came(tmp_path, "a.csv", table.encode(encoding), Fields(text=text[0]))
    assert [(one.raw, one.metadata) for one in got if isinstance(one, Raw)] == [(text.encode(encoding), {"title": title})] * 900


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.jsonl.zst", "a.csv.gz", "a.parquet"])
def test_what_came_before_the_damage_is_given(tmp_path, name):
    """Also where it is so few records that the field with the text is still being looked for."""
    rng = random.Random(1)
    texts = ["".join(rng.choices("abcdefgh ", k=400)) for _ in range(60)]
    if name == "a.parquet":
        path = tmp_path / name
        pq.write_table(pa.table({"text": texts}), path, row_group_size=20, compression="zstd")
        whole = path.read_bytes()
        start = pq.ParquetFile(path).metadata.row_group(2).column(0).dictionary_page_offset
        content = whole[: start + 200] + bytes(100) + whole[start + 300 :]
    elif name == "a.csv.gz":
        content = make_inputs.COMPRESSIONS[".gz"]("".join(f"{text}\n" for text in ["text", *texts]).encode())[:-400]
    else:
        lines = "".join(json.dumps({"text": text}) + "\n" for text in texts).encode()
        content = make_inputs.COMPRESSIONS[Path(name).suffix](lines)[:-400]
    *read, last = came(tmp_path, name, content)
    assert isinstance(last, Failed)
    assert len(read) >= (40 if name == "a.parquet" else 50) or name.endswith(".zst")  # whose blocks are large
    assert [one[1] for one in values(read)] == texts[: len(read)]


def test_a_record_keeps_its_own_bytes(tmp_path):
    array = b'[ {"text":  "caf\\u00e9"} ,\n\t{"text": "b", "n": 1.50}\n]'
    assert [one.raw for one in came(tmp_path, "a.json", array)] == [b'{"text":  "caf\\u00e9"}', b'{"text": "b", "n": 1.50}']
    assert [one.raw for one in came(tmp_path, "a.jsonl", b'{"text": "a"}  \r\n')] == [b'{"text": "a"}  ']
    assert [one.raw for one in came(tmp_path, "a.csv", "text,n\né,1\n".encode())] == ["é".encode()]


LONG = "a long text in a field of another name, " * 5
# A file with an object, and the records in it with their texts.
WRAPPERS = [
    ({"status": "ok", "articles": [{"content": "a"}, {"content": "b"}]}, [("1#articles/1", "a"), ("1#articles/2", "b")]),
    ({"data": {"n": 1, "items": [{"body": "a"}]}, "x": 1}, [("1#data/items/1", "a")]),
    (
        {"response": {"docs": [{"content": ["a"]}, {"content": ["b", "c"]}]}},
        [("1#response/docs/1", "a"), ("1#response/docs/2", "b\n\nc")],
    ),
    ({"pages": [{"url": "u", "text": "a"}, {"url": "v", "text": "b"}]}, [("1#pages/1", "a"), ("1#pages/2", "b")]),
    ({"pages": [{"url": "u", "text": "a"}, {"text": "b"}]}, [("1#pages/1", "a"), ("1#pages/2", "b")]),
    ({"data": {"posts": {"edges": [{"node": {"content": "a"}}]}}}, [("1#data/posts/edges/1", "a")]),
    ({"comments": [{"url": "u", "text": "a"}]}, [("1#comments/1", "a")]),
    ({"columns": ["text", "n"], "index": [4, 5], "data": [["a", 1], ["b", 2]]}, [("1#0", "a"), ("1#1", "b")]),
    # Wrappers in a wrapper
    (
        {"db": [{"data": {"posts": [{"html": "<p>a</p>"}], "users": [{"name": "n"}]}}, {"data": {"posts": [{"text": "b"}, {}]}}]},
        [("1#db/1#data/posts/1", "<p>a</p>"), ("1#db/2#data/posts/1", "b"), ("1#db/2#data/posts/2", "NoText")],
    ),
    ({"hits": {"hits": [{"_id": "7", "_source": {"text": "a"}}]}}, [("1#hits/hits/1", "a")]),
    ({"title": "A feed of the harbour", "items": [{"url": "u", "content_html": "<p>" + LONG}]}, [("1#items/1", "<p>" + LONG)]),
    ({"news": [{"text": "a"}], "sport": [{"url": "u", "text": "b"}]}, [("1#news/1", "a"), ("1#sport/1", "b")]),
    (
        {"articles": [{"text": "a"}, 3, {"text": "]"}]},
        [("1#articles/1", "a"), ("1#articles/2", "NotARecord"), ("1#articles/3", "]")],
    ),
    ({"a#": {"../": {"rows": [{"text": "a"}]}}}, [("1#a\ufffd23/\ufffd2E\ufffd2E/rows/1", "a")]),
    ({"a1": {"title": "t", "text": "a"}, "a2": {"text": "b"}}, [("1#a1", "a"), ("1#a2", "b")]),
    ({"a1": {"text": "a"}, "a2": {"text": None}}, [("1#a1", "a"), ("1#a2", "NoText")]),
    # Column by column
    ({"title": {"0": "t", "1": None}, "text": {"0": "a", "1": "b"}}, [("1#0", "a"), ("1#1", "b")]),
    ({"n": {"0": 1, "2": 2}, "text": {"0": "a", "2": None}}, [("1#0", "a"), ("1#2", "NoText")]),
    ({"n": {"5": 1, "9": 2}, "text": {"5": "a", "9": "b"}}, [("1#5", "a"), ("1#9", "b")]),
    ({"title": ["s", "t"], "text": ["a", None]}, [("1#0", "a"), ("1#1", "NoText")]),
    ({"title": ["t", "t"], "text": ["a", "b"]}, [("1", "a\n\nb")]),
    ({"title": ["t"], "text": ["a", "b"]}, [("1", "a\n\nb")]),
    ({"title": ["t"], "text": ["a"]}, [("1", "a")]),
    ({"n": {"0": 1, "1": 2}, "x": {"0": LONG}}, [("1", LONG)]),
    # Texts by their addresses, numbers, or names of files
    ({"web://b": LONG, "web://c": None, "web://d": {}}, [("1#web:/b", LONG), ("1#web:/c", "NotARecord"), ("1#web:/d", "NoText")]),
    ({"0": LONG, "1": "b"}, [("1#0", LONG), ("1#1", "b")]),
    ({"a.txt": LONG, "b.txt": {"text": "b"}}, [("1#a.txt", LONG), ("1#b.txt", "b")]),
    ({"a.txt": "b", "c.txt": "d"}, [("1", "NoText")]),
    ({"a.txt": LONG, "rest": LONG[1:]}, [("1", LONG)]),
    ({"parts": {"1": LONG, "2": "b"}}, [("1", LONG)]),
    (
        {"n": 2, "articles": {"../": {"text": "a"}, "x#1": {"text": "b"}}},
        [("1#articles/\ufffd2E\ufffd2E", "a"), ("1#articles/x\ufffd231", "b")],
    ),
    (
        {"data": {"items": {"a": {"html": "<p>a</p>"}, "b": {"meta": {"text": "b"}}}}},
        [("1#data/items/a", "<p>a</p>"), ("1#data/items/b", "b")],
    ),
    # No wrappers: parts of one record, one with a text of its own, one of which not all have texts.
    ({"headline": {"text": "a"}, "body": {"text": "b"}}, [("1", "a")]),
    ({"a1": {"text": "a"}}, [("1", "a")]),
    ({"text": "a", "b1": {"text": "b"}, "b2": {"text": "c"}}, [("1", "a")]),
    ({"text": "a", "items": {"b1": {"text": "b"}, "b2": {"text": "c"}}}, [("1", "a")]),
    ({"a1": {"text": "a"}, "writer": {"name": "b"}}, [("1", "a")]),
    ({"url": "u", "data": {"en": {"text": "a"}, "de": {"text": "b"}}}, [("1", "a")]),
    # No wrappers: an article with its paragraphs, comments, related articles; texts in arrays of arrays; nothing with text.
    ({"title": "t", "paragraphs": [{"text": "a"}, {"text": "b"}]}, [("1", "a\n\nb")]),
    ({"text": "a", "items": [{"text": "b", "url": "u"}]}, [("1", "a")]),
    ({"x": LONG, "related": [{"url": "u", "text": "b"}]}, [("1", LONG)]),
    ({"text": "", "url": "u", "comments": [{"url": "u", "text": "b"}]}, [("1", "")]),
    ({"paragraphs": ["a", "b"], "related": [{"url": "u", "text": "b"}]}, [("1", "a\n\nb")]),
    ({"blocks": [{"text": "a"}, {"text": "b"}], "items": [{"url": "u", "text": "b"}]}, [("1", "a\n\nb")]),
    ({"body": [{"text": "a"}, {"url": "u", "text": "picture"}, {"text": "b"}]}, [("1", "a\n\npicture\n\nb")]),
    ({"articles": [{"url": "u", "title": "t"}]}, [("1", "NoText")]),
    ({"articles": [[{"text": "a"}]]}, [("1", "NoText")]),
    ({"a": {"b": {"c": {"d": {"items": [{"text": "a"}]}}}}}, [("1", "NoText")]),
]


@pytest.mark.parametrize(("value", "wanted"), WRAPPERS)
@pytest.mark.parametrize(("name", "indent"), [("a.json", 1), ("a.jsonl", None)])
def test_records_in_another_object(tmp_path, value, wanted, name, indent):
    got = came(tmp_path, name, json.dumps(value, indent=indent).encode())
    assert values(got) == wanted
    assert values(came(tmp_path, "b.json", json.dumps([value] * 2).encode()))[len(wanted) :] == [
        (f"2{part[1:]}", text) for part, text in wanted
    ]


@pytest.mark.parametrize("text", [TEXT, TEXT * 2000])
def test_a_text_by_its_address(tmp_path, text):
    texts = {"https://a.example/b": text, "https://a.example/c": {"title": "t", "text": text}}
    texts |= {"https://a.example/d": {"url": "u", "text": text}}
    got = came(tmp_path, "a.json", json.dumps({"https://a.example/": TEXT} | texts).encode())
    assert [one.metadata for one in got if isinstance(one, Raw)] == [
        {"url": "https://a.example/"},
        {"url": "https://a.example/b"},
        {"url": "https://a.example/c", "title": "t"},
        {"url": "u"},
    ]


def test_a_record_in_another_object_keeps_its_own_bytes(tmp_path):
    wrapped = b'{"articles": [ {"text":  "caf\\u00e9"} ,\n\t{"text": "b", "n": 1.50}\n], "n": 2}'
    assert [one.raw for one in came(tmp_path, "a.json", wrapped)] == [b'{"text":  "caf\\u00e9"}', b'{"text": "b", "n": 1.50}']
    got = came(tmp_path, "a.json", b'{"articles": [{"text": "caf\xe9", "url": "u"}]}')
    assert [(one.raw, one.metadata) for one in got if isinstance(one, Raw)] == [(b"caf\xe9", {"url": "u"})]


LONG_WRAPPERS = [
    (b'{"n": 1, "articles": [', b'], "n": 2}', []),
    (b'{"n": 1, "data": {"articles": [', b'], "n": 2}, "m": [1]}\n', []),
    (b'{"articles": [', b'], "sport": [{"text": "b", "url": "u"}]}', [("1~2#sport/1", "b")]),
    (b'{"articles": [', b'], "text": "b"}', [("1~2", "b")]),
    (b'{"articles": [', b']}{"articles": [{"text": "b"}]}\n{"text": "c"}', [("2#articles/1", "b"), ("3", "c")]),
    (b'{"articles": [', b', {"text": "b', [("", "JSONDecodeError"), ("1", "JSONDecodeError")]),
    (b'{"articles": [', b'], "x": tru', [("1", "JSONDecodeError")]),
]


@pytest.mark.parametrize(("before", "behind", "wanted"), LONG_WRAPPERS)
def test_records_in_another_object_that_is_long(tmp_path, before, behind, wanted):
    count = 200
    element = json.dumps({"text": TEXT, "pad": "x" * 20_000}).encode()
    path = tmp_path / "a.json"
    path.write_bytes(before + b", ".join([element] * count) + behind)
    [found] = find(path)
    name = "data/articles" if b"data" in before else "articles"
    rest = []
    for number, one in enumerate(documents(found), start=1):
        if number <= count:
            assert isinstance(one, Raw)
            assert (one.record, one.raw, one.text) == (f"1#{name}/{number}", element, TEXT)
        else:
            rest.append(one)
    assert values(rest) == [(part or f"1#articles/{count + 1}", text) for part, text in wanted]


LONG_KEYED = [
    (b"{", b"}", "", []),
    (b"{", b'}\n{"text": "b"}', "", [("2", "b")]),
    (b'{"n": 2, "data": {"articles": {', b'}, "n": 2}, "m": {}}', "data/articles/", []),
    (b'{"articles": {', b'}, "sport": [{"text": "b", "url": "u"}]}', "articles/", [("1~2#sport/1", "b")]),
    (b"{", b', "x": 3, "y" 4, "z": {"text": "b"}}', "", [("1#x", "NotARecord"), ("1#202", "JSONDecodeError"), ("1#z", "b")]),
    (b"{", b', "z": {"text": "b', "", [("1#201", "JSONDecodeError")]),
]


@pytest.mark.parametrize(("before", "behind", "name", "wanted"), LONG_KEYED)
def test_records_by_name_in_an_object_that_is_long(tmp_path, before, behind, name, wanted):
    count = 200
    element = json.dumps({"text": TEXT, "pad": "x" * 20_000}).encode()
    path = tmp_path / "a.json"
    path.write_bytes(before + b", ".join(b'"a%d": %b' % (n, element) for n in range(count)) + behind)
    [found] = find(path)
    got = list(documents(found))
    assert values(got[:count]) == [(f"1#{name}a{n}", TEXT) for n in range(count)]
    assert values(got[count:]) == wanted


def test_a_long_record_whose_first_part_has_text_is_one(tmp_path):
    parts = {"article": {"text": "a"}, "pictures": {"text": "", "data": "x" * 100_000}, "notes": {"text": "b"}}
    assert values(came(tmp_path, "a.json", json.dumps(parts).encode())) == [("1", "a")]


KEYS = st.sampled_from(["articles", "items", "text", "url", "data", "", "a#/..", "0", "web://a", "comments"])
WRAPPED = st.recursive(
    st.sampled_from(["", "a", "]}", '"', LONG]) | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(KEYS, WRAPPED, max_size=4))
@example({"articles": [None, {"text": "a"}]})
@example({"articles": [{"text": "a"}], "items": [{}]})
@example({"articles": [{"x": LONG}], "items": {"url": {"text": ""}, "text": "a"}})
@example({"articles": [{"text": "a"}], "items": {"text": []}, "": {"text": "b"}})
@example({"articles": {"text": "a"}, "items": {"text": "a"}, "text": None})
@example({"articles": {"text": "a"}, "items": {"text": "a"}, "data": {}})
@example({"articles": [{"items": [{"text": "a"}]}]})
@example({"url": "", "comments": [{"url": "", "text": "a"}], "data": 1})
@example({"": {"text": "a"}, "items": {"articles": {"text": "a"}, "data": {"text": "a"}}})
def test_long_and_short_objects_give_the_same_records(tmp_path_factory, value):
    content = json.dumps(value).encode()
    long = content[:-1] + b" " * 70_000 + b"}"
    folder = tmp_path_factory.getbasetemp()
    short_got, long_got = (came(folder, "wrapper.json", data) for data in (content, long))
    assert len({one.id for one in long_got}) == len(long_got)
    assert Counter(map(repr, (text for _, text in values(long_got)))) == Counter(
        map(repr, (text for _, text in values(short_got)))
    )


VALUES = st.recursive(
    st.text(max_size=8) | st.none(), lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=3), inner), max_leaves=6
)


@given(st.lists(VALUES, max_size=4))
def test_arrays_are_cut_where_their_elements_end(elements):
    from cleaners.read.json_ import _split
    from cleaners.read.source import Filled, Source, buffered

    class Slow(Filled):
        rest = json.dumps(elements, indent=1).encode()

        def readinto(self, buffer: Any) -> int:
            piece, self.rest = self.rest[:3], self.rest[3:]
            buffer[: len(piece)] = piece
            return len(piece)

    pieces = list(_split(Source("a", None, "a", buffered(Slow()), Fields())))
    assert [json.loads(piece or b"") for piece in pieces] == elements


MARKED = "The <b>ferry</b>\nis\n\n<a href='/b'>back</a>, <i>so</i>.\n\n<!--more-->\n\n"
FIELDS = [
    ({"text": "a", "html": "<p>b</p>"}, Fields(), ("a", "text/plain")),
    ({"text": " ", "html": "<p>b</p>"}, Fields(), ("<p>b</p>", "text/html")),
    ({"text": "", "x": {"text": "a"}}, Fields(), ("a", "text/plain")),
    ({"text": ["b"], "x": {"text": "a"}}, Fields(), ("a", "text/plain")),
    ({"raw_html": "b"}, Fields(), ("b", "text/html")),
    ({"content": "<p class=x>b</p>"}, Fields(), ("<p class=x>b</p>", "text/html")),
    ({"content": "<p is a tag"}, Fields(), ("<p is a tag", "text/plain")),
    ({"content": "<!DOCTYPE html><p>"}, Fields(), ("<!DOCTYPE html><p>", "text/html")),
    ({"content": "<div>\n\n<p>b</p>\n</div> Read on"}, Fields(), ("<div>\n\n<p>b</p>\n</div> Read on", "text/html")),
    # In pieces: paragraphs, or objects with a heading and text; a string goes before a list.
    ({"body": ["a", " ", "b"], "summary": LONG}, Fields(), ("a\n\nb", "text/plain")),
    ({"content": ["<p>a</p>", "<p>b</p>"]}, Fields(), ("<p>a</p>\n\n<p>b</p>", "text/html")),
    ({"sections": [{"heading": "h", "text": "a"}, {"data": {"text": "b"}}]}, Fields(), ("h\n\na\n\nb", "text/plain")),
    ({"article": {"paragraphs": ["a", "b"]}}, Fields(), ("a\n\nb", "text/plain")),
    ({"text": "a", "pages": ["b"]}, Fields(), ("a", "text/plain")),
    ({"x": ["a", "b"], "text": "c"}, Fields(text="x"), ("a\n\nb", "text/plain")),
    ({"pages": [1, 2]}, Fields(), "NoText"),
    # HTML that begins with what may stand in a text, too
    (
        {"text": "<!-- wp:paragraph -->\n<p>b</p>\n<!-- /wp:paragraph -->"},
        Fields(),
        ("<!-- wp:paragraph -->\n<p>b</p>\n<!-- /wp:paragraph -->", "text/html"),
    ),
    ({"text": "<img src='x'><p>b</p>"}, Fields(), ("<img src='x'><p>b</p>", "text/html")),
    ({"text": "<a href='x'>b</a><br>c"}, Fields(), ("<a href='x'>b</a><br>c", "text/html")),
    ({"text": "A first one.<br><br>A second one.<br>"}, Fields(), ("A first one.<br><br>A second one.<br>", "text/html")),
    ({"text": "&lt;p&gt;A &amp;amp; B&lt;/p&gt;"}, Fields(), ("<p>A &amp; B</p>", "text/html")),
    ({"text": "A\nB\nC\nshows (so.<br>) and (so.<br>)"}, Fields(), ("A\nB\nC\nshows (so.<br>) and (so.<br>)", "text/plain")),
    ({"text": "Use <br> or <br/> to break a line."}, Fields(), ("Use <br> or <br/> to break a line.", "text/plain")),
    ({"text": "So it ends.<br> And so it goes on."}, Fields(), ("So it ends.<br> And so it goes on.", "text/plain")),
    ({"text": "<br> breaks a line."}, Fields(), ("<br> breaks a line.", "text/plain")),
    ({"text": "So ends a line.<br> A\n\nB, and so.<br>"}, Fields(), ("So ends a line.<br> A\n\nB, and so.<br>", "text/plain")),
    ({"text": "&lt;p&gt; is a tag."}, Fields(), ("&lt;p&gt; is a tag.", "text/plain")),
    # Paragraphs that are begun and not ended, and those that are blank lines alone.
    ({"text": "A first.<p>A second."}, Fields(), ("A first.<p>A second.", "text/html")),
    ({"text": "<p>A first.\n<p>A second."}, Fields(), ("<p>A first.\n<p>A second.", "text/html")),
    ({"text": "Begin with <p>. A second.<p>"}, Fields(), ("Begin with <p>. A second.<p>", "text/plain")),
    (
        {"text": MARKED + "<ul>\n\n<li>d</li></ul>\n\ne"},
        Fields(),
        (
            "The <b>ferry</b><br>\nis\n\n<p><a href='/b'>back</a>, <i>so</i>.\n\n<!--more-->\n\n<ul>\n\n<li>d</li></ul>\n\n<p>e",
            "text/html",
        ),
    ),
    ({"text": "<b>QUAY</b> - a\n\nb\n\nc"}, Fields(), ("<b>QUAY</b> - a\n\n<p>b\n\n<p>c", "text/html")),
    ({"text": "<div>a\n\nb</div>"}, Fields(), ("<div>a\n\nb</div>", "text/html")),
    ({"text": MARKED + "So it is in HTML."}, Fields(), (MARKED + "So it is in HTML.", "text/plain")),
    ({"text": MARKED + "<b> begins it."}, Fields(), (MARKED + "<b> begins it.", "text/plain")),
    ({"text": "An <i>x</i> where 1 <2 and <b>y</b>"}, Fields(), ("An <i>x</i> where 1 <2 and <b>y</b>", "text/plain")),
    # A text about HTML that begins with the name of an element.
    ({"text": "<p>: a paragraph\n\nIt ends with </p>."}, Fields(), ("<p>: a paragraph\n\nIt ends with </p>.", "text/plain")),
    ({"Content": "a", "x": LONG}, Fields(), ("a", "text/plain")),
    ({"x": LONG, "y": "short", "url": "http://" + LONG}, Fields(), (LONG, "text/plain")),
    ({"y": LONG, "x": LONG.upper()}, Fields(), (LONG.upper(), "text/plain")),  # of equals the first by name
    ({"text": "a", "x": "b"}, Fields(text="x"), ("b", "text/plain")),
    ({"text": "a", "x": "<p>b</p>"}, Fields(text="x"), ("<p>b</p>", "text/plain")),
    ({"text": "a", "x": "b"}, Fields(html="x"), ("b", "text/html")),
    ({"text": "a", "x": "b", "y": "c"}, Fields(text="y", html="x"), ("c", "text/plain")),
    ({"text": "a", "x": {"y": "b"}}, Fields(text="x.y"), ("b", "text/plain")),
    # A label or a teaser before the document, which is in the same object; and objects of WordPress.
    ({"content": "The ferry is back [+99 chars]", "full_text": LONG}, Fields(), (LONG, "text/plain")),
    ({"text": "Read more", "body": LONG, "html": "<p>b</p>"}, Fields(), (LONG, "text/plain")),
    ({"article": "8812", "html": f"<p>{LONG}</p>"}, Fields(), (f"<p>{LONG}</p>", "text/html")),
    ({"article": "8812", "text": "Read more", "body": LONG}, Fields(), (LONG, "text/plain")),
    ({"text": "Read on", "raw_content": f"<html><p>{LONG}"}, Fields(), ("Read on", "text/plain")),
    # A teaser beside a page with more; a short text beside a page with much around it is the article.
    ({"text": "The ferry", "html": f"<html><p>{LONG}"}, Fields(), (f"<html><p>{LONG}", "text/html")),
    ({"content": LONG + "[+9 chars]", "html": f"<p>{LONG * 2}</p>"}, Fields(), (f"<p>{LONG * 2}</p>", "text/html")),
    ({"text": LONG, "html": f"<a>{LONG * 9}</a><p>{LONG}</p>"}, Fields(), (LONG, "text/plain")),
    ({"text": "Well said!", "article": {"body": LONG}}, Fields(), ("Well said!", "text/plain")),
    ({"text": LONG * 2, "body": LONG * 9}, Fields(), (LONG * 2, "text/plain")),
    ({"yoast_head": "<title> " + LONG * 9, "content": {"rendered": "<p>b</p>"}}, Fields(), ("<p>b</p>", "text/html")),
    ({"content_text": "a", "summary": LONG}, Fields(), ("a", "text/plain")),
    ({"text": "a"}, Fields(text="x"), "NoText"),
    ({"id": "1234"}, Fields(), "NoText"),
    ({"x": "short"}, Fields(), "NoText"),
]


@pytest.mark.parametrize(("record", "fields", "wanted"), FIELDS)
@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
def test_the_field_with_the_document(tmp_path, record, fields, wanted, kind):
    content = json.dumps(record).encode() if kind == "jsonl" else make_inputs.parquet([record])
    [one] = came(tmp_path, f"a.{kind}", content, fields)
    assert (one.type if isinstance(one, Failed) else (one.text, one.media_type)) == wanted


def test_a_failure_to_find_the_text_names_the_fields(tmp_path):
    [one] = came(tmp_path, "a.jsonl", b'{"a": 1, "b": 2}')
    assert isinstance(one, Failed)
    assert "(its fields: a, b)" in one.message
    assert one.raw == b'{"a": 1, "b": 2}'


@pytest.mark.parametrize(("record", "name"), [({"title": "A", "text": None}, None), ({"body": None, "text": 1}, "body")])
def test_a_text_that_is_null_is_told(tmp_path, record, name):
    """A scraper that found no text leaves such records, and to name the field would not help."""
    [one] = came(tmp_path, "a.jsonl", json.dumps(record).encode(), Fields(text=name))
    assert isinstance(one, Failed)
    assert one.message == f"the field {name or 'text'!r} of this record, which would hold the text, is null"


METADATA = [
    ({"link": "u", "Headline": "t", "byline": ["A", "B"], "pub_date": "d", "domain": "s", "lang": "en"},
     {"url": "u", "title": "t", "author": "A; B", "published": "d", "site": "s", "language": "en"}),
    ({"url": "u", "link": "v", "date": None, "published_at": "d"}, {"url": "u", "link": "v", "published": "d"}),
    ({"url": 7, "site": {"id": "s"}, "tags": ["a", None], "n": 1e400}, {"url_": 7, "site_": {"id": "s"}, "tags": ["a", None]}),
    ({"title": {"rendered": "<em>A</em> &amp; &lt;br&gt;"}, "author": "<i>A</i>"}, {"title": "A & <br>", "author": "<i>A</i>"}),
    ({"title": "On <i>Emma</i>, <b> and x<sub class='y'>2</sub>"}, {"title": "On Emma, <b> and x2"}),
    ({"title": {"rendered": "A &amp; B"}, "author": [{"name": "A"}, {"name": "B"}], "publisher": {"@type": "Organization", "name": "s"}},
     {"title": "A & B", "author": "A; B", "site": "s"}),
    ({"n": 2**64 - 1, "m": 12345678901234567890123, "l": -(2**63) - 1}, {"n": 2**64 - 1, "m": "12345678901234567890123", "l": "-9223372036854775809"}),
    ({"author": [], "byline": [["x" * 5]]}, {"author": "xxxxx", "author_": []}),
    ({"title": "t", "headline": "h"}, {"title": "t", "headline": "h"}),
    ({"author": ["A", 1], "byline": "B"}, {"author": "B", "author_": ["A", 1]}),
    # Names of tools and of other languages; addresses under names that hold other things elsewhere; MongoDB
    ({"webUrl": "u", "postTitle": "t", "publishDate": "d", "inLanguage": "en", "标题": "x"},
     {"url": "u", "title": "t", "published": "d", "language": "en", "标题": "x"}),
    ({"标题": "t", "作者": "A", "LIEN": "u"}, {"title": "t", "author": "A", "url": "u"}),
    ({"source": "https://a.example/b", "source-hostname": "s"}, {"url": "https://a.example/b", "site": "s"}),
    ({"source": "s3://a/b.warc", "guid": "7"}, {"source": "s3://a/b.warc", "guid": "7"}),
    ({"_id": {"$oid": "5f"}, "date": {"$date": "2024-01-05T00:00:00Z"}}, {"_id": {"$oid": "5f"}, "published": "2024-01-05T00:00:00Z"}),
    ({"warc_headers": {"warc-target-uri": "u", "n": 1}}, {"url": "u", "warc_headers": {"n": 1}}),
    ({"deep": [[[[[[[[["x"]]]]]]]]]}, {"deep": [[[[[[[[["x"]]]]]]]]]}),
    ({"html": "<p>another version</p>", "x\ud800": "y\udfff"}, {"x\ufffd": "y\ufffd"}),
]  # fmt: skip


@pytest.mark.parametrize(("record", "wanted"), METADATA)
def test_the_rest_of_a_record_is_metadata(tmp_path, record, wanted):
    [one] = came(tmp_path, "a.jsonl", json.dumps({"text": "a", **record}).encode())
    assert isinstance(one, Raw)
    assert one.metadata == wanted


def test_a_teaser_that_is_not_in_the_text_is_metadata(tmp_path):
    record = {"content": "The ferry [+99 chars]", "text": LONG, "body": LONG[:50], "story": LONG * 2, "markdown": " "}
    [one] = came(tmp_path, "a.jsonl", json.dumps(record).encode())
    assert isinstance(one, Raw)
    assert (one.text, one.metadata) == (LONG, {"content": "The ferry [+99 chars]"})


def test_what_stands_beside_a_nested_document_is_metadata(tmp_path):
    record = {"_id": "7", "_source": {"title": "t", "content": "a", "url": "u", "published": "d", "n": 1}}
    nested = {"url": "v", "doc": {"title": {"rendered": "t"}, "text": "a", "meta": {"url": "u", "lang": "en", "n": 2}}}
    got = came(tmp_path, "a.jsonl", f"{json.dumps(record)}\n{json.dumps(nested)}\n".encode())
    got += came(tmp_path, "a.parquet", make_inputs.parquet([{"doc": {"title": "t", "text": "a", "meta": {"url": "u"}}}]))
    assert [one.metadata for one in got if isinstance(one, Raw)] == [
        {"title": "t", "url": "u", "published": "d", "_id": "7", "_source": {"n": 1}},
        {"title": "t", "url": "v", "language": "en", "doc": {"meta": {"url": "u", "n": 2}}},
        {"title": "t", "url": "u", "doc": {"meta": {}}},
    ]


def test_parquet_values_of_all_kinds(tmp_path):
    from datetime import UTC, datetime

    rows = [
        {"html": PAGE, "date": datetime(2024, 3, 1, tzinfo=UTC), "blob": b"\xff", "tags": ["a"], "site": None, "n": 2**63 - 1}
    ]
    [one] = came(tmp_path, "a.parquet", make_inputs.parquet(rows))
    assert isinstance(one, Raw)
    assert (one.raw, one.text, one.media_type) == (PAGE, None, "text/html")
    assert one.metadata == {"published": "2024-03-01T00:00:00+00:00", "tags": ["a"], "n": 2**63 - 1}
    assert came(tmp_path, "b.parquet", make_inputs.parquet([{"text": "a"}])[:-8] + b"\xff" * 4 + b"PAR1")[0].id == "b.parquet"


def test_parquet_strings_without_a_mark_and_maps(tmp_path):
    table = pa.table(
        {
            "text": [b"a"],
            "url": [b"u"],
            "tags": [[b"x", b"\xff"]],
            "meta": pa.array([[("title", "t"), ("n", "1")]], pa.map_(pa.string(), pa.string())),
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    [got] = documents(find(tmp_path / "a.parquet")[0])
    assert isinstance(got, Raw)
    assert got.metadata == {"url": "u", "title": "t", "tags": ["x", None], "meta": {"n": "1"}}


def test_columns_of_one_name_are_kept_apart(tmp_path):
    [one] = came(tmp_path, "a.csv", b",title, title,,text\n1,A,B,2,C\n")
    assert isinstance(one, Raw)
    assert one.metadata == {"title": "A", "title_": "B", "": "1", "_": "2"}


TIMES = [
    (pa.array([1_700_000_000_123_456_789], pa.timestamp("ns")), "2023-11-14T22:13:20.123456"),
    (pa.array([1_234_567], pa.time64("ns")), "00:00:00.001234"),
    (pa.array([1_234_567], pa.duration("ns")), "0:00:00.001234"),
    (pa.array([90_061], pa.duration("s")), "1 day, 1:01:01"),
    (pa.array([[1]], pa.large_list(pa.timestamp("ns"))), ["1970-01-01T00:00:00"]),
    (pa.array([[1]], pa.list_(pa.timestamp("ns"), 1)), ["1970-01-01T00:00:00"]),
    (pa.array([[("y", 1)]], pa.map_(pa.string(), pa.timestamp("ns"))), {"y": "1970-01-01T00:00:00"}),
    (pa.array([1], pa.timestamp("us", "W. Europe Standard Time")), "1970-01-01T00:00:00.000001+00:00"),
    (pa.array([10**18], pa.timestamp("us", "Nowhere/Atall")), None),
    (pa.array([{"x": [1]}], pa.struct({"x": pa.list_(pa.timestamp("ns"))})), {"x": ["1970-01-01T00:00:00"]}),
    (pa.array([10**18], pa.timestamp("us")), None),
    (pa.array([{"x": 2 * 10**9, "y": "z"}], pa.struct({"x": pa.date32(), "y": pa.string()})), {"x": None, "y": "z"}),
    (pa.array([Decimal("1.20")]), "1.20"),
]


@pytest.mark.parametrize("has_pandas", [True, False])
@pytest.mark.parametrize(("column", "wanted"), TIMES)
def test_parquet_values_that_python_has_not(tmp_path, column, wanted, has_pandas):
    """They cost neither the document nor the file, and are the same whether pandas is installed or not."""
    out = io.BytesIO()
    pq.write_table(pa.table({"text": ["a"], "x": column}), out)
    if has_pandas:
        [one] = came(tmp_path, "a.parquet", out.getvalue())
        assert isinstance(one, Raw)
        metadata = one.metadata
    else:
        (tmp_path / "pandas.py").write_text("raise ImportError")
        (tmp_path / "a.parquet").write_bytes(out.getvalue())
        script = (
            "import json; from cleaners.read import *; [f] = find('a.parquet'); [d] = documents(f); print(json.dumps(d.metadata))"
        )
        environment = {**os.environ, "PYTHONPATH": f"{tmp_path}:{ROOT}"}
        done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, env=environment, capture_output=True, check=True)
        metadata = json.loads(done.stdout)
    assert metadata == ({} if wanted is None else {"x": wanted})


def test_parquet_bytes_in_a_struct_cost_no_other_row(tmp_path):
    bytes_ = pa.array([b"caf\xe9", b"plain"])
    inner = pa.Array.from_buffers(pa.string(), 2, bytes_.buffers())
    out = io.BytesIO()
    pq.write_table(pa.table({"text": ["a", "b"], "x": pa.StructArray.from_arrays([inner], ["y"])}), out)
    got = came(tmp_path, "a.parquet", out.getvalue())
    assert [(one.text, one.metadata) for one in got if isinstance(one, Raw)] == [
        ("a", {"x": {"y": "caf\ufffd"}}),
        ("b", {"x": {"y": "plain"}}),
    ]


def test_parquet_strings_that_are_not_utf_8(tmp_path):
    bytes_ = pa.array([b"caf\xe9", b"plain"])
    column = pa.Array.from_buffers(pa.string(), 2, bytes_.buffers())
    out = io.BytesIO()
    pq.write_table(pa.table({"text": column}), out)
    got = came(tmp_path, "a.parquet", out.getvalue())
    assert [(one.raw, one.text) for one in got if isinstance(one, Raw)] == [(b"caf\xe9", None), (b"plain", "plain")]


GOOD = warc_record(http(PAGE))
# What a server sent, and what the document is: body, charset, media type; or the type of the failure.
RESPONSES = [
    (http(PAGE, content_type="text/html; charset=UTF-8"), (PAGE, "UTF-8", "text/html")),
    (http(PAGE, content_type="application/xhtml+xml"), (PAGE, None, "text/html")),
    (http(PAGE, content_type="text/html, text/html; charset=utf-8"), (PAGE, "utf-8", "text/html")),
    (http(PAGE, content_type="application/xml"), (PAGE, None, "text/html")),
    (http(b"<urlset>", content_type="text/xml"), "Unsupported"),
    (http(b"Text", content_type="text/plain"), (b"Text", None, "text/plain")),
    (http(PAGE, content_type="text/plain"), (PAGE, None, "text/html")),
    (http(PAGE, content_type=""), (PAGE, None, "text/html")),
    (b"HTTP/1.1 200 OK\n\n" + PAGE, (PAGE, None, "text/html")),
    (b"HTTP/2 200\r\ncontent-type:text/html;\r\n charset='latin-1'\r\n\r\n" + PAGE, (PAGE, "latin-1", "text/html")),
    (http(make_inputs.chunked(PAGE), "transfer-encoding: Chunked"), (PAGE, None, "text/html")),
    (http(make_inputs.chunked(PAGE)[:250], "Transfer-Encoding: chunked"), (PAGE[:234], None, "text/html")),
    (http(make_inputs.chunked(PAGE).replace(b"\r\n", b"\n"), "Transfer-Encoding: chunked"), (PAGE, None, "text/html")),
    (http(gzip.compress(PAGE)[:-8], "Content-Encoding: gzip"), (PAGE, None, "text/html")),
    (http(gzip.compress(zlib.compress(PAGE)), "Content-Encoding: deflate, gzip"), (PAGE, None, "text/html")),
    (http(gzip.compress(PAGE[:99]) + gzip.compress(PAGE[99:]), "Content-Encoding: gzip"), (PAGE, None, "text/html")),
    (http(gzip.compress(PAGE) + b"\0\0rest", "Content-Encoding: gzip"), (PAGE, None, "text/html")),
    (http(gzip.compress(PAGE) + b"\x1f\x8b\x08 no gzip", "Content-Encoding: gzip"), (PAGE, None, "text/html")),
    (http(PAGE, "Content-Encoding: br"), (PAGE, None, "text/html")),
    (http(PAGE, "Content-Encoding: deflate"), (PAGE, None, "text/html")),
    (http(PAGE, "Content-Encoding: unknown"), (PAGE, None, "text/html")),
    (http(gzip.compress(b"a" * (40 << 20)), "Content-Encoding: gzip"), "TooLarge"),
    (http(brotli.compress(b"a" * (40 << 20), quality=1), "Content-Encoding: br"), "TooLarge"),
    (http(b"\x1f\x8b\x08 no gzip", "Content-Encoding: gzip"), "Damaged"),
    (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + http(PAGE), (PAGE, None, "text/html")),
    (b"HTTP/1.1 100 Continue\r\n\r\n", "HttpStatus"),
    (http(PAGE, status="203 Non-Authoritative Information"), (PAGE, None, "text/html")),
    (http(PAGE, status="206 Partial Content"), "HttpStatus"),
    (http(PAGE, status="301 Moved"), "HttpStatus"),
    (http(b"{}", content_type="application/json"), "Unsupported"),
    (http(b""), (b"", None, "text/html")),
    (b"HTTP/1.1", "Damaged"),
    (b"HTTP/1.1 OK\r\n\r\n" + PAGE, "Damaged"),
]


@pytest.mark.parametrize(("response", "wanted"), RESPONSES)
def test_responses_in_web_archives(tmp_path, response, wanted):
    [one] = came(tmp_path, "a.warc", warc_record(response))
    assert (one.type if isinstance(one, Failed) else (one.raw, one.charset, one.media_type)) == wanted


@pytest.mark.parametrize("text", [b'{"@context": "x"}', b"<?xml version='1.0'?> is how it begins", b"<html> is a tag"])
def test_the_texts_of_a_wet_file_are_text(tmp_path, text):
    [one] = came(tmp_path, "a.wet", warc_record(text, "conversion", "text/plain"))
    assert isinstance(one, Raw)
    assert (one.raw, one.media_type) == (text, "text/plain")


# Type, address, body; what becomes of them.
NO_PAGES = [
    ("resource", "metadata://gnu.org/software/wget/warc/wget_arguments.txt", b'"--warc-file=a"', "left out"),
    ("resource", "<metadata://gnu.org/software/wget/warc/wget.log>", b"Saved a.html", "left out"),
    ("resource", "urn:text:https://ferry.example/1", b"The ferry", "left out"),
    ("resource", "urn:uuid:00000000-0000-4000-8000-000000000000", b"The ferry", "read"),
    ("response", "dns:ferry.example", b"20240301060000\nferry.example. 300 IN A 192.0.2.1\n", "left out"),
    ("continuation", "https://ferry.example/1", b"and so it ended.", "Unsupported"),
    ("response", "https://ferry.example/robots.txt", http(b"User-agent: *", content_type="text/plain"), "Unsupported"),
    ("response", "https://ferry.example/robots.txt", http(PAGE, content_type="text/html"), "read"),
    ("response", "https://ferry.example/news/robots.txt", http(b"The robots", content_type="text/plain"), "read"),
]


@pytest.mark.parametrize(("type_", "uri", "body", "wanted"), NO_PAGES)
def test_what_a_crawler_keeps_for_itself_is_no_document(tmp_path, type_, uri, body, wanted):
    got = came(tmp_path, "a.warc", warc_record(body, type_, uri) + GOOD)
    assert [one.type if isinstance(one, Failed) else "read" for one in got] == [wanted] * (wanted != "left out") + ["read"]


def test_what_is_left_out_of_a_web_archive_is_known_by_its_bytes(tmp_path):
    for response, body in ((http(PAGE, status="404 Not Found"), PAGE), (http(b"{}", content_type="application/json"), b"{}")):
        [one] = came(tmp_path, "a.warc", warc_record(response))
        assert isinstance(one, Failed)
        assert one.raw == body


def test_headers_may_end_their_lines_with_a_line_feed(tmp_path):
    """As those of ClueWeb09 do."""
    records = [warc_record(http(PAGE), uri=f"https://ferry.example/{n}") for n in range(3)]
    bare = b"".join(records).replace(b"\r\n", b"\n").replace(f"Content-Length: {len(http(PAGE))}".encode(), b"Content-Length: %d")
    bare = bare % ((len(http(PAGE).replace(b"\r\n", b"\n")),) * 3)
    got = came(tmp_path, "a.warc", bare)
    assert [one.raw if isinstance(one, Raw) else one for one in got] == [PAGE] * 3
    assert [one.metadata["url"] for one in got if isinstance(one, Raw)] == [f"https://ferry.example/{n}" for n in range(3)]


def test_an_address_in_brackets_is_the_address(tmp_path):
    """As some writers have it, and the first version of the standard."""
    [one] = came(tmp_path, "a.warc", warc_record(http(PAGE), uri="<https://ferry.example/2>"))
    assert isinstance(one, Raw)
    assert (one.metadata, one.origin["warc_target_uri"]) == ({"url": "https://ferry.example/2"}, "https://ferry.example/2")


def test_names_of_headers_may_be_in_any_case(tmp_path):
    usual = b"".join(make_inputs.warc_records())
    other = re.sub(rb"(?m)^[\w-]+(?=: )", lambda name: name[0].lower(), usual)
    assert b"\nwarc-type: " in other
    assert came(tmp_path, "a.warc", other) == came(tmp_path, "a.warc", usual)
    other = other.replace(b"\nwarc-type: ", b"\nWarc-Type: ")
    assert len(came(tmp_path, "a.warc.gz", gzip.compress(other))) == len(came(tmp_path, "a.warc", usual))


def test_a_record_says_where_it_lies(tmp_path):
    records = make_inputs.warc_records()
    for name, packed in (("a.warc", records), ("a.warc.gz", [gzip.compress(record) for record in records])):
        got = [one for one in came(tmp_path, name, b"".join(packed)) if isinstance(one, Raw)]
        offsets = [sum(map(len, packed[: int(str(one.record)) - 1])) for one in got]
        assert [one.origin["offset"] for one in got] == offsets
        assert got[0].origin == {
            "offset": offsets[0],
            "warc_date": "2024-03-01T06:00:00Z",
            "warc_record_id": got[0].origin["warc_record_id"],
            "warc_target_uri": "https://ferry.example/1",
            "warc_type": "response",
        }
    whole = came(tmp_path, "b.warc.gz", gzip.compress(b"".join(records)))
    assert next(one.origin for one in whole if isinstance(one, Raw))["offset_decompressed"] == sum(map(len, records[:2]))


@pytest.mark.parametrize("pressed", [True, False])
def test_a_dictionary_at_the_head(tmp_path, pressed):
    records = make_inputs.warc_records()
    content = make_inputs.with_dictionary(records, pressed=pressed)
    got = came(tmp_path, "a.warc.zst", content)
    plain = came(tmp_path, "a.warc", b"".join(records))
    assert [(one.record, one.raw) for one in got] == [(one.record, one.raw) for one in plain]
    for one in got:
        if isinstance(one, Raw):  # the offset is that of the record's own frame
            head = int.from_bytes(content[4:8], "little") + 8
            alone = content[:head] + content[one.origin["offset"] :]
            assert came(tmp_path, "b.warc.zst", alone)[0].raw == one.raw


DICTIONARIES = [
    (b"\x5d\x2a\x4d\x18" + (1 << 30).to_bytes(4, "little") + b"\x37\xa4\x30\xec", "TooLarge"),
    (b"\x5d\x2a\x4d\x18" + (9).to_bytes(4, "little") + b"\x37\xa4\x30\xec12345", "Damaged"),
    (b"\x5d\x2a\x4d\x18" + (9).to_bytes(4, "little") + b"\x28\xb5\x2f\xfd12345", "Damaged"),
    (b"\x5d\x2a\x4d\x18" + (9).to_bytes(4, "little") + b"a comment", "text"),
    (b"\x5d\x2a\x4d\x18" + (9).to_bytes(4, "little") + b"\x37\xa4\x30\xec", "Damaged"),
    (make_inputs.with_dictionary([b"a text " * 9])[:-3], "Truncated"),
    (make_inputs.with_dictionary([b"a text " * 9])[:60], "Truncated"),
]


@pytest.mark.parametrize(("front", "wanted"), DICTIONARIES)
def test_dictionaries_with_faults(tmp_path, front, wanted):
    behind = make_inputs.COMPRESSIONS[".zst"](b"text") if wanted != "Truncated" else b""
    assert values(came(tmp_path, "a.txt.zst", front + behind))[0][1] == wanted


def test_a_dictionary_that_is_not_there(tmp_path):
    content = make_inputs.with_dictionary([b"a text of some words " * 99] * 3)
    bare = content[8 + int.from_bytes(content[4:8], "little") :]
    assert values(came(tmp_path, "a.txt.zst", bare))[0][1] == "Damaged"


BAD_WARCS = [
    (GOOD[:-50], ["Truncated"]),
    (GOOD + GOOD[:60], ["read", "Truncated"]),
    (GOOD + b"no record\r\n\r\n" + GOOD, ["read", "Damaged", "read"]),
    (GOOD + warc_record(http(PAGE), length=20) + GOOD, ["read", "read", "Damaged", "read"]),
    (GOOD + warc_record(http(PAGE), length=10**6), ["read", "Truncated"]),
    (GOOD + GOOD.replace(b"Content-Length: ", b"Content-Length: x") + GOOD, ["read", "Truncated", "Damaged", "read"]),
    (GOOD + b"WARC/1.0\r\nX: " + b"a" * 1_000_000 + b"\r\n\r\n" + GOOD, ["read", "Damaged", "read"]),
    (GOOD + b"x" * 1_000_000 + b"\r\n" + GOOD, ["read", "Damaged", "read"]),
    (b"WARC/1.0\r\n", ["Damaged"]),
]


@pytest.mark.parametrize(("content", "wanted"), BAD_WARCS)
def test_web_archives_with_faults(tmp_path, content, wanted):
    got = came(tmp_path, "a.warc", content)
    assert [one.type if isinstance(one, Failed) else "read" for one in got] == wanted
    assert len({one.id for one in got}) == len(got)


def test_a_page_with_its_parts(tmp_path):
    [one] = came(tmp_path, "a.mhtml", make_inputs.mhtml())
    assert isinstance(one, Raw)
    assert (one.raw, one.charset, one.media_type, one.record) == (PAGE, "utf-8", "text/html", None)
    assert one.metadata == {"url": "https://ferry.example/1", "title": "Ferry returns ✓"}
    assert one.origin == {"saved": "Fri, 1 Mar 2024 06:00:00 -0000"}
    for title, wanted in (
        ("Tom & Ada – Ferry", {}),
        ("", {"title": "Tom & Ada – Ferry"}),
    ):  # a browser writes the page's title there
        head = "Subject: =?utf-8?Q?Tom_&_Ada_=E2=80=93_Ferry?=\r\nContent-Type: multipart/related; boundary=x\r\n\r\n--x\r\n"
        part = f"Content-Type: text/html; charset=utf-8\r\n\r\n<title>{title.replace('&', '&amp;')}</title><p>a\r\n--x--"
        [one] = came(tmp_path, "d.mhtml", f"{head}{part}".encode())
        assert isinstance(one, Raw)
        assert one.metadata == wanted
    odd = b"Content-Type: multipart/related; boundary=x\r\n\r\n--x\r\nContent-Type: text/html\r\nContent-ID: <\xe9>\r\n\r\n<p>a\r\n--x--"
    assert [one.raw for one in came(tmp_path, "c.mhtml", odd)] == [b"<p>a"]
    parts = b"".join(
        b"--x\r\nContent-Type: text/html\r\nContent-ID: <%b>\r\n\r\n<p>%b\r\n" % (name, name) for name in (b"a", b"b")
    )
    for start, html in ((b'; start="<b>"', b"<p>b"), (b"", b"<p>a")):  # which of them the page is
        content = b"Content-Type: multipart/related%b; boundary=x\r\n\r\n%b--x--" % (start, parts)
        assert [one.raw for one in came(tmp_path, "e.mhtml", content)] == [html]
    [one] = came(tmp_path, "b.mhtml", b"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=x\r\n\r\n--x--")
    assert isinstance(one, Failed)
    assert one.type == "Empty"


def test_items_of_feeds(tmp_path):
    got = came(tmp_path, "a.xml", make_inputs.rss())
    assert [(one.record, one.media_type) for one in got] == [(str(n), "text/html") for n in (1, 2, 3)]
    first = got[0]
    assert isinstance(first, Raw)
    assert first.text == "".join(make_inputs.PARAGRAPHS) + "<p>Part 1.</p>"
    assert first.raw.startswith(b"<item><title>")
    assert first.raw.endswith(b"</item>")
    assert first.metadata == {
        "url": "https://ferry.example/1", "title": f"{make_inputs.TITLE} & more, part 1", "author": "Ada Brandt", "guid": "1",
        "published": "2024-03-01T06:00:00+00:00", "tags": ["Boats"], "site": "The Harbour Post", "language": "en-GB",
    }  # fmt: skip


def test_entries_of_atom(tmp_path):
    got = [one for one in came(tmp_path, "a", make_inputs.atom()) if isinstance(one, Raw)]
    paragraphs = "".join(make_inputs.PARAGRAPHS)
    assert [(one.text, one.media_type) for one in got] == [
        (paragraphs, "text/html"),
        (f'<div xmlns="http://www.w3.org/1999/xhtml">{paragraphs}</div>', "text/html"),
        (TEXT, "text/plain"),
    ]
    assert got[0].metadata == {
        "url": "https://ferry.example/1", "title": f"{make_inputs.TITLE}, part 1", "author": "Ada Brandt", "guid": "urn:1",
        "published": "2024-03-01T06:00:00+00:00", "site": "The Harbour Post", "language": "en",
    }  # fmt: skip


def test_an_export_of_wordpress(tmp_path):
    got = [one for one in came(tmp_path, "a.xml", make_inputs.wordpress()) if isinstance(one, Raw)]
    assert [str(one.text).count("<p>") for one in got] == [2, 2, 0]
    assert [one.metadata["post_type"] for one in got] == ["post", "post", "attachment"]
    assert got[2].text == ""


@pytest.mark.parametrize("author", ["ada@ferry.example (Ada Brandt)", "Ada Brandt"])
def test_an_author_in_a_feed_may_have_an_address(tmp_path, author):
    item = f"<item><author>{author}</author><description>a</description></item>"
    [got] = came(tmp_path, "a.xml", f"<rss><channel>{item}</channel></rss>".encode())
    assert isinstance(got, Raw)
    assert got.metadata == {"author": "Ada Brandt"}


def test_a_draft_of_wordpress_has_no_date(tmp_path):
    item = "<item><pubDate>Mon, 30 Nov -0001 00:00:00 +0000</pubDate><description>a</description></item>"
    [got] = came(tmp_path, "a.xml", f"<rss><channel>{item}</channel></rss>".encode())
    assert isinstance(got, Raw)
    assert got.metadata == {}


def test_an_export_of_blogger(tmp_path):
    kind = "<category scheme='http://schemas.google.com/g/2005#kind' term='http://schemas.google.com/blogger/2008/kind#{}'/>"
    new = "<type xmlns='http://schemas.google.com/blogger/2018'>{}</type>"
    entries = [
        f"<entry>{mark.format(name)}<category term='Boats'/><content>{name}</content></entry>"
        for mark, names in ((kind, ("template", "settings", "post", "comment", "page")), (new, ("POST", "COMMENT")))
        for name in names
    ]
    got = came(tmp_path, "a.xml", f"<feed xmlns='http://www.w3.org/2005/Atom'>{''.join(entries)}</feed>".encode())
    assert values(got) == [("3", "post"), ("5", "page"), ("6", "POST")]
    assert [one.metadata for one in got if isinstance(one, Raw)] == [{"tags": ["Boats"]}] * 3


def test_what_a_feed_in_a_legacy_encoding_says(tmp_path):
    declaration, site = '<?xml version="1.0" encoding="windows-1251"?>', "Портовые новости"
    content = f"{declaration}<rss><channel><title>{site}</title><item><description>Приливы</description></item></channel></rss>"
    [got] = came(tmp_path, "a.xml", content.encode("cp1251"))
    assert isinstance(got, Raw)
    assert (got.text, got.metadata) == ("Приливы", {"site": site})


# What stands in an item, and its text; or the type of the failure.
ITEMS = [
    ("<description>a</description>", "a"),
    ("<description>a &amp; b &lt; c</description>", "a & b < c"),
    ("<description>Bread & butter &nbsp;&auml; &unknown;</description>", "<p>Bread & butter \xa0ä &unknown;</p>\n"),
    ("<description>a</description><x:encoded xmlns:x='http://purl.org/rss/1.0/modules/content/'>b</x:encoded>", "b"),
    ("<description>a</description><content:encoded> </content:encoded>", "a"),
    ("<description>a</description><x:full-text xmlns:x='http://news.yandex.ru'>b</x:full-text>", "b"),
    ("<description>a</description><media:description xmlns:media='http://search.yahoo.com/mrss/'>b</media:description>", "a"),
    ("<description><![CDATA[<p>a</item>]]></description>", "<p>a</item>"),
    ("<description><!-- </item> --><p>a & <b>b</b></p></description>", "<p>a &amp; <b>b</b></p>"),
    (
        "<description><![CDATA[First <i>line</i>\n\nSecond & third]]></description>",
        "<p>First <i>line</i></p>\n<p>Second & third</p>\n",
    ),
    ("<description>caf\x08e</description>", "caf\ufffde"),
    ("<description/>", ""),
    ("<title>a</title>", "NoText"),
    ("", "NoText"),
    ("<description>a<br>b</description>", "Damaged"),
    ("<description>" + "<b>" * 300 + "a" + "</b>" * 300 + "</description>", "Damaged"),
    ("<description><![CDATA[a</description>", None),
]


@pytest.mark.parametrize(("item", "wanted"), ITEMS)
def test_texts_of_items(tmp_path, item, wanted):
    content = f"<rss><channel><title>t</title><item>{item}</item><item><description>last</description></item></channel></rss>"
    got = values_of_feed(came(tmp_path, "a.rss", content.encode()))
    assert got == ([("1", wanted), ("2", "last")] if wanted is not None else [("1", "Damaged")])


def values_of_feed(documents: list[Raw | Failed]) -> list[tuple[str | None, str | None]]:
    return [(one.record, one.type if isinstance(one, Failed) else one.text) for one in documents]


FEEDS = [
    ("a.xml", '<?xml version="1.0" encoding="iso-8859-1"?><rss><item><description>caf\xe9</description></item></rss>'.encode("latin-1"), [("1", "café")]),
    ("a.xml", '<?xml version="1.0" encoding="utf-8"?><rss><item><description>caf\xe9 au lait, caf\xe9 cr\xe8me</description></item></rss>'.encode("latin-1"),
     [("1", "café au lait, café crème")]),
    ("a.xml", '<?xml version="1.0" encoding="utf-16"?><rss><item><description>é</description></item></rss>'.encode("utf-16"), [("1", "é")]),
    ("a", b'<rdf:RDF xmlns="http://purl.org/rss/1.0/" xmlns:rdf="r"><channel/><item rdf:about="u"><description>a</description></item></rdf:RDF>', [("1", "a")]),
    ("a", b'<a:feed xmlns:a="http://www.w3.org/2005/Atom"><a:entry><a:summary>a</a:summary></a:entry></a:feed>', [("1", "a")]),
    ("a.xml", b"<rss><channel></channel></rss>", [(None, "Empty")]),
    ("a.xml", b'<!DOCTYPE rss [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><rss><item><description>&b;</description></item></rss>', [(None, "Entities")]),
    ("a.xml", b'<!DOCTYPE rss SYSTEM "http://127.0.0.1/x.dtd"><rss><item><description>&b;a</description></item></rss>', [("1", "<p>&b;a</p>\n")]),
    ("a.xml", b"<rss " + b"a" * 70_000 + b"><item/></rss>", [(None, "Damaged")]),
    ("a.rss", b"no feed", [(None, "Damaged")]),
    ("a.xml", b"<rss><item/><item><description>a</description></item></rss>", [("1", "NoText"), ("2", "a")]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content", "wanted"), FEEDS)
def test_feeds(tmp_path, name, content, wanted):
    assert values_of_feed(came(tmp_path, name, content)) == wanted


@given(
    st.lists(
        st.sampled_from(
            ["<item>", "</item>", "<!--", "-->", "<![CDATA[", "]]>", "<description>", "</description>", "&", "a", "<item a='b'/>"]
        )
    )
)
def test_any_pieces_of_items_give_documents_or_failures(pieces):
    from cleaners.read.feed import read
    from cleaners.read.source import Piped, Source, buffered

    content = f"<rss>{''.join(pieces)}</rss>".encode()
    got = list(read(Source("a", None, "a", buffered(Piped(io.BytesIO(content))), FOUND), "application/rss+xml"))
    assert [one.record for one in got] == [str(n) for n in range(1, len(got) + 1)]


def test_members_that_cannot_be_read_cost_only_themselves(tmp_path):
    packed = bytearray(
        zip_([("a.txt", b"a" * 50), ("b.txt", b"b" * 50), ("c.txt", b"c" * 50), ("d.txt", b"d" * 50)], zipfile.ZIP_STORED)
    )
    directory = packed.index(b"PK\x01\x02")
    entries = [packed.index(b"PK\x01\x02", directory + 51 * n) for n in range(4)]
    packed[entries[0] + 8] |= 1  # encrypted
    packed[entries[1] + 10] = 97  # a method that nobody knows
    packed[packed.index(b"cccc")] = 0  # damaged
    assert [(record, what) for record, what in values(came(tmp_path, "a.zip", bytes(packed)))] == [
        ("a.txt", "Encrypted"),
        ("b.txt", "Unsupported"),
        ("c.txt", "BadZipFile"),
        ("d.txt", "d" * 50),
    ]


@pytest.mark.parametrize(
    ("method", "streamed"), [(zipfile.ZIP_STORED, False), (zipfile.ZIP_DEFLATED, False), (zipfile.ZIP_DEFLATED, True)]
)
@pytest.mark.parametrize("zip64", [True, False])
def test_members_of_an_archive_without_directory(tmp_path, method, zip64, streamed):
    class Stream(io.BytesIO):
        """No seeking: sizes then stand behind the members."""

        def seekable(self) -> bool:
            return not streamed

        def tell(self) -> int:
            if streamed:
                raise OSError
            return super().tell()

    out = Stream()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name in ("a.txt", "._b.txt", "c.7z", "d.txt"):
            with archive.open(name, "w", force_zip64=zip64) as member:
                member.write(TEXT.encode())
    content = out.getvalue()
    got = values(came(tmp_path, "a.zip", content[: content.index(b"PK\x01\x02")]))
    assert got == [("a.txt", TEXT), ("c.7z", "Unsupported"), ("d.txt", TEXT), (None, "Truncated")]


def test_hidden_members_and_folders_are_left_out(tmp_path):
    members = [("a/", b""), ("__MACOSX/._a.txt", b"x"), (".git/config", b"x"), ("./a.txt", b"a")]
    assert values(came(tmp_path, "a.zip", zip_(members))) == [("a.txt", "a")]
    assert values(came(tmp_path, "a.tar", tar(members[1:]))) == [("a.txt", "a")]


def test_names_in_archives_are_utf_8_even_unsaid(tmp_path):
    packed = zip_([("\u00e9.txt", b"a")])
    flagless = packed.replace(b"\x00\x08\x08\x00", b"\x00\x00\x08\x00").replace(b"\x14\x00\x00\x08", b"\x14\x00\x00\x00")
    assert flagless != packed
    assert values(came(tmp_path, "a.zip", flagless)) == [("\u00e9.txt", "a")]
    assert values(came(tmp_path, "b.zip", flagless.replace("\u00e9".encode(), b"\x82!"))) == [("\u00e9!.txt", "a")]


@pytest.mark.parametrize(
    ("encoding", "names", "wanted"),
    [
        ("cp932", ["記事/港の一覧表.txt", "新しい予定表.txt", "ソース.txt"], None),  # with half characters that are "\\"
        ("cp866", ["Новая папка/Приливы и отливы.txt", "Отчёт.txt"], None),
        ("cp932", ["表.txt"], ["ò/.txt"]),  # too short to tell
        ("cp437", ["Müller.txt"], None),
    ],
)
@pytest.mark.parametrize("has_directory", [True, False])
def test_names_in_archives_in_legacy_encodings(tmp_path, encoding, names, wanted, has_directory):
    stand_ins = [(str(n) * len(name.encode(encoding)), name.encode(encoding)) for n, name in enumerate(names)]
    packed = zip_([(stand_in, b"a") for stand_in, _ in stand_ins])
    for stand_in, raw in stand_ins:
        packed = packed.replace(stand_in.encode(), raw)
    got = values(came(tmp_path, "a.zip", packed if has_directory else packed[: packed.index(b"PK\1\2")]))
    if has_directory:
        assert got == [(name, "a") for name in wanted or names]
    else:
        assert [text for _, text in got] == ["a"] * len(names) + ["Truncated"]


def test_half_a_character_before_a_dot_hides_no_member_of_tar(tmp_path):
    packed = tar([("XY.txt", b"a")]).replace(b"XY.txt", "表.txt".encode("cp932"))
    checksum = sum(packed[:148] + b" " * 8 + packed[156:512])
    assert values(came(tmp_path, "a.tar", packed[:148] + b"%06o\0 " % checksum + packed[156:])) == [("\ufffd95/.txt", "a")]


@pytest.mark.parametrize("members", [1, 3])
def test_web_archives_that_break_off_in_their_compression(tmp_path, members):
    records = [warc_record(http(PAGE + random.Random(n).randbytes(500))) for n in range(3)]
    content = b"".join(map(gzip.compress, records)) if members == 3 else gzip.compress(b"".join(records))
    got = came(tmp_path, "a.warc.gz", content[:-30])
    assert [one.type if isinstance(one, Failed) else "read" for one in got][-1] == "Truncated"
    assert [one.record for one in got if isinstance(one, Raw)][:2] == ["1", "2"]
    assert got[-1].record is None


DAMAGES = [
    ("start", [0, "Damaged", 2, 3]),
    ("middle", [0, "Damaged", 2, 3]),
    ("between", [0, 1, "Damaged", 2, 3]),
    ("last", [0, 1, 2, "Damaged"]),
]


@pytest.mark.parametrize(("place", "wanted"), DAMAGES)
@pytest.mark.parametrize("size", [500, 300_000])
def test_a_damaged_member_costs_itself(tmp_path, place, wanted, size):
    pages = [PAGE + random.Random(n).randbytes(size) for n in range(4)]
    members = [bytearray(gzip.compress(warc_record(http(page)))) for page in pages]
    starts = [sum(map(len, members[:n])) for n in range(4)]
    if place == "between":
        members[1] += b"no member"
        starts[2:] = [start + 9 for start in starts[2:]]
    else:
        member = members[-1 if place == "last" else 1]
        at = 12 if place == "start" else len(member) // 2
        member[at : at + 40] = bytes(40)
    got = came(tmp_path, "a.warc.gz", b"".join(members))
    assert [one.type if isinstance(one, Failed) else pages.index(one.raw) for one in got] == wanted
    read = [one for one in got if isinstance(one, Raw)]
    assert [one.origin["offset"] for one in read] == [starts[pages.index(one.raw)] for one in read]


def test_archives_one_behind_the_other(tmp_path):
    both = tar([("a.txt", b"a")]) + tar([("a.txt", b"b")])
    assert values(came(tmp_path, "a.tar", both)) == [("a.txt", "a"), ("a.txt~2", "b")]
    assert values(came(tmp_path, "a.txt.gz", gzip.compress(b"a") + b"\0" * 20 + gzip.compress(b"b"))) == [(None, "ab")]


def test_names_that_lie_about_the_content(tmp_path):
    assert values(came(tmp_path, "a.txt.gz", b"not compressed")) == [(None, "not compressed")]
    assert values(came(tmp_path, "a.html", gzip.compress(b"<html>"))) == [(None, "<html>")]
    [behind] = came(tmp_path, "a.txt.gz", gzip.compress(b"text") + b"more text")
    assert isinstance(behind, Failed)
    assert behind.message == "behind the gzip data there is something else, at byte 24"
    assert behind.raw == b"text"
    assert values(came(tmp_path, "a.csv.tar.gz", gzip.compress(tar([("a.csv.tar.gz", b"id,text\n1,b\n")])))) == [
        ("a.csv.tar.gz#1", "b")
    ]
    assert values(came(tmp_path, "a.tgz", gzip.compress(tar([("a.tgz", b'{"text": "b"}\n')])))) == [("a.tgz#1", "b")]
    assert values(came(tmp_path, "a.tar", b"no archive")) == [(None, "no archive")]
    assert values(came(tmp_path, "a.tar", b"\0" * 512 + b"no archive")) == [(None, "Damaged")]
    assert values(came(tmp_path, "a.zip", b"no archive")) == [(None, "Truncated")]
    assert values(came(tmp_path, "a.parquet", b"no table")) == [(None, "ArrowInvalid")]
    assert values(came(tmp_path, "a.json", b"no JSON")) == [("1", "JSONDecodeError")]


TABLES = [
    ("id\ttext\n1\tThe ferry\n2\tThe quay\n", ["The ferry", "The quay"]),
    (',Title,Text\r\n0,A,"The ferry,\r\nand the quay"\r\n1,B,It\r\n', ["The ferry,\r\nand the quay", "It"]),
    ("title,text\nA,The ferry leaves at six\n", None),
    ("Date;Content\n5 May;" + "The ferry " * 10_000 + "\n6 May;The quay", None),  # its rows are not in sight
    ("Date;Content\n" + "5 May;The ferry \n" * 5000, ["The ferry "] * 5000),
    ("title,text\nThe ferry\nleaves at six\n", None),
    ("Title,Text\n\nThe ferry, the quay, and the islands\n\nIt leaves at six.\n", None),
    ("Text, Date, Author\n\nWhat a text, a date, and an author are\n", None),
    ("title,text\n", None),
    ("text\nThe ferry\nThe quay\n", None),
]


@pytest.mark.parametrize(("content", "wanted"), TABLES)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_tables_that_their_name_calls_text(tmp_path, content, wanted, encoding):
    got = came(tmp_path, "a.txt", content.encode(encoding))
    if wanted is None:
        assert [(one.record, one.media_type) for one in got] == [(None, "text/plain")]
    else:
        assert values(got) == [(str(n), text) for n, text in enumerate(wanted, 1)]


def test_text_alone_is_what_it_says(tmp_path):
    [one] = came(tmp_path, "a.txt.xz", make_inputs.COMPRESSIONS[".xz"](TEXT.encode()))
    assert one == Raw("a.txt.xz", "a.txt.xz", None, TEXT.encode(), "text/plain")


def test_a_member_whose_header_says_too_little_ends_there(tmp_path):
    whole = make_inputs.zip_([("a.txt", TEXT.encode() * 20)])
    too_little = whole[:18] + (40).to_bytes(4, "little") + whole[22:200]  # the compressed size, and no directory
    got = came(tmp_path, "a.zip", too_little)
    assert [(one.id, one.type) for one in got if isinstance(one, Failed)] == [("a.zip#a.txt", "Damaged"), ("a.zip", "Truncated")]


DAMAGE = st.tuples(st.sampled_from(["cut", "put", "zero", "double"]), st.floats(0, 1), st.binary(min_size=1, max_size=8))


@given(st.sampled_from(sorted(make_inputs.PLAIN)), st.lists(DAMAGE, min_size=1, max_size=3))
def test_damaged_files_give_documents_or_failures(tmp_path_factory, name, damage):
    content = make_inputs.PLAIN[name]
    for kind, where, data in damage:
        at = int(where * len(content))
        if kind == "cut":
            content = content[:at]
        elif kind == "put":
            content = content[:at] + data + content[at + len(data) :]
        elif kind == "zero":
            content = content[:at] + bytes(len(data)) + content[at + len(data) :]
        else:
            content = content[:at] + content[at // 2 :]
    got = came(tmp_path_factory.getbasetemp(), Path(name).name, content)
    assert got
    assert len({one.id for one in got}) == len(got)


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        (
            b'<doc id="12" url="u" title="Nets &amp; Co.">\nNets & Co.\n\nText.\n\n</doc>\n<doc id="13" title="Piles">\nPiles\n</doc>\n',
            [("1", "Nets & Co.\n\nText.\n\n"), ("2", "Piles\n")],
        ),
        # What is not as it should be stays.
        (
            b'\n<doc id="1">\nOne\n</doc>\nmore\n<doc id="2">\n<doc>\n 1 of 2 DOCUMENTS\n',
            [("1", "One\n</doc>\nmore\n"), ("2", "<doc>\n 1 of 2 DOCUMENTS\n")],
        ),
        (
            b"\xef\xbb\xbf\r\n  1 of 2 DOCUMENTS\r\nOne\r\n  2 of 2 DOCUMENTS\r\nTwo",
            [("1", "  1 of 2 DOCUMENTS\r\nOne\r\n"), ("2", "  2 of 2 DOCUMENTS\r\nTwo")],
        ),
        ("1 of 1 DOCUMENTS\nÉté".encode("utf-16"), [("1", "1 of 1 DOCUMENTS\nÉté")]),
        # A text about such lines.
        (b"He read\n1 of 2 DOCUMENTS\nand slept.", [(None, "He read\n1 of 2 DOCUMENTS\nand slept.")]),
        (b"1 of 2 DOCUMENTS was read.", [(None, "1 of 2 DOCUMENTS was read.")]),
        (b"<doc>\nOne\n</doc>", [(None, "<doc>\nOne\n</doc>")]),
    ],
)
def test_texts_that_hold_several_documents(tmp_path, content, wanted):
    assert values(came(tmp_path, "texts.txt", content)) == wanted


def test_what_stands_above_an_extract_of_wikipedia_is_metadata(tmp_path):
    [document] = came(
        tmp_path, "wiki_00", b'<doc id="12" revid="7" url="https://wiki.example/12" title="Nets &amp; Co.">\nNets & Co.\n</doc>'
    )
    assert isinstance(document, Raw)
    assert document.metadata == {"id": "12", "revid": "7", "url": "https://wiki.example/12", "title": "Nets & Co."}


def test_a_text_among_several_that_is_too_large_costs_itself_alone(tmp_path, monkeypatch):
    monkeypatch.setattr("cleaners.read.several.DOCUMENT_BYTES", 40)
    content = b"1 of 3 DOCUMENTS\nOne\n2 of 3 DOCUMENTS\n" + b"two two two\n" * 9 + b"3 of 3 DOCUMENTS\nThree\n"
    wanted = [("1", "1 of 3 DOCUMENTS\nOne\n"), ("2", "TooLarge"), ("3", "3 of 3 DOCUMENTS\nThree\n")]
    assert values(came(tmp_path, "a.txt", content)) == wanted


@pytest.mark.parametrize(
    ("above", "wanted"),
    [
        (
            "The Harbour Post\n\nJanuary 12, 2024 Friday\nLate Edition - Final\n\nFees go up\nat the harbour\n\nBYLINE: By Ada Brandt\n\nLENGTH: 6 words",
            {
                "site": "The Harbour Post",
                "published": "January 12, 2024 Friday Late Edition - Final",
                "title": "Fees go up at the harbour",
                "author": "Ada Brandt",
            },
        ),
        (
            "Copyright 2024 Harbour Post\n\nThe Harbour Post\n\nMay 1, 2024\n\nFees\n\nLENGTH: 6 words",
            {"site": "The Harbour Post", "published": "May 1, 2024", "title": "Fees"},
        ),
        ("The Harbour Post\n\nJanuary 12, 2024\n\nLENGTH: 6 words", {}),  # no title
        ("Fees go up\n\nThey do.", {}),
    ],
)
def test_what_a_news_database_says_above_an_article(tmp_path, above, wanted):
    [document] = came(tmp_path, "a.txt", f"1 of 1 DOCUMENTS\n\n{above}\n\nThe fees go up.".encode())
    assert isinstance(document, Raw)
    assert document.metadata == wanted
