"""The readers of HAProxy, Caddy and Apache: every word has its place, nothing written is an error, and all takes linear time."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamlint.source import Span
from streamlint.surroundings import apache_file, caddyfile, haproxy_file

Words = list[tuple[str, Span, bool]]


def of_haproxy(text: str) -> Words:
    lines = (line for section in haproxy_file.read(text) for line in (section.head, *section.lines))
    return [(word.text, word.span, word.is_known) for line in lines for word in line.words]


def of_caddy(text: str) -> Words:
    directives = (inner for each in caddyfile.read(text) for inner in each.walk())
    return [(word.text, word.span, word.is_known) for each in directives for word in each.words]


def of_apache(text: str) -> Words:
    return [(word.text, word.span, word.is_known) for each in apache_file.read(text).walk() for word in each.words]


READERS = {"haproxy": of_haproxy, "caddy": of_caddy, "apache": of_apache}
Read = Callable[[str], Words]


@pytest.fixture(params=READERS)
def read(request: pytest.FixtureRequest) -> Read:
    return READERS[request.param]


# What they say


def test_haproxy_has_sections_of_lines() -> None:
    text = (
        "# a comment\n"
        "defaults slow\n\ttimeout server 50s # short\n"
        "frontend web from slow\r\n"
        "    acl chat path_beg -i /chat /ask\n"
        '    http-request set-header X-A "a # b"\\ c\n'
        "    use_backend app if chat\n"
        "backend app\n    server s1 ${HOST}:8000 check\n"
    )
    defaults, front, back = haproxy_file.read(text)
    assert [(each.kind, each.name) for each in (defaults, front, back)] == [
        ("defaults", "slow"),
        ("frontend", "web"),
        ("backend", "app"),
    ]
    assert [word.text for word in defaults.lines[0].words] == ["timeout", "server", "50s"]
    assert front.head.behind("from") == "slow"
    assert front.lines[1].text(3) == "a # b c"
    assert not back.lines[0].words[2].is_known and back.lines[0].words[1].is_known
    assert back.last("server") is back.lines[0] and front.every("acl", "chat") == [front.lines[0]]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ('"it\'s"', "it's"),
        ("'say \"yes\"'", 'say "yes"'),
        ('"a\\"b"', 'a"b'),
        ("'a\\b'", "a\\b"),
        ("a\\ b", "a b"),
        ("a'b c'd", "ab cd"),
        ("'$HOME'", "$HOME"),
    ],
)
def test_haproxy_words_are_what_quotes_make_them(written: str, meant: str) -> None:
    (section,) = haproxy_file.read(f"global\n  set-var {written}\n")
    (word,) = section.lines[0].words[1:]
    assert (word.text, word.is_known) == (meant, True)


def test_haproxy_fills_in_variables_outside_strong_quotes() -> None:
    (section,) = haproxy_file.read("global\n  set-var \"it's ${A} it's\" ${B} '${C}'\n")
    assert [word.is_known for word in section.lines[0].words] == [True, False, False, True]


def test_only_a_line_break_ends_a_line_of_haproxy() -> None:
    text = "backend app\n  # one\u2028 timeout server 1s\x0b\x85 timeout server 2s\n  timeout\fserver 3s\n"
    (section,) = haproxy_file.read(text)
    assert [[word.text for word in line.words] for line in section.lines] == [["timeout", "server", "3s"]]


def test_caddy_has_directives_in_blocks() -> None:
    text = (
        "{\n\tservers {\n\t\ttimeouts {\n\t\t\twrite 5s\n\t\t}\n\t}\n}\n"
        "chat.example.org, www.example.org {\n"
        "\t@chat path /chat/* # those\n"
        '\theader X "a { b" `c } d`\n'
        "\treverse_proxy @chat {$HOST}:8000 \\\n\t\tother:8000 {\n\t\tflush_interval -1\n\t}\n"
        "\trespond <<END\n\t}\n\tEND\n"
        "}\n"
    )
    options, site = caddyfile.read(text)
    assert options.has_block and not options.words
    assert [each.name for each in options.walk() if each.words] == ["servers", "timeouts", "write"]
    assert [each.name for each in site.inner] == ["@chat", "header", "reverse_proxy", "respond"]
    assert [word.text for word in site.inner[1].arguments] == ["X", "a { b", "c } d"]
    proxied = site.inner[2]
    assert [word.is_known for word in proxied.arguments] == [True, False, True]
    assert [each.name for each in proxied.inner] == ["flush_interval"]


def test_apache_has_directives_in_sections() -> None:
    text = (
        "Timeout 30\n"
        "<VirtualHost *:80>\n"
        "  # ProxyTimeout 1\n"
        '  <location "/chat room">\n'
        "    ProxyPass http://app:8000/ \\\n      timeout=60\n"
        "    RequestHeader set X 'a b'\n"
        "  </Location>\n"
        "  ProxyPass /x http://${HOST}:8000/\n"
        "</VirtualHost>\n"
        "</Nothing>\nProxyTimeout 5\n"
    )
    whole = apache_file.read(text)
    assert [each.name for each in whole.inner] == ["timeout", "virtualhost", "proxytimeout"]
    location, outer = whole.inner[1].inner
    assert (location.name, location.arguments[0].text, location.is_section) == ("location", "/chat room", True)
    assert [word.text for word in location.inner[0].arguments] == ["http://app:8000/", "timeout=60"]
    assert location.inner[1].arguments[-1].text == "a b"
    assert [word.is_known for word in outer.arguments] == [True, False]


# What holds for any text

PLAIN = st.from_regex(r"[a-z/][a-z0-9_./:-]{0,9}", fullmatch=True).filter(
    lambda word: word not in haproxy_file.SECTIONS and word != "import" and "//" not in word
)
LINES = st.lists(st.lists(PLAIN, min_size=1, max_size=4), min_size=1, max_size=6)


@given(LINES, st.sampled_from([" ", "\t", "  "]), st.sampled_from(["\n", "\r\n", "\n\n", " \n"]))
def test_plain_lines_of_haproxy_are_their_words(lines: list[list[str]], gap: str, end: str) -> None:
    text = f"backend app{end}" + "".join(gap + gap.join(words) + end for words in lines)
    (section,) = haproxy_file.read(text)
    assert [[word.text for word in line.words] for line in section.lines] == lines


@given(LINES, st.sampled_from([" ", "\t", " \\\n "]), st.sampled_from(["\n", "\r\n", "\n\n", " # said\n"]))
def test_plain_lines_of_caddy_are_their_words(lines: list[list[str]], gap: str, end: str) -> None:
    text = f"site {{{end}" + "".join(gap.join(words) + end for words in lines) + "}\n"
    (site,) = caddyfile.read(text)
    assert [[word.text for word in each.words] for each in site.inner] == lines


@given(LINES, st.sampled_from([" ", "\t", " \\\n "]), st.sampled_from(["\n", "\r\n", "\n\n", " \n"]))
def test_plain_lines_of_apache_are_their_words(lines: list[list[str]], gap: str, end: str) -> None:
    text = f"<Location /x>{end}" + "".join(gap.join(words) + end for words in lines) + "</Location>\n"
    (location,) = apache_file.read(text).inner
    assert [[word.text for word in each.words] for each in location.inner] == lines


ODD = st.text(alphabet="ab {}<>\"'`\\#$/@*=.:\n\r\t\f\x00\x0b\x85\u2028é\ufeff\udc80\ue000", max_size=150)
PIECES = st.lists(
    st.sampled_from(
        [
            *(
                "backend b\n",
                "defaults\n",
                "timeout server 1s\n",
                "acl a path /\n",
                "{\n",
                "}\n",
                "(a) {\n",
                "import a\n",
            ),
            *(
                "<Location /x>\n",
                "</Location>\n",
                "ProxyPass / http://a/\n",
                "<<A\n",
                "A\n",
                "\\\n",
                '"',
                "'",
                "`",
                "#",
            ),
            *("{{ x }}", "{% if x %}", "{$A}", "${A}", "<% x %>", "\n"),
        ]
    ),
    max_size=40,
).map("".join)


@given(st.one_of(ODD, PIECES))
def test_any_text_is_read_and_each_word_has_its_place(text: str) -> None:
    for read in READERS.values():
        for meant, span, is_known in read(text):
            assert 0 <= span.start < span.end <= len(text)
            written = text[span.start : span.end]
            if is_known and not set(written) & set("\"'`\\<") and meant.isascii():
                assert meant == written


HOSTILE = [
    *("{ ", "{\n", "}\n", "a {\n", "(a) {\nimport a\n", "<a", "<a>\n", "</a>\n", "<<A\n", "a <<A\nb\n", "<", ">", "<>"),
    *(
        '"',
        "'",
        "`",
        '"\\',
        "\"'",
        '\\"',
        "\\",
        "\\\n",
        "\\\\ ",
        "a\\\n",
        "#",
        "# a\n",
        "a#",
        "\x00",
        "\r",
        "\f",
        "\u2028",
    ),
    *(
        "backend b\n",
        "backend b\n timeout server 1s\n",
        "defaults\n",
        "a",
        "a ",
        " ",
        "\t \n",
        "{{ a }}",
        "{{ ",
        "{% if a %}",
    ),
    *("$", "${", "{$A}", "é", "\udc80"),
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_the_readers_are_linear(piece: str, read: Read) -> None:
    def cost(length: int) -> float:
        gc.disable()  # else what other tests hold is looked through again and again
        started = time.process_time()
        try:
            read(piece * (length // len(piece)))
            return time.process_time() - started
        finally:
            gc.enable()

    cost(1_000)
    assert cost(100_000) < 40 * max(cost(10_000), 0.01)


def test_a_heredoc_that_nobody_closes_ends_the_file() -> None:
    (directive,) = caddyfile.read("".join(f"a <<T{number}\n" for number in range(100)))
    assert len(directive.words) == 2
