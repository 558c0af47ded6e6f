"""The reader of nginx files says what crossplane says, knows where it stands, reads on behind faults, and ends on any input."""

from __future__ import annotations

import gc
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamlint.surroundings import nginx_file, templates
from streamlint.surroundings.nginx_file import Directive
from tools.nginx_files import compare

PLAIN = r"""
user nginx;  # a comment; with { marks }
events { worker_connections 1024; }
http {
    log_format json escape=json '{"time": "$time_iso8601", "quoted": "it\'s"}';
    map $http_upgrade $connection_upgrade { default upgrade; '' close; }
    upstream app { server app:8000 max_fails=3; keepalive 16; }
    server {
        listen [::]:80 default_server;
        location ~* "\.(?:js|css){1,2}$" { expires 1d; }
        location ~ ^/a\ b$ { return 200 "say \"yes\"; {\n}"; }
        location / {
            if ($request_method = "POST") { return 405; }
            if ( $host ~ ^www\. ) { return 301 $scheme://${host}x/; }
            proxy_pass http://app;
        }
        location /lua {
            content_by_lua_block {
                -- it's a comment with a brace }
                local t = { a = "}" }
                ngx.say(t.a)
            }
        }
    }
}
"""
HELM = """\
{{- define "app.nginx" }}
http {
  {{ include "app.extra" . }}
  {{- if .Values.buffer }}
  proxy_buffering on;
  {{- else }}
  proxy_buffering off;
  {{- end }}
  upstream app { server {{ .Values.host }}:{{ .Values.port }}; }
  server {
    listen 80;
    {{/* a comment with } and { */}}
    location / { proxy_pass http://app; proxy_read_timeout {% if slow %}300{% else %}60{% endif %}; }
  }
}
{{- end }}
"""
HOSTILE = [
    *('"', "'", "{", "}", "\\", '\\"', "$", "${", "\ufeff", " 'x", 'a "b ', "if (", "a {", "server {"),
    *(
        "{{",
        "{{ \n",
        "{{- \n}}\n",
        "{{ a }}{{ b }} ",
        "{% if x %}",
        "{% end %}",
        "{% if x %}a;\n",
        "{{/* ",
        "{# }",
        "<%",
    ),
    *("x_by_lua_block {", "x_by_lua_block {[[", "x_by_lua_block {[=[ {{ ", "x_by_lua_block {}", '# \\"\n'),
]


def words(text: str, directive: Directive) -> list[str]:
    return [text[each.span.start : each.span.end] for each in directive.arguments]


def test_a_file_of_everything_is_read_as_crossplane_does() -> None:
    assert compare(PLAIN) == "same"
    assert not nginx_file.read(PLAIN).faults


def test_every_span_is_what_it_says() -> None:
    for directive in nginx_file.read(PLAIN).walk():
        written = PLAIN[directive.span.start : directive.span.end]
        assert written.startswith(directive.name)
        assert written[-1] == ("}" if directive.is_block else ";")
        assert PLAIN[directive.head.start : directive.head.end] == " ".join(
            PLAIN[directive.head.start : directive.head.end].split(" ")
        )
        for argument, text in zip(directive.arguments, words(PLAIN, directive), strict=True):
            assert argument.is_quoted == (text[0] in "\"'")
            assert argument.is_quoted or "\\" in text or argument.text == text


def test_escapes_are_those_of_nginx() -> None:
    [directive] = nginx_file.read(r"""a "x\"y\n" 'it\'s' \.php$ q\"r;""").directives
    assert directive.texts == ('x"y\n', "it's", r"\.php$", 'q"r')


BARE = st.text(st.sampled_from("abz09/.:=~^*|()[]-_,@!?&%<>+"), min_size=1, max_size=6)
VARIABLE = st.sampled_from(["$host", "x${a}y", "http://$a$b/"])
"""crossplane reads on behind `${name}` where a blank follows."""
ESCAPED = st.sampled_from([r"\.php", r"a\ b", r"\;x", r"\\", r"\{2\}", r"\d+"])
INSIDE = st.text(st.sampled_from("ab 1;{}#$\n\t.'\""), max_size=6)
DOUBLE = INSIDE.map(lambda text: '"' + text.replace('"', '\\"') + '"')
SINGLE = INSIDE.map(lambda text: "'" + text.replace("'", "\\'") + "'")
GAP = st.sampled_from([" ", "  ", "\t", "\n    ", "\r\n", " # why; {\n"])
NAME = st.sampled_from(["proxy_pass", "location", "server", "set", "map", "if", "listen", "text/html", "default"])
BLOCK = {"location", "server", "map", "if"}


@st.composite
def statements(draw: st.DrawFn, depth: int = 0) -> str:
    text = draw(st.sampled_from(["", "\n", "# a line {\n", "  "]))
    for _ in range(draw(st.integers(0, 4))):
        name = draw(NAME)
        is_block = name in BLOCK and depth < 3
        if name == "server" and depth:
            name = "types"
        arguments = draw(
            st.lists(st.one_of(BARE, VARIABLE, ESCAPED, DOUBLE, SINGLE), min_size=not is_block, max_size=3)
        )
        text += name + "".join(draw(GAP) + each for each in arguments)
        text += draw(st.sampled_from(["", " "])) if arguments else " "
        text += "{" + draw(statements(depth + 1)) + "}" if is_block else ";"
        text += draw(GAP)
    return text


@given(statements())
def test_generated_files_are_read_as_crossplane_does(text: str) -> None:
    assert compare(text) == "same"
    assert not nginx_file.read(text).faults


@given(st.text(st.sampled_from("ab{}[];#\"'\\$ \n%<>-/*")))
def test_no_text_makes_the_reader_fail(text: str) -> None:
    found = nginx_file.read(text)
    for directive in found.walk():
        assert 0 <= directive.span.start <= directive.head.end <= directive.span.end <= len(text)
    template = templates.read(text)
    masked = template.masked(text)
    assert len(masked) == len(text)
    assert [at for at, each in enumerate(masked) if each == "\n"] == [
        at for at, each in enumerate(text) if each == "\n"
    ]


@pytest.mark.parametrize("piece", HOSTILE)
def test_the_reader_is_linear(piece: str) -> None:
    def cost(length: int) -> float:
        gc.disable()  # else what other tests hold is looked through again and again
        started = time.process_time()
        try:
            nginx_file.read(piece * (length // len(piece)))
            return time.process_time() - started
        finally:
            gc.enable()

    cost(1_000)
    assert cost(100_000) < 40 * max(cost(10_000), 0.01)


@pytest.mark.parametrize(
    ("text", "names", "fault"),
    [
        ("server {\n listen 80;\n location / {\n  proxy_pass http://a;\n }\n", ["listen", "location"], "not closed"),
        ("server { listen 80; }\n}\nserver { listen 81; }", ["listen"], "no block is open"),
        ("server { listen 80\n}", ["listen"], "not ended"),
        (
            "server { listen 80; location / { a b;\n}\nserver { listen 81; }",
            ["listen", "location"],
            "before a `server`",
        ),
        ('server { listen 80; set $x "a;\n set $y 1; }', ["listen", "set", "set"], ""),
        ("server { content_by_lua_block { if x then\n}", ["content_by_lua_block"], "not closed"),
        ("server { x_by_lua_block { { {\n}\nlisten 80; }", ["x_by_lua_block"], "Lua"),
    ],
)
def test_behind_a_fault_the_reader_goes_on(text: str, names: list[str], fault: str) -> None:
    found = nginx_file.read(text)
    assert [each.name for each in found.directives[0].inner] == names
    assert any(fault in each.message for each in found.faults) if fault else True


def test_a_byte_order_mark_is_no_directive() -> None:
    assert [each.name for each in nginx_file.read("\ufeffuser nginx;").directives] == ["user"]


def test_deep_blocks_end() -> None:
    found = nginx_file.read("a {" * 5_000 + "b c;" + "}" * 5_000)
    assert sum(1 for _ in found.walk()) < 5_000
    assert "too deeply" in found.faults[0].message


def test_a_template_is_read_through() -> None:
    found = nginx_file.read(HELM)
    assert found.is_template
    assert not found.faults
    [http] = found.directives
    unknown, on, off, upstream, server = http.inner
    assert unknown.is_unknown
    assert (on.texts, off.texts) == (("on",), ("off",))
    assert on.is_conditional and off.is_conditional and not server.is_conditional and not http.is_conditional
    assert not upstream.inner[0].is_known
    passing, timeout = server.inner[1].inner
    assert passing.is_known and not timeout.is_known


@pytest.mark.parametrize(
    "text",
    [
        "server {{ port }};\n",
        "<% if ssl %>\nssl on;\n<% end %>\nlisten <%= port %>;\n",
        "{# a comment } #}\n{% for x in y %}\nserver_name {{ x }};\n{% endfor %}\n",
        "{{ range $i, $e := .Servers }}server { listen {{ $e.Port }}; }{{ end }}\n{{/* } */}}\n",
    ],
)
def test_marks_of_all_kinds_leave_a_file_without_faults(text: str) -> None:
    assert not nginx_file.read(text).faults


def test_what_envsubst_fills_is_unknown() -> None:
    [directive] = nginx_file.read("proxy_read_timeout ${TIMEOUT};").directives
    assert not directive.is_known


def test_a_table_in_lua_is_no_template() -> None:
    found = nginx_file.read("server { content_by_lua_block { local t = {{1}, {2}} } listen 80; }")
    assert [each.name for each in found.directives[0].inner] == ["content_by_lua_block", "listen"]
