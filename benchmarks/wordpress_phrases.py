"""Write the words of WordPress's comment form and of what Jetpack adds, in every language, into the rule files; or check them.

    python benchmarks/wordpress_phrases.py STRINGS          # rewrite the lines of other languages than English
    python benchmarks/wordpress_phrases.py STRINGS --check  # compose comment forms and see whether they go; are the files up to date?

STRINGS is a folder with `wordpress_strings.tsv` (a row a locale, a column a string of WordPress, cells
with alternatives separated by " | ") and `wordpress_strings.json.gz` (locale -> string -> translations
with the catalogues that hold them).  Both were gathered from translation catalogues (.po and .mo) of
WordPress, its themes and plug-ins.  English is written by hand, and so is all else in the rule files:
only the lines `phrases.xx = …`, `weak.xx = …` and `ends.xx = …` are replaced.
"""

import argparse
import gzip
import json
import sys
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import regex

from cleaners import pipeline, rules
from cleaners.document import Document, key

FORM, CLOSED, MODERATION, LOGIN, PAGES = (f"comments.{name}" for name in ("form", "closed", "moderation", "login", "pages"))
RULE_FILES = Path(__file__).parent.parent / "cleaners" / "rules"

# The strings of WordPress that say by themselves that readers comment here, with the rule that cuts them.
TELLING = {
    "Leave a Reply": FORM,
    "Leave a Reply to %s": FORM,
    "Leave a Comment": FORM,
    "Leave a comment": FORM,
    "Post Comment": FORM,
    "Cancel reply": FORM,
    "Click here to cancel reply.": FORM,
    "Your email address will not be published.": FORM,
    "Required fields are marked %s": FORM,
    "Save my name, email, and website in this browser for the next time I comment.": FORM,
    "Notify me of follow-up comments by email.": FORM,
    "Notify me of new posts by email.": FORM,
    "Comments are closed.": CLOSED,
    "Your comment is awaiting moderation.": MODERATION,
    "Your comment is awaiting moderation. This is a preview; your comment will be visible after it has been approved.": MODERATION,
    'You must be <a href="%s">logged in</a> to post a comment.': LOGIN,
    "Log in to Reply": LOGIN,
    "Log in to leave a Comment": LOGIN,
    "Older Comments": PAGES,
    "Newer Comments": PAGES,
}  # fmt: skip
BUTTON = "Post Comment"
# Those that stand with them, and that mean nothing alone.
WEAK = (
    "Comment", "Name", "Email", "E-mail", "Website", "(required)", "Reply", "Reply to %s", "Comments", "No Comments",
    "Previous Post", "Next Post", "Post navigation", "Recent Posts", "Recent Comments", "Archives", "Categories", "Search for:",
    "Share this:", "Like this:", "Like Loading...", "Click to share on Twitter", "Click to share on Facebook",
    "Related", "Related Posts", "Check Also",
)  # fmt: skip

# Those that no catalogue has as pages show them: the headings of themes, and fields with the Japanese mark of what is required.
ALSO_WEAK = {
    "ar": ["التعليقات"],
    "de": ["Kommentare"],
    "fr": ["Commentaires"],
    "it": ["Commenti"],
    "ja": [
        "コメント ※",
        "名前 ※",
        "メール ※",
        "メールアドレス ※",
        "サイト",
        "次回のコメントで使用するためブラウザーに自分の名前、メールアドレス、サイトを保存する",
    ],
    "tr": ["Yorumlar"],
}

# What stands around an article, with the rule that cuts it; the strings that tell too little by themselves become weak words.
PACKS = {
    "Share this:": "share.world-wordpress",
    "Share on Facebook": "share.world-wordpress",
    "Click to share on Facebook": "share.world-wordpress",
    "Click to share on Twitter": "share.world-wordpress",
    "Click to email this to a friend": "share.world-wordpress",
    "Click to print": "share.world-wordpress",
    "Like this:": "share.world-wordpress",
    "Related": "related.world-wordpress",
    "Related Posts": "related.world-wordpress",
    "Related posts": "related.world-wordpress",
    "Check Also": "related.world-wordpress",
    "You might also like": "related.world-wordpress",
    "Skip to content": "site.world-wordpress",
}
PACK_SOURCES = ("wp-core", "plugin:jetpack", "theme:twenty", "theme:enfold", "theme:jannah", "theme:oceanwp")
ALWAYS_WEAK = {"Like this:", "Related"}  # "Gefällt mir", "Có liên quan": two words, and still some article's heading
NOT_IN_PACKS = {"相关职位", "wordpress"}  # slips of translators: "related jobs", and "WordPress:" for "Like this:"

# Two locales of one language share its rule lines.  The strings of "kk" are Russian.
_LANGUAGE = {"ary": "ar", "fil": "tl", "jv": "jv", "kk": "ru", "my": "my", "mya": "my", "nb": "no", "nn": "no", "se": "sv"}

_SPACELESS = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]")
_UNSPACED = regex.compile(r"[\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]")
_NO_VOWELS = regex.compile(r"[\p{Arabic}\p{Hebrew}\p{Ethiopic}]")


def is_telling(text: str) -> bool:
    """Whether a phrase is long enough to be boilerplate without others of its kind around it.

    A single word ("Kommentera", "Absenden") is not: some article has it as a heading.  Nor is a short
    phrase with a slot: "Répondre à {}" begins many a title.
    """
    slot = "%s" in text
    fixed = text.replace("%s", " ").strip()
    if _SPACELESS.search(fixed):
        return len(fixed) >= (6 if slot else 4)
    if _UNSPACED.search(fixed):
        return len(fixed) >= (12 if slot else 9)
    words = len(regex.findall(r"[\p{L}\p{M}\p{N}]+", fixed))
    shorter = 3 if _NO_VOWELS.search(fixed) else 0
    return words >= (3 if slot else 2) and len(fixed) >= (14 if slot else 10) - shorter


def language(locale: str) -> str:
    """The language of a locale of WordPress, as the rules name it."""
    name = locale.partition("_")[0]
    return _LANGUAGE.get(name, name)


def read_table(folder: Path) -> dict[str, dict[str, list[str]]]:
    """The translations of the table, by locale and string."""
    header, *rows = [line.split("\t") for line in (folder / "wordpress_strings.tsv").read_text("utf-8").splitlines()]
    return {
        locale: {name: cell.split(" | ") for name, cell in zip(header[1:], cells, strict=True) if cell} for locale, *cells in rows
    }


def read(folder: Path) -> dict[str, dict[str, list[str]]]:
    """The translations of the table, and what else the catalogues of WordPress itself have."""
    strings = read_table(folder)
    with gzip.open(folder / "wordpress_strings.json.gz", "rt", encoding="utf-8") as file:
        for locale, entries in json.load(file).items():
            for name, translations in entries.items():
                if name in TELLING or name in WEAK:
                    core = [entry["text"] for entry in translations if any(d.startswith("wp-core") for d in entry["domains"])]
                    strings.setdefault(locale, {}).setdefault(name, []).extend(text for text in core if "$s" not in text)
    return strings


def variants(text: str) -> Iterator[str]:
    """A translation as phrases of a rule: with its slot, and with nothing in it."""
    text = unicodedata.normalize("NFC", regex.sub(r"\s+", " ", regex.sub(r"<[^>]*>|&\w+;", "", text)))
    for variant in (text, regex.sub(" +", " ", text.replace("%s", ""))):
        phrase = key(variant.replace("%s", "\0")).replace("\0", "%s") if variant.strip() else ""
        if phrase.replace("%s", "").strip():
            yield _cased(variant, phrase)


def _cased(text: str, phrase: str) -> str:
    """The phrase as the translator wrote it, if that has only decoration around it."""
    start = text.casefold().find(phrase)
    found = text[start : start + len(phrase)]
    return found if start >= 0 and found.casefold() == phrase else phrase


def lists(strings: dict[str, dict[str, list[str]]]) -> dict[str, dict[str, dict[str, list[str]]]]:
    """Rule id -> "phrases", "weak" or "ends" -> language -> phrases, none of them twice."""
    wanted: dict[str, dict[str, dict[str, list[str]]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    for to, phrases in ALSO_WEAK.items():
        wanted[FORM]["weak"][to] += phrases
    for locale in sorted(strings):
        for name, translations in strings[locale].items():
            for translation, phrase in ((text, phrase) for text in translations for phrase in variants(text)):
                to = language(locale)
                if name in TELLING and is_telling(translation):
                    wanted[TELLING[name]]["phrases"][to].append(phrase)
                elif len(phrase.replace("%s", "").strip()) > 1:
                    wanted[FORM]["weak"][to].append(phrase)
                if name == BUTTON:
                    wanted[FORM]["ends"][to].append(phrase)
    return wanted


def pack_lists(folder: Path) -> dict[str, dict[str, dict[str, list[str]]]]:
    """The same for what stands around an article."""
    wanted: dict[str, dict[str, dict[str, list[str]]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    with gzip.open(folder / "wordpress_strings.json.gz", "rt", encoding="utf-8") as file:
        strings = json.load(file)
    for locale, name in ((locale, name) for locale in sorted(strings) for name in PACKS if name in strings[locale]):
        for entry in strings[locale][name]:
            if not any(domain.startswith(PACK_SOURCES) for domain in entry["domains"]) or "%" in entry["text"]:
                continue
            for phrase in variants(entry["text"]):
                if key(phrase) not in NOT_IN_PACKS and key(phrase) != key(name):
                    field = "phrases" if name not in ALWAYS_WEAK and is_telling(entry["text"]) else "weak"
                    wanted[PACKS[name]][field][language(locale)].append(phrase)
    return wanted


def toml_lines(wanted: dict[str, dict[str, list[str]]], field: str) -> Iterator[str]:
    seen: set[str] = set()
    for name in sorted(wanted[field]):
        phrases = []
        for phrase in wanted[field][name]:
            if key(phrase) not in seen:
                seen.add(key(phrase))
                phrases.append(json.dumps(phrase.replace("%s", "{}"), ensure_ascii=False))
        if phrases:
            yield f"{field}.{name} = [{', '.join(phrases)}]"


def rewritten(folder: Path) -> Iterator[tuple[Path, str]]:
    """The rule files, with the phrases of all other languages behind those of English."""
    wanted = lists(read(folder)) | pack_lists(folder)
    for path in (RULE_FILES / "comments.toml", RULE_FILES / "wordpress.toml"):
        result: list[str] = []
        rule = field = ""
        for line in path.read_text("utf-8").splitlines():
            if regex.match(r"(phrases|weak|ends)\.(?!en\b)", line):
                continue
            result.append(line)
            if found := regex.match(r'id = "(.*)"', line):
                rule = found[1]
            if found := regex.match(r"(phrases|weak|ends)\.en = \[", line):
                field = found[1]
            if field and line.endswith("]") and rule in wanted:
                result += toml_lines(wanted[rule], field)
                field = ""
        yield path, "\n".join(result) + "\n"


# Composing forms, to see whether they go

ARTICLES = (
    (
        "The ferry to the outer islands will keep its winter timetable until May, the harbour office said on Tuesday, although two of "
        "the three boats are in the dock.\n\nWhoever has to be at work before eight takes the post boat.\n\nHe will be missed."
    ),
    (
        "Der Stadtrat hat am Dienstagabend beschlossen, die Bücherei am Hafen bis zum Ende des Jahres offen zu halten, obwohl das Dach "
        "undicht ist.\n\n„Wir haben Sie gehört“, sagte die Bürgermeisterin, die zuerst anderer Meinung gewesen war."
    ),
    "市議会は火曜日の夜、港の図書館を年末まで開けておくことを賛成多数で決めた。屋根の修理は来年の春に始まる予定である。\n\n市長は住民の声を聞いたと話した。",
    "قرر مجلس المدينة مساء الثلاثاء أن تبقى مكتبة الميناء مفتوحة حتى نهاية العام، رغم أن سقفها يحتاج إلى إصلاح منذ زمن طويل.\n\nوقالت رئيسة البلدية إنها سمعت السكان.",
)
FIELDS = ("Comment", "Name", "Email", "Website")
HEADED = ("Leave a Reply", "Leave a Reply to %s", "Leave a Comment")


def tails(strings: dict[str, list[str]], round_: int) -> Iterator[tuple[str, str]]:
    """Forms as pages have them, with the name of their layout; each round takes another translation from every cell."""

    def say(name: str, slot: str = "") -> str:
        texts = strings.get(name)
        return regex.sub(r"<[^>]*>", "", texts[round_ % len(texts)]).replace("%s", slot).strip() if texts else ""

    def lines(*texts: str) -> str:
        return "\n".join(filter(None, texts))

    heading = say(("Leave a Reply", "Leave a Comment")[round_ % 2]) or say("Leave a Reply") or say("Leave a Comment")
    heading_to = say("Leave a Reply to %s", "John Smith") or heading
    cancel, button = say("Cancel reply"), say("Post Comment")
    email, required = say("Your email address will not be published."), say("Required fields are marked %s", "*")
    save = say("Save my name, email, and website in this browser for the next time I comment.")
    notify = [say(f"Notify me of {what} by email.") for what in ("follow-up comments", "new posts")]
    labels = [say(name) for name in FIELDS]
    stars = [f"{label} *" for label in labels[:3] if label] + labels[3:]
    colons = [f"{label}:" for label in labels if label]
    one = " ".join(filter(None, (heading, cancel)))
    note = " ".join(filter(None, (email, required)))

    yield "one per line", lines(heading, cancel, email, required, *labels, save, button, *notify)
    yield "cancel and notes joined", lines(one, note, *stars, save, button)
    yield "blank lines", "\n\n".join(filter(None, (one, note, *stars, save, button, *notify)))
    yield "one line", " ".join(filter(None, (one, note, *stars, save, button)))
    yield "to a name, colons", lines(f"{heading_to} {cancel}".strip(), note, *colons, save, button)
    yield "labels on one line", lines(heading_to, cancel, note, " ".join(stars), save, button)
    yield "slot empty", lines(heading, email, say("Required fields are marked %s"), *labels, button)
    if note:
        yield "no button", lines(one, note, *stars)
    if button:
        yield "unknown fields", lines(one, note, *stars, "Phone", "Captcha 3 + 4 =", button)
        yield "no notes", lines(heading, *labels, button)
    about = (
        "Older Comments",
        "Newer Comments",
        "Comments are closed.",
        "Your comment is awaiting moderation.",
        "Log in to Reply",
    )
    logged_in = say('You must be <a href="%s">logged in</a> to post a comment.')
    yield "with notices", lines(*map(say, about), one, logged_in, note, *labels, button)
    yield "notices behind", lines(one, note, *labels, button, *notify, *map(say, about), logged_in)
    around = WEAK[WEAK.index("Previous Post") :]
    yield "in company", lines(*map(say, around[:8]), one, note, *stars, save, button, *notify, *map(say, around[8:]))
    yield "all there is", lines(*(say(name, "John Smith") for name in strings))


def check(strings: dict[str, dict[str, list[str]]]) -> int:
    """Append every form to every article, clean, and print what does not go; the number of forms that leave something."""
    book = rules.load()
    tried: Counter[str] = Counter()
    failed: dict[str, list[str]] = defaultdict(list)
    locales = {
        locale: cells
        for locale, cells in strings.items()
        if any(cells.get(name) for name in HEADED) and any(cells.get(name) for name in list(TELLING)[4:10])
    }
    edits = 0
    for locale, cells in locales.items():
        for round_ in range(max(map(len, cells.values()))):
            for number, (layout, tail) in enumerate(tails(cells, round_)):
                article = ARTICLES[(number + round_) % len(ARTICLES)]
                result = pipeline.clean(Document("check", f"{article}\n\n{tail}"), book)
                tried[locale] += 1
                edits += len(result.changes)
                if result.text != article:
                    left = result.text.removeprefix(article).strip()
                    lost = "" if result.text.startswith(article) else " ARTICLE LOST"
                    failed[locale].append(f"{layout}{lost}: {left[:300]!r}")
    total, bad = sum(tried.values()), sum(map(len, failed.values()))
    print(f"{total - bad} of {total} forms of {len(locales)} locales removed whole; {edits / total:.2f} edits a form")
    for locale, faults in failed.items():
        print(f"{locale}: {len(faults)} of {tried[locale]} left something")
        print("".join(f"    {fault}\n" for fault in faults), end="")
    return bad


def main() -> int:
    """Rewrite the rule files, or check them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("strings", type=Path, metavar="STRINGS")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    files = dict(rewritten(options.strings))
    if options.check:
        stale = [path.name for path, text in files.items() if path.read_text("utf-8") != text]
        print("".join(f"{name} is not what this script would write\n" for name in stale), end="")
        return min(check(read_table(options.strings)) + len(stale), 1)
    for path, text in files.items():
        path.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
