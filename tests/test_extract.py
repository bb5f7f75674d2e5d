"""HTML pages: what is taken from them, what they say about themselves, and that nothing in them can hurt."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cleaners import matching, pipeline, rules
from cleaners.document import Document
from cleaners.extract import Extracted, NoText, _with_items, as_lines, blocks, extract, features, metadata, model
from tests.steps import steps

_PARAGRAPHS = [
    "The harbour town has repaired its old pier, which a storm had broken in two places last winter, the council said.",
    "Work began in March and took longer than planned, because the oak for the piles had to be brought from another county.",
    "Fishermen had feared that the pier would stay closed in summer, when most visitors come and the boats bring them out.",
    "The bill of two million was paid half by the county and half by the town, which sold a warehouse for that purpose.",
    "Next year the lamps are to follow, and a bench for every family that gave money, in the order in which they gave it.",
    "Nobody was hurt when the middle part fell, since the gate had been closed an hour before the wind reached the bay.",
]


def _page(body: str = "", *, head: str = "<title>Old pier open again - The Harbour Post</title>", attributes: str = "") -> str:
    """A page of a small newspaper, with what stands around an article; `body` stands in its middle."""
    first, second = ("".join(f"<p>{text}</p>" for text in part) for part in (_PARAGRAPHS[:3], _PARAGRAPHS[3:]))
    return f"""<!DOCTYPE html><html {attributes}><head>{head}</head><body>
<header><a href="/">The Harbour Post</a><nav><ul><li><a href="/news">News</a></li><li><a href="/sport">Sport</a></li>
<li><a href="/shop">Shop</a></li></ul></nav></header>
<main><article><h1>Old pier open again</h1>{first}{body}{second}</article></main>
<aside><h3>Most read</h3><ul><li><a href="/1">Ferry late again on Monday</a></li><li><a href="/2">New mayor sworn in</a></li></ul></aside>
<footer><p>© The Harbour Post. All rights reserved.</p><a href="/imprint">Imprint</a></footer></body></html>"""


def _extracted(html: str, url: str | None = None) -> Extracted:
    page = extract(html, url)
    assert isinstance(page, Extracted), page
    return page


# The text


def test_the_article_and_nothing_around_it() -> None:
    page = _extracted(_page("<h2>What comes next</h2>"))
    assert page.text.removeprefix("Old pier open again\n\n").split("\n\n") == [
        *_PARAGRAPHS[:3],
        "What comes next",
        *_PARAGRAPHS[3:],
    ]
    lines = page.text.split("\n")
    assert [(lines[i], level) for i, level in page.headings if level > 1] == [("What comes next", 2)]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("<p>He said <b>no</b>thing\n   about <a href='/x'>the <i>bridge</i></a>, neither then nor on the days that came after it, she told.</p>",
         "He said nothing about the bridge, neither then nor on the days that came after it, she told."),
        ("<p>The sea was wide and grey that day,<br>the boats lay on the sand,<br>and nobody would sail away, they said, from land.</p>",
         "The sea was wide and grey that day,\nthe boats lay on the sand,\nand nobody would sail away, they said, from land."),
        ("<p>The first was said before the storm had come to them, in the yard.<br><br>The second was said after it, when all the roofs were gone.</p>",
         "The first was said before the storm had come to them, in the yard.\n\nThe second was said after it, when all the roofs were gone."),
        ("<ul><li>The piles are made of oak, and stand ten metres deep.</li><li>The boards are made of larch, and are changed every year.</li></ul>",
         "- The piles are made of oak, and stand ten metres deep.\n- The boards are made of larch, and are changed every year."),
        ("<ol start=4><li>Take the boards up, and stack them by the wall.<ul><li>Mind the nails.</li></ul>Count them.</li><li value=7>Put new ones down.</li></ol>",
         "4. Take the boards up, and stack them by the wall.\n- Mind the nails.\n- Count them.\n7. Put new ones down."),
        ("<p>The mayor&rsquo;s office paid &euro;20 &amp; more for it, the &lt;old&gt; ledger in the archive says, and nobody asked again.</p>",
         "The mayor’s office paid €20 & more for it, the <old> ledger in the archive says, and nobody asked again."),
        ("<p>A script<script>document.write('x')</script> in a paragraph is not read, nor is a style<style>p{}</style>, said the man who printed it.</p>",
         "A script in a paragraph is not read, nor is a style, said the man who printed it."),
    ],
)  # fmt: skip
def test_how_blocks_are_written(body: str, text: str) -> None:
    assert f"\n\n{text}\n\n" in _extracted(_page(body)).text


@pytest.mark.parametrize("tags", ["</head><body>", "<body>", "</head>|</body></html>", "</?(head|body|html ?)>"])
def test_tags_that_html_does_not_ask_for_may_be_missing(tags: str) -> None:
    assert extract(re.sub(tags, "", _page())) == extract(_page())


def test_all_of_a_page_without_a_body_is_read_in_order() -> None:
    page = blocks.parse("<title>Title</title><script>let x</script><main><p>One</main>two<section>three</section>four<p>five")
    assert [block.text for block in blocks.find(page)] == ["One", "two", "three", "four", "five"]


def test_what_follows_an_embedded_object_is_no_part_of_it() -> None:
    assert _extracted(_page().replace("</h1>", "</h1><embed src=pier.pdf>")) == _extracted(_page())


def test_an_article_within_noscript_is_found() -> None:
    html = _page().replace("<main>", "<noscript><main>").replace("</main>", "</main></noscript>")
    assert all(text in _extracted(html).text for text in _PARAGRAPHS)


@pytest.mark.parametrize("place", range(3))
def test_a_table_of_data_stays_whole_where_it_stands_among_paragraphs(place: int) -> None:
    rows = [("Place", "Boats", "Fee"), *((f"Slip {n}", str(7 * n), f"£{n}.50") for n in range(1, 6))]
    table = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    paragraphs = [f"<p>{paragraph}</p>" for paragraph in _PARAGRAPHS]
    paragraphs.insert((0, 2, len(paragraphs))[place], f"<table>{table}</table>")
    page = _extracted(_page(f"<article><h1>New fees at the slips of the harbour</h1>{''.join(paragraphs)}</article>"))
    assert "\n".join(" | ".join(row) for row in rows) in page.text


def test_a_table_is_written_row_by_row() -> None:
    table = "<table><tr><th>Year</th><th>Visitors</th></tr><tr><td>2023</td><td>12,000</td></tr></table>"
    found = blocks.find(blocks.parse(table))
    from cleaners.extract import _write

    assert _write(found)[0] == "Year | Visitors\n2023 | 12,000"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<table><tr><td><p>1</p></td><td><div>2</div></td></tr><tr><td>3</td><td><p>4</p><p>5</p></td></tr></table>", "1 | 2\n3 | 4\n5"),
        ("<table><tr><td><p>One</p></td></tr><tr><td><p>Two</p></td></tr></table>", "One\n\nTwo"),  # a table for the layout
        ("<table><tr><td><p>Menu</p></td><td><p>1</p><p>2</p><p>3</p><p>4</p></td></tr></table>", "Menu\n\n1\n\n2\n\n3\n\n4"),
        ("<table><tr><td>Menu<td>1<br><br>2<br><br>3<br><br>4<td>More</table>", "Menu\n\n1\n\n2\n\n3\n\n4\n\nMore"),
        ("<table><tr><td>1<br><br>2<br><br>3<br><br>4<td>Menu</table>", "1\n\n2\n\n3\n\n4\n\nMenu"),
        ("<table><thead><tr><th></th><th>A</th><th>B</th></tr></thead><tbody><tr><td>x</td><td></td><td>5</td></tr></tbody></table>",
         "| A | B\nx | | 5"),
        ("<table><tr><td></td><td>One</td></tr></table>", "One"),
        ("<ol><li><p>a</p><p>more</p></li><li><div>b</div></li></ol>", "1. a\n\nmore\n\n2. b"),
        ("<ul><li><p>a</p></li><li>b<p>c</p></li></ul>", "- a\n- b\n\nc"),
        ("<ul><li><div><p>a</p><p>b</p><p>c</p><p>d</p></div></li></ul>", "a\n\nb\n\nc\n\nd"),  # a list for the layout
        ("<ul><li><p>a</p></li></ul>", "a"),
        ("<ol><li><h3>a</h3><p>b</p></li></ol><ul><li><h3>c</h3><p>d</p></li></ul>", "1. a\n\nb\n\nc\n\nd"),
    ],
)  # fmt: skip
def test_paragraphs_in_cells_and_items(html: str, text: str) -> None:
    from cleaners.extract import _write

    assert _write(blocks.find(blocks.parse(html)))[0] == text


@pytest.mark.parametrize(
    ("html", "text", "headings"),
    [
        ("<h2>Who pays<br>for the wall</h2>x", "Who pays for the wall\n\nx", [(0, 2)]),
        ("x<h2 id=a><p>Who <b>pays</b></p></h2>", "x\n\nWho pays", [(2, 2)]),
        ("<h3><div>Who pays</div></h3>", "Who pays", [(0, 3)]),
        ("<h3><button>Who pays</button></h3>", "Who pays", [(0, 3)]),
        ('<div role="heading" aria-level="3">Who <b>pays</b></div>', "Who pays", [(0, 3)]),
        ('<p role="heading" aria-level="9">Who</p><div role="heading"><p>One</p><p>Two</p></div>', "Who\n\nOne\n\nTwo", [(0, 2)]),
        ("<h3>Who pays<div>One</div><div>Two</div>", "Who pays\n\nOne\n\nTwo", [(0, 3)]),  # nobody closed it
        (f"<h2>{'line<br>' * 60}</h2>", "line\n" * 59 + "line", [(0, 2)]),
        ('<h2>Who pays<a class="headerlink">¶</a></h2>', "Who pays", [(0, 2)]),
        ('<h2><a class="anchor" aria-hidden="true" href="#pays">#</a>Who pays</h2>', "Who pays", [(0, 2)]),
        ('<h2><a class="anchor" href="#pays">Who pays</a> <a href="/x">?</a></h2>', "Who pays ?", [(0, 2)]),
    ],
)
def test_sub_headings(html: str, text: str, headings: list[tuple[int, int]]) -> None:
    from cleaners.extract import _write

    assert _write(blocks.find(blocks.parse(html))) == (text, headings)


def test_footnotes_are_no_footer() -> None:
    note, footer = blocks.find(blocks.parse('<section class="footnotes">One</section><div class="footer">Two</div>'))
    assert not note.box.kinds & blocks.KIND_OF["foot"]
    assert footer.box.kinds & blocks.KIND_OF["foot"]


def test_text_within_pre_keeps_its_blanks() -> None:
    found = blocks.find(blocks.parse("<pre>\nif x:\n    <b>return</b> 1\n</pre><p>a  b</p>"))
    assert [block.text for block in found] == ["if x:\n    return 1", "a b"]


def test_the_steps_for_plain_text_go_on_from_there() -> None:
    page = _extracted(_page("<p>Share this article on Facebook</p>"))
    cleaned = pipeline.clean(Document("page", page.text, page.title, page.metadata), rules.load())
    assert cleaned.title == "Old pier open again"
    assert cleaned.text.split("\n\n") == _PARAGRAPHS


def test_what_a_template_shows_where_it_stands_is_text() -> None:
    shown = "".join(f"<p>{text}</p>" for text in _PARAGRAPHS)
    page = f'<h1>Old pier open again</h1><my-article><template shadowrootmode="open">{shown}</template></my-article><template><p>Row</p></template>'
    assert _extracted(page).text.split("\n\n")[1:] == _PARAGRAPHS


def test_links_to_edit_a_section_are_no_part_of_its_heading() -> None:
    link = '<span class="mw-editsection"><span>[</span><a href="/edit">edit</a><span>]</span></span>'
    text = _extracted(_page(f'<h2><span class="mw-headline">What comes next</span>{link}</h2>')).text
    assert "\n\nWhat comes next\n\n" in text


@pytest.mark.parametrize(
    ("html", "texts"),
    [
        (
            "<p>We met in <st1:City><st1:place>Lindholm</st1:place></st1:City><o:p></o:p>, not <x-tip>here</x-tip>.</p>",
            ["We met in Lindholm, not here."],
        ),
        (
            "<p>We met in <b><a><st1:City>Lindholm</st1:City></a></b>, in <b><x-tip>May</x-tip></b>.</p>",
            ["We met in Lindholm, in May."],
        ),
        ("<p><b><x-tip>May</x-tip></b></p><b><x-text>One.</x-text></b><b><x-text>Two.</x-text></b>", ["May", "One.", "Two."]),
        ("<p>Click <button>Save</button> to store it.</p>", ["Click Save to store it."]),
        ("<x-text>One.</x-text><x-text>Two.</x-text>", ["One.", "Two."]),
        ("Before it <x-card><p>One.</p></x-card> and behind", ["Before it", "One.", "and behind"]),
        (f"<p>Of <x-tip>{'<b>A</b>' * 19}</x-tip> and more</p>", [f"Of {'A' * 19} and more"]),
        (f"<p>Of <x-card>{'<b>A</b>' * 20}</x-card> and more</p>", ["Of", "A" * 20, "and more"]),  # that is no tip any more
    ],
)
def test_an_unknown_element_in_the_midst_of_a_text_does_not_part_it(html: str, texts: list[str]) -> None:
    assert [block.text for block in blocks.find(blocks.parse(html))] == texts


@pytest.mark.parametrize(
    ("html", "texts"),
    [
        ("One.</br></BR >Two.", ["One.", "Two."]),
        ("One<iframe></iframe>two<select><option>x</select>three<video></video>", ["One", "two", "three"]),
        ("<p>One<audio></audio>two <img>three<input>four<img>, <a>five<img></a>six 旧<img>码</p>", ["One two three four, five six 旧码"]),
        ("<p><ruby>決定<rp>(</rp><rt>けってい</rt><rp>)</rp></ruby>した。</p>", ["決定した。"]),
        ("<p><ruby><rb>決</rb><rb>定</rb><rp>(</rp><rt>けっ</rt><rt>てい</rt><rp>)</rp></ruby>した。</p>", ["決定した。"]),
        ("<p>決定<rt>けってい<p>した。</p>", ["決定けってい", "した。"]),  # its end is missing
        ("<p>旧码头\n 重新\r\n开放。\n한국 \n어 旧 码</p>", ["旧码头重新开放。 한국 어 旧 码"]),
        ("<pre>旧\n码</pre><p><a>旧</a>\n<a>码</a></p>", ["旧\n码", "旧 码"]),
        ('<p>The sea,<span style="display: block">the sand,</span><b class="d-block x">the boat</b>\n<i class="inline-block">at rest</i></p>',
         ["The sea,\nthe sand,\nthe boat\nat rest"]),
        ('<pre><span class="block">if x:\n</span><span class="block">  y</span></pre>', ["if x:\n  y"]),
        ("<p><b>N</b><span class=sr-only>N</span>obody, <b>n</b> <span class=sr-only>no</span>body</p>", ["Nobody, n body"]),
        ('<p>See <a>it<span class="sr-only"> (in a new tab)</span></a>, 1<span hidden> of </span>3.</p>', ["See it, 1 3."]),
        ('<p>See <b>it</b><i style="display: none">here</i></p>', ["See it"]),
        ("<p hidden>One</p><div><span hidden>Two</span></div>", ["One", "Two"]),
        (f"<p>One <span hidden>{'more ' * 20}</span></p>", [f"One{' more' * 20}"]),
        ("<pre><code><div class=line>if x:</div><div class=line></div>\n<div class=line>  y\n</div><div>z</div></code></pre>", ["if x:\n\n  y\nz"]),
        ("<pre>One<p>Two</p><div>Three</div></pre>", ["One", "Two", "Three"]),
        ("<table><td class=linenos><pre>1\n2</pre></td><td><pre>x\ny</pre></td></table>", ["x\ny"]),
        ("<pre><span class=linenos>1 </span>x</pre><table><td class=gutter>One</td></table>", ["x", "One"]),
    ],
)  # fmt: skip
def test_what_is_no_text_parts_it_or_not(html: str, texts: list[str]) -> None:
    assert [block.text for block in blocks.find(blocks.parse(html))] == texts


@pytest.mark.parametrize(
    ("html", "text"),
    [
        (r'a <math><semantics><mi>x</mi><annotation encoding="application/x-tex">{\displaystyle \sqrt{x}}</annotation></semantics></math>, b',
         r"a $\sqrt{x}$, b"),
        ('<math alttext=" $x_1$ "><mi>x</mi></math>', "$x_1$"),
        ("<math><mi>a</mi><mo>=</mo><msup><mi>r</mi><mn>2</mn></msup></math>", "a=r2"),
        ("a <math><mfrac><mi>x</mi><mi>y</mi></mfrac></math> b", "a b"),
        ('a <span class="katex-mathml"><math alttext="x"></math></span><span aria-hidden="true"><b>x</b></span> b', "a $x$ b"),
        ('a <span style="display:none"><math alttext="x"></math></span><img class="mwe-math-fallback-image-inline" alt="x"> b', "a $x$ b"),
        ('<script type="math/tex">a < b</script>', "$a < b$"),
        ('<span class="MathJax">a<b>b</b></span><script type="math/tex">a b</script>', "ab"),
        ('Go <img class="emoji" alt="🚀"> now <img class="emoji" alt=":)">, or <img alt="A view of it">', "Go 🚀 now , or"),
        ('<img alt="N">obody, <img alt="N"> for one', "Nobody, for one"),
    ],
)  # fmt: skip
def test_drawings_that_are_text(html: str, text: str) -> None:
    assert [block.text for block in blocks.find(blocks.parse(f"<p>{html}</p>"))] == [text]


def test_an_author_who_is_hidden_is_read() -> None:
    page = _extracted(_page('<p>By <span itemprop="author" hidden>Ada Brandt</span></p>'))
    assert page.metadata["author"] == "Ada Brandt"


# What the page says about itself

_LD = {
    "@context": "https://schema.org",
    "@graph": [
        {"@type": "WebSite", "name": "The Harbour Post"},
        {
            "@type": ["NewsArticle"],
            "headline": "Old pier open again",
            "datePublished": "2024-05-06T07:08:09+02:00",
            "author": [{"@type": "Person", "name": "Ada Brandt"}, {"@type": "Person", "name": "Tom Quay"}],
            "publisher": {"@type": "Organization", "name": "The Harbour Post"},
        },
    ],
}


def test_metadata_from_json_ld() -> None:
    head = f'<title>x</title><script type="application/ld+json">{json.dumps(_LD)}</script>'
    page = _extracted(_page(head=head, attributes='lang="en-GB"'), "https://www.harbour.example/pier")
    assert page.title == "Old pier open again"
    assert page.metadata == {
        "url": "https://www.harbour.example/pier",
        "site": "The Harbour Post",
        "author": "Ada Brandt; Tom Quay",
        "published": "2024-05-06T07:08:09+02:00",
        "language": "en",
        "description": None,
    }


def test_metadata_from_meta() -> None:
    head = """<title>x</title><link rel="canonical" href="https://harbour.example/pier"><meta name="author" content="Ada Brandt">
    <meta property="og:site_name" content="The Harbour Post"><meta property="og:description" content="It had been closed.">
    <meta property="article:published_time" content="2024-05-06">"""
    assert _extracted(_page(head=head)).metadata == {
        "url": "https://harbour.example/pier",
        "site": "The Harbour Post",
        "author": "Ada Brandt",
        "published": "2024-05-06",
        "language": None,
        "description": "It had been closed.",
    }


@pytest.mark.parametrize(
    ("account", "author"), [("@HarbourPost", None), ("@harbourpost", None), ("@handle", None), ("@ada", "@ada")]
)
def test_the_account_of_a_site_is_no_author(account: str, author: str | None) -> None:
    head = f'<meta name="twitter:site" content="@HarbourPost"><meta name="twitter:creator" content="{account}">'
    assert _extracted(_page(head=head)).metadata["author"] == author


def test_json_ld_may_refer_to_what_it_names_elsewhere() -> None:
    article = {"@type": "Article", "headline": "Old pier open again", "author": {"@id": "#ada"}, "publisher": {"@id": "#post"}}
    graph = [
        article,
        {"@type": "Organization", "@id": "#post", "name": "The Harbour Post"},
        {"@id": "#ada", "name": "Ada Brandt"},
    ]
    page = _extracted(_page(head=f'<script type="application/ld+json">{json.dumps({"@graph": graph})}</script>'))
    assert (page.metadata["author"], page.metadata["site"]) == ("Ada Brandt", "The Harbour Post")


@pytest.mark.parametrize("around", ["{}", '{"@type": "WebSite"} {}', "//<![CDATA[\n{}\n//]]>", "<!-- {} -->", "{};"])
def test_json_ld_in_whatever_it_is_wrapped(around: str) -> None:
    page = _extracted(_page(head=f'<script type="application/ld+json">{around.replace("{}", json.dumps(_LD))}</script>'))
    assert page.metadata["author"] == "Ada Brandt; Tom Quay"


@pytest.mark.parametrize(
    ("head", "author"),
    [
        ('<meta property="article:author" content="https://www.facebook.com/harbourpost">', "Tom Quay"),
        ('<meta name="author" content="By Ada Brandt">', "Ada Brandt"),
        ('<meta name="author" content="Byron Ada">', "Byron Ada"),
        ('<meta name="author" content="by: Ada Brandt">', "Ada Brandt"),
        ('<meta name="author" content="Written by Ada Brandt">', "Ada Brandt"),
        ('<meta name="author" content="Toby Brandt">', "Toby Brandt"),
        ('<meta name="author" content="Nora Quill, Derby Telegraph">', "Nora Quill, Derby Telegraph"),
        ('<meta name="author" content="von Ada Brandt">', "Ada Brandt"),
        ('<meta name="author" content="Par Ada Brandt">', "Ada Brandt"),
        ('<meta name="author" content="Von Brandt">', "Von Brandt"),
        ('<meta name="author" content="von der Aue, Ada">', "von der Aue, Ada"),
        ('<meta name="author" content="AF Brandt Studio">', "AF Brandt Studio"),
        ('<meta name="author" content="admin">', "Tom Quay"),
        ('<meta name="author" content="undefined">', "Tom Quay"),
        ('<meta name="author" content="{{ author }}">', "Tom Quay"),
        ('<meta name="author" content="Ada Undefined">', "Ada Undefined"),
        ('<meta property="article:author" content="262500000043476">', "Tom Quay"),
        ('<meta property="article:author" content="facebook.com/ada">', "Tom Quay"),
        ('<meta name="author" content="Ada Brandt"><meta name="author" content="Nora Quill">', "Ada Brandt; Nora Quill"),
        (
            '<meta name="citation_author" content="Brandt, Ada"><meta name="citation_author" content="Quill, N.">',
            "Brandt, Ada; Quill, N.",
        ),
        ('<meta name="twitter:creator" content="@tom">', "Tom Quay"),
        (f'<meta name="author" content="{"x" * 300}">', "Tom Quay"),
        (
            '<script type="application/ld+json">{"@type": "Article", "author": ["https://harbour.example/ada"]}</script>',
            "Tom Quay",
        ),
    ],
)
def test_authors_have_names(head: str, author: str) -> None:
    assert _extracted(_page('<a rel="author" href="/tom">by Tom Quay</a>', head=head)).metadata["author"] == author


_TOM = '<span itemprop="author">Tom Quay</span><time itemprop="datePublished" datetime="2024-05-06">Monday</time>'


@pytest.mark.parametrize(
    "around",
    [
        '<div itemprop="comment">{}</div>',
        '<ol class="commentList comments"><li>{}</li></ol>',
        '<div id="related-stories">{}</div>',
        "</article></main><aside>{}</aside><main><article>",
        "</article></main><footer>{}</footer><main><article>",
        "<aside><article>{}</article></aside>",
        '<p itemprop="citation">{}</p>',
        '<li class="comment-author vcard"><span class="fn">Tom Quay</span></li>',
        '<sup class="fn">1</sup>',
    ],
)
def test_who_wrote_something_else_on_the_page_is_no_author(around: str) -> None:
    said = _extracted(_page(around.replace("{}", _TOM))).metadata
    assert (said["author"], said["published"]) == (None, None)


@pytest.mark.parametrize("around", ["{}", "<footer>{}</footer>", "<aside>{}</aside>", "</article></main>{}<main><article>"])
def test_who_is_named_in_or_beside_the_article_is_its_author(around: str) -> None:
    html = _page(around.replace("{}", _TOM)).replace("<main>", '<main class="with-sidebar">')
    said = _extracted(html).metadata
    assert (said["author"], said["published"]) == ("Tom Quay", "2024-05-06")


@pytest.mark.parametrize(
    "marked",
    [
        '<span class="author vcard"><a class="url fn n" href="/tom">Tom Quay</a></span>',
        '<p class="vcard">von <span class="author"><span class="fn">Tom Quay</span></span></p>',
        '<a class="p-author h-card" href="/tom">Tom Quay</a>',
        '<div class="wp-block-post-author"><p class="wp-block-post-author__name">Tom Quay</p></div>',
        '<div itemprop="author" itemscope>By <b itemprop="name">Tom Quay</b>, Editor</div>',
        '<a itemprop="author"><meta itemprop="name" content="Tom Quay">All of his texts</a>',
        '<p itemprop="author" itemscope>Old pier open again</p><p itemprop="author" itemscope>-</p><a rel="author">Tom Quay</a>',
    ],
)
def test_authors_marked_in_the_text(marked: str) -> None:
    assert _extracted(_page(marked)).metadata["author"] == "Tom Quay"


def test_authors_of_other_articles_are_none_of_this_one() -> None:
    html = _page('<meta itemprop="author" content="Tom Quay">', head='<meta name="author" content="Ada Brandt">')
    assert _extracted(html).metadata["author"] == "Ada Brandt"


def test_the_author_within_the_article_goes_before_others() -> None:
    html = _page(_TOM).replace("<main>", '<article><a rel="author">Ada Brandt</a></article><main>')
    assert _extracted(html).metadata["author"] == "Tom Quay"


@pytest.mark.parametrize(
    "marked",
    [
        '<span itemprop="datePublished" content="2024-05-06">Monday</span>',
        '<abbr class="published" title="2024-05-06">Monday</abbr>',
        '<meta itemprop="datePublished" content="2024-05-06">',
        '<time class="entry-date" datetime="2024-05-06">Monday</time>',
        '<div class="wp-block-post-date"><time datetime="2024-05-06">Monday</time></div>',
        '<time class="published updated" datetime="2024-05-06">Monday</time>',
        '<time class="entry-date updated" datetime="2024-05-07">Tuesday</time><time class="entry-date" datetime="2024-05-06">Monday</time>',
    ],
)
def test_dates_marked_in_the_text(marked: str) -> None:
    assert _extracted(_page(marked)).metadata["published"] == "2024-05-06"


@pytest.mark.parametrize(
    ("said", "date"),
    [
        ({"@type": "WebPage", "datePublished": "2024-05-06"}, "2024-05-06"),
        ({"@graph": [{"@type": "WebPage", "datePublished": "2023-05-06"}, {"@type": "Article", "datePublished": "2024-05-06"}]}, "2024-05-06"),
        ({"@type": "ItemList", "itemListElement": [{"@type": "WebPage", "datePublished": "2024-05-06"}]}, None),
        ({"@type": "VideoObject", "datePublished": "2024-05-06"}, None),
    ],
)  # fmt: skip
def test_the_date_of_a_page_that_is_no_article(said: Any, date: str | None) -> None:
    page = _extracted(_page(head=f'<script type="application/ld+json">{json.dumps(said)}</script>'))
    assert page.metadata["published"] == date


@pytest.mark.parametrize(
    ("head", "site"),
    [
        ('<meta property="og:site_name" content="https://www.harbour.example/">', "harbour.example"),
        ('<meta property="og:site_name" content="{$site.name}">', "harbour.example"),
        ('<meta property="og:site_name" content="Boats // Piers">', "Boats // Piers"),
        ('<script type="application/ld+json">{"@type": "WebSite", "name": "The Harbour Post"}</script>', "The Harbour Post"),
    ],
)
def test_sites_have_names(head: str, site: str) -> None:
    assert _extracted(_page(head=head), "https://www.harbour.example/pier").metadata["site"] == site


_BY_ADA = {"author": {"name": "Ada Brandt"}}


@pytest.mark.parametrize(
    ("said", "author"),
    [
        ({"@type": "Product", "name": "A lamp", "review": {"@type": "Review", "name": "Old pier open again", **_BY_ADA}}, None),
        ({"@type": "ItemList", "itemListElement": [{"@type": "ListItem", "item": {"@type": "Article", **_BY_ADA}}]}, None),
        ({"@type": "Blog", "blogPost": [{"@type": "BlogPosting", "headline": "Ferry late", **_BY_ADA}]}, None),
        ({"@type": "Blog", "blogPost": [{"@type": "BlogPosting", "headline": "Old pier open again", **_BY_ADA}]}, "Ada Brandt"),
        ({"@type": "WebPage", "mainEntity": {"@type": "Article", **_BY_ADA}}, "Ada Brandt"),
        ([{"@type": "Article", **_BY_ADA}, {"@type": "WebPage"}], "Ada Brandt"),
        ({"@type": "Review", **_BY_ADA}, "Ada Brandt"),
        ([{"@type": "Article", "headline": title, **_BY_ADA} for title in ("Ferry late", "New mayor sworn in")], None),
        ({"@type": "Article", "author": {"name": "<a href='/ada'>Ada <b>B</b>randt</a>"}}, "Ada Brandt"),
    ],
)
def test_the_article_of_json_ld_is_that_of_the_page(said: Any, author: str | None) -> None:
    page = _extracted(_page(head=f'<script type="application/LD+JSON">{json.dumps(said)}</script>'))
    assert page.metadata["author"] == author


def test_headlines_of_json_ld_are_without_markup() -> None:
    said = {"@type": "Article", "headline": "Old <i>pier</i><br>open &lt;b&gt;again&lt;/b&gt;"}
    html = _page(head=f'<script type="application/ld+json">{json.dumps(said)}</script>').replace(
        "<h1>Old pier open again</h1>", ""
    )
    assert _extracted(html).title == "Old pier open again"


@pytest.mark.parametrize(
    ("attributes", "head", "language"),
    [
        ('xml:lang="de"', "", "de"),
        ('lang=" de "', "", "de"),
        ('lang="DE-at"', "", "de"),
        ('lang=" "', '<meta http-equiv="Content-Language" content="de, de-DE">', "de"),
        ('lang="{{ lang }}"', '<meta property="og:locale" content="de_DE">', "de"),
        ('lang="{{ lang }}"', '<script type="application/ld+json">{"@type": "Article", "inLanguage": "de"}</script>', "de"),
        ('lang="und"', '<meta name="language" content="de">', "de"),
        ("", '<meta name="dc.language" content="de-AT">', "de"),
        ("", '<meta name="language" content="German">', None),
        ('lang="{{ lang }}"', "", None),
    ],
)
def test_languages(attributes: str, head: str, language: str | None) -> None:
    assert _extracted(_page(head=head, attributes=attributes)).metadata["language"] == language


@pytest.mark.parametrize(
    ("head", "url"),
    [
        ('<link rel="CANONICAL" href=" https://harbour.example/pier ">', "https://harbour.example/pier"),
        ('<link rel="shortlink canonical" href="//harbour.example/pier">', "https://harbour.example/pier"),
        ('<base href="http://harbour.example/news/"><link rel="canonical" href="pier">', "http://harbour.example/news/pier"),
        ('<base href="/news/"><link rel="canonical" href="pier"><meta property="og:url" content="https://harbour.example/x">',
         "https://harbour.example/news/pier"),
        ('<link rel="canonical" href="pier">', None),
        ('<base href="http://harbour.example/news/">', None),
        ('<script type="application/ld+json">{"@type": "Article", "mainEntityOfPage": {"@id": "https://harbour.example/pier"}}</script>',
         "https://harbour.example/pier"),
        ('<script type="application/ld+json">{"@type": "Article", "url": "/pier"}</script>', None),
    ],
)  # fmt: skip
def test_addresses(head: str, url: str | None) -> None:
    said = _extracted(_page(head=head)).metadata
    assert (said["url"], said["site"]) == (url, "harbour.example" if url else None)


def test_the_language_of_the_body() -> None:
    assert _extracted(_page(head="").replace("<body>", '<body lang="de">')).metadata["language"] == "de"


def test_nothing_is_guessed() -> None:
    assert set(_extracted(_page(head="")).metadata.values()) == {None}


@pytest.mark.parametrize(
    ("head", "h1", "title"),
    [
        ("<title>Old pier open again - The Harbour Post</title>", "Old pier open again", "Old pier open again"),
        ("<title>Old pier open again - The Harbour Post</title>", "", "Old pier open again"),
        ("<title>The Harbour Post: Old pier open again</title>", "Old pier open again", "Old pier open again"),
        ("<title>Visit our pier! Best tips</title>", "Old pier open again", "Old pier open again"),
        ('<title>x</title><meta property="og:title" content="Old pier open again">', "Repairs: Old pier open again",
         "Repairs: Old pier open again"),
        ('<title>x</title><meta property="og:title" content="Old pier open again">', "<i>Repairs:</i> Old pier open again", "Old pier open again"),
        ("<title>Repairs: Old pier open again</title>", '<span class="kicker">Repairs</span>Old pier open again', "Old pier open again"),
        ("<title>Repairs - Old pier open again</title>", "<small>Repairs</small><br>Old pier open again", "Old pier open again"),
        ("<title>Repairs</title>", '<span>By Ada</span><span itemprop="headline">Old pier open again</span>', "Old pier open again"),
        ("<title>Old pier open again</title>", "Old pier open again after the long winter", "Old pier open again after the long winter"),
        ("<title>Old pier<br>open again</title>", "Old pier<br>open <b>again</b>", "Old pier open again"),
        ("<title>x</title>", "<ruby>Old<rt>ald</rt></ruby> pier open again", "Old pier open again"),
        ('<title>Old pier open again | Post</title><meta property="og:site_name" content="Post">', "Old pier open again | Post", "Old pier open again"),
        ('<title>Old pier open again</title><meta property="og:site_name" content="The Harbour Post">', "The Harbour Post",
         "Old pier open again"),
        ("<title>Piers - and how to mend them</title>", "Piers - and how to mend them", "Piers - and how to mend them"),
        ("<title>Tom &amp;amp; Ada</title>", "Tom &amp; Ada", "Tom & Ada"),
        ("<title>x</title>", "<style>h1{color:red}</style>Old pier open again", "Old pier open again"),
        ("<title>»Open again« | Post</title>", "»Open again«", "»Open again«"),
        ("<title>« Le vieux pont est ouvert » - Post</title>", "« Le vieux pont est ouvert »", "« Le vieux pont est ouvert »"),
        ("<title>Old pier open again » Post</title>", "", "Old pier open again"),
        ("<title>x</title>", "Old pier open&shy;ed a&#8203;gain", "Old pier opened again"),
        ("<title>x</title>", "Old<br><span>pier</span> open<br/><b>again</b>", "Old pier open again"),
        ("<title>x</title>", "<span>Old pier</span>\n<span>open again</span>", "Old pier open again"),
        ("<title>x</title>", 'Old pier open again<a href="#top">¶</a>', "Old pier open again"),
        ("<title>x</title>", 'Old pier open again <span class="visually-hidden">: Harbour,</span> <time>May 6</time>', "Old pier open again"),
        ("<title>x</title>", 'Old pier open again <span class="subtitle">after two years</span>', "Old pier open again after two years"),
        ("<title>x</title>", "<b>“</b>Old pier open again”", "“Old pier open again”"),
        ("<title>x</title>", '<span class="field--label-hidden">Old pier</span> open again', "Old pier open again"),
        ("<title>Old pier open again</title>", '<span class="x">Repairs</span><span class="x">: Old pier open again</span>', "Old pier open again"),
        ("<title>Letters: Old pier | Ferry</title>", "<i>To the editor |</i> <b>Letters: Old pier | Ferry</b>", "Letters: Old pier | Ferry"),
        ("<title>Old pier open again</title>", "<b>Old pier open again:</b> <i>pictures</i>", "Old pier open again"),
        ("<title>x</title>", "<div>Old pier open again</div><div>after the winter</div>", "Old pier open again after the winter"),
        ("<title>x</title>", "<div><b>Old pier</b></div><i>open again</i>", "Old pier open again"),
        ("<title>x</title>", '<b itemprop="headline">Old pier<br>open again</b>', "Old pier open again"),
        ("<title>Old pier open again | Post</title>", "<span>Old pier</span><span>open again</span>", "Old pier open again"),
        ("<title>Old pier open again</title>", "<span>O</span>ld pier open <b>a</b><i>gain</i>", "Old pier open again"),
        ("<title>x</title>", 'Old pier<span class="block text-xl">open again</span>', "Old pier open again"),
        ("<title>Repairs: Old pier open again</title>", "<b>Repairs</b><i>Old pier open again</i>", "Repairs Old pier open again"),
        ("<title>x</title>", "&rlm;Old pier open again&lrm;", "Old pier open again"),
        ("<title>旧码头重新开放｜港口网</title>", "", "旧码头重新开放"),
        ("<title>旧码头重新开放_港口网</title>", "", "旧码头重新开放"),
        ('<title>旧码头重新开放-港口网</title><meta property="og:site_name" content="港口网">', "", "旧码头重新开放"),
        ('<title>Old pier open again—The Post</title><meta property="og:site_name" content="The Post">', "", "Old pier open again"),
        ('<title>The Old-Post</title><meta property="og:site_name" content="Post">', "", "The Old-Post"),
        ("<title>old_pier_open</title>", "", "old_pier_open"),
        ("<title>Old pier open again after the long winter | The Harbour Post of the Town</title>", "", "Old pier open again after the long winter"),
        ("<title>Old pier open again after the long winter | The Harbour Post of the Old Town</title>", "",
         "Old pier open again after the long winter | The Harbour Post of the Old Town"),
        ("<svg><title>Logo</title></svg>", "", None),
        ("", "", None),
    ],
)  # fmt: skip
def test_titles(head: str, h1: str, title: str | None) -> None:
    html = _page(head=head).replace("<h1>Old pier open again</h1>", f"<h1>{h1}</h1>" if h1 else "")
    assert _extracted(html).title == title


def test_trafilatura_keeps_no_text_of_a_page() -> None:
    from trafilatura import utils

    assert _extracted(_page()).text
    utils.trim("a text")
    assert utils.trim.cache_info().currsize == 1  # so it is a cache
    assert _extracted(_page()).text
    assert utils.trim.cache_info().currsize == utils.line_processing.cache_info().currsize == 0


_LINKS = "<ul>" + "<li><a href='/'>Home</a></li>" * 20 + "</ul>"
_FEW = "<ul><li><a href='/a'>Share</a></li><li><a href='/b'>Print</a></li></ul>"
_POST = "<title>The Harbour Post » Archive » Old pier open again</title>"


@pytest.mark.parametrize(
    ("head", "above", "title"),
    [
        (_POST, '<h1><a href="/">The Harbour Post</a></h1><h2>Old pier open again</h2>', "Old pier open again"),
        (_POST, '<h1><a href="http://harbour.example">The Harbour Post</a></h1><h2>Old pier open again</h2>', "Old pier open again"),
        (_POST, '<h1><a href="/web/2014/http://harbour.example/">The Harbour Post</a></h1><h2>Old pier open again</h2>', "Old pier open again"),
        (_POST, '<a href="/index.html"><h1>The Harbour Post</h1></a><h2>Old pier open again</h2>', "Old pier open again"),
        (_POST, '<h1>The Harbour Post</h1><h2><a href="/pier">Old pier open again</a></h2>', "The Harbour Post"),  # it cannot be known
        ("<title>Old pier open again | News | Harbour</title>",
         '<h1 class="sr-only">Old pier open again | News | Harbour</h1><h2>Old pier open again</h2>', "Old pier open again"),
        ("<title>Old pier open again-Harbour</title>", '<div class="top">Old pier open again</div>', "Old pier open again"),
        ("<title>Old pier open again, Harbour</title>", '<div class="top">Old pier open again</div>', "Old pier open again, Harbour"),
        ("<title>Report 12</title>", "<h2>Old pier open again</h2>", "Old pier open again"),
        ("<title>Report 12</title>", "<div>Report 12</div><h2>Old pier open again</h2>", "Report 12"),
        ("<title>Report 12</title>", "", "Report 12"),
        ("<title>The Harbour Post</title>", '<h1><a href="/pier">Old pier open again</a></h1>', "Old pier open again"),
        # In forums, the h1 is the name of the site
        ("<title>Old pier open again? - Harbour Forum</title>", '<h1>Harbour Forum</h1><h2><a href="/t">Old pier open again?</a></h2>', "Old pier open again?"),
        ("<title>Chapter 3 - Old pier open again</title>", "<h1>Old pier open again</h1><h2>Chapter 3</h2>", "Old pier open again"),
        ("<title>Report 12</title>", "<h2>Old pier<br>open again</h2>", "Old pier open again"),
        # Sections stand between headline and site
        ("<title>Old pier open again | Repairs | Harbour</title>", "<h1>The pier is open</h1><h2>Repairs</h2>", "The pier is open"),
        ("<title>Old pier open again | Repairs | Harbour</title>", "<h1>Repairs</h1><h1>Ferry</h1><h2>Old pier open again</h2>", "Old pier open again"),
        ("<title>News - Piers - open again - Harbour</title>", "<h1>News of the harbour</h1><h2>Piers - open again</h2>", "Piers - open again"),
        ("<title>Old pier open again | Harbour</title>", "<h1>Welcome</h1><h2>Old pier open again</h2>", "Old pier open again"),
        ("<title>Old pier open again</title>", "<h1>Welcome</h1><h2>Old pier open again</h2>", "Old pier open again"),
        ("<title>Old pier open again | Repairs</title>", "<h1>The bridge of boards is mended</h1><h2>Repairs</h2>", "The bridge of boards is mended"),
        ("<title>Old pier - open again</title>", "<h1>The bridge of boards is mended</h1><h2>Old pier</h2>", "The bridge of boards is mended"),
        ("<title>Old pier open again</title>", "<h1>How it came: old pier open again</h1><h2>Old pier open again</h2>", "Old pier open again"),
        ("<title>Old pier open again - News - Town of the Harbour</title>", "<h1>News</h1><h2>Old pier open again</h2>", "Old pier open again"),
        # Other headings stand aside, or far from the article
        ("<title>Pier | The Post of the Old Harbour</title>", "<h1>It is mended</h1><footer><h2>The Post of the Old Harbour</h2></footer>", "It is mended"),
        ("<title>Repairs - Old pier open again</title>", '<h1 class="strapline">Repairs</h1><h2>Old pier open again</h2>', "Old pier open again"),
        ("<title>Old pier open again</title>", '<h1 class="login-modal-title">Log in</h1><div>Old pier open again</div>', "Old pier open again"),
        ("<title>Visit our pier!</title>", f"<nav><h1>Menu</h1>{_LINKS}</nav><h1>Old pier open again</h1>{_FEW}", "Old pier open again"),
        ("<title>All about this pier</title>", f"<nav><h1>Menu</h1><h1>Pier</h1>{_LINKS}</nav>", "All about this pier"),
        ("<title>The old pier is open again</title>", "<h1>Menu of our paper</h1><h1>Old pier open again</h1>", "Old pier open again"),
        ("<title>Visit our pier!</title>", '<h2 class="hidden">Main content of the page</h2>', "Visit our pier!"),
        ("<title>Report 12</title>", '<h2>Old pier open again</h2><h2 class="hidden">Main content</h2>', "Old pier open again"),
        # No heading at all
        ("<title>旧码头重新开放-新华网</title>", "<div>旧码头重新开放-新华网</div><div>旧码头重新开放</div>", "旧码头重新开放"),
        ("<title>旧码头重新开放_新闻_港口网</title>", "<div>旧码头重新开放</div>", "旧码头重新开放"),
        ("<title>Pier | Old pier open again | Post</title>", "<div>Pier</div>", "Pier | Old pier open again"),
        ('<title>The Harbour Post</title><meta property="og:site_name" content="The Harbour Post">', "", "The Harbour Post"),
        ("<title>Old pier open again-Harbour</title>", "<div>Old pier open again-Harbour</div><div>Old pier open again</div>", "Old pier open again"),
        ("<title>Old pier open again | Harbour, North Sea, Europe | Port Local News</title>", "<h4>Old pier open again</h4>", "Old pier open again"),
        ("<title>Report 12 | Harbour</title>", '<nav><a href="/r">Report 12</a></nav><h2>Old pier open again</h2>', "Old pier open again"),
    ],
)  # fmt: skip
def test_titles_of_pages_without_a_heading_of_their_own(head: str, above: str, title: str) -> None:
    assert _extracted(_page(head=head).replace("<h1>Old pier open again</h1>", above)).title == title


def test_the_only_h1_just_above_the_article_is_its_headline() -> None:
    root = blocks.parse(
        f"<h1>Menu</h1>{'<p>Piers</p>' * 12}<h1>Old pier open again</h1><p>By Ada</p><p>May 6</p><p>{_PARAGRAPHS[0]}</p>"
    )
    found = blocks.find(root)
    assert metadata.read(root, None, found, len(found) - 1)[0] == "Old pier open again"
    assert metadata.read(root, None, found, 11)[0] is None


def test_a_hidden_heading_does_not_stand_between_headline_and_article() -> None:
    root = blocks.parse(f'<h2>Old pier open again</h2><h2 class="hidden">Content</h2><p>{_PARAGRAPHS[0]}</p>')
    found = blocks.find(root)
    assert metadata.read(root, None, found, len(found) - 1)[0] == "Old pier open again"


@pytest.mark.parametrize(
    ("given_date", "date"),
    [
        ("2024-05-06T07:08:09Z", "2024-05-06T07:08:09+00:00"),
        ("2024-05-06 07:08", "2024-05-06T07:08:00"),
        ("2024-05-06T99:99", "2024-05-06"),
        ("Mon, 06 May 2024 07:08:09 GMT", "2024-05-06T07:08:09+00:00"),
        ("May 6, 2024", "2024-05-06"),
        ("Monday, Sept. 16th 2024 at 10 am", "2024-09-16"),
        ("20240506", "2024-05-06"),
        ("20240506070809", "2024-05-06T07:08:09"),
        ("20241306070809", None),
        ("1512121212000", "2017-12-01T09:40:12+00:00"),
        ("1512121212", "2017-12-01T09:40:12+00:00"),
        ("2024050607", None),
        ("151212121200", None),
        ("2024/05/06", "2024-05-06"),
        ("2024-5-6", "2024-05-06"),
        ("6 May 2024", "2024-05-06"),
        ("Monday, 16 September 2024", "2024-09-16"),
        ("2024年5月6日", "2024-05-06"),
        ("6 marraskuuta 2024", None),
        ("2024/31/12", None),
        ("February 30, 2024", None),
        ("05/06/2024", None),
        ("05/16/2024", "2024-05-16"),
        ("Di., 16-05-2024 - 14:45", "2024-05-16"),
        ("06.05.2024, 07:08 Uhr", "2024-05-06"),
        ("2024. 5. 6.", "2024-05-06"),
        ("16.13.2024", None),
        ("1969-12-31T19:00:00-05:00", None),
        ("last Monday", None),
        ("1970-01-01T00:00:00Z", None),
        ("0001-01-01T00:00:00", None),
        ("2024-13-45", None),
        ("", None),
    ],
)
def test_dates(given_date: str, date: str | None) -> None:
    page = _extracted(_page(head=f'<meta property="article:published_time" content="{given_date}">'))
    assert page.metadata["published"] == date


# Pages with nothing in them, and pages made to hurt


@pytest.mark.parametrize(
    ("html", "stage"),
    [
        ("", "parse"),
        (" \n", "parse"),
        ("<!-- nothing -->", "parse"),
        ("<html><head><script>let x = 'text';</script></head><body><script>run()</script></body></html>", "blocks"),
        ("<frameset><frame src='a.html'><frame src='b.html'></frameset>", "blocks"),
        ("<div>" * 1_000_000 + "text", "parse"),
        (_LINKS, "model"),
    ],
)
def test_no_text(html: str, stage: str) -> None:
    page = extract(html)
    assert isinstance(page, NoText)
    assert page.stage == stage
    assert page.reason.endswith(".")


def test_an_article_of_links_alone_is_none() -> None:
    def page(plain: int) -> str:
        texts = [text if n < plain else f'<a href="/{n}">{text}</a>' for n, text in enumerate(_PARAGRAPHS)]
        return f"<h1>Old pier open again</h1><article>{''.join(f'<p>{text}</p>' for text in texts)}</article>"

    nothing = extract(page(0))
    assert isinstance(nothing, NoText)
    assert (nothing.stage, nothing.reason.partition(" is ")[2]) == ("model", "links alone.")
    assert _extracted(page(1)).text.split("\n\n") == ["Old pier open again", *_PARAGRAPHS]


def _script(body: str) -> str:
    return f'<script type="application/ld+json">{json.dumps({"@type": "NewsArticle", "headline": "Old pier open again", "articleBody": body})}</script>'


@pytest.mark.parametrize("shown", ["", _LINKS])
@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("\n\n".join(_PARAGRAPHS), "\n\n".join(_PARAGRAPHS)),
        ("".join(f"<p>{text}</p>" for text in _PARAGRAPHS), "\n\n".join(_PARAGRAPHS)),
        ("The mayor&rsquo;s  \ud83d office ", "The mayor’s \ufffd office"),
        ("&lt;p&gt;The pier&lt;/p&gt;&lt;p&gt;is &amp;lt;open&amp;gt;&lt;/p&gt;", "The pier\n\nis <open>"),
        ("Write &lt;b&gt; for bold", "Write <b> for bold"),
    ],
)
def test_an_article_that_the_page_does_not_show(shown: str, body: str, text: str) -> None:
    page = _extracted(f"<html><head>{_script(body)}</head><body>{shown}<div id='app'></div></body></html>")
    assert (page.text, page.title) == (text, "Old pier open again")
    assert page.settings["settings"]["text_from"].startswith("JSON-LD articleBody")


def test_of_articles_that_the_page_does_not_show_the_longest_is_its_own() -> None:
    scripts = [_script(body) for body in ("Another text.", "\n".join(_PARAGRAPHS), "And another one.")]
    assert _extracted(f"<html><head>{''.join(scripts)}</head></html>").text == "\n\n".join(_PARAGRAPHS)


def test_an_article_that_the_page_shows_is_not_taken_from_its_scripts() -> None:
    page = _extracted(_page(head=_script("Another text. " * 100)))
    assert "Another text" not in page.text
    assert "text_from" not in page.settings["settings"]
    for body in ("", " ", "<p></p>", "<!-- -->"):
        assert isinstance(extract(f"<html><head>{_script(body)}</head><body></body></html>"), NoText)


@pytest.mark.parametrize(("copies", "whole"), [(3, False), (4, True)])
def test_an_article_of_which_the_page_shows_a_small_part(copies: int, whole: bool) -> None:
    html = _page(head=_script("".join(f"<p>{text}</p>" for text in _PARAGRAPHS * copies) + "<h2>Sources</h2>"))
    page = _extracted(html)
    assert (page.text.count(_PARAGRAPHS[0]), "text_from" in page.settings["settings"]) == (copies if whole else 1, whole)
    assert page.title == "Old pier open again"
    assert (page.text.count("\n"), 2) in page.headings or not whole
    several = _extracted(html.replace("</head>", f"{_script('Another text.')}</head>"))
    assert several.text.count(_PARAGRAPHS[0]) == 1


def _damaged(html: str) -> str:
    """A page with one thing that upsets parsers put into its article."""
    return _page().replace("<p>Work", f"{html}<p>Work")


@pytest.mark.parametrize(
    "html",
    [
        '<?xml version="1.0" encoding="ISO-8859-1"?>\n' + _page(attributes='xmlns="http://www.w3.org/1999/xhtml" xml:lang="en"'),
        '<meta charset="utf-16">' + _page(),
        "\ufeff" + _page(),
        _damaged("\x00\x01\x1b\ufffe"),
        _damaged("\ud800\udfff"),
        _damaged("<b>" * 300),
        _damaged("<div>" * 1500 + "</div>" * 1500),
        _damaged("</p></p></div></body></html>"),
        _damaged(f"<div {' '.join(f'a{i}={i}' for i in range(300_000))}></div>"),
        _damaged('<div class="' + "x" * 1_000_000 + '"></div>'),
        _damaged("<!-- -- > --><![CDATA[ x ]]><?php echo 1 ?>"),
        _page(head=f'<script type="application/ld+json">{"[" * 100_000}</script>'),
        _page(head='<script type="application/ld+json">{"@type": 5, "headline": {}, "author": [[1]]}</script>'),
        _page(head='<link rel="canonical" href="http://[bad"><base href="http://[">'),
        _page(head="<title>" + "a - b | " * 20_000 + "</title>"),
    ],
    ids=range(15),
)
def test_hostile_pages_keep_their_article(html: str) -> None:
    page = _extracted(html)
    for text in _PARAGRAPHS:
        assert text in page.text.replace("\ufffd", "")


def test_entities_of_a_dtd_are_not_expanded() -> None:
    dtd = '<!DOCTYPE html [<!ENTITY a "lollollol"><!ENTITY b "&a;&a;&a;">]>'
    page = _extracted(_page(f"<p>{_PARAGRAPHS[0]} &b;</p>").replace("<!DOCTYPE html>", dtd))
    assert "lollollol" not in page.text


def test_there_is_twice_as_much_to_do_for_twice_the_page() -> None:
    """Not four times, as if every block were compared with every other."""
    extract(_page())  # what is imported and compiled for the first page
    pages = [_page("".join(f"<p>{text} {n}</p>" for n in range(copies) for text in _PARAGRAPHS)) for copies in (50, 100)]
    once, twice = (steps(extract, html) for html in pages)
    assert 1.5 * once < twice < 2.2 * once


def test_a_page_of_very_many_paragraphs_is_kept_as_it_is() -> None:
    lines = [f"line {n}" for n in range(60_000)]
    page = _extracted("<p>" + "<p>".join(lines))
    assert page.text.split("\n\n") == lines
    assert page.settings["settings"]["trafilatura_failed"] == "too many blocks: all are kept"


_PIECES = st.sampled_from(
    ["<p>", "</p>", "<div class='comment'>", "</div>", "<table>", "<tr><td>", "</table>", "<br>", "<li>", "<pre>", "</pre>", "<a href='/x'>",
     "</a>", "<script>", "</script>", "<!--", "-->", "<![CDATA[", "<svg>", "<template>", "<meta charset='x'>", "<h1>", "</h1>", "&#0;", "&amp",
     "\x00", "\ud800", "<title>", "</title>", "<html lang='", "<base href='//'>", "'", '"', ">", "<", *_PARAGRAPHS]
)  # fmt: skip


def _check(result: Extracted | NoText) -> None:
    if isinstance(result, NoText):
        assert result.reason.endswith(".")
        return
    assert result.text.strip()
    assert result.text.encode()  # no half of a surrogate pair
    lines = result.text.split("\n")
    assert all(lines[i].strip() and 1 <= level <= 6 for i, level in result.headings)
    json.dumps([result.title, dict(result.metadata), dict(result.settings)])


@given(st.text(alphabet=st.characters(), max_size=200))
def test_any_string_gives_a_result(html: str) -> None:
    _check(extract(html))


@settings(deadline=None)
@given(st.lists(_PIECES | st.text(max_size=10), max_size=40).map("".join))
def test_any_tag_soup_gives_a_result(html: str) -> None:
    _check(extract(html))


@settings(deadline=None)
@given(st.data())
def test_a_mutilated_page_gives_a_result(data: st.DataObject) -> None:
    html = _page("<ul><li>One</li></ul><table><tr><td>1</td></tr></table>")
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(html))] * 2)))
    _check(extract(html[:start] + data.draw(_PIECES) + html[end:]))


def test_the_result_does_not_depend_on_what_came_before() -> None:
    pages = [_page(), _page("<p>Another paragraph, which is the only one that is not on the other page, said the editor.</p>")]
    alone: list[Any] = [extract(html) for html in pages]
    for _ in range(5):
        assert [extract(html) for html in reversed(pages)] == alone[::-1]


def test_trafilatura_is_imported_for_the_first_page_only() -> None:
    code = (
        "import sys; import cleaners.extract as e; assert 'trafilatura' not in sys.modules; e.extract('<p>x</p>'); "
        "assert 'trafilatura' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# What decides about a block


def test_a_block_is_judged_as_a_line_too() -> None:
    root = blocks.parse(_page("<p>Leave a<br>Reply</p>"))
    found = blocks.find(root)
    probable, ruled = as_lines(found)
    of = {block.text: (p, r) for block, p, r in zip(found, probable, ruled, strict=True)}
    assert all(of[text][0] > 0.8 and of[text][1] == 0 for text in _PARAGRAPHS)
    assert of["Sport"][0] < 0.5
    assert of["Leave a\nReply"][1] == 1  # goes wherever it stands


def test_how_far_the_elements_are_that_say_what_a_block_is() -> None:
    shown, hidden = blocks.find(
        blocks.parse('<main><div class="related-box"><ul><li>One</li></ul></div><div hidden><div><p>Two</p></div></div></main>')
    )
    kinds = list(blocks.KINDS)
    distances = dict(zip(kinds, shown.box.distances(), strict=True))
    assert [distances[kind] for kind in ("related", "main_tag")] == [2, 3]
    assert min(distances["unseen"], distances["letter"]) > shown.box.depth
    assert dict(zip(kinds, hidden.box.distances(), strict=True))["unseen"] == 2


@pytest.mark.parametrize(
    ("body", "stays"),
    [
        ('<div class="newsletter-modal" hidden><p>Our editors write to you each morning. Sign up now.</p></div>', False),
        ('<div style="display: none"><div class="cookie"><p>We ask you to agree, so that we can go on.</p></div></div>', False),
        ('<div class="more" hidden><p>The pier was built by a brewer, who died before the first ship came in.</p></div>', True),
        ('<div class="newsletter"><p>The mayor wrote of it in the letter that goes to every house each month.</p></div>', True),
        (f'<div class="paywall" style="display: none">{"".join(f"<p>Again: {text}</p>" for text in _PARAGRAPHS)}</div>', True),
        ('<div class="screen-reader-text"><p>Skip the gallery and go on reading.</p></div>', False),
    ],
)
def test_pop_ups_that_are_not_shown_and_notes_for_listeners_go(body: str, stays: bool) -> None:
    plain, text = _extracted(_page()).text, _extracted(_page(body)).text
    assert (len(text) > len(plain), text == plain) == (stays, not stays)


@pytest.mark.parametrize(
    ("names", "body", "stays"),
    [
        ("c-related", '<h4>Related</h4><ul><li><a href="/1">Ferry late again on Monday, third time</a></li></ul>', False),
        ("inlineRelated box", '<a href="/1">Ferry late again on Monday, third time</a>', False),
        ("correlated", '<a href="/1">Ferry late again on Monday, third time</a>', True),
        ("related", '<p>The <a href="/1">ferry</a> is late on Mondays, when the tide is low, as all who take it know.</p>', True),
    ],
)
def test_links_to_other_articles_in_its_midst_go(names: str, body: str, stays: bool) -> None:
    assert ("Monday" in _extracted(_page(f'<div class="{names}">{body}</div>')).text) == stays


def test_a_numbered_list_loses_no_item() -> None:
    notes = [f"The survey of 18{n} lies in the archive of the county, in a box that nobody had opened." for n in range(90, 96)]
    html = "".join(f"<li id=fn{n}>{note}</li>" for n, note in enumerate([*notes[:5], "Ibid.", notes[5]]))
    found = blocks.find(
        blocks.parse(f'<ol>{html}<li><a href="#top">To the beginning</a></li></ol><ol><li>Home</li><li>{notes[0]}</li></ol>')
    )
    kept = [True, True, True, False, True, False, True, False, True, False]
    assert _with_items(found, [*kept]) == [*[True] * 7, False, True, False]
    comments = blocks.find(blocks.parse(f"<ol class=commentlist>{html}</ol>"))
    assert _with_items(comments, kept[:7]) == kept[:7]


def _numbers(html: str, *names: str) -> list[list[float]]:
    """What is known about each block of a page, by name."""
    found = blocks.find(blocks.parse(html))
    table = features.table(found, "", [0.5] * len(found), [0] * len(found))
    return [[row[features.NAMES.index(name)] for name in names] for row in table]


def test_a_block_knows_whether_what_it_stands_in_is_a_copy() -> None:
    text = "".join(f"<p>{paragraph}</p>" for paragraph in _PARAGRAPHS)
    numbers = _numbers(f'<div class="wide">{text}</div><div class="narrow">{text}</div>', "parent_copied", "all_copied")
    assert numbers == [[0, 0.5]] * len(_PARAGRAPHS) + [[1, 0.5]] * len(_PARAGRAPHS)


def test_a_line_that_is_slow_for_a_rule_does_not_cost_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    def too_slow(*_: object) -> None:
        raise matching.RuleTimeoutError

    monkeypatch.setattr(matching.Matcher, "find", too_slow)
    assert _PARAGRAPHS[0] in _extracted(_page()).text


def test_trees_are_walked_as_they_are_written() -> None:
    """The same as to go from node to node, for more blocks than are looked at together."""

    def leaf(node: Any, row: list[float]) -> float:
        while isinstance(node, list):
            node = node[2] if row[node[0]] <= node[1] else node[3]
        return float(node)

    written = json.loads(Path(model.__file__).with_name("model.json").read_bytes())
    found = blocks.find(blocks.parse(_page("".join(f"<p>{n} {text}</p>" for n in range(90) for text in _PARAGRAPHS))))
    rows = list(features.table(found, "\n".join(_PARAGRAPHS), *as_lines(found)))
    assert len(rows) > 512
    kept = model.keeps(model.load(), rows)
    assert kept == [sum(leaf(tree, row) for tree in written["trees"]) >= written["threshold"] for row in rows]
    assert {*kept} == {True, False}
    assert model.keeps(model.load(), []) == []


def test_where_no_block_is_likely_the_likelier_ones_are_kept() -> None:
    found = blocks.find(blocks.parse(_page()))
    rows = list(features.table(found, "\n".join(_PARAGRAPHS), *as_lines(found)))
    out_of_reach = model.load()._replace(threshold=10**9)
    kept = model.keeps(out_of_reach, rows)
    assert [block.text for block, keep in zip(found, kept, strict=True) if keep][-1] == _PARAGRAPHS[-1]
    assert not any(model.keeps(out_of_reach, [row for row, keep in zip(rows, kept, strict=True) if not keep]))
