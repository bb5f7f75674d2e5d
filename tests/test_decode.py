"""Bytes to text and back: cases as data, then laws over arbitrary bytes and texts."""

import codecs
import json
import pickle
import random
import re
from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cleaners.decode import Binary, Decoded, Pieces, decode, encode_back


def back(decoded: Decoded) -> bytes:
    """Encode from what a record holds, which went through JSON."""
    d = json.loads(json.dumps(decoded._asdict()))
    return encode_back(
        d["text"], d["encoding"], d["undecodable"], big_endian=d["big_endian"], pieces=d["pieces"], variants=d["variants"]
    )


FRENCH = "Été à la plage : l'œuvre coûte 3 € – déjà vu, naïve, où çà.\nLe garçon a mangé la crème brûlée près du château.\n"
RUSSIAN = "Сегодня утром в городе открылась новая выставка.\nОна продлится до конца июня, вход свободный.\n" * 3
GREEK = "Η έκθεση άνοιξε σήμερα το πρωί στην πόλη.\nΘα διαρκέσει μέχρι το τέλος Ιουνίου, είσοδος ελεύθερη.\n" * 3
POLISH = "Wystawę otwarto dziś rano w mieście, wstęp wolny.\nPotrwa do końca czerwca, będą też książki i źródła.\n" * 3
CZECH = (
    "Starosta v úterý oznámil, že škola bude kvůli nízkému počtu žáků uzavřena.\nŘidič vozu nebyl zraněn, příčina není známá.\n"
    * 2
)
TURKISH = "Belediye başkanı salı günü okulun öğrenci azlığı nedeniyle kapatılacağını söyledi.\nYangının nedeni bilinmiyor.\n" * 2
UKRAINIAN = "Міський голова повідомив, що школу закриють через малу кількість учнів.\nЇї син їде до Львова.\n" * 2
HEBREW = "התערוכה נפתחה הבוקר בעיר.\nהיא תימשך עד סוף יוני והכניסה חופשית לכל המבקרים.\n" * 3
ARABIC = "افتتح المعرض صباح اليوم في المدينة.\nويستمر حتى نهاية يونيو والدخول مجاني لجميع الزوار.\n" * 3
JAPANESE = "今朝、市内で新しい展覧会が始まりました。\n六月の終わりまで続き、入場は無料です。\n" * 3
CHINESE = "今天上午，新的展览在市中心开幕。\n展览将持续到六月底，免费入场，欢迎大家参观。\n" * 3
TAIWANESE = "今天上午，新的展覽在市中心開幕。\n展覽將持續到六月底，免費入場，歡迎大家參觀。\n" * 3
KOREAN = "오늘 아침 시내에서 새로운 전시회가 열렸습니다.\n전시회는 유월 말까지 계속되며 입장은 무료입니다.\n" * 3
THAI = "นิทรรศการใหม่เปิดเมื่อเช้านี้ในเมือง\nจะมีไปจนถึงสิ้นเดือนมิถุนายน เข้าชมฟรี\n" * 3

ALBANIAN = "Kryetari njoftoi të martën se shkolla do të mbyllet, për shkak të numrit të vogël të nxënësve.\nÇmimi i energjisë u rrit përsëri.\n"
EURO = "The repairs will cost £5m, or about €5.8m, and the café next door was spared.\n"
HALF = "The ½-mile track © 2004 was resurfaced at a cost of £2m.\n"
SWEDISH = "Många äldre är oroliga: bussen går inte längre.\n"

BODY = "Der Geschäftsführer kündigte an, daß die Erträge überraschend höher ausfallen.\n"
CURLY = "He said “it’s naïve” – and left the café.\n"

LEGACY = [
    (FRENCH, "cp1252"),
    (POLISH, "cp1250"),
    (POLISH, "iso8859-2"),
    (RUSSIAN, "cp1251"),
    (RUSSIAN, "koi8-r"),
    (RUSSIAN, "iso8859-5"),
    (RUSSIAN, "cp866"),
    (GREEK, "cp1253"),
    (HEBREW, "cp1255"),
    (ARABIC, "cp1256"),
    (JAPANESE, "shift_jis"),
    (JAPANESE, "euc_jp"),
    (CHINESE, "gb18030"),
    (TAIWANESE, "big5"),
    (KOREAN, "cp949"),
    (THAI, "tis-620"),
    # Signs within words, and at numbers, tell that it is not windows-1252 or ISO 8859-1.
    (SWEDISH, "cp850"),
    (EURO, "iso8859-15"),
]


@pytest.mark.parametrize(("text", "encoding"), LEGACY)
def test_the_detector_finds_legacy_encodings(text, encoding):
    decoded = decode(text.encode(encoding))
    assert isinstance(decoded, Decoded)
    assert (decoded.text, decoded.undecodable, decoded.evidence) == (text, (), "detector")
    assert decoded.confidence is not None
    assert 0 <= decoded.confidence <= 1


@pytest.mark.parametrize("times", [2, 40])
@pytest.mark.parametrize(("text", "encoding"), [(ALBANIAN, "cp1252"), (ALBANIAN, "iso8859-1"), (HALF, "iso8859-1")])
def test_what_the_detector_takes_for_another_language(text, encoding, times):
    raw = (text * times).encode(encoding)
    decoded = decode(raw)
    assert isinstance(decoded, Decoded)
    assert decoded.text == text * times
    assert back(decoded) == raw


@pytest.mark.parametrize(("text", "encoding"), LEGACY)
def test_a_long_ascii_beginning_does_not_hide_the_encoding(text, encoding):
    menu = "Home\nNews\nSport\n" * 20_000
    decoded = decode((menu + text).encode(encoding))
    assert isinstance(decoded, Decoded)
    assert decoded.text == menu + text


@pytest.mark.parametrize("end", ["\n", " "])
@pytest.mark.parametrize(("text", "encoding"), [row for row in LEGACY if row[0] != SWEDISH])
def test_a_long_script_in_one_line_does_not_hide_the_encoding(text, encoding, end):
    page = f"<script>{'f(1);' * 50_000}</script>{end}<p>{text.replace(chr(10), end)}</p>"
    decoded = decode(page.encode(encoding), None, "text/html")
    assert isinstance(decoded, Decoded)
    assert decoded.text == page


ENGLISH = "The committee met on Monday to discuss the timetable, and the vote was put off, as nobody had read the report.\n"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [row for row in LEGACY if row[0] not in {FRENCH, POLISH, EURO, SWEDISH}] + [(TURKISH, "cp1254"), (CZECH, "cp1250")],
)
def test_an_english_text_does_not_hide_the_encoding_of_a_foreign_line(text, encoding):
    line = text.split("\n")[0] + "\n"
    for mixed in (ENGLISH * 20 + line + ENGLISH * 20, ENGLISH.replace("\n", " ") * 10 + line):
        decoded = decode(mixed.encode(encoding))
        assert isinstance(decoded, Decoded)
        assert decoded.text == mixed


@pytest.mark.parametrize("word", ["it’s", "naïve", "Müller", "5 €", "½", "itâs", "«No»", "Çalhan"])
def test_english_with_a_few_signs_is_no_other_language(word):
    text = (ENGLISH + f"{word} – “I’ll see,” she said.\n") * 20
    decoded = decode(text.encode("cp1252"))
    assert isinstance(decoded, Decoded)
    assert decoded.text == text


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Kryetari njoftoi se do të jetë këtë javë.\n", "cp1252"),  # by one letter the detector knows no language
        ("Sinabi ng alkalde, ayon kay Señora Peña, na sarado ang tulay.\n", "cp1252"),
        ("Linnavalitsus teatas, et buss ei sõida enam mööda ja žürii otsustab õigel ajal, mis jääb üle.\n", "cp1252"),  # "˛ürii"
        ("Župan je sporočil.\n", "iso8859-2"),  # "®upan sporoèil"
    ],
)
def test_short_texts_with_a_letter_or_two(text, encoding):
    decoded = decode(text.encode(encoding))
    assert isinstance(decoded, Decoded)
    assert decoded.text == text


LINE = "Wer zahlt, schafft an – 今朝 \U0001f600.\n"

# raw bytes, text, encoding, evidence
READ = [
    (b"", "", "utf-8", "ascii"),
    (b"plain", "plain", "utf-8", "ascii"),
    (LINE.encode(), LINE, "utf-8", "valid utf-8"),
    (codecs.BOM_UTF8 + LINE.encode(), LINE, "utf-8-sig", "bom"),
    (codecs.BOM_UTF8 * 2, "\ufeff", "utf-8-sig", "bom"),
    (codecs.BOM_UTF16_LE + LINE.encode("utf-16-le"), LINE, "utf-16", "bom"),
    (codecs.BOM_UTF16_BE + LINE.encode("utf-16-be"), LINE, "utf-16", "bom"),
    (codecs.BOM_UTF32_LE + LINE.encode("utf-32-le"), LINE, "utf-32", "bom"),
    (codecs.BOM_UTF32_BE + LINE.encode("utf-32-be"), LINE, "utf-32", "bom"),
    ("Nothing but English.".encode("utf-16-le"), "Nothing but English.", "utf-16-le", "utf-16 without bom"),
    ("Nothing but English.".encode("utf-16-be"), "Nothing but English.", "utf-16-be", "utf-16 without bom"),
    (FRENCH.encode("utf-16-le"), FRENCH, "utf-16-le", "utf-16 without bom"),
    (RUSSIAN.encode("utf-16-be"), RUSSIAN, "utf-16-be", "utf-16 without bom"),
    (JAPANESE.encode("utf-16-le"), JAPANESE, "utf-16-le", "utf-16 without bom"),
    (FRENCH.encode("utf-32-le"), FRENCH, "utf-32-le", "utf-32 without bom"),
    (JAPANESE.encode("iso2022_jp"), JAPANESE, "iso2022_jp", "escape sequences"),
    (KOREAN.encode("iso2022_kr"), KOREAN, "iso2022_kr", "escape sequences"),
    (CHINESE.encode("hz"), CHINESE, "hz", "escape sequences"),
    (b"Three ~{braces}~ are no HZ.", "Three ~{braces}~ are no HZ.", "utf-8", "ascii"),
    # Blemishes that do not make text binary.
    (b"A NUL\0 here and there.", "A NUL\0 here and there.", "utf-8", "ascii"),
    ("Größe\0 zwei".encode(), "Größe\0 zwei", "utf-8", "valid utf-8"),
    (b"A block of a disk." + bytes(4000), "A block of a disk." + "\0" * 4000, "utf-8", "ascii"),
    (b"\x1b[31mred\x1b[0m from a terminal", "\x1b[31mred\x1b[0m from a terminal", "utf-8", "ascii"),
    ("a\0b\0caf\u00e9s and cakes\0d".encode(), "a\0b\0caf\u00e9s and cakes\0d", "utf-8", "valid utf-8"),
    # Text that begins like a file of another kind.
    (b"MZ Wallace opens a store.", "MZ Wallace opens a store.", "utf-8", "ascii"),
    ("BMW fährt höhere Gewinne ein.".encode("cp1252"), "BMW fährt höhere Gewinne ein.", "cp1252", "detector"),
    ("Price € 5 and “quoted”".encode("cp1252"), "Price € 5 and “quoted”", "cp1252", "detector"),
    ("ID3: für Käufer von Elektroautos".encode("cp1252"), "ID3: für Käufer von Elektroautos", "cp1252", "detector"),
]


@pytest.mark.parametrize(("raw", "text", "encoding", "evidence"), READ)
def test_what_is_read(raw, text, encoding, evidence):
    decoded = decode(raw)
    assert isinstance(decoded, Decoded)
    assert (decoded.text, decoded.undecodable, decoded.evidence) == (text, (), evidence)
    assert raw.decode(decoded.encoding) == text
    if encoding not in {"cp1252", "iso2022_jp"}:  # the detector may name one of several that read these bytes alike
        assert decoded.encoding == encoding
    assert back(decoded) == raw


# raw bytes, text, encoding, undecodable
DAMAGED = [
    (b"abc \xed\xa0\x80 def", "abc \ufffd def", "utf-8", ((4, "eda080"),)),
    ("Größe".encode()[:-1] + "ß".encode()[:1], "Größ\ufffd", "utf-8", ((6, "c3"),)),
    ("Gröning zahlt f".encode() + b"\xe2\x82", "Gröning zahlt f\ufffd", "utf-8", ((16, "e282"),)),  # cut off
    ("éàüöß".encode() + b"\xff\xfe" + "é".encode(), "éàüöß\ufffdé", "utf-8", ((10, "fffe"),)),
    ("éàüöß".encode() + b"\xe9 x \xe9", "éàüößé x \ufffd", "utf-8", ((14, "e9"),)),
    ("\ufffdéàüöß\ufffd".encode() + b"\xff" + "\ufffd".encode(), "\ufffdéàüöß\ufffd\ufffd\ufffd", "utf-8", ((16, "ff"),)),
    (codecs.BOM_UTF8 + b"a\xffb", "a\ufffdb", "utf-8-sig", ((4, "ff"),)),
    (codecs.BOM_UTF16_LE + b"a\0\x00\xd8b\0", "a\ufffdb", "utf-16", ((4, "00d8"),)),
    (codecs.BOM_UTF16_BE + b"\0a\xd8\x00\0b\0", "a\ufffdb\ufffd", "utf-16", ((4, "d800"), (8, "00"))),
    (codecs.BOM_UTF32_LE + b"a\0\0\0\xff\xff\xff\xffb", "a\ufffd", "utf-32", ((8, "ffffffff62"),)),
]


@pytest.mark.parametrize(("raw", "text", "encoding", "undecodable"), DAMAGED)
def test_bytes_that_fit_nothing_are_recorded(raw, text, encoding, undecodable):
    decoded = decode(raw)
    assert isinstance(decoded, Decoded)
    assert (decoded.text, decoded.encoding, decoded.undecodable) == (text, encoding, undecodable)
    assert back(decoded) == raw


@pytest.mark.parametrize("before", [b"", codecs.BOM_UTF8, b"not \xff this one\n"])
def test_emoji_in_two_halves_are_read(before):
    """Java and some databases write both halves of UTF-16 as if they were characters of UTF-8."""
    raw = before + "Grüße ".encode() + b"\xed\xa0\xbd\xed\xb8\x80 und \xed\xa0\xbd.\nEnde.\n"
    decoded = decode(raw)
    assert isinstance(decoded, Decoded)
    assert decoded.text.endswith("Grüße \U0001f600 und \ufffd.\nEnde.\n")
    assert back(decoded) == raw


def with_controls(raw: bytes, every: int, control: bytes) -> bytes:
    return b"".join(raw[at : at + every] + control for at in range(0, len(raw), every))


@pytest.mark.parametrize(("every", "control"), [(400, b"\0"), (40, b"\0"), (7, b"\0"), (60, b"\x1b"), (60, b"\x01")])
@pytest.mark.parametrize(("text", "encoding"), [(POLISH, "cp1250"), (RUSSIAN, "koi8-r"), (GREEK, "cp1253"), (BODY * 4, "cp1252")])
def test_controls_do_not_make_a_text_binary(text, encoding, every, control):
    raw = with_controls(text.encode(encoding), every, control)
    decoded = decode(raw)
    assert isinstance(decoded, Decoded)
    assert decoded.text == raw.decode(encoding)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize(
    "text",
    [
        CHINESE[:60],
        JAPANESE,
        KOREAN,
        THAI,
        THAI[:30],
        THAI[:13],
        ARABIC,
        HEBREW,
        FRENCH,
        "«Κανείς δεν μας είπε τίποτα», λέει μια",
    ],
)
def test_utf16_without_mark_is_found(text, encoding):
    decoded = decode(text.encode(encoding))
    assert isinstance(decoded, Decoded)
    assert (decoded.text, decoded.encoding) == (text, encoding)


BINARY = [
    (b"\0\0\1\0\1\0\x1e \0\0\1\0 \0\xa8\x0f\0\0", "an icon"),
    (b"BM\x36\x0c\0\0\0\0\0\0\x36\0\0\0", "a BMP image"),
    (b"\xca\xfe\xba\xbe\0\0\0\x34", "a program (Java or macOS)"),
    (b"!<arch>\n/  0  0  0  0  96  `\n\0\0\0\x02", "a library of programs"),
    (b"note.txt".ljust(100, b"\0") + b"0000644\0".ljust(157, b"0") + b"ustar\x0000" + b"Some text.", "a tar archive"),
    (random.Random(7).randbytes(3000), "binary data"),
    (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "a PNG image"),
    (b'Obj\x01\x04\x16avro.schema\x8c\x01{"type":"record"}\0The ferry is back', "an Avro file"),
    (b"bplist00\xd1\x01\x02TtextThe ferry is back\x08\0\0", "a binary property list"),
    (b"SEQ\x06\x19org.apache.hadoop.io.Text\0\0The ferry is back", "a Hadoop sequence file"),
    (pickle.dumps({"text": "The ferry is back. " * 20}, 2), "a Python pickle"),
    (pickle.dumps({"text": "The ferry is back. " * 20}), "a Python pickle"),
    (b"\x82\xa4text\xda\x00\x28" + b"The ferry is back at the quay of the town" + b"\xa3urla", "MessagePack data"),
    (b"\xff\xd8\xff\xe0\0\x10JFIF", "a JPEG image"),
    (b"GIF89a\x01\0\x01\0", "a GIF image"),
    (b"%PDF-1.7\n1 0 obj", "a PDF document"),
    (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "a PDF document"),
    (b"{\\rtf1\\ansi Hello}", "an RTF document"),
    (b"PK\x03\x04\x14\0\x08\0", "a ZIP archive"),
    (b"\x1f\x8b\x08\0\0\0\0\0", "gzip data"),
    (b"\x28\xb5\x2f\xfd\x24\x01", "Zstandard data"),
    (b"BZh91AY&SY\0\xff", "bzip2 data"),
    (b"\xfd7zXZ\0\0\x04", "xz data"),
    (b"\x7fELF\x02\x01\x01\0", "a program (ELF)"),
    (b"MZ\x90\0\x03\0\0\0", "a program (Windows)"),
    (b"SQLite format 3\0\x10", "an SQLite database"),
    (b"ID3\x04\0\0\0\xff\xfb", "MP3 audio"),
    (b"\0\0\0\x20ftypisom\0\0\x02", "MP4 video"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0", "an old Office document"),
    (bytes(range(256)), "binary data"),
    (bytes(100), "binary data"),
    (b"\xa7\r\r\n\0\0\0\0\x11\x22\x33\x44\x10\0\0\0\xe3\0\0\0\0\0\0\0\0\x01\0\0\0s\x04", "binary data"),
]


@pytest.mark.parametrize(("raw", "reason"), BINARY)
def test_what_is_no_text(raw, reason):
    decoded = decode(raw)
    assert isinstance(decoded, Binary)
    assert reason in decoded.reason


WRONG = [
    ("no place", "utf-8", [(3, "ff")]),
    ("\ufffd", "utf-8", [(1, "ff")]),
    ("Привет", "cp1252", []),
]


@pytest.mark.parametrize(("text", "encoding", "undecodable"), WRONG)
def test_what_does_not_belong_together_is_refused(text, encoding, undecodable):
    with pytest.raises(ValueError, match=r"undecodable|can't encode"):
        encode_back(text, encoding, undecodable)


texts = st.text(st.characters(exclude_categories=["Cs"]))
BOMS = {
    "utf-8": codecs.BOM_UTF8,
    "utf-16-le": codecs.BOM_UTF16_LE,
    "utf-16-be": codecs.BOM_UTF16_BE,
    "utf-32-le": codecs.BOM_UTF32_LE,
    "utf-32-be": codecs.BOM_UTF32_BE,
}


@given(
    st.binary() | st.lists(st.integers(32, 255), min_size=10).map(bytes) | texts.map(lambda text: text.encode("cp1251", "ignore"))
)
@example(b"\xef\xbb\xbf\xff\xef\xbf\xbd\xff")
def test_decoding_never_raises_and_goes_back(raw):
    decoded = decode(raw)
    assert decode(raw) == decoded
    if isinstance(decoded, Binary):
        assert decoded.reason
        return
    decoded.text.encode()  # valid Unicode
    assert decoded.text.count("\ufffd") >= len(decoded.undecodable)
    assert back(decoded) == raw


@given(texts)
def test_utf8_text_comes_back_unchanged(text):
    text = text.replace("\0", "").replace("\x1b", "").removeprefix("\ufeff")
    decoded = decode(text.encode())
    assert isinstance(decoded, Decoded)
    assert (decoded.text, decoded.encoding, decoded.undecodable) == (text, "utf-8", ())


@given(st.sampled_from(list(BOMS)), st.lists(texts | st.binary(max_size=5), max_size=8))
def test_damaged_unicode_goes_back(encoding, parts):
    raw = BOMS[encoding] + b"".join(part.encode(encoding) if isinstance(part, str) else part for part in parts)
    decoded = decode(raw)
    assert isinstance(decoded, Decoded)
    assert back(decoded) == raw


@given(st.binary(), st.sampled_from(["cp1252", "cp1251", "koi8-r", "iso8859-1", "iso8859-7", "cp866", "cp874", "mac-roman"]))
def test_single_bytes_go_back_in_whatever_encoding(raw, encoding):
    runs: list[tuple[int, str]] = []
    text = ""
    for offset, byte in enumerate(raw):  # decode by hand, byte by byte, and join neighbouring runs
        try:
            text += bytes([byte]).decode(encoding)
        except UnicodeDecodeError:
            if runs and runs[-1][0] + len(runs[-1][1]) // 2 == offset:
                runs[-1] = (runs[-1][0], f"{runs[-1][1]}{byte:02x}")
            else:
                runs.append((offset, f"{byte:02x}"))
                text += "\ufffd"
    assert encode_back(text, encoding, runs) == raw


# raw bytes, text, encoding, pieces
MIXED = [
    # No pieces at all: Latin words in Chinese without blanks
    ("Python和java、Google与iPhone的区别\niPad和iPhone比较，a和b不同\n".encode("gb18030"), None, "gb18030", []),
    # Windows-1252 in a file of UTF-8: a paragraph, two that follow each other, one at the end without line break
    ((BODY * 3).encode() + CURLY.encode("cp1252") + BODY.encode(), BODY * 3 + CURLY + BODY, "utf-8", ["cp1252"]),
    ((BODY * 9).encode() + (CURLY * 2).encode("cp1252"), BODY * 9 + CURLY * 2, "utf-8", ["cp1252"]),
    ((BODY * 9).encode() + CURLY.encode("cp1252") + BODY.encode() + CURLY.encode("cp1252"), None, "utf-8", ["cp1252", "cp1252"]),
    (codecs.BOM_UTF8 + (BODY * 9).encode() + CURLY.encode("cp1252"), BODY * 9 + CURLY, "utf-8-sig", ["cp1252"]),
    # a few bytes within a line
    ((BODY * 2).encode() + "schön: ".encode() + b"an editor\x92s caf\xe9 " + BODY.encode(), None, "utf-8", ["cp1252", "cp1252"]),
    # Cyrillic of Windows in a file of UTF-8
    ((BODY * 99).encode() + RUSSIAN.encode("cp1251"), BODY * 99 + RUSSIAN, "utf-8", ["cp1251"]),
    # UTF-8 in files of other encodings
    ((BODY * 9).encode("cp1252") + CURLY.encode() + BODY.encode("cp1252"), BODY * 9 + CURLY + BODY, "cp1252", ["utf-8"]),
    ((RUSSIAN * 5).encode("cp1251") + RUSSIAN.encode(), RUSSIAN * 6, "cp1251", ["utf-8"]),
    ((RUSSIAN * 5).encode("koi8-r") + BODY.encode(), RUSSIAN * 5 + BODY, "koi8-r", ["utf-8"]),
    ((JAPANESE * 5).encode("shift_jis") + JAPANESE.encode(), JAPANESE * 6, "shift_jis", ["utf-8"]),
    # Nothing foreign, though it could be taken for it: a misprint, a rule of Johab, a line of two Chinese characters
    (("Eщё\n" + RUSSIAN).encode("koi8-r"), "Eщё\n" + RUSSIAN, "koi8-r", []),
    (("─" * 30 + "\n" + KOREAN).encode("johab"), "─" * 30 + "\n" + KOREAN, "johab", []),
    (("展出\n" + CHINESE).encode("gb18030"), "展出\n" + CHINESE, "gb18030", []),
    (("小学校\n" + CHINESE).encode("gb18030"), "小学校\n" + CHINESE, "gb18030", []),  # three letters of UTF-8
    # Splinters of UTF-8 and bytes 255 are no letters
    ((BODY * 9).encode() + b"cut \xe2\x80 here\nlost \xff one\n", BODY * 9 + "cut \ufffd here\nlost \ufffd one\n", "utf-8", []),
]


@pytest.mark.parametrize(("raw", "text", "encoding", "pieces"), MIXED)
def test_files_in_two_encodings_are_read_piece_by_piece(raw, text, encoding, pieces):
    decoded = decode(raw)
    assert isinstance(decoded, Decoded)
    if text is None:
        text = "".join(
            raw[start:end].decode(codec) for start, end, codec in _all_pieces(len(raw), decoded.pieces, decoded.encoding)
        )
        assert not re.search("[\ufffd\x80-\x9f]", text)
    assert decoded.text == text
    assert (decoded.encoding, [codec for _, _, codec in decoded.pieces]) == (encoding, pieces)
    assert back(decoded) == raw


def _all_pieces(size: int, pieces: Pieces, encoding: str) -> Iterator[tuple[int, int, str]]:
    at = 0
    for start, end, codec in (*pieces, (size, size, "")):
        yield at, start, encoding
        yield start, end, codec
        at = end


def html(label: str, text: str) -> str:
    return f'<html><head><meta charset="{label}"></head><body>{text}</body></html>\n'


SHORT = "Ça coûte déjà 3 €.\n"
# raw bytes, charset of the HTTP header, media type, text, evidence
DECLARED = [
    (SHORT.encode("cp1252"), "ISO-8859-1", "text/plain", SHORT, "http header"),
    (POLISH.encode("iso8859-2"), "latin2", "text/plain", POLISH, "http header"),
    (CHINESE.encode("gb18030"), "gb2312", "text/html", CHINESE, "http header"),
    ("①〜".encode("cp932"), "x-sjis", "text/html", "①\uff5e", "http header"),
    ("똠방각하".encode("cp949"), "ks_c_5601-1987", "text/html", "똠방각하", "http header"),
    ("עברית".encode("iso8859-8"), "iso-8859-8-i", "text/html", "עברית", "http header"),
    (html("windows-1250", POLISH).encode("cp1250"), None, "text/html", html("windows-1250", POLISH), "meta"),
    (html("koi8-r", "Да").encode("koi8-r"), None, "text/plain", html("koi8-r", "Да"), "meta"),
    (
        b"<META HTTP-EQUIV=Content-Type content='text/html; charset=iso-8859-9'>" + "Işık".encode("cp1254"),
        None,
        "text/html",
        "<META HTTP-EQUIV=Content-Type content='text/html; charset=iso-8859-9'>Işık",
        "meta",
    ),
    (
        '<?xml version="1.0" encoding="iso-8859-7"?>\n<a>΄Αλφα</a>'.encode("iso8859-7"),
        None,
        "application/xml",
        '<?xml version="1.0" encoding="iso-8859-7"?>\n<a>΄Αλφα</a>',
        "xml declaration",
    ),
    # The header comes before the markup; a comment declares nothing; an unknown name is none.
    (html("koi8-r", "Да").encode("cp1251"), "windows-1251", "text/html", html("koi8-r", "Да"), "http header"),
    (
        b"<!-- <meta charset=koi8-r> -->" + html("cp1251", "Да").encode("cp1251"),
        "none",
        "text/html",
        "<!-- <meta charset=koi8-r> -->" + html("cp1251", "Да"),
        "meta",
    ),
    # What can be read as ASCII up to there is no UTF-16.
    (html("utf-16", GREEK).encode(), None, "text/html", html("utf-16", GREEK), "valid utf-8"),
    # Wrong ones: UTF-8, another script, bytes that mean nothing
    (SHORT.encode(), "iso-8859-1", "text/plain", SHORT, "valid utf-8 (not believed: http header says iso-8859-1)"),
    (RUSSIAN.encode("cp1251"), "iso-8859-1", "text/html", RUSSIAN, "detector (not believed: http header says iso-8859-1)"),
    (html("utf-8", GREEK).encode("cp1253"), None, "text/html", html("utf-8", GREEK), "detector (not believed: meta says utf-8)"),
    (JAPANESE.encode("shift_jis"), "euc-jp", "text/html", JAPANESE, "detector (not believed: http header says euc-jp)"),
    (
        html("utf-16", RUSSIAN).encode("cp1251"),
        "utf-8",
        "text/html",
        html("utf-16", RUSSIAN),
        "detector (not believed: http header says utf-8, meta says utf-16)",
    ),
    (RUSSIAN.encode("cp1251"), "utf-16", "text/plain", RUSSIAN, "detector (not believed: http header says utf-16)"),
    # A few words are enough where they look odd.
    (
        "Приливы и отливы.".encode("cp1251"),
        "latin1",
        "text/plain",
        "Приливы и отливы.",
        "detector (not believed: http header says latin1)",
    ),
    (
        "Приливы сегодня".encode("koi8-r"),
        "cp1252",
        "text/plain",
        "Приливы сегодня",
        "detector (not believed: http header says cp1252)",
    ),
    # The detector must not believe them, either: it reads the page, too.
    (
        html("iso-8859-1", RUSSIAN).encode("cp1251"),
        None,
        "text/html",
        html("iso-8859-1", RUSSIAN),
        "detector (not believed: meta says iso-8859-1)",
    ),
    (
        html("shift_jis", FRENCH * 2).encode("cp1252"),
        None,
        "text/html",
        html("shift_jis", FRENCH * 2),
        "detector (not believed: meta says shift_jis)",
    ),
    (
        html("gb2312", BODY * 3).encode("cp1252"),
        None,
        "text/html",
        html("gb2312", BODY * 3),
        "detector (not believed: meta says gb2312)",
    ),
    # Nothing looks odd in them, but the detector is far surer of another.
    (
        html("iso-8859-1", TURKISH).encode("cp1254"),
        None,
        "text/html",
        html("iso-8859-1", TURKISH),
        "detector (not believed: meta says iso-8859-1)",
    ),
    (
        html("windows-1252", CZECH).encode("cp1250"),
        None,
        "text/html",
        html("windows-1252", CZECH),
        "detector (not believed: meta says windows-1252)",
    ),
    (
        html("koi8-r", RUSSIAN).encode("cp1251"),
        None,
        "text/html",
        html("koi8-r", RUSSIAN),
        "detector (not believed: meta says koi8-r)",
    ),
    # One of few other letters goes by the same name.
    (html("koi8-r", UKRAINIAN).encode("koi8-u"), None, "text/html", html("koi8-r", UKRAINIAN), "meta"),
    # A plain text may quote a declaration.
    ("Écrivez <meta charset=big5> là où ça coûte.".encode("cp1252"), None, "text/plain", None, "default"),
    ("漢字\n".encode("utf-16-be"), "utf-16be", "text/plain", "漢字\n", "utf-16 without bom"),
    ("漢字\n".encode("utf-16-le"), "utf-16", "text/plain", "漢字\n", "utf-16 without bom"),
    # Not encodings at all
    (b"plain", "rot13", "text/plain", "plain", "ascii"),
    (SHORT.encode("cp1252"), "unicode_escape", "text/plain", SHORT, "default"),
    (SHORT.encode("cp1252"), "x" * 500 + "\0é", "text/plain", SHORT, "default"),
]


@pytest.mark.parametrize(("raw", "charset", "media_type", "text", "evidence"), DECLARED)
def test_declarations_are_believed_where_they_fit(raw, charset, media_type, text, evidence):
    decoded = decode(raw, charset, media_type)
    assert isinstance(decoded, Decoded)
    assert decoded.evidence == evidence
    assert decoded.text == (raw.decode("cp1252") if text is None else text)
    assert back(decoded) == raw


lines = st.tuples(texts, st.sampled_from(["utf-8", "cp1252", "cp1251", "gb18030", "shift_jis", "iso2022_jp"]))


@given(
    st.lists(lines, max_size=6).map(lambda rows: b"\n".join(text.encode(codec, "ignore") for text, codec in rows)),
    st.none() | st.sampled_from(["utf-8", "cp1252", "big5", "shift_jis", "iso-2022-jp", "hz", "utf-16", "cp1006", "nonsense"]),
    st.sampled_from(["text/plain", "text/html"]),
)
@example(b"<meta charset=hz>~{VPND~}~\n\xe9", None, "text/html")
@example("é\n".encode() * 9 + b"\x81\n\x81\x30\n", "gb18030", "text/plain")
def test_whatever_is_declared_or_mixed_goes_back(raw, charset, media_type):
    decoded = decode(raw, charset, media_type)
    if isinstance(decoded, Decoded):
        assert back(decoded) == raw
