"""Titles: find the one title of a dump, and take every copy of it out of the body.

Theory.  Scrapers put the title first, and often twice: once from the page's head, once from its body, with a blank
line, the site's name or a standfirst between.  A template may print it once more at the foot, as "Reference".  So a
line is the title if it looks like one, says what the text is about, and is either the first line with a blank line
behind it or the one line that stands near the top twice.  (The first line needs no blank line, if paragraphs
follow at once that speak of the same things; and a section's name, a date, a byline or a path may stand above it, if it is
the only line like a title before paragraphs that speak of the same things; a date or a byline beside it lets more lines stand
there.)  The first line is asked first, unless it is a newspaper's name, a path that ends with the title, or the title cut off.
That makes cleaning stable: written out as title, blank line, text, the title is that first line, and it is judged by itself and
by the text without its copies, both of which are what they were.

Dumps of whole pages have menus at the top.  Where the line model is asked it says where the text begins, and the most probable line
above is the title if a date or a byline stands below it, or a copy above (`find_headline`).

What is kept, although it says the same words:
    - paragraphs that begin with the title or quote it: only whole lines are compared;
    - "How to cook rice - Step 1" and "... - Step 2": one tail is the name of a site, two are headings of the text, and a
      number is no name;
    - a refrain, a list item, a speaker's line, a section's heading.  No line of the text may repeat the title (output
      contract), so a document with such a line gets no title at all: `None`, nothing is cut, and nothing is lost.

Price accepted: a title of one or two words ("Moorings", "Fishing Nets") is not found, because menus, labels and names
look the same, and a wrong title is worse than none; and where a dump begins with a heading of its text, the real
title being absent, that heading becomes the title.  Measured on the development data, by the rules alone: of the 416 titles that
stand as a line of a column 162 are found, and 10 of these documents get another line; of 909 in whole pages 49 are found, and 25
documents get another line.  The model card has the figures with the line model (`python -m benchmarks.line_model_quality …
--behind-rules` prints both).
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain, compress, count, islice, takewhile
from typing import NamedTuple

import regex

from cleaners.document import SENTENCE_END, Document, is_prose, unmarked, weight
from cleaners.edits import Edit

_NEAR_TOP = 15  # lines, blank ones not counted, in which the title and its second copy stand
_LONGEST = 160  # characters; of 1,966 titles in the development data three are longer
_CLOSE = 4  # lines from one copy to the next: a site's name, a standfirst and a date may stand between
_AT_TOP = 3  # more copies than that before the first paragraph are a refrain
_TAIL_WORDS = 6  # words in the name of a site …
_TAIL_CHARS = 60  # … and its length; 20 characters of Chinese, which has no spaces
_CUT_OFF = 20  # letters and digits that are left of a title that is cut off
_DOTS = ("…", "...")
_ABOVE = 4  # labels that may stand above a title
_LABEL = 80  # characters of a label
_OPENING = 8  # lines that may stand between such a title and the first paragraph
_BULLETS = ("-", "–", "—", "*", "•", "·", "+", "#")
_BEGIN = 2  # lines that may stand before the first paragraph of a text that begins right behind its title
_PARAGRAPHS = 30  # paragraphs in which the words of the title are looked for
_BYLINES = 3  # lines below a headline in which its date or byline stands
_AS_PROBABLE = 0.3  # of the most probable line; a line of a menu has less
_ABOUT = 0.5  # share of the title's words that the text must hold where it does not begin at once

_BLANK_LINE = re.compile(r"\n\s*\n")
_NOT_WORD = re.compile(r"[\W_]+")
_NOT_PROBE = re.compile(r"[\W_iı]+")
_PUNCTUATION = re.compile("[\xa0\xab\xbb\u2000-\u206f]+")
# Words that mean something: "13 min read", "8 November 2016" and "Ada M. Brandt" have fewer than three of them.
_WORD = regex.compile(r"\b\p{L}[\p{L}\p{M}'’\-‐‑.]*[\p{L}\p{M}]")
# Scripts written without spaces between words: eight characters say about what three words say.
_DENSE = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]")
_UNMARKED = regex.compile(r"[\p{Thai}\p{Lao}]")
_HANGUL = regex.compile(r"\p{Hangul}")
_INVISIBLE = " \t\xa0\u200b\ufeff"
_UNDERLINE = re.compile(r"={3,}|-{3,}")  # of a heading
_MARK = regex.compile(r"(?:#{1,6}\s+|(?:Title|Headline)\s*:\s*)+", regex.IGNORECASE)
# Between words without a blank a hyphen joins, but for those of Chinese, Japanese and Korean.
_JOINT = regex.compile(r"\s+(?:[|–—\-»«·•]|::)\s+|\s*[|｜_]\s*|(?<=[⺀-힣])[-－]|[-－](?=[⺀-힣])")
_JOINT_SIGN = re.compile(r"[|–—\-»«·•:｜_－]")  # each joint has one; looking for it takes a tenth of the time
# What a template writes above or before the title at the foot.
_SOURCE = regex.compile(
    r"""(?i:sources?|references?|quellen?|referenz|fuentes?|referencias?|fontes?|referências?|riferimento|référence|bron|kilde
        |källa|lähde|źródło|zdroj|forrás|sursa|izvor|vir|kaynak|sumber|nguồn|источник|джерело|крыніца|извор|източник|πηγή|المصدر|منبع|מקור
        |स्रोत|ที่มา|来源|來源|出处|出處|出典|출처)\s*[:：]\s*""",
    regex.VERBOSE,
)
# What a template writes before the title where it follows the reader down the page.
_READING = regex.compile(
    r"""(?i:\W*(?:(?:you(?:['’]re|\ are)\ |now\ |currently\ )?reading|(?:sie\ lesen|du\ liest)(?:\ gerade)?|vous\ lisez|en\ train\ de\ lire|(?:estás\ )?leyendo
        |(?:você\ está\ )?lendo|stai\ leggendo|je\ leest(?:\ nu)?|du\ läser(?:\ nu)?|czytasz(?:\ teraz)?|éppen\ olvasod|citești|(?:вы|сейчас)\ читаете
        |ви\ читаєте|(?:sedang\ )?membaca|đang\ đọc|正在[阅閱][读讀])\s*[:：]\s*)""",
    regex.VERBOSE,
)
_UNPARTED = regex.compile(r"[\p{Lu}\p{Ll}]{4}$")  # "HomeNews", and not "Mc", nor a number of the page in Chinese
# What looks like the name of a site behind a title, and is a part of it.
_PART = regex.compile(
    r"""(?i:(?:part|episode|chapter|step|day|teil|folge|kapitel|tag|partie|épisode|chapitre|parte|episodio|capítulo|capitolo|deel
        |del|rész|część|часть|частина|день)
        \W*(?:\d+|[ivx]+|one|two|three|eins|zwei|drei))|第.{1,4}[章部回话話集篇]|[上中下]$""",
    regex.VERBOSE,
)
# What sets the name of a site off from a title.  A colon does not: what stands before it is the author's.
_SET_OFF = regex.compile(r"[|｜_–—\-－]")
# A sentence, or something that goes on, whatever closes behind it.
_SENTENCE_END = (".", ":", ";", ",", "…", "。", "।", "۔", "：", "；", "，")
_NO_LABEL_END = (*_SENTENCE_END, "!", "?")
_CLOSING = "\"”“’'»)]）」』】 \t\xa0\u3000"
# Several small patterns, the cheap ones first: as one, each would be tried at every character, and that takes three times
# as long.  For the same reason they begin with something rare where they can, and look behind themselves from there.
_NO_TITLE = tuple(
    regex.compile(pattern, regex.VERBOSE)
    for pattern in (
        r"""^[^\p{L}\p{N}"“„‘'«¿¡\[(\#$€£【「『《〈（]""",  # a bullet, an arrow, a bar
        r"^\p{Ll}+\b",  # goes on from somewhere: "by Ada Brandt"
        r"""(?i:^\W*(?:by|von|par|por|di|door|av|autor[a-z]*|copyright|published|posted|updated|last\ updated|written\ by|edited\ by
            |reviewed\ by|submitted|contributions\ from|filed\ under|tags|categories|share|subscribe|sign\ (?:up|in)|log\ in|skip\ to|jump\ to
            |click|leave\ a|reply|related\ (?:posts|articles|stories|news)|check\ also|you\ (?:may|might)\ (?:also|like)
            |read\ (?:more|also|next)|continue\ reading|advertisement|add\ to|see\ (?:all|also|more)|view\ (?:all|more|in)|back\ to|return\ to
            |table\ of\ contents|all\ rights|in\ this\ (?:article|section|issue|post)|in\ partnership|also\ in|edit\ this|was\ this
            |be\ the\ first|courtesy|showing|from\ wikipedia|about\ this|join\ the|contact\ us|call\ us|now\ hiring|book\ (?:a\ )?free|download\ (?:the\ |our\ )?app|this\ (?:article|post|entry|site|website|page))\b
            |^\W*(?:for\ immediate\ release|press\ release|news\ release|communiqué\ de\ presse|(?:comunicado|nota)\ (?:de|à
            |a)\ (?:la\ )?(?:prensa|imprensa))\W*$
            |^(?:作者|来源|來源|记者|記者|编辑|編輯)|^(?:photo|image|text|source|author)\ ?:)""",
        r"\d\d?:\d\d",  # a time of day
        r"""^\W*(?:\p{L}+,?\ )?\d\d?\ de\ \p{L}+\ del?\ \d{4}\b|\b\d{4}[-./年]\ ?\d\d?\b|\b\d\d?[-./]\ ?\d\d?[-./]\ ?\d{2,4}\b
            |\b\d\d?(?:st|nd|rd|th)?,\ ?(?:19|20)\d\d""",  # a date
        r"https?:|www\.|@\w",  # an address
        r"(?:\.(?=\ \p{Lu}.{40})|[!?](?=\ \p{Lu}.{80})|\.(?=\p{Lu}\p{Ll}{3}.*\ ))(?<=\p{L}{3}.)|。.",  # more than one sentence
        r"""[>›→⟩▸►]|\s‹\s|\|.*\||».*»|[•·].*[•·]
            |/(?:(?<=\ /)\ .*\ /\ |(?<=\w/)\w.*\w/\w)""",  # a breadcrumb or a menu
        r"""(?i:\b(?:photo(?:graph)?|illustration|image)s?\ ?(?:by|via|:|courtesy)|\b(?:picture|source|credit)s?:|\bcookies?\b|©|getty\ images|min(?:utes?)?\ read
            |\.(?:jpe?g|png|gif|webp|pdf)\b|图据|圖據|资料图|資料圖)""",  # a caption, a notice, the name of a file
        r"\S[ \t\xa0]{2,}\S.*\S[ \t\xa0]{2,}\S",  # a breadcrumb that has lost its marks: "Home  News  Council approves bridge"
        # The name of whoever took a picture, a path of one step, what Blogger prints above the entries with a label.
        r"""(?:(?i:foto|bild|фото|kuva|zdjęcie)s?\ ?[:/]\ (?:(?:\p{Lu}[\p{L}.'’-]*+|van|der|den|de|von|di|/)[\ /]*+){2,6}+$)
            |^\W*(?i:home|startseite|inicio|início|accueil|beranda|strona\ główna|главная|ana\ sayfa|αρχική)\ ?[/|»][ ]
            |^(?i:posts\ mit\ dem\ label|affichage\ des\ articles|mostrando\ (?:entradas|postagens)|visualizzazione\ post|posts\ tonen|visar\ inlägg|viser\ (?:innlegg|opslag)
            |näytetään\ tekstit|pokazywanie\ postów|zobrazují\ se\ příspěvky|показаны\ сообщения|показ\ дописів|εμφάνιση\ αναρτήσεων)\b""",
        # Of a privacy notice and of pages of many sites.
        r"(?i:\b(?:value|respect|care\ about)s?\ your\ privacy\b|^(?:about\ your\ privacy|stack\ exchange\ network|pull\ to\ refresh)\W*$|^ページ(?:番号|id))",
        # A shop's banner or a call: with those that begin like one 15 of 69 wrong titles of whole pages.
        r"""(?i:\b(?:free|fast)\ (?:shipping|delivery|returns)\ (?:on|over|for\ (?:all|orders))\b|\beasy\ returns\b|\bsub-?menu\b|\b(?:log\ ?in
            |sign\ ?(?:in|up)|learn\ more|(?:apply|shop|buy|book|order|call|register|join|subscribe|download)\ now|click\b.{,20})\W*$)""",
        # A first sentence that speaks to the reader: "Ever wondered how …?", "You want to declutter your home, but where do you start?"
        r"""(?i:^(?:have\ you\ )?ever\ wonder|^(?=.{80}).*\by(?:ou(?:r|['’]re)?)\b.*[?!][\W]*$)""",
        r"(?i:(?:\b(?:facebook|twitter|linkedin|whatsapp|pinterest|e-?mail|print|telegram|reddit)\b.*){2})",  # a share bar
    )
)
# A line that goes on in small letters, but for "by Ada M. Brandt".
_GOES_ON = regex.compile(r"(?!(?:by|von|par|por|di|de|door|av|af)(?:\s\p{Lu}[\p{L}.'’-]*){2,4}\s*$)\p{Ll}")
_DIGITS = re.compile(r"\d+")
# What stands below a headline: "8 November 2016", "2 hours ago", "By Ada M. Brandt".
_DATED = regex.compile(
    r"""\b(?:19|20)\d\d\b|\d年\s?\d+月|(?i:\b(?:vor|il\ y\ a|hace|há)\ \d+\ \p{L}|\b\d+\ \p{L}+\ (?:ago|fa|назад|тому|temu|geleden|sedan|siden|önce|lalu)\b)
    |\d\s?(?:分钟|分鐘|小时|小時|天|時間|日|분|시간|일)\s?(?:前|전)""",
    regex.VERBOSE,
)
_BYLINE = regex.compile(r"(?i:\W*(?:by|von|par|por|di|door|av|af|posted\ by|written\ by|words\ by)\s+)\p{Lu}")
# What stands above the first heading or paragraph of a text: no title follows.
_SECTION = regex.compile(
    r"""(?i:abstract|summary|background|intro(?:duction)?|overview|key\ (?:points|takeaways)|tl;?dr|question|answer|in\ brief
        |letters|preface|foreword|prologue|ingredients
        |zusammenfassung|einleitung|einführung|hintergrund|überblick|frage|antwort|vorwort|zutaten|résumé|contexte|réponse
        |avant-propos|ingrédients|resumen|introducción|pregunta
        |respuesta|prólogo|ingredientes|riassunto|introduzione|domanda|risposta|prefazione|ingredienti|resumo|introdução|pergunta
        |resposta|samenvatting|inleiding|vraag
        |sammanfattning|inledning|bakgrund|fråga|indledning|baggrund|spørgsmål|streszczenie|wstęp|pytanie|shrnutí|úvod|otázka
        |összefoglaló|bevezetés|kérdés|rezumat|introducere
        |özet|giriş|soru|введение|аннотация|вопрос|предисловие|вступ|питання|περίληψη|εισαγωγή|ερώτηση|摘要|引言|前言|概要|はじめに|質問|요약|서론
        |질문|ملخص|مقدمة|سؤال)""",
    regex.VERBOSE,
)
_SPEAKS = regex.compile(r"!\W*$|\?[\"”’»]$")
# A letter or a speech begins.  Words that also begin titles ("Liebe", "Caro") need the readers behind them, and titles of
# advice columns have a colon.
_SALUTATION = regex.compile(
    r"""(?i:(?:dear|ladies\ and\ gentlemen|sehr\ geehrte[rs]?|(?:meine\ )?(?:sehr\ )?verehrte[rn]?|meine\ damen
        |liebe[rs]?\ (?:\p{L}+(?:[-*_:/·]?innen)
        |freunde|leser|gäste|eltern|mitglieder)|ch[eè]re?s\ (?:amis|amies|lecteurs|lectrices|collègues)|mesdames|estimad[oa]s?
        |querid[oa]s\ (?:amig|lector|leitor)[oae]s?
        |señoras\ y\ señores|senhoras\ e\ senhores|prezad[oa]s?|car[ie]\ (?:amic[hi]e?|lettor[ei])|gentil[ei]\ (?:signor
        |lettor)[aei]|signore\ e\ signori|geachte|beste\ lezers?
        |kära\ (?:läsare|vänner)|kære\ læsere|kjære\ lesere|drodzy|szanowni|szanowna|vážení|vážená|milí\ čtenáři|tisztelt
        |kedves\ olvasó(?:k|ink)|sayın
        |αγαπητο[ίι]|дорогие\ (?:друзья|читатели|коллеги)|уважаемые|шановні)\b|尊敬的|亲爱的|親愛的|親愛なる|존경하는|प्रिय\ पाठक|السادة\b
        |أعزائي\b)[^:：]*$""",
    regex.VERBOSE,
)
# Taken out of keys as bytes, because nothing is faster: all ASCII characters but letters and digits.
_ASCII_MARKS = bytes(c for c in range(128) if not chr(c).isalnum())


class _Copy(NamedTuple):
    """A line that is the title again; `same` if by its key, not with a tail or cut off."""

    line: int
    rule: str
    same: bool


@lru_cache(4096)  # the lines near the top are asked for by several steps, and again once something is cut
def key(line: str) -> str:
    """What copies of a title have in common: its letters and digits, case folded, in the form NFKC."""
    squeezed = line.encode("utf-8", "surrogatepass").translate(None, _ASCII_MARKS).decode("utf-8", "surrogatepass").casefold()
    if squeezed.isascii():
        return squeezed
    # Without "…" and no-break spaces nearly every line is in the form NFKC, which is seen in a tenth of the time it takes to make.
    if not squeezed.isalnum():
        squeezed = _PUNCTUATION.sub("", squeezed)
    normal = unicodedata.normalize("NFKC", squeezed.replace("ı", "i"))  # in capitals they are one letter outside Turkey
    if normal != squeezed:
        normal = normal.casefold()
    return normal if normal.isalnum() else _NOT_WORD.sub("", normal)


@lru_cache(4096)
def looks_like_title(line: str) -> bool:
    """Whether a line can be a title, going by the line alone."""
    line = line.replace("\xa0", " ")
    return _could_be_title(line) and not _SALUTATION.match(line) and not any(pattern.search(line) for pattern in _NO_TITLE)


def find_title(doc: Document) -> str | None:
    """Find the title of a document.

    Args:
        doc: a document; if it brings a title (from its metadata), that is the title.

    Returns:
        The title, without the mark of a heading ("# ", "Title:") and without the name of a site if the dump also
        has it without; a given one as it is, or whole if it is cut off and the dump has it whole; or None if there is
        no good evidence, or if the text repeats the title where it is the author's.
    """
    if doc.title is not None:
        title = _whole(doc, doc.title.strip())
        return None if not key(title) or _repeats_on_purpose(doc, title, _copies(doc, title)) else title
    lines = doc.lines
    near = _near_top(doc)
    for i, line in _candidates(doc, near):
        title = _without_site(doc, line)
        if _runs_on(doc, title, near):
            continue
        copies = _copies(doc, title)
        stands_out = (
            i + 1 >= len(lines)
            or not key(lines[i + 1])  # blank, or "====="
            or line != lines[i].strip()
            or len(copies) > 1
            or _heads_paragraphs(doc, i, line)
        )
        if not stands_out:
            continue
        # A first line that could be the title but does not fit leaves nothing to go by: no guess.
        if _fits(doc, title, copies) and not _repeats_on_purpose(doc, title, copies) and not _speaks(doc, title, copies):
            return title
        return None
    return None


def find_headline(doc: Document, likely: Mapping[int, float]) -> str | None:
    """Find the title where the line model says that the text begins, below menus and whatever else a page has at its top.

    Args:
        doc: a document without a title.
        likely: lines among which the headline is, if there is one, and how probable each is as main text.

    Returns:
        The title, or None: it must have a date or a byline below it, or a copy or a path that holds it above, and paragraphs that
        speak of the same things.  Whether the text repeats it on purpose shows when the menus are gone: `find_title` tells if it is given.
    """
    lines = doc.lines
    could = {i: likely[i] for i in likely if looks_like_title(_bare(lines[i]))}
    if not could:
        return None
    best = max(could, key=lambda i: (could[i], i))
    # A standfirst right below the headline is as probable as that.
    for i in sorted((i for i in could if i < best), reverse=True):
        if could[i] < _AS_PROBABLE * could[best] or any(map(str.strip, lines[i + 1 : best])) or not _says(lines[i], 4):
            break
        best = i
    title = _without_site(doc, _bare(lines[best]))
    below = (line for line in islice(lines, best + 1, None) if line and not line.isspace())
    bylines = list(islice(below, _BYLINES))
    if not _is_signed(bylines):
        name = key(title)
        above = islice((line for line in reversed(lines[:best]) if line and not line.isspace()), _CLOSE)
        if not any(len(line) <= 2 * _LONGEST and name in key(line) for line in above):
            return None
    paragraphs = list(islice(filter(is_prose, chain(bylines, below)), _PARAGRAPHS))
    if len(paragraphs) < 2 or not _is_about(paragraphs, title) or (":" in title and _speaks(doc, title, _copies(doc, title))):
        return None
    return title


def clean(doc: Document) -> Iterator[Edit]:
    """Cut every line that is the title of the document, which `find_title` has found; without a title, nothing."""
    if doc.title is not None:
        for copy in _copies(doc, doc.title):
            below = doc.lines[copy.line + 1] if copy.line + 1 < len(doc.lines) else ""
            yield doc.cut(copy.line, copy.line + (_UNDERLINE.fullmatch(below) is not None), copy.rule)


def _candidates(doc: Document, near: Sequence[int]) -> Iterator[tuple[int, str]]:
    """The lines that may be the title, and what they say: the first that is no label, then one that stands near the top twice."""
    lines = doc.lines
    bare = [_bare(lines[i]) for i in near]
    # A title in two or three lines, and whole below them.
    for n in range(2, min(len(bare), _CLOSE)):
        is_as_long = abs(len(bare[n]) - sum(map(len, bare[:n]))) < _CUT_OFF  # keys take time
        if is_as_long and "".join(map(key, bare[:n])) == key(bare[n]) and looks_like_title(bare[n]):
            yield near[n], bare[n]
    if bare and bare[0].endswith(_DOTS):
        yield from ((near[n], line) for n, line in _wholes(bare[0], bare))
    behind = _behind_standfirst([lines[i] for i in near])
    labels = sum(1 for _ in takewhile(lambda line: _is_label(_without_site(doc, line)), bare[:_ABOVE]))
    if labels < _ABOVE and _names_section(doc, bare[labels : labels + 2 + _BYLINES]):
        labels += 1
    led = _led_up_to(list(takewhile(lambda line: not is_prose(line), bare)))
    if led and labels < led and _leads_up_to(bare[labels], bare[led]):
        yield near[led], bare[led]
    elif labels < len(near) and not _names_paper(doc, bare):
        title = _without_site(doc, bare[labels])
        if _heads_article(doc, near[labels], title, bare[:labels]) if labels else looks_like_title(title):
            yield near[labels], bare[labels]
    # Behind more than a standfirst stand promoted titles.
    if not any(map(_could_be_title, bare[1:behind])):
        return
    twice = _twice(bare)
    for n in twice[0] if len(twice) == 1 else ():  # two lines that stand twice are a menu
        if 0 < n < behind and looks_like_title(bare[n]) and not any(_leads_up_to(bare[n], line) for line in bare):
            yield near[n], bare[n]
    if led and not twice:
        yield near[led], bare[led]


def _names_paper(doc: Document, bare: Sequence[str]) -> bool:
    """Whether the first line, as long as a title, is a newspaper's name: the text speaks of what stands twice right below, and not of it."""
    first, title = bare[0], bare[1] if len(bare) > 2 and bare[1] == bare[2] else ""
    if not _says(title, 4) or not looks_like_title(title) or key(title) == key(_without_site(doc, first)):
        return False
    paragraphs = list(islice(filter(is_prose, doc.lines), _PARAGRAPHS))
    return _is_about(paragraphs, title) and not _is_about(paragraphs, first)


def _names_section(doc: Document, bare: Sequence[str]) -> bool:
    """Whether a short line like a title names a section: the text speaks of the next line, which is dated or signed, and not of it."""
    line, title = bare[:2] if len(bare) > 2 else ("", "")
    if _says(line, 5) or not _says(title, 5) or not (looks_like_title(line) and looks_like_title(title) and _is_signed(bare[2:])):
        return False
    paragraphs = list(islice(filter(is_prose, doc.lines), _PARAGRAPHS))
    return _is_about(paragraphs, title) and not _is_about(paragraphs, line)


def _is_label(line: str) -> bool:
    """Whether the line can stand above a title: a section's name, a date, a byline, a path; no sentence, no list item."""
    return (
        len(line) <= _LABEL
        and not looks_like_title(line)
        and not line.startswith(_BULLETS)
        and not line.rstrip(_CLOSING).endswith(_NO_LABEL_END)
        and not _SECTION.fullmatch(line)
        and not (_GOES_ON.match(line) or _SALUTATION.match(line) or _PART.match(line))
    )


def _runs_on(doc: Document, line: str, near: Sequence[int]) -> bool:
    """Whether a line in Thai or Lao, where sentences end without a mark, is as long as a paragraph of the text."""
    return bool(_UNMARKED.search(line)) and max(len(_bare(doc.lines[i])) for i in near) < 1.5 * len(line)


def _heads_article(doc: Document, i: int, line: str, labels: Sequence[str]) -> bool:
    """Whether line `i`, above which only labels stand, is the title.

    There is less to go by than with a first line, so it must be the only line like a title before the first paragraph, and
    the paragraphs must speak of the same things.  Where it is dated or signed, other lines may stand there of which they do not.
    """
    if not looks_like_title(line) or _SPEAKS.search(line) or len(_DENSE.findall(line)) > _LONGEST // 4:
        return False
    below = [other for other in doc.lines[i + 1 :] if other and not other.isspace()]
    opening = list(takewhile(lambda other: not is_prose(other), below))
    is_signed = _is_signed(below[:_BYLINES]) or bool(_DATED.search(labels[-1]))
    if len(opening) > _OPENING or not (_says(line, 5) or (is_signed and not _is_name(line, below))):
        return False
    paragraphs = list(islice(filter(is_prose, below), _PARAGRAPHS))
    if len(paragraphs) < 2 or not _is_about(paragraphs, line):
        return False
    others = (other for other in opening if _says(other, 4) and looks_like_title(other) and key(line) not in key(other))
    if any(not is_signed or _is_about(paragraphs, other) for other in others):
        return False
    for n, label in enumerate(labels):
        # A product's name, with a slogan below it: the label is the title.  The path to the article may hold the title.
        near = [*(other for other in labels[:n] if " " in label and other != label), *below[:_NEAR_TOP]]
        if key(line) not in key(label) and (
            (_says(label, 4) and _is_about(paragraphs, label))
            or (not is_signed and _is_named(label, near) and not any(pattern.search(label) for pattern in _NO_TITLE))
        ):
            return False
    # Days of a diary, numbered sections: what stands below the first of them is its heading.
    numbered = {_DIGITS.sub("0", label) for label in labels if _DIGITS.search(label)}
    if numbered and any(len(other) <= _LABEL and _DIGITS.sub("0", other.strip()) in numbered for other in below):
        return False
    # The first of several questions has its answer below.
    return not (line.endswith("?") and any(other.rstrip().endswith("?") and not is_prose(other) for other in below))


def _is_signed(below: Sequence[str]) -> bool:
    """Whether a date or a byline stands right below a title."""
    return any(len(line) <= _LABEL and (_DATED.search(line) or _BYLINE.match(line)) for line in below)


def _is_name(line: str, below: Iterable[str]) -> bool:
    """Whether a short line is a name that the text writes out, too: "Ada Maria Brandt is a writer in the north"."""
    return all(word[0].isupper() for word in line.split()) and any(line in other and line != other.strip() for other in below)


def _is_named(name: str, lines: Iterable[str]) -> bool:
    """Whether one of the lines holds the name, which is written large if it is a single word."""
    return any(name in line or (" " in name and name.casefold() in line.casefold()) for line in lines)


def _could_be_title(line: str) -> bool:
    """The cheap half of `looks_like_title`."""
    return 8 <= len(line) <= _LONGEST and not line.rstrip(_CLOSING).endswith(_SENTENCE_END) and _says(line, 3)


def _bare(line: str) -> str:
    """The line without what marks it as a title ("# …", "Title: …"), and without Markdown's marks."""
    line = unmarked(line.strip().strip(_INVISIBLE))
    mark = _MARK.match(line) if line[:1] in "#TtHh" else None
    if not mark:
        return line
    line = line[mark.end() :]
    return line.rstrip("#").rstrip() if "#" in mark[0] and line.rstrip("#").endswith(" ") else line


def _says(line: str, words: int) -> bool:
    """Whether the line has so many words, or as much in a script without spaces."""
    if next(islice(_WORD.finditer(line), words - 1, None), None):
        return True
    return not line.isascii() and len(_DENSE.findall(line)) * 3 >= words * 8


def _twice(lines: Sequence[str]) -> list[list[int]]:
    """Where the same title stands twice, for each line that does and can be one."""
    places: dict[str, list[int]] = {}
    for n, line in enumerate(lines):
        if 8 <= len(line) <= _LONGEST:
            places.setdefault(key(line), []).append(n)
    return [at for at in places.values() if any(_says(lines[n], 4) and looks_like_title(lines[n]) for n in at[1:])]


def _leads_up_to(line: str, title: str) -> bool:
    """Whether a line is the title behind a template's word ("Reading: …") or a path that has lost its marks ("HomeNewsHarbour …")."""
    if len(line) > len(title) + _LABEL or not line.endswith(title) or not _says(title, 4):
        return False
    before = line[: -len(title)]
    return (title[0].isupper() and _UNPARTED.search(before) is not None) or _READING.fullmatch(before) is not None


def _led_up_to(lines: Sequence[str]) -> int:
    """The place of the one line like a title to which another one above leads up, or 0."""
    found = [
        n for n, title in enumerate(lines) if any(_leads_up_to(line, title) for line in lines[:n]) and looks_like_title(title)
    ]
    return found[0] if len({key(lines[n]) for n in found}) == 1 else 0


def _behind_standfirst(lines: Sequence[str]) -> int:
    """How many lines end with the second paragraph; all if there is none."""
    return next(islice((n for n, line in enumerate(lines, 1) if is_prose(line)), 1, None), len(lines))


def _count_prose(lines: Sequence[str]) -> int:
    return sum(map(is_prose, lines))


def _near_top(doc: Document) -> list[int]:
    return list(islice(compress(count(), map(str.strip, doc.lines)), _NEAR_TOP))


def _joints(line: str) -> Iterator[tuple[str, str]]:
    """The line as (title, name of the site), wherever it could be the two: "Title | Site", "Site | Title"."""
    for joint in _JOINT.finditer(line) if len(line) <= _LONGEST + _LABEL and _JOINT_SIGN.search(line) else ():
        left, right = line[: joint.start()], line[joint.end() :]
        for title, name in ((left, right), (right, left)):
            if len(name.split()) <= _TAIL_WORDS and weight(name) <= _TAIL_CHARS and not _PART.fullmatch(name):
                yield title, name


def _without_site(doc: Document, line: str) -> str:
    """The line without the names of sites, as far as the dump has it without them, too."""
    keys: set[str] = set()
    while heads := [head for head, _ in _joints(line) if looks_like_title(head)]:
        keys = keys or {
            key(_bare(other)) for other in doc.lines if 8 <= len(other) <= len(line) + 20 and not _breaks_off(other, line)
        }
        if (shorter := next((head for head in heads if key(head) in keys), None)) is None:
            break
        line = shorter.strip().strip(_INVISIBLE)
    return line


def _whole(doc: Document, title: str) -> str:
    """The title as the text has it near the top, if it came cut off ("Harbour board raises moor…")."""
    if not title.endswith(_DOTS):
        return title
    return next((line for _, line in _wholes(title, [_bare(doc.lines[i]) for i in _near_top(doc)])), title)


def _wholes(title: str, bare: Sequence[str]) -> Iterator[tuple[int, str]]:
    """The first lines that are a title which is cut off, and are not."""
    return ((n, line) for n, line in enumerate(bare[: _CLOSE + 1]) if looks_like_title(line) and _is_cut_off(title, key(line)))


def _copies(doc: Document, title: str) -> list[_Copy]:
    """The lines that are the title, in order.  Finding a title and cutting it ask the same."""
    asked = title, doc.text
    if asked not in doc.memo:
        doc.memo[asked] = _find_copies(doc, title)
    copies: list[_Copy] = doc.memo[asked]
    return copies


def _find_copies(doc: Document, title: str) -> list[_Copy]:
    wanted = key(title)
    if not wanted:
        return []
    lines = doc.lines
    least, longest = len(wanted) * 3 // 4, len(title) + 80
    copies = []
    tailed: dict[int, str] = {}
    sourced: set[int] = set()
    led: set[int] = set()
    seen = False
    # A cheap look first: every copy holds the beginning of the title's longest word (up to an "i"), or is not in the form NFKC.
    probe = max(_NOT_PROBE.split(unicodedata.normalize("NFKC", title.casefold()).casefold()), key=len)[:4]
    for i in [
        i
        for i, line in enumerate(lines)
        if (least <= len(line) or not line.isascii())  # one character may stand for four: "㌀"
        and (len(line) <= longest or len(line.strip()) <= longest or "](" in line)
        and (probe in (folded := line.casefold()) or not unicodedata.is_normalized("NFKC", folded))
    ]:
        bare = _bare(lines[i])
        if key(bare) == wanted:
            copies.append(_Copy(i, "title.variant" if bare != title else "title.copy" if seen else "title.line", True))
            seen = seen or bare == title
        elif (tail := next((tail for head, tail in _joints(bare) if key(head) == wanted), None)) is not None:
            tailed[i] = key(tail)
        elif (source := _SOURCE.match(bare)) and key(bare[source.end() :]) == wanted:
            sourced.add(i)
        elif _leads_up_to(bare, title):
            led.add(i)
    done = {copy.line for copy in copies} | tailed.keys() | sourced | led
    also: set[int] = set()
    if weight(wanted) >= _CUT_OFF and any(dots in doc.text for dots in _DOTS):
        also = {
            i
            for i, line in enumerate(lines)
            if line.rstrip().endswith(_DOTS) and len(line.strip()) <= longest and i not in done and _is_cut_off(line, wanted)
        }
    while split := _split(doc, title, wanted, done | also):  # what goes lets other lines come near the top
        also |= split
    copies += (_Copy(i, "title.variant", False) for i in also)
    if len(set(tailed.values())) > 1:
        tailed = {}
    if (tailed or sourced or led) and _says(title, 3):
        first, last = _paragraphs(doc)
        gone = {i for i in (*tailed, *led) if i < first} | {i for i in (*tailed, *sourced) if i > last}
        copies += (_Copy(i, "title.variant", False) for i in gone)
    return sorted(copies)


def _split(doc: Document, title: str, wanted: str, done: Collection[int]) -> set[int]:
    """The lines near the top that say only what the title says, the copies that are known left out.

    They are what stands before or behind a mark in it, or all of it in two or three lines.
    """
    joints = list(_SET_OFF.finditer(title)) if len(title) <= _LONGEST + _LABEL else []
    parts = {key(part) for joint in joints for part in (title[: joint.start()], title[joint.end() :]) if _says(part, 4)}
    lines = doc.lines
    above = takewhile(lambda i: not is_prose(lines[i]), [i for i in _near_top(doc) if i not in done][:_CLOSE])
    near = [(i, key(_bare(lines[i])) if len(lines[i]) < len(title) + _CUT_OFF else "") for i in above]
    found = {i for i, said in near if said in parts}
    for n in range(len(near)):
        for run in (near[n : n + 2], near[n : n + 3]):
            if all(said for _, said in run) and "".join(said for _, said in run) == wanted:
                found.update(i for i, _ in run)
    return found


def _breaks_off(other: str, line: str) -> bool:
    """Whether another line is the beginning of this one and ends in dots, so that it is no title for itself."""
    return other.rstrip().endswith(_DOTS) and key(line).startswith(key(_bare(other)))


def _is_cut_off(line: str, wanted: str) -> bool:
    """Whether the line, which ends in dots, is the beginning of the title."""
    short = key(line)
    return weight(short) >= _CUT_OFF and wanted.startswith(short) and _says(line, 4)


def _paragraphs(doc: Document) -> tuple[int, int]:
    """The lines of the first and the last paragraph; both behind the last line if there is none."""
    lines = doc.lines
    first = next((i for i, line in enumerate(lines) if is_prose(line)), len(lines))
    last = next((i for i in range(len(lines) - 1, first, -1) if is_prose(lines[i])), first)
    return first, last


def _repeats_on_purpose(doc: Document, title: str, copies: Sequence[_Copy]) -> bool:
    """Whether a line that says the same as the title is the author's, so that it must not go.

    Copies before the first and behind the last paragraph are the template's, and so is one close to another at the
    top.  In between only a line of some length is that has a paragraph behind it, as the title has: a short line may be
    a section's heading, one from a table of contents is, and in verse, lists and dialogue short lines follow.  Nor does one go
    with which a sentence begins.
    """
    same = [copy.line for copy in copies if copy.same]
    near = _near_top(doc)
    if not same or same == near[:1]:
        return False
    lines = doc.lines
    first, last = _paragraphs(doc)
    if first < len(lines) and sum(1 for i in same if i < first) > _AT_TOP:
        return True
    before = near[0]
    for i in same:
        between = [line for line in lines[before:i] if line and not line.isspace()]
        before = i
        if i != same[0] and _begins_sentence(lines, i, first < i < last):
            return True
        if i == near[0] or (i < first < len(lines)) or i > last:
            continue
        if len(between) <= _CLOSE and _count_prose(between) <= 1 and i <= near[-1] and _says(title, 3):
            continue
        if not (_says(title, 5) and _leads(lines, i, 1) and _leads(lines, same[0], _BEGIN + 1)):
            return True
    return False


def _begins_sentence(lines: Sequence[str], i: int, in_text: bool) -> bool:
    """Whether a sentence that was broken around a link or italics begins with line `i`; "by admin" below a title is none.

    Amid the text it may be broken again further on.
    """
    below = next((line.strip() for line in lines[i + 1 :] if line and not line.isspace()), "")
    return bool(_GOES_ON.match(below)) and (below.endswith(SENTENCE_END) or (in_text and _says(below, 4)))


def _speaks(doc: Document, title: str, copies: Sequence[_Copy]) -> bool:
    """Whether the title is the first line of a speaker: "Interviewer: …", and so below."""
    who, colon, _ = title.partition(":")
    copied = {copy.line for copy in copies}
    return bool(colon) and any(
        line.startswith(who + colon) and not line.startswith(title) and line.rstrip().endswith(SENTENCE_END) and i not in copied
        for i, line in enumerate(doc.lines)
    )


def _leads(lines: Sequence[str], i: int, within: int) -> bool:
    """Whether one of the next lines is a paragraph."""
    return any(is_prose(line) for line in islice((line for line in lines[i + 1 :] if line and not line.isspace()), within))


def _heads_paragraphs(doc: Document, i: int, title: str) -> bool:
    """Whether line `i`, right below which the text goes on, is the title all the same: paragraphs follow, and speak of the same things.

    Nothing else tells it from the first line of a text that is wrapped by hand, so a line that goes on in small letters is none.  Where
    blank lines stand between other lines, the next line must be a paragraph itself.
    """
    within = 1 if _BLANK_LINE.search(doc.text.strip()) else _BEGIN + 1
    if _GOES_ON.match(doc.lines[i + 1].lstrip()) or not _leads(doc.lines, i, within):
        return False
    paragraphs = list(islice(filter(is_prose, doc.lines[i + 1 :]), _PARAGRAPHS))
    return len(paragraphs) > 1 and _is_about(paragraphs, title)


def _fits(doc: Document, title: str, copies: Sequence[_Copy]) -> bool:
    """Whether the text begins right behind the title or speaks of the same things.

    It looks at the text without the copies, so that the answer is the same once they are gone.
    """
    copied = {copy.line for copy in copies}
    lines = (line for i, line in enumerate(doc.lines) if i not in copied and line and not line.isspace())
    top = list(islice(lines, _NEAR_TOP))
    if _twice([_bare(line) for line in top[: _behind_standfirst(top)]]):
        return False  # other lines stand twice near the top: a menu, a table of contents
    opening: list[str] = []  # what stands before the first paragraph
    rest: list[str] = []  # what follows, as far as it is asked for
    for line in chain(top, lines):
        if is_prose(line):
            rest.append(line)
            if len(rest) == _PARAGRAPHS:
                break
        elif not rest:
            opening.append(line)

    def is_about(title: str) -> bool:
        return _is_about(rest or opening, title)

    about = is_about(title)
    if not (about and _says(title, 5)):
        # The name of a column or section is short or beside the point; the title that stands below it is neither.
        for line in opening[:_NEAR_TOP]:
            if _says(line, 5) and looks_like_title(line) and is_about(line):
                return False
    if not rest:
        return about
    # A short line above a long menu is the name of the site, of which the text speaks, too.
    return len(opening) <= _BEGIN or (about and (len(opening) <= _NEAR_TOP or _says(title, 6)))


def _is_about(body: Iterable[str], title: str) -> bool:
    """Whether the text holds the title's words.

    Words are compared by their first five letters, Korean ones by their first two syllables, which lets most endings
    differ; scripts without spaces by pairs of characters, of which every second one goes across two words.
    """
    title = title.casefold()
    stems = {word[: 2 if _HANGUL.match(word) else 5] for word in _WORD.findall(title) if len(word) > 3 or _HANGUL.match(word)}
    dense = "".join(_DENSE.findall(title))
    pairs = {dense[i : i + 2] for i in range(len(dense) - 1)}
    missing = stems | pairs
    enough = len(missing) - max(2, _ABOUT * (len(stems) + len(pairs) / 2))
    for paragraph in body if enough >= 0 else ():
        folded = paragraph.casefold()
        missing = {part for part in missing if part not in folded}
        if len(missing) <= enough:
            return True
    return False
