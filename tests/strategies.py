"""What the property tests draw from."""

from hypothesis import strategies as st

# Every kind of text that a file or a caller may hand in: combining marks, line ends of all systems, NUL and other
# control characters, lone surrogates, astral characters, letters that grow when folded, broken encodings, entities.
CHARACTERS = (
    st.characters()
    | st.sampled_from(list("ab cdé\u0301\u0308ßİﬁ’“”…|–\n\n\n\r\x00\x0b\x0c\x1b\x85\xa0\xad\u200b\u2028\u2029\ufeff\ufffd&;<*"))
    | st.sampled_from(["\ud800", "\udfff", "\U0001f600", "文", "字", "ع", "ไ", "Ã", "©", "â", "€", "™"])
)
TEXT = st.text(CHARACTERS)

# Lines that the steps know, and lines that they must not touch, in any order.
LINES = st.sampled_from(
    [
        "",
        "",
        " ",
        "Council keeps the branch library open",
        "COUNCIL KEEPS THE BRANCH LIBRARY OPEN",
        "Council keeps the branch library open | The Daily Hill",
        "The Daily Hill",
        "Reference",
        "By Jane Doe",
        "Leave a Reply",
        "Leave a Reply Cancel reply",
        "Your email address will not be published. Required fields are marked *",
        "Name *",
        "Comment",
        "Post Comment",
        "Check Also",
        "Unlock the Welcome Bonus with Bonus Code HILL",
        "One of the top platforms for online sports betting and casino gaming …",
        "Share this:",
        "Facebook",
        "Opening hours",
        "Yes",
        "The council voted nine to four on Tuesday night to keep the branch library open until the end of the year, after a long debate.",
        "The council voted nine to four on Tuesday night to keep the branch library open until the end of the year.",
        "“We heard you,” said the mayor, who had first proposed to close it in order to pay for repairs to the bridge over the river.",
        "“We heard you”, said the Mayor, who had first proposed to close it in order to pay for repairs to the bridge over the river!",
        "The cafÃ© stays open &amp; free.",
        "market square\r",
    ]
)
DUMPS = st.lists(LINES, max_size=25).map("\n".join)
