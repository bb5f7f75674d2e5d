"""Boilerplate: what a page carries around its article.

Which lines match a rule by themselves, `matching` says.  Here it is decided which of them go where they
stand, and what goes with them: a comment form goes up to its button, promoted titles go with their heading,
and next to lines that go even words as weak as "Name" or "Reply" are boilerplate.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import chain, dropwhile, islice, takewhile

import regex

from cleaners.document import Document, is_prose, key, weight
from cleaners.edits import Edit
from cleaners.matching import Matcher, matcher
from cleaners.rules import Rule, RuleBook

_UNKNOWN_FIELDS = 3  # so many more fields that no rule knows than that one does: telephone, country, a sum against robots
_UNKNOWN_FIELDS_AT_MOST = 10  # bounds what a mistake can cost; with 3, 5 or 20 no development dump comes out otherwise
_FIELD_CHARS = 60  # a label or a question against robots is shorter
_INTRODUCTION = 25  # characters; a shorter line that ends with a colon is a label
_BRIEF_CHARS = 40  # headings and buttons of forms in all languages are shorter, notices mostly longer
_HEADING_CHARS = 60  # "We use cookies to improve your experience"; a longer one is a sentence
_CERTAIN_LINES = 3  # so many lines of a form in a row are one
_BARE_FORM_LINES = 4  # name, e-mail, website and comment; fewer may be the end of a list
_FORM_LINES = 40  # a form with every field and notice that plug-ins add; ours in the tests has 19
_BLOCK_LINES = 60  # promoted titles under one heading, each perhaps twice, with teaser and date
_TITLE_CHARS = 200  # a longer line is no title
_SHORTEST_TITLE = 25  # two of five sub-headings of the development data are shorter, and hardly a promoted title
_TEASER_CHARS = 600  # with 300 promoted teasers stay in 5 of the 4,578 development dumps, with 200 in 9; with 1,200 none changes
# "The Lamp Room, Ida Marsh", "Lights of the North by J. Hale", "Hale, Lights of the North", "A Short History (1980)",
# "《冰上领航员》，李明著": a work with its maker or its year, or in the quotation marks of works.
_WORK = regex.compile(
    r".{2,}(?:,|\s(?:by|von|par|de|di|por|door|av|af))(?:\s(?:(?:van|von|de|der|den|di|da)\s){0,2}\p{Lu}[\p{L}'’-]*\.?){2,4}"
    r"|\p{Lu}[\p{L}'’-]+, \p{Lu}.{2,60}|.{2,}\s\((?:1[4-9]|20)\d\d\)"
    r"|(?:\p{Han}{2,4}[：:])?[《『][^《》『』]+[》』](?:[，、,（(/・\s—–-][^。！？]{0,30})?"  # the headline of an article goes on without a mark
)
_RULE = regex.compile(r"(?:[-*_] ?){3,}")  # across the page, in Markdown
# "[1] https://…", "[^2]: Hale 1980", "- [Ropes](ropes.md) — what holds the ferry": a note, or a link of Markdown with a remark.
_NOTE = regex.compile(r"\[\^?\d{1,3}\]:?\s|.*\]\([^()]*(?:\([^()]*\)[^()]*)?\)\W{0,3}\s[–—-]{1,2}\s\p{Ll}")
_SMALL = regex.compile(r"\p{Ll}+,? \p{L}+,? \p{L}")  # three words; tags have fewer
_TERSE = regex.compile(r"\p{Lu}[\p{L}'’]+(?: \p{L}+)?\.")  # "Read more.", "Lesen."
# "Memory: 16 GB".  What stands before the colon of a headline is mostly longer.
_VALUE = regex.compile(r"[\p{L} ]{2,15}: \S.{0,60}")
_SHORT_SENTENCE = 20  # characters
_PARAGRAPH = 80  # so many characters are prose
_WRAPPED = 50  # characters; a line of a text that is wrapped by hand has more
# One in so many of these goes on in small letters: two in three of most languages, two in five of German with its capitals.
_ARE_WRAPPED = 3
_PRESSED = frozenset(("account", "app", "cookies", "newsletter", "print"))  # families with buttons that a manual tells to press
_PRESSED_IN_LISTS = _PRESSED | {"comments", "pagination", "share"}  # the same where bullets say that it is a list
_STEP = regex.compile(r"\P{L}{0,3}\p{Lu}[\p{L}'’-]*\p{Ll} \p{Ll}.*[^:!]")  # "Open the app": no name, and no title in capitals
_STEP_CHARS = 80
_STEPS = 3  # so many are looked at above and below
_BULLETS = frozenset("-–—•·*▪●‣◦")
_OF_POLICIES = frozenset(("account", "ads", "cookies", "copyright", "newsletter", "support"))  # what policies speak of
# The names of policies of sites, perhaps with the site's: "Privacy policy of the Gazette".
_POLICY = regex.compile(
    r"(?:(?:our|the) )?(?:(?:privacy|cookies?|privacy (?:and|&) cookies?|comments?|commenting) (?:policy|notice|statement)"
    r"|legal notice|imprint|terms of (?:use|service)|terms (?:and|&) conditions(?: of (?:use|service))?"
    r"|(?:community|comment) guidelines|datenschutz(?:erklärung|hinweise|bestimmungen)?|cookie-(?:richtlinie|hinweise)"
    r"|impressum|nutzungsbedingungen|agb|allgemeine geschäftsbedingungen|politique de (?:confidentialité|cookies)"
    r"|mentions légales|conditions (?:générales )?d['’]utilisation|política de (?:privacidade?|cookies)"
    r"|aviso (?:legal|de privacidad)|términos (?:y condiciones|de uso)|termos (?:e condições|de uso)"
    r"|informativa (?:sulla )?privacy|(?:privacy|cookie) policy|note legali|termini e condizioni|condizioni d['’]uso"
    r"|privacy(?:verklaring|beleid)|cookie(?:verklaring|beleid)|algemene voorwaarden|polityka (?:prywatności|cookies)"
    r"|regulamin(?: serwisu)?|политика (?:конфиденциальности|cookies?)|пользовательское соглашение"
    r"|правила (?:пользования|использования) сайт(?:а|ом)|політика конфіденційності|угода користувача|gizlilik politikası"
    r"|çerez politikası|kullanım (?:koşulları|şartları)|aydınlatma metni|zásady ochrany osobních údajů"
    r"|ochrana osobních údajů|podmínky užití|ochrana osobných údajov|adat(?:védelmi|kezelési) tájékoztató"
    r"|politica de (?:confidențialitate|cookies)|termeni și condiții|πολιτική (?:απορρήτου|cookies)|όροι χρήσης"
    r"|integritetspolicy|användarvillkor|cookiepolicy|personvern(?:erklæring)?|brukervilkår|privatlivspolitik|cookiepolitik"
    r"|tietosuojaseloste|käyttöehdot|kebijakan privasi|syarat dan ketentuan|chính sách bảo mật|điều khoản sử dụng"
    r"|سياسة الخصوصية|شروط الاستخدام|سیاست حفظ حریم خصوصی|מדיניות (?:ה?פרטיות)|תנאי שימוש|गोपनीयता नीति|उपयोग की शर्तें"
    r"|นโยบายความเป็นส่วนตัว|隐私(?:政策|声明)|隱私權?政策|用户协议|服务条款|服務條款|プライバシー\s?ポリシー|個人情報保護方針|利用規約|개인정보\s?처리방침|이용약관"
    r")(?: (?:of|for|on|de[rs]?|du|von|für|di|del|della|van|voor|на|сайта) .{1,60})?",
    regex.I,
)
_PARTS = regex.compile(r"\s[|–—·-]\s")  # "Privacy policy | The Gazette"
_CODE = regex.compile(r"""(["'])[^"']{1,60}\1\s?:(?:\s.*)?|.*\w["'][)\]};,]+|\w+=\S*|\w+: \w+\[.*""")
_FENCE = regex.compile(r"(`{3,}|~{3,})([^`]*)")
_BARS = ("|", "+")  # how the rows of a table begin, and the lines between them
_COUNT = regex.compile(r"\d[\d.,]{0,6}\s?[KkMm]?")  # "0", "1.2K"
_SUB_HEADINGS = 2  # phrases of a family; no boilerplate of the development data stands alone above sentences in so many
_CLOSES = r"\s\"'”’»)\]」』）“‘«‹"  # behind the last mark of a sentence: any that closes a quotation somewhere
_SENTENCE = regex.compile(rf".{{4,}}[.!?…。！？।۔؟][{_CLOSES}]*", regex.DOTALL)
_TEASER = regex.compile(r".*(?:…|\.\.\.)\W*(?:(?:read|continue|learn|see) (?:more|reading)\W*)?", regex.I)
# What no promoted title is: a sentence, also one with its agency behind it or in quotation marks, a label, or the credit of a person.  The price: a title
# that ends in "U.S." stays.
_NO_TITLE = regex.compile(
    rf"(?<!\.)[.:;。।۔][{_CLOSES}]*$"
    rf"|[.!?][{_CLOSES}]*\s*[–—/-]\s*(?-i:\p{{Lu}})[^.!?]{{1,30}}(?:\.\p{{L}}{{2,3}})?$"
    rf"|[.!?][{_CLOSES}]*\s*\((?-i:(?!VIDEO|PHOTO|WATCH|AUDIO|LIVE|MAP|POLL|QUIZ|UPDATE)[A-Z]{{2,6}}|Reuters|Xinhua|Bloomberg|Interfax|dpa)\)$"
    rf"|^[„«»“\"].*[.!?…][{_CLOSES}]*[“”»«\"]$"
    r"|\b(?:reporting|editing|writing|written|edited|compiled|translated) by\b"
    r"|\bcontributed to th",
    regex.I,
)
# "March 3, 2024", "Sun, 3rd March 2024 at 10:15", "2024-03-03 10:15", "3/3/24", "5 hours ago", "3 min read"
_DATE = regex.compile(
    r"(?:\p{L}{3,9}\W+)?"
    r"(?:\d{1,2}(?:st|nd|rd|th)?\W+\p{L}{3,9}|\p{L}{3,9}\W+\d{1,2}(?:st|nd|rd|th)?|\d{1,4}\D\d{1,2})"
    r"\W+(?:19|20)?\d\d(?:\W.{0,20})?"
    r"|\d+ \p{L}+ (?:ago|read)",
    regex.I,
)


def clean(doc: Document, book: RuleBook) -> Iterable[Edit]:
    """Cut the lines that the rules of `book` call boilerplate, and what belongs to them.

    Raises:
        RuleTimeoutError: a pattern of the book takes longer than `MATCH_SECONDS` for one line.
    """
    page = _Page(doc, matcher(book))
    found = page.found(book)
    for i in [i for i, line in enumerate(page.lines) if line in found] if found else ():
        for rule in found[page.lines[i]]:
            page.decide(i, rule)
    page.take_zones()
    page.spare_between_sentences()
    page.spare_lone()
    page.spare_steps()
    if page.cut:
        page.take_blocks()
        page.take_neighbours()
        page.take_counts()
    page.take_ends()
    page.take_bare_forms()
    page.spare_headings()
    return doc.cut_all({i: rule.id for i, rule in page.cut.items()})


def _goes_on(lines: Sequence[str], i: int) -> bool:
    """Whether line `i` is long, ends within a sentence, and the next one begins with a small letter."""
    if not 0 <= i < len(lines) - 1:
        return False
    line, below = lines[i].rstrip(), lines[i + 1].lstrip()
    return len(line) >= _WRAPPED and below[:1].islower() and (line[-1].isalnum() or line[-1] == ",")


def is_phrase(line: str, book: RuleBook) -> bool:
    """Whether a line is, word for word, what a rule takes wherever it stands."""
    rule = matcher(book).phrases.get(key(line))
    return rule is not None and rule.where == "anywhere"


class _Page:
    """One document while its lines are being decided."""

    def __init__(self, doc: Document, matcher: Matcher) -> None:
        self.doc = doc
        self.lines = doc.shown
        self.matcher = matcher
        self.cut: dict[int, Rule] = {}
        self.at_end: dict[int, list[Rule]] = {}  # lines that go if nothing but cut lines is behind them
        self.in_zones: dict[int, list[Rule]] = {}  # lines that go if they stand above or below the article

    def found(self, book: RuleBook) -> dict[str, list[Rule]]:
        """The lines that match a rule.  They are asked once for all rounds, since lines only ever go."""
        found: dict[str, list[Rule]] | None = self.doc.memo.get(book)
        if found is None:
            found = self.matcher.find(self.doc)
            self.doc.memo[book] = found
        return found

    def key(self, i: int) -> str:
        """The key of line `i`."""
        return key(self.lines[i])

    # Which lines go by themselves

    def decide(self, i: int, rule: Rule) -> None:
        """Cut line `i`, or remember it if it depends on what else is cut whether the rule acts there."""
        if (
            (rule.takes != "form" and self.is_fragment(i))
            or self.is_code(i)
            or self.is_row(i)
            or (rule.takes and self.is_item(i))
        ):
            return
        if self.is_policy and (i == self.top or self.is_of_policy(i, rule)):
            return
        if rule.where == "anywhere":
            self.cut.setdefault(i, rule)
        else:
            (self.at_end if rule.where == "end" else self.in_zones).setdefault(i, []).append(rule)

    @cached_property
    def top(self) -> int:
        """The number of the first line that is not blank."""
        return next(self.below(-1))

    @cached_property
    def is_policy(self) -> bool:
        """Whether the document is a policy of a site: what is a notice elsewhere is its text."""
        title, *_ = _PARTS.split(self.doc.title or "", maxsplit=1)
        return any(_POLICY.fullmatch(name.strip()) for name in (title, self.lines[self.top]))

    def is_of_policy(self, i: int, rule: Rule) -> bool:
        """Whether line `i` may be a sentence of a policy, or one of its headings: "Cookies"."""
        return rule.family in _OF_POLICIES and (self.is_sentence(i) or self.matcher.families[rule.family].is_weak(self.lines[i]))

    def is_fragment(self, i: int) -> bool:
        """Whether line `i` stands in the middle of a sentence that the scraper broke at every link.

        "…, click" / "View all" / ". The list opens": the next line goes on with a punctuation mark.  Or the text is wrapped by hand, and
        the next line goes on in small letters, or this one does: "… the terms for copying, distribution and modification" / "follow."
        """
        if self.goes_on(i) or self.goes_on(i - 1) or (_goes_on(self.lines, i - 1) and self.lines[i].rstrip().endswith(".")):
            return True
        below = self.lines[i + 1].lstrip() if i + 1 < len(self.lines) else ""
        above = self.lines[i - 1].rstrip() if i else ""
        return below[:1] in (".", ",", ";", ")") and above[-1:].isalnum() and below[1:2] in ("", " ")

    def is_code(self, i: int) -> bool:
        """Whether line `i` is one of JSON or of a program, whose words are no label: `"tags": [`, `print("Login");`, `tags=tags,`."""
        return i in self.fenced or _CODE.fullmatch(self.lines[i].strip()) is not None

    @cached_property
    def fenced(self) -> set[int]:
        """The lines of code between fences of Markdown, of which one with the same sign, no shorter and bare, closes another."""
        fenced: set[int] = set()
        first, mark = 0, ""
        for i, line in enumerate(self.lines) if "```" in self.doc.text or "~~~" in self.doc.text else ():
            if not (fence := _FENCE.fullmatch(line.strip())):
                continue
            if not mark:
                first, mark = i, fence[1]
            elif fence[1].startswith(mark) and not fence[2]:
                fenced.update(range(first, i + 1))
                mark = ""
        return fenced

    def is_item(self, i: int) -> bool:
        """Whether line `i` is one of a list with bullets: "- Related posts" is what a page has, and no heading."""
        mark = self.lines[i].lstrip()[:2]
        return mark[0] in _BULLETS and mark[1:] == " " and any(self.lines[j].lstrip().startswith(mark) for j in self.beside(i))

    def is_row(self, i: int) -> bool:
        """Whether line `i` is one of several rows of a table: drawn with bars, or with as many tabs as the row above or below it."""
        line = self.lines[i].strip()
        beside = [self.lines[j] for j in (i - 1, i + 1) if 0 <= j < len(self.lines)]
        if tabs := line.count("\t"):
            return any(other.strip().count("\t") == tabs for other in beside)
        return line.count("|") > 2 and line[0] == line[-1] == "|" and any(other.lstrip()[:1] in _BARS for other in beside)

    def goes_on(self, i: int) -> bool:
        """Whether line `i` is one of a paragraph that is wrapped by hand, and not its last."""
        # Few lines do, so that most texts are never asked whole.  Among tables and code, a paragraph speaks for itself: two lines in a row do.
        return _goes_on(self.lines, i) and (self.is_wrapped or _goes_on(self.lines, i - 1) or _goes_on(self.lines, i + 1))

    @cached_property
    def is_wrapped(self) -> bool:
        """Whether the text is wrapped by hand: many long lines go on in the next one.  Elsewhere that is chance, or a broken link."""
        long = [i for i, line in enumerate(self.lines) if len(line) >= _WRAPPED]
        return len(long) > 1 and _ARE_WRAPPED * sum(_goes_on(self.lines, i) for i in long) > len(long)

    def take_zones(self) -> None:
        """Cut the remembered lines that stand before the first line of prose, or behind the last one, that stays.

        In an article too short for prose its sentences say where it begins and ends.  There headings stay: "Categories" may be those
        of a prize, and "Contact" may stand above an address.
        """
        if not self.in_zones:
            return
        is_short = self.zones[0] < 0
        first, last = self.short if is_short else self.zones
        for i, rule in ((i, rule) for i, rules in self.in_zones.items() for rule in rules):
            if is_short and (rule.takes or rule.family == "site"):
                continue
            if (rule.where != "tail" and i < first) or (rule.where != "top" and i > last):
                self.cut.setdefault(i, rule)

    @property
    def short(self) -> tuple[int, int]:
        """The numbers of the first and the last sentence of an article too short for prose; a list or a table with some is none."""
        sentences = [i for i in self.below(-1) if i not in self.cut and i not in self.in_zones and self.is_short_prose(i)]
        if len(sentences) > 1 and sum(weight(self.lines[i]) for i in sentences) >= _PARAGRAPH:
            between = [i for i in range(sentences[0], sentences[-1]) if i not in self.cut and self.lines[i].strip()]
            if 2 * len(sentences) >= len(between):
                return sentences[0], sentences[-1]
        return -1, len(self.lines)

    def is_short_prose(self, i: int) -> bool:
        """Whether line `i` ends like a sentence and is as long as one."""
        return weight(self.lines[i].strip()) >= _SHORT_SENTENCE and _SENTENCE.fullmatch(self.lines[i]) is not None

    @cached_property
    def zones(self) -> tuple[int, int]:
        """`staying` before anything goes for the sake of its neighbours."""
        return self.staying

    @property
    def staying(self) -> tuple[int, int]:
        """The numbers of the first and the last line of prose that stays.

        Where there is no prose there is no telling top from tail: a poem, a list, a table.
        """
        numbers = range(len(self.lines))
        first = next((i for i in numbers if i not in self.cut and is_prose(self.lines[i])), -1)
        if first < 0:
            return -1, len(self.lines)
        return first, next(i for i in reversed(numbers) if i not in self.cut and is_prose(self.lines[i]))

    def spare_between_sentences(self) -> None:
        """Give back what stands alone between two sentences and is the author's there.

        A guide to cookie banners goes through their buttons one by one, as sub-headings: two or more lines of a family, one of them a
        phrase, which credits of pictures are not, or three phrases of any family.  On a banner they stand side by side; and a link
        in mid-article is one phrase, perhaps repeated.  What a rule takes in company alone stays, too, and so does a phrase among
        the sub-headings of a list of advice.
        """
        lone = [i for i, rule in self.cut.items() if (rule.company or self.is_heading(i)) and self.is_between_sentences(i)]
        free = {i for i in lone if not any(self.is_weak(j, self.cut[i]) for j in self.beside(i))}
        phrases: dict[str, set[str]] = defaultdict(set)
        for i in free:
            phrases[self.cut[i].family].add(self.key(i))
        known = {self.cut[i].family for i in free if self.is_brief(i)}
        many = len({self.key(i) for i in free if self.is_brief(i) and not self.cut[i].takes}) > _SUB_HEADINGS
        for i in lone:
            rule = self.cut[i]
            of_guide = rule.family in known and len(phrases[rule.family]) >= _SUB_HEADINGS
            of_list = i in free and self.is_brief(i) and ((many and not rule.takes) or self.takes_turns(i))
            if (rule.company and i in free) or (self.is_heading(i) and (of_guide or of_list)):
                del self.cut[i]
        for i in [i for i in self.cut if self.is_quoted(i) or self.is_terse(i)]:
            del self.cut[i]

    def spare_lone(self) -> None:
        """Give back what goes only where another line of its family does, below a short line that stays: "Reject all" is a step of a manual."""
        lines: dict[str, set[str]] = defaultdict(set)
        for i, rule in self.cut.items():
            lines[rule.family].add(self.key(i))
        for i in [i for i, rule in self.cut.items() if rule.pair and len(lines[rule.family]) == 1]:
            above = next(self.above(i), None)
            if above is not None and above not in self.cut and not self.is_sentence(above):
                del self.cut[i]

    def spare_steps(self) -> None:
        """Give back buttons that are steps of a list: "Open the app" / "Enter your email address" / "Choose the day of your visit".

        Above and below the article stand menus and forms: there the list must have more steps than within it.
        """
        buttons = {i for i, rule in self.cut.items() if (rule.where == "anywhere" or self.is_item(i)) and self.is_button(i)}
        if not buttons:
            return
        first, last = self.staying
        for i in [i for i in sorted(buttons) if self.steps_beside(i, buttons) >= (2 if first < i < last else 4)]:
            del self.cut[i]

    def is_button(self, i: int) -> bool:
        """Whether line `i` is as short as a button, of a family that has some, and looks like a step."""
        line, rule = self.lines[i].strip(), self.cut[i]
        families = _PRESSED_IN_LISTS if line[0] in _BULLETS else _PRESSED
        return rule.family in families and not rule.takes and len(line) <= _BRIEF_CHARS and self.is_step(i, i)

    def steps_beside(self, i: int, buttons: set[int]) -> int:
        """How many steps that stay are next to button `i`, perhaps behind other buttons: none where it is no list."""
        steps = 0
        for side in (self.above(i), self.below(i)):
            lines = [*islice(dropwhile(buttons.__contains__, side), _STEPS)]
            if not lines or lines[0] in self.cut or self.is_weak(lines[0], self.cut[i]):
                return 0
            run = [*takewhile(lambda j: j not in self.cut and self.is_step(j, i), lines)]
            is_heading = lines[0] < i and self.lines[i].rstrip().endswith(".")  # of the list
            if not run and not is_heading and not self.is_sentence(lines[0]):
                return 0
            steps += len(run)
        return steps

    def is_step(self, j: int, i: int) -> bool:
        """Whether line `j` may be a step as line `i` is: the same bullet, or words in small letters and the same end."""
        line, other = self.lines[j].strip(), self.lines[i].strip()
        if len(line) > _STEP_CHARS:
            return False
        if line[0] == other[0] and line[0] in _BULLETS:
            return True
        return _STEP.fullmatch(line) is not None and line.endswith(".") == other.endswith(".") and line.count(" ") > (j != i)

    def takes_turns(self, i: int) -> bool:
        """Whether paragraphs and sub-headings take turns above line `i`, or below it: three of these and two of those."""
        return any(
            len(run) == 5
            and not any(j in self.cut for j in run)
            and all(map(self.is_short_prose, run[::2]))
            and all(len(self.lines[j]) <= _BRIEF_CHARS and not _SENTENCE.fullmatch(self.lines[j]) for j in run[1::2])
            for run in ([*islice(side, 5)] for side in (self.above(i), self.below(i)))
        )

    def is_terse(self, i: int) -> bool:
        """Whether line `i` is a word or two with a full stop below a sentence, "And then?" / "Read more.", and above one or the article's end."""
        rule = self.cut[i]
        family = rule.family
        is_notice = family in ("comments", "cookies") and not (rule.takes or rule.pair or rule.company)  # "Comments closed."
        if is_notice or not _TERSE.fullmatch(self.lines[i].strip()):
            return False
        below = all(self.is_sentence(j) or (j in self.cut and self.cut[j].family != family) for j in islice(self.below(i), 1))
        return below and all(map(self.is_sentence, islice(self.above(i), 1)))

    def is_quoted(self, i: int) -> bool:
        """Whether line `i` is more than a label below a line that says that something follows, which stays, as the sentence behind it does."""
        above = next(self.above(i), None)
        if above is None or above in self.cut or not self.lines[above].rstrip().endswith((":", "：")):
            return False
        if weight(self.lines[above].rstrip()) < _INTRODUCTION or self.is_brief(i):
            return False
        below = next(self.below(i), None)
        return below is None or (below not in self.cut and _SENTENCE.fullmatch(self.lines[below]) is not None)

    def is_heading(self, i: int) -> bool:
        """Whether line `i` is as short as a sub-heading, and no sentence but a question."""
        line = self.lines[i].strip()
        return len(line) <= _HEADING_CHARS and (line[-1] in "?？؟" or not _SENTENCE.fullmatch(line))

    def is_between_sentences(self, i: int) -> bool:
        """Whether lines stand above and below line `i`, stay, and end like sentences, or go on as one."""
        beside = self.beside(i)
        return len(beside) == 2 and all(map(self.is_sentence, beside))

    def is_sentence(self, j: int) -> bool:
        """Whether line `j` stays, and ends like a sentence, or goes on as one."""
        return j not in self.cut and (_SENTENCE.fullmatch(self.lines[j]) is not None or self.goes_on(j))

    def beside(self, i: int) -> list[int]:
        """The lines right above and below line `i`, blank ones left out."""
        return [*islice(self.above(i), 1), *islice(self.below(i), 1)]

    # What goes with them

    def take_blocks(self) -> None:
        """Cut what stands under the headings of forms and of promoted titles."""
        for i, rule in sorted(self.cut.items()):
            if rule.takes == "form":
                self.take(rule, self.form(i, rule))
            elif rule.takes == "titles":
                block = self.promoted(i)
                if self.are_works(block) or self.are_values(block) or self.goes_on_small(i, rule):
                    del self.cut[i]
                else:
                    self.take(rule, block)

    def take(self, rule: Rule, lines: Iterable[int]) -> None:
        """Cut the lines of a block; what another rule decided already becomes part of the block."""
        for j in lines:
            if not self.cut.get(j, rule).takes or self.cut.get(j, rule) is rule:
                self.cut[j] = rule

    def form(self, heading: int, rule: Rule) -> list[int]:
        """The lines from a form's heading to its button, if the button comes before prose and before another heading.

        Fields that no rule knows are part of the form, but only so many more than the fields that one
        does: a poem below a link "Leave a comment" is none, nor is what readers wrote.  A sentence
        counts as three fields: a guide says something about each line of a form.
        """
        block: list[int] = []
        known: set[str] = set()
        unknown = 0
        from_button = self.key(heading) in self.matcher.ends[rule.id]  # between two buttons stands what readers wrote
        for j in islice(self.below(heading), _FORM_LINES):
            name = self.key(j)
            block.append(j)
            if name in self.matcher.ends[rule.id]:
                return block if unknown <= (0 if from_button else _UNKNOWN_FIELDS + len(known)) else []
            if j in self.cut or self.is_weak(j, rule):
                known.add(name)
            else:
                says = self.lines[j].strip().count(" ") > 2 and _SENTENCE.fullmatch(self.lines[j]) is not None
                unknown += _UNKNOWN_FIELDS if says else 1
                if len(self.lines[j]) > _FIELD_CHARS or unknown > _UNKNOWN_FIELDS_AT_MOST or is_prose(self.lines[j]):
                    break
            if self.cut.get(j) is rule and self.is_brief(j):
                break
        return []

    def is_brief(self, i: int) -> bool:
        """Whether line `i` is one short phrase and no more, as headings and buttons are."""
        return len(self.key(i)) <= _BRIEF_CHARS and (self.key(i) in self.matcher.phrases or self.key(i) in self.weak_of(i))

    def weak_of(self, i: int) -> set[str]:
        """The weak words of the family that cuts line `i`."""
        return self.matcher.families[self.cut[i].family].weak

    def promoted(self, heading: int) -> list[int]:
        """The promoted titles, often twice, and the teasers under a heading such as "Check Also".

        Behind the last prose, where nothing but titles, dates, bylines and buttons follows to the end or to
        the next block, all of it goes; where a title stands twice, long teasers are no prose there.  Where
        the article goes on, only what looks like a whole title goes;
        and the last one may be the article's next sub-heading: it stays, unless it certainly is promoted or
        is the only one.  The price: one promoted title stays in the text for many a block in mid-article.
        """
        block = list(takewhile(lambda j: self.may_be_promoted(j) and not self.closes(heading, j), self.below(heading)))
        behind = next(self.below(block[-1] if block else heading), None)
        nothing_behind = behind is None or behind in self.cut
        if nothing_behind and len(block) <= _BLOCK_LINES and (heading > self.zones[1] or self.has_doubles(block)):
            return block
        rule = self.cut[heading]
        titles = list(takewhile(lambda j: self.looks_promoted(j) or self.is_weak(j, rule), block))
        if len(titles) > _BLOCK_LINES:
            return []  # a list of that length is what the page is about
        is_closed = behind is not None and self.closes(heading, behind)
        if 1 < len(titles) == len(block) and not is_closed and not self.certainly_promoted(titles[-1]):
            titles.pop()
        return titles

    def closes(self, heading: int, j: int) -> bool:
        """Whether line `j` closes the section of a heading of Markdown: one of no lower level, or a rule that is not right below it."""
        level = self.level(heading)
        if not level:
            return False
        return 0 < self.level(j) <= level or (
            _RULE.fullmatch(self.lines[j].strip()) is not None and next(self.above(j)) != heading
        )

    def level(self, i: int) -> int:
        """The level of a heading of Markdown: 1 to 6, or 0 where line `i` is none."""
        name = self.lines[i].lstrip().lstrip("#")
        return len(self.lines[i].lstrip()) - len(name) if name[:1] == " " else 0

    def are_works(self, block: Sequence[int]) -> bool:
        """Whether the block lists books, films or pieces of music: "Recommended reading" of the author, and no promoted titles.

        Behind them, a share bar or a footer that no rule knows may seem a part of it.  What begins with the number of a note, or has
        remarks, is the author's.
        """
        if any(_NOTE.match(self.doc.lines[j].lstrip()) for j in block[:2]):  # the first may be a rule below the heading
            return True
        works = sum(1 for _ in takewhile(_WORK.fullmatch, (self.lines[j].strip() for j in block)))
        return works > 1 and 2 * works >= sum(map(self.looks_promoted, block))

    def are_values(self, block: Sequence[int]) -> bool:
        """Whether the block begins with three lines such as "Memory: 16 GB": what is "Recommended" there is no title."""
        return len(block) > 2 and all(_VALUE.fullmatch(self.lines[j].strip()) for j in block[:3])

    def goes_on_small(self, heading: int, rule: Rule) -> bool:
        """Whether the lines below a heading go on in small letters: "You may also like" / "a spoonful of aioli".  Tags do that, too."""
        below = [*islice(self.below(heading), 2)]
        if rule.family != "related" or not below or any(j in self.cut for j in below):
            return False
        first, second = self.lines[below[0]].strip(), self.lines[below[-1]].lstrip()
        return _SMALL.match(first) is not None and (second[0].islower() or is_prose(first))

    def has_doubles(self, block: Sequence[int]) -> bool:
        """Whether a title stands twice in the block, with its picture and without."""
        titles = [self.key(j) for j in block if weight(self.lines[j]) >= _SHORTEST_TITLE]
        return len({*titles}) < len(titles)

    def may_be_promoted(self, j: int) -> bool:
        """Whether line `j` can stand in a block of promoted titles: it is no sentence, credit or next block."""
        if j in self.cut:
            return not self.cut[j].takes
        if self.goes_on(j) or j in self.fenced:
            return False
        line = self.lines[j].strip()
        if len(line) <= _TEASER_CHARS and _TEASER.fullmatch(line):
            return True
        return len(line) <= _TITLE_CHARS and not is_prose(line) and not _NO_TITLE.search(line)

    def looks_promoted(self, j: int) -> bool:
        """Whether line `j` is long enough for a title; sub-headings, ingredients and names are shorter."""
        return weight(self.lines[j].strip()) >= _SHORTEST_TITLE or self.certainly_promoted(j)

    def certainly_promoted(self, j: int) -> bool:
        """Whether line `j` in a block is cut anyway, stands there twice, is a date, or is a teaser."""
        if j in self.cut or self.key(j) in map(self.key, self.beside(j)):
            return True
        line = self.lines[j].strip()
        return bool(_DATE.fullmatch(line) or _TEASER.fullmatch(line))

    def below(self, i: int) -> Iterator[int]:
        """The numbers of the lines below line `i` that are not blank."""
        return (j for j in range(i + 1, len(self.lines)) if self.lines[j].strip())

    def above(self, i: int) -> Iterator[int]:
        """The numbers of the lines above line `i` that are not blank, upwards."""
        return (j for j in range(i - 1, -1, -1) if self.lines[j].strip())

    def take_neighbours(self) -> None:
        """Cut weak phrases above and below lines that go, as far as they reach without a gap.

        Lines that another family cuts are no gap: a share bar may stand within a form.  A whole sentence goes with them above or below
        the article alone: within it, it may be about the buttons around it.
        """
        sure = {*self.cut}
        for i, rule in sorted(self.cut.items()):
            if not self.matcher.families[rule.family].has_weak:
                continue
            for direction in (self.above(i), self.below(i)):
                for j in direction:
                    if j in self.cut:
                        if self.cut[j].family == rule.family:
                            break
                    elif self.is_weak(j, rule):
                        self.cut[j] = rule
                    else:
                        break
        if sentences := [j for j in self.cut.keys() - sure if is_prose(self.lines[j])]:
            first, last = self.staying
            for j in sentences:
                if 0 <= first < j < last:
                    del self.cut[j]
        self.spare()

    def take_counts(self) -> None:
        """Cut the numbers between two lines of a share bar: "Facebook" / "12" / "Twitter"."""
        bar = {i for i, rule in self.cut.items() if rule.family == "share"}
        for i in sorted(bar):
            below = [*islice(self.below(i), 2)]
            if (
                len(below) == 2
                and below[0] not in self.cut
                and below[1] in bar
                and _COUNT.fullmatch(self.lines[below[0]].strip())
            ):
                self.cut[below[0]] = self.cut[i]

    def spare(self) -> None:
        """Give back the heading or button of a form that stands in the text alone, perhaps with one weak word.

        "Leave a reply" may be a line of a poem, "Post comment" a heading of a manual.  Three such lines
        together are a form, and so is one at the end of the text or beside a line cut for another reason.
        """
        run: list[int] = []
        for i in chain(sorted(self.cut), [len(self.lines)]):
            ended = i == len(self.lines) or (run and any(map(str.strip, self.lines[run[-1] + 1 : i])))
            if ended and self.stands_alone(run):
                for j in run:
                    del self.cut[j]
            if ended:
                run = []
            run.append(i)

    def stands_alone(self, run: list[int]) -> bool:
        """Whether these lines are too few and too short to be a form, with text behind them."""
        return (
            0 < len(run) < _CERTAIN_LINES
            and all(self.cut[i].takes == "form" and self.is_brief(i) for i in run)
            and next(self.below(run[-1]), None) is not None
        )

    def spare_headings(self) -> None:
        """Give back the headings of Markdown whose section stays: "## About the author" above what the author says.

        So do those that are underlined, and the label of a name: "Author:".
        """
        for i in [i for i in self.cut if self.level(i) or self.is_underlined(i) or self.is_label(i)]:
            below = next(self.below(i + self.is_underlined(i)), None)
            if below is not None and below not in self.cut and not self.closes(i, below):
                del self.cut[i]

    def is_underlined(self, i: int) -> bool:
        """Whether a line of "=" or "-" as long as line `i` stands right below it."""
        line, below = self.lines[i].strip(), self.lines[i + 1].strip() if i + 1 < len(self.lines) else ""
        return below[:3] in ("===", "---") and abs(len(below) - len(line)) < 3 and not below.strip(below[0])

    def is_label(self, i: int) -> bool:
        """Whether line `i` is the label of a writer's name, with a colon."""
        return self.cut[i].family == "author" and self.lines[i].rstrip()[-1] in ":：" and self.is_brief(i)

    def is_weak(self, j: int, rule: Rule) -> bool:
        """Whether line `j` is boilerplate next to a line that the rule cuts."""
        return self.matcher.families[rule.family].is_weak(self.lines[j])

    def take_ends(self) -> None:
        """Cut the lines that are boilerplate only where nothing comes behind them but a weak line: "Source" / "https://…"."""
        if not self.at_end:
            return
        for i in range(len(self.lines) - 1, -1, -1):
            if i in self.cut or not self.lines[i].strip():
                continue
            label = i if i in self.at_end else next(self.above(i), -1)
            if label not in self.at_end or label in self.cut or (label < i and not self.is_weak(i, self.at_end[label][0])):
                break
            self.cut[i] = self.at_end[label][0]

    def take_bare_forms(self) -> None:
        """Cut a form of weak words alone, at the very end: so many labels in a row are nothing else.

        "Σχολιάστε" / "Όνομα" / "Email" / "Υποβολή": in some languages heading and button are common words.
        """
        last = next((i for i in range(len(self.lines) - 1, -1, -1) if i not in self.cut and self.lines[i].strip()), None)
        if last is None or len(self.lines[last]) > _FIELD_CHARS:
            return
        for rule in self.matcher.forms:
            weak = self.matcher.families[rule.family].weak
            run: list[int] = []
            for i in chain([last], self.above(last)):
                if i in self.cut or self.key(i) not in weak:
                    break
                run.append(i)
            if len(run) >= _BARE_FORM_LINES:
                self.cut |= dict.fromkeys(run, rule)
                return
