"""How much some bytes look like text in an encoding, and in which encoding they look like it most."""

import codecs
import re
from typing import Any

import regex

from cleaners.decode.binary import CONTROLS
from cleaners.decode.exact import UndecodableBytes, decode_recording

# A line with one accent or a pair of curly quotes gives the detector next to nothing to go by (it says 0.10, and one of
# the DOS or Mac encodings).  Where it is so unsure and the text is mostly ASCII, it is asked again for the encodings of
# the web alone.  Of 1,367 short lines in 38 encodings 1,245 are right so, 1,234 without; in English, from 121 of 142 to 135.
MIN_CONFIDENCE = 0.15
_MAX_NOT_ASCII = 0.15
_AS_COMMON = ("iso8859-2", "iso8859-5", "iso8859-7", "iso8859-9")
ASCII = bytes(range(128))
_SEEN_BYTES = 16_384  # of more than this the detector judges only the beginning
_SAMPLE_LINES = 20  # lines that are given to the detector as they stand; of the others it sees those that are not ASCII
_SAMPLE_BYTES = 200_000  # the detector's own limit
# A script in the head of a page, all in one line.
_LONG_ASCII = re.compile(rb"(?<![\x00-\x7f])([\x00-\x7f]{500})[\x00-\x7f]{500,}")
_DECLARATION = re.compile(rb"((?:charset|coding)\s*[=:]\s*[\"']?\s*)([\w.:-]+)", re.IGNORECASE)

# The detector does not know every language: Albanian in windows-1252 it takes for Lithuanian, whatever its length.  That shows in the
# words with letters beyond ASCII.  If there are 80 bytes of these, it gives those of a language that it knows 0.11 and more, and
# those of Albanian, Afrikaans, Frisian, Haitian or Occitan 0.08 at most.  Nor does it know one from another by a single letter ("të mërkurën").
_WESTERN = ("cp1252", "iso8859-1", "iso8859-15")
_MIN_WORD_BYTES = 80
_MIN_WORD_CONFIDENCE = 0.1

# Servers and editors declare ISO 8859-1 or windows-1252 where nobody chose an encoding, and Czech or Turkish is nothing odd in it
# ("poètu", "baþkaný").  Where the detector knows the language of these words, and gives another encoding twice as much as the
# declared one, that one is wrong: of 1,932 wrongly declared pages 208 are read wrongly so, 346 without; of 6,793 rightly declared ones none.
_MUCH_LESS = 0.5

# An English text hides the language of a few foreign words: with a line of Russian in it, the detector says windows-1252, and 0.58.  So the
# words with letters beyond ASCII are shown to it on their own.  Words with signs only ("it’s", "5 €") say nothing, and what is left of curly quotes
# ("itâs") is always the same letter.  Not used to choose these numbers were 269 English articles with a foreign line put into them, of which
# 255 are right so, 64 without, and 281 in windows-1252 without one, of which none changed.
_SIGNS = "‘’“”‚„‹›«»–—…•€£§©®°·™¿¡×¹²³½¼¾´¨†‡¢±¶\xa0".encode("cp1252")
_MIN_LETTERS = 3

# A wrong declaration shows in the text.  Right ones give next to no bytes without a meaning and no C1 controls;
# and what is read in a wrong encoding has letters of two scripts in one word, capitals inside words, signs between
# letters, or row upon row of accented letters ("Ïðèâåò" for "Привет").  "ÿ" is the byte 255, hardly ever a letter.  What stands for
# the letters of DOS and of old Macs are quotes and daggers within words ("p†", "m”ste"); a "¤" at a number, or an "œ" that stands
# for "½", tell ISO 8859-1 and 8859-15 apart.  Between two small Latin letters only small words of Chinese stand ("Python和java"), and
# what was "ür" in German ("B黵germeister").
MAX_FAULTS = 0.02  # of the bytes that are not ASCII
MAX_ODD = 0.15  # of the characters that are not ASCII; in 156 files with a right declaration it is 0.01 at most
ODD = regex.compile(
    r"(?<=\p{Latin})[\p{Cyrillic}\p{Greek}\p{Hebrew}\p{Arabic}]|(?<=[\p{Cyrillic}\p{Greek}\p{Hebrew}\p{Arabic}])\p{Latin}"
    r"|(?<=\p{Ll})(?!\p{ASCII})\p{Lu}|(?<=(?!\p{ASCII})\p{Ll})\p{Lu}"
    r"|(?<=\p{L})[„”†‡‰ˆ˜‹›‚€](?=\p{L})"
    r"|(?<=\d ?)¤|¤(?= ?\d)|(?<=\d)[œŒŸ]|(?<!\p{L})[œŸ](?!\p{L})"
    r"|(?<=\p{L})[¡-©«¬®-³¸¹»-¿×÷\u2500-\u259f](?=\p{L})"
    r"|[ÂÃâ][€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]|[À-ÖØ-öø-\u024f]{4,}|[\x80-\x9fÿ\ufffd\ue000-\uf8ff]"
    r"|(?<=[a-z])(?![和与與跟同及或而且的地得是为為有在到从從用对對比了等让讓把被])\p{Han}(?=[a-z])|[ˇ˛](?=\p{L})|(?<!\p{L})®(?=\p{Ll})"
    r"|¶(?=\p{L})|(?<!\p{L})’(?=[α-ω])"
)

# On the web a name means more than in its standard: here are codecs that read what the named one cannot, as browsers do
# (WHATWG Encoding Standard).  The named one is tried first: it has the wave dash and the like where the authors had them.
_WIDER = {
    "ascii": ("cp1252",),
    "iso8859-1": ("cp1252",),
    "iso8859-9": ("cp1254",),
    "iso8859-11": ("cp874",),
    "tis-620": ("cp874",),
    "gb2312": ("gb18030",),
    "gbk": ("gb18030",),
    "big5": ("cp950", "big5hkscs"),
    "cp950": ("big5hkscs",),
    "shift_jis": ("cp932",),
    "euc_jp": ("euc_jis_2004",),
    "euc_kr": ("cp949",),
}

# The detector says cp932 for all Japanese of that kind.
_NARROWER = {"cp932": "shift_jis"}

# Pairs of which few letters differ, so that the detector confuses them.
_SIBLINGS = {
    "cp1253": "iso8859-7",
    "iso8859-7": "cp1253",
    "cp1250": "iso8859-2",
    "iso8859-2": "cp1250",
    "iso8859-1": "iso8859-15",
    "iso8859-15": "iso8859-1",
    "koi8-r": "koi8-u",
    "cp1257": "cp1252",
}


def second_thought(raw: bytes, encoding: str, confidence: float) -> tuple[str, float | None]:
    """Choose between the detector's guess and encodings that it confuses with it; the confidence is None if it is overruled."""
    answers: dict[str, float | None] = {encoding: confidence}
    is_mostly_ascii = len(raw.translate(None, ASCII)) < _MAX_NOT_ASCII * len(raw)
    is_unsure = confidence < MIN_CONFIDENCE and is_mostly_ascii
    if (is_unsure and encoding not in _AS_COMMON) or oddity(raw, encoding) > MAX_ODD:
        common, its_confidence = detect(raw.translate(None, CONTROLS), common=True)
        if common and oddity(raw, common) <= MAX_ODD:
            answers = {common: its_confidence}
        elif common:
            answers |= {common: its_confidence}
            answers.setdefault("cp1252", None)
        encoding = min(answers, key=lambda name: oddity(raw, name))
    sure = answers[encoding]
    is_foreign = encoding not in _WESTERN and confidence < MIN_CONFIDENCE
    if is_foreign and oddity(raw, "cp1252") <= oddity(raw, encoding) and (_letters(raw) == 1 or _is_unknown_language(raw)):
        encoding, sure = "cp1252", None
    if is_mostly_ascii and _letters(raw) >= _MIN_LETTERS:
        encoding, sure = _surer(raw, encoding, _sureness(raw)) or (encoding, sure)
    return widened(raw, _NARROWER.get(encoding, encoding)), sure


def _is_unknown_language(raw: bytes) -> bool:
    """Whether the detector cannot make sense of the words, so that its answer means nothing."""
    words = _words(raw)
    return len(words) >= _MIN_WORD_BYTES and detect(words)[1] < _MIN_WORD_CONFIDENCE


def _words(raw: bytes) -> bytes:
    """The words with letters beyond ASCII."""
    words = _sample(raw)[:_SEEN_BYTES].split()
    return b" ".join(word for word in words if not word.isascii() and not word.translate(None, _SIGNS).isascii())


def _letters(raw: bytes) -> int:
    """Count the different bytes beyond ASCII that may be letters."""
    return len(set(_words(raw).translate(None, ASCII + _SIGNS)))


def oddity(raw: bytes, encoding: str) -> float:
    """Measure how little the bytes look like text in this encoding: the share of what is odd or has no meaning."""
    return _share_of_odd(_sample(raw)[:_SEEN_BYTES].decode(encoding, "replace"))


def widened(raw: bytes, codec: str) -> str:
    """Choose the codec of that name, or the wider one that the web calls so, if it reads more."""

    def faults(name: str) -> int:
        return count_faults(*decode_recording(raw, name))

    if (sibling := _SIBLINGS.get(codec)) and oddity(raw, sibling) < oddity(raw, codec):
        codec = sibling
    return min((codec, *_WIDER.get(codec, ())), key=faults)


def is_another(raw: bytes, codec: str) -> bool:
    """Whether the detector is far surer of another encoding than of the declared one, and nothing looks odd in the other."""
    if len(_words(raw)) < _MIN_WORD_BYTES:
        return False
    sure = _sureness(raw)
    return codec in sure and _surer(raw, codec, sure) is not None


def _surer(raw: bytes, codec: str, sure: dict[str, float]) -> tuple[str, float] | None:
    """The encoding of which the detector is far surer than of this one and in which nothing looks odd, with its confidence."""
    best = max(sure, key=sure.__getitem__, default=codec)
    is_surer = sure.get(best, 0) >= _MIN_WORD_CONFIDENCE and sure.get(codec, 0) <= _MUCH_LESS * sure[best]
    return (best, sure[best]) if is_surer and oddity(raw, best) <= max(oddity(raw, codec), MAX_FAULTS) else None


def _sureness(raw: bytes) -> dict[str, float]:
    """The detector's confidence in every encoding, going by the words with letters beyond ASCII."""
    import chardet

    guesses = chardet.detect_all(**_asked(_words(raw)), ignore_threshold=True)
    return {codecs.lookup(guess["encoding"]).name: guess["confidence"] for guess in reversed(guesses) if guess["encoding"]}


def count_faults(text: str, undecodable: UndecodableBytes) -> int:
    """Count the bytes without a meaning, and the controls that text does not hold."""
    return sum(len(run) // 2 for _, run in undecodable) + sum(text.count(chr(code)) for code in range(0x80, 0xA0))


def _share_of_odd(text: str) -> float:
    """Measure how much of what is not ASCII looks as if it was read in a wrong encoding."""
    high = len(text) - len(text.encode("ascii", "ignore"))
    return sum(map(len, ODD.findall(text))) / high if high else 0.0


def reads_well(line: bytes, codec: str) -> bool:
    """Whether a line is text in this encoding."""
    text, undecodable = decode_recording(line, codec)
    return not count_faults(text, undecodable) and _share_of_odd(text) <= MAX_ODD


def is_utf8(raw: bytes) -> bool:
    """Whether bytes are UTF-8."""
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def detect(raw: bytes, *, common: bool = False) -> tuple[str, float]:
    """Ask the detector: a Python codec name ("" for binary data) and its confidence from 0 to 1.

    With `common` only the encodings count that the web is written in.
    """
    # Imported here, since it takes 0.1 s and few runs need it.
    import chardet

    guess = chardet.detect(**_asked(raw, common=common))
    name = guess["encoding"]
    if name == "ascii":  # a line longer than the sample, with its first foreign letter behind that
        name = "cp1252"
    return (codecs.lookup(name).name if name else "", guess["confidence"])


def _asked(raw: bytes, *, common: bool = False) -> dict[str, Any]:
    """The arguments for the detector, without what a page declares: it would believe that, and is asked what the bytes look like."""
    from chardet.enums import EncodingEra

    era = EncodingEra.MODERN_WEB if common else EncodingEra.ALL & ~EncodingEra.MAINFRAME
    untold = _DECLARATION.sub(lambda found: found[1] + b"-" * len(found[2]), _sample(raw))
    return {"byte_str": untold, "encoding_era": era, "max_bytes": _SAMPLE_BYTES}


def _sample(raw: bytes) -> bytes:
    """Choose what the detector sees: the beginning, and the lines that are not ASCII.

    The detector judges by the beginning, which may be an English menu above a Russian article.  Lines in UTF-8
    tell nothing about the encoding of the others.  The line break in front keeps it from taking "BMW" or "MZ" at the start of an article for a file of that kind.
    """
    if b"\0" in raw or raw.isascii():
        return raw
    lines = [line for line in raw.split(b"\n") if line.isascii() or not is_utf8(line)]
    if len(raw) <= _SEEN_BYTES:
        return b"\n".join((b"", *lines))
    chosen = (*lines[:_SAMPLE_LINES], *(line for line in lines[_SAMPLE_LINES:] if not line.isascii()))
    return b"\n".join((b"", *(_LONG_ASCII.sub(rb"\1 ", line) for line in chosen)))
