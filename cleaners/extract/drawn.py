"""What a page shows as a picture or as MathML though it is part of a sentence: formulas, emoji, initials.

A formula becomes its TeX between "$" if the page gives that, as pages do that let a script set their formulas.
"""

import re

from lxml.html import HtmlElement

_TEX = re.compile(r"\{\\(?:display|text|script)style\s(.*)\}", re.DOTALL)  # what Wikipedia puts around its formulas
_FORMULA = re.compile(r"(?:^|\s)(?:latex|tex|mwe-math-fallback-image-\w+)(?:$|\s)")
_EMOJI = re.compile(r"\b(?:emoji|smiley|smilies)\b", re.IGNORECASE)
_UNSEEN = re.compile("katex-mathml|MJX_Assistive_MathML")  # MathML for screen readers, beside what KaTeX and MathJax draw
_LONGEST_EMOJI = 8  # code points, joiners included; a longer text is its name
# MathML that says the same when read as one line, unlike the mere letters of a fraction or a root.
_FLAT = frozenset(
    ("math", "semantics", "mrow", "mstyle", "mpadded", "mi", "mn", "mo", "mtext", "mspace", "msub", "msup", "msubsup")
)


def write(root: HtmlElement) -> None:
    """Replace such drawings in the tree by their text."""
    for image in list(root.iter("img")):
        if text := _of_image(image):
            _put(image, text)
    for math in list(root.iter("math")):
        around = math.getparent()
        if around is None or "none" in (around.get("style") or "") or not (text := _of_math(math)):
            continue
        _put(math, text)
        if around.tag == "mjx-assistive-mml" or _UNSEEN.search(around.get("class") or ""):
            for shown in (around.getprevious(), around.getnext()):
                if shown is not None and shown.get("aria-hidden") == "true":
                    shown.drop_tree()
    for script in list(root.iter("script")):
        if (script.get("type") or "").startswith("math/tex") and script.text:
            before = script.getprevious()
            if before is None or "MathJax" not in (before.get("class") or "") or not before.text_content().strip():
                _put(script, _tex(script.text))


def _put(element: HtmlElement, text: str) -> None:
    element.clear(keep_tail=True)
    element.tag = "span"
    element.text = text


def _tex(text: str) -> str:
    text = text.strip(" \t\r\n$")
    inner = _TEX.fullmatch(text)
    return f"${inner[1].strip() if inner else text}$"


def _of_image(image: HtmlElement) -> str | None:
    """What the picture of a formula, of an emoji, or of the first letter of a word stands for."""
    text, names = (image.get("alt") or "").strip(), image.get("class") or ""
    if not text:
        return None
    if len(text) == 1 and text.isupper() and (image.tail or "")[:1].islower():
        return text
    if _FORMULA.search(names):
        return _tex(text)
    return text if _EMOJI.search(names) and len(text) <= _LONGEST_EMOJI and not text.isascii() else None


def _of_math(math: HtmlElement) -> str | None:
    tex = next((note.text for note in math.iter("annotation") if "tex" in (note.get("encoding") or "").lower()), None)
    if tex := tex or math.get("alttext"):
        return _tex(tex)
    return math.text_content().strip() if all(one.tag in _FLAT for one in math.iter()) else None
