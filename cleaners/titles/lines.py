"""What a line says by itself: whether it looks like a title, or like what stands above one."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice

import regex

from cleaners.document import unmarked, weight

LONGEST = 160  # characters; of 1,966 titles in the development data three are longer
_TAIL_WORDS = 6  # words in the name of a site …
_TAIL_CHARS = 60  # … and its length; 20 characters of Chinese, which has no spaces
LABEL = 80  # characters of a label
_BULLETS = ("-", "–", "—", "*", "•", "·", "+", "#")
_NOT_WORD = re.compile(r"[\W_]+")
_PUNCTUATION = re.compile("[\xa0\xab\xbb\u2000-\u206f]+")
# Words that mean something: "13 min read", "8 November 2016" and "Ada M. Brandt" have fewer than three of them.
WORD = regex.compile(r"\b\p{L}[\p{L}\p{M}'’\-‐‑.]*[\p{L}\p{M}]")
# Scripts written without spaces between words: eight characters say about what three words say.
DENSE = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]")
INVISIBLE = " \t\xa0\u200b\ufeff"
_MARK = regex.compile(r"(?:#{1,6}\s+|(?:Title|Headline)\s*:\s*)+", regex.IGNORECASE)
# Between words without a blank a hyphen joins, but for those of Chinese, Japanese and Korean.
_JOINT = regex.compile(r"\s+(?:[|–—\-»«·•]|::)\s+|\s*[|｜_]\s*|(?<=[⺀-힣])[-－]|[-－](?=[⺀-힣])")
_JOINT_SIGN = re.compile(r"[|–—\-»«·•:｜_－]")  # each joint has one; looking for it takes a tenth of the time
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
# A sentence, or something that goes on, whatever closes behind it.
_SENTENCE_END = (".", ":", ";", ",", "…", "。", "।", "۔", "：", "；", "，")
_NO_LABEL_END = (*_SENTENCE_END, "!", "?")
_CLOSING = "\"”“’'»)]）」』】 \t\xa0\u3000"
# Several small patterns, the cheap ones first: as one, each would be tried at every character, and that takes three times
# as long.  For the same reason they begin with something rare where they can, and look behind themselves from there.
NO_TITLE = tuple(
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
        # The dateline of a letter, or the day of a diary: "Port Ness, 4 November 1911", "Hafenstadt, den 4. November", "Le Havre, le 4 novembre 1911".
        r"""^\p{Lu}[^\s,]*(?:\ [^\s,]+){0,2},\ (?:(?:den|le|the|il|dnia|am|a)\ )?(?:\p{L}+,?\ )?\d\d?(?:\.|st|nd|rd|th)?\ (?:de\ |of\ )?
            (?:\p{Lu}\p{L}{2,}\.?|\p{L}{3,}\.?,?\ (?:del?\ )?\d{4}(?:\ (?:г\.?|года|r\.))?)$""",
        r"[;,]\ (?:and|or|et|ou|und|oder|y|o|e|i|и)$",  # a recital: "Whereas the board raises the fees; and"
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
GOES_ON = regex.compile(r"(?!(?:by|von|par|por|di|de|door|av|af)(?:\s\p{Lu}[\p{L}.'’-]*){2,4}\s*$)\p{Ll}")
_ADDRESS = re.compile(r"https?://\S+")
# What stands below a headline: "8 November 2016", "2 hours ago", "By Ada M. Brandt".
DATED = regex.compile(
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
    return could_be_title(line) and not _SALUTATION.match(line) and not any(pattern.search(line) for pattern in NO_TITLE)


def is_label(line: str) -> bool:
    """Whether the line can stand above a title: an address, a section's name, a date, a byline, a path; no sentence, no list item."""
    return _ADDRESS.fullmatch(line) is not None or (
        len(line) <= LABEL
        and not looks_like_title(line)
        and not line.startswith(_BULLETS)
        and not line.rstrip(_CLOSING).endswith(_NO_LABEL_END)
        and not _SECTION.fullmatch(line)
        and not (GOES_ON.match(line) or _SALUTATION.match(line) or _PART.match(line))
    )


def are_signed(below: Sequence[str]) -> bool:
    """Whether a date or a byline stands right below a title."""
    return any(len(line) <= LABEL and (DATED.search(line) or _BYLINE.match(line)) for line in below)


def could_be_title(line: str) -> bool:
    """The cheap half of `looks_like_title`."""
    return 8 <= len(line) <= LONGEST and not line.rstrip(_CLOSING).endswith(_SENTENCE_END) and says(line, 3)


def plain(line: str) -> str:
    """The line without what marks it as a title ("# …", "Title: …"), and without Markdown's marks."""
    line = unmarked(line.strip().strip(INVISIBLE))
    mark = _MARK.match(line) if line[:1] in "#TtHh" else None
    if not mark:
        return line
    line = line[mark.end() :]
    return line.rstrip("#").rstrip() if "#" in mark[0] and line.rstrip("#").endswith(" ") else line


def says(line: str, words: int) -> bool:
    """Whether the line has so many words, or as much in a script without spaces."""
    if next(islice(WORD.finditer(line), words - 1, None), None):
        return True
    return not line.isascii() and len(DENSE.findall(line)) * 3 >= words * 8


def leads_up_to(line: str, title: str) -> bool:
    """Whether a line is the title behind a template's word ("Reading: …") or a path that has lost its marks ("HomeNewsHarbour …")."""
    if len(line) > len(title) + LABEL or not line.endswith(title) or not says(title, 4):
        return False
    before = line[: -len(title)]
    return (title[0].isupper() and _UNPARTED.search(before) is not None) or _READING.fullmatch(before) is not None


def joints(line: str) -> Iterator[tuple[str, str]]:
    """The line as (title, name of the site), wherever it could be the two: "Title | Site", "Site | Title"."""
    for joint in _JOINT.finditer(line) if len(line) <= LONGEST + LABEL and _JOINT_SIGN.search(line) else ():
        left, right = line[: joint.start()], line[joint.end() :]
        for title, name in ((left, right), (right, left)):
            if len(name.split()) <= _TAIL_WORDS and weight(name) <= _TAIL_CHARS and not _PART.fullmatch(name):
                yield title, name
