"""Encodings that HTTP, `<meta>` or an XML declaration declares."""

import codecs
import re
from collections.abc import Iterable
from dataclasses import dataclass

# Labels of the WHATWG Encoding Standard that Python does not know, or knows as something else.
_LABELS = {
    "unicode-1-1-utf-8": "utf-8",
    "unicode11utf8": "utf-8",
    "unicode20utf8": "utf-8",
    "x-unicode20utf8": "utf-8",
    "dos-874": "cp874",
    "windows-874": "cp874",
    "iso-8859-8-i": "iso8859-8",
    "csiso88598i": "iso8859-8",
    "logical": "iso8859-8",
    "visual": "iso8859-8",
    "iso-8859-8-e": "iso8859-8",
    "csiso88598e": "iso8859-8",
    "iso-8859-6-e": "iso8859-6",
    "iso-8859-6-i": "iso8859-6",
    "sun_eu_greek": "iso8859-7",
    "koi": "koi8-r",
    "koi8": "koi8-r",
    "koi8-ru": "koi8-u",
    "x-mac-cyrillic": "mac-cyrillic",
    "x-mac-ukrainian": "mac-cyrillic",
    "x-mac-roman": "mac-roman",
    "x-cp1250": "cp1250",
    "x-cp1251": "cp1251",
    "x-cp1252": "cp1252",
    "x-cp1253": "cp1253",
    "x-cp1254": "cp1254",
    "x-cp1255": "cp1255",
    "x-cp1256": "cp1256",
    "x-cp1257": "cp1257",
    "x-cp1258": "cp1258",
    "x-gbk": "gbk",
    "gb_2312-80": "gb2312",
    "csiso58gb231280": "gb2312",
    "cn-big5": "big5",
    "x-x-big5": "big5",
    "csbig5": "big5",
    "x-euc-jp": "euc_jp",
    "cseucpkdfmtjapanese": "euc_jp",
    "x-sjis": "shift_jis",
    "windows-31j": "cp932",
    "ks_c_5601-1989": "euc_kr",
    "ksc5601": "euc_kr",
    "windows-949": "cp949",
    "cseuckr": "euc_kr",
    "ucs-2": "utf-16",
    "unicode": "utf-16",
    "unicodefeff": "utf-16",
    "unicodefffe": "utf-16-be",
    "iso-10646-ucs-2": "utf-16",
}

# Python codecs that no document is declared to be in.
_NO_CHARSETS = {"idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape", "charmap", "mbcs", "oem", "utf-7"}
_MARKUP_HEAD = 8192  # bytes in which a document declares its encoding; browsers look at 1,024
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_DECLARATIONS = (
    ("meta", re.compile(rb"<meta\s[^>]*?\bcharset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)),
    ("xml declaration", re.compile(rb"^\s*<\?xml\s[^>]*?\bencoding\s*=\s*[\"']\s*([\w.:-]+)", re.IGNORECASE)),
)


@dataclass(frozen=True, slots=True)
class Said:
    """An encoding that was declared: where, under which name, and the Python codec."""

    where: str
    label: str
    codec: str


def _codec(label: str) -> str | None:
    """Translate the declared name of an encoding into that of a Python codec; None if there is none."""
    label = label.strip().strip("\"'").lower()
    try:
        name = codecs.lookup(_LABELS.get(label, label)).name
        "a".encode(name)  # raises for rot13 and the like, which are not encodings
    except (LookupError, ValueError, TypeError):
        return None
    return None if name in _NO_CHARSETS else name


def declarations(raw: bytes, charset: str | None, media_type: str) -> list[Said]:
    """List the encodings that are declared, in the order in which they are believed."""
    said = [Said("http header", charset, codec)] if charset and (codec := _codec(charset)) else []
    if "html" in media_type or "xml" in media_type or raw[:200].lstrip().startswith(b"<"):
        head = _COMMENT.sub(b"", raw[:_MARKUP_HEAD])
        for where, pattern in _DECLARATIONS:
            if (found := pattern.search(head)) and (codec := _codec(label := found[1].decode("latin-1"))):
                # What could be read as ASCII is no UTF-16.
                said.append(Said(where, label, "utf-8" if codec.startswith("utf-16") else codec))
    return said


def evidence_of(what: str, doubted: Iterable[Said]) -> str:
    """Say what decided, and which declarations were not believed."""
    notes = ", ".join(f"{said.where} says {said.label[:40]}" for said in doubted)
    return f"{what} (not believed: {notes})" if notes else what
