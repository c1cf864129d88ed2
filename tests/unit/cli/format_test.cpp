#include "cli/format.hpp"

#include <doctest/doctest.h>

#include <boost/json/parse.hpp>

#include "cli/arguments.hpp"

using namespace containerlib::cli;

namespace {

const json::value data = json::parse(R"({
  "ID": "abc", "Size": 12, "Ratio": 0.5, "Running": true, "Gone": null,
  "State": {"Status": "exited", "ExitCode": 3},
  "Mounts": [{"Source": "/a"}, {"Source": "/b"}], "Env": ["A=1", "B=2"], "None": [],
  "Labels": {"x.y": "1", "z": "2"}})");

std::string rendered(std::string_view text) { return Template(text).render(data); }

}  // namespace

TEST_CASE("fields") {
  CHECK(rendered("") == "");
  CHECK(rendered("plain") == "plain");
  CHECK(rendered("{{.ID}}/{{ .State.Status }}") == "abc/exited");
  CHECK(rendered("{{.Size}} {{.Running}} {{.Gone}}") == "12 true <no value>");
  CHECK(rendered("{{.Env}} {{.State}}") == "[A=1 B=2] map[ExitCode:3 Status:exited]");
  CHECK(rendered("a\\tb\\nc") == "a\tb\nc");
}

TEST_CASE("a wrong field is an error, a missing label is not") {
  CHECK_THROWS_WITH_AS(rendered("{{.Nope}}"), "invalid --format: there is no field .Nope",
                       UsageError);
  CHECK_THROWS_AS(rendered("{{.ID.Deeper}}"), UsageError);
  CHECK(rendered("{{.Labels.nope}}") == "<no value>");
  CHECK(rendered("{{.Labels.z}}") == "2");
  CHECK(rendered(R"({{index .Labels "x.y"}}-{{index .Labels "nope"}}-{{index .Env 1}})") ==
        "1--B=2");
}

TEST_CASE("functions and pipes") {
  CHECK(rendered("{{json .State}}") == R"({"Status":"exited","ExitCode":3})");
  CHECK(rendered("{{.ID | json}}") == R"("abc")");
  CHECK(rendered("{{.ID | upper | lower | title}}") == "Abc");
  CHECK(rendered("{{len .Env}} {{len .ID}}") == "2 3");
  CHECK(rendered(R"({{join .Env ", "}})") == "A=1, B=2");
  CHECK(rendered(R"({{println "a" .Size}})") == "a 12\n");
  CHECK(rendered(R"({{"a\"b"}}{{`c`}})") == "a\"bc");
}

TEST_CASE("range, if and else") {
  CHECK(rendered("{{range .Mounts}}[{{.Source}}:{{$.ID}}]{{end}}") == "[/a:abc][/b:abc]");
  CHECK(rendered("{{range .None}}x{{else}}empty{{end}}") == "empty");
  CHECK(rendered("{{range .Labels}}{{.}};{{end}}") == "1;2;");
  CHECK(rendered("{{if .Running}}up{{else}}down{{end}}") == "up");
  CHECK(rendered("{{if .None}}a{{end}}{{if not .None}}b{{end}}") == "b");
  CHECK(rendered(R"({{if eq .State.ExitCode 3}}three{{end}}{{if ne .ID "abc"}}x{{end}})") ==
        "three");
  CHECK(rendered("{{range .Env}}{{if eq . \"A=1\"}}<{{.}}>{{end}}{{end}}") == "<A=1>");
}

TEST_CASE("variables, with and else if") {
  CHECK(rendered("{{range $i, $e := .Env}}{{$i}}={{$e}};{{end}}") == "0=A=1;1=B=2;");
  CHECK(rendered("{{range $k, $v := .Labels}}{{$k}}:{{$v}} {{end}}") == "x.y:1 z:2 ");
  CHECK(rendered("{{range $e := .Env}}{{$e}}{{end}}") == "A=1B=2");
  CHECK(rendered("{{with .State}}{{.Status}} of {{$.ID}}{{else}}none{{end}}") == "exited of abc");
  CHECK(rendered("{{with .None}}x{{else}}none{{end}}") == "none");
  CHECK(rendered("{{with $s := .State}}{{$s.ExitCode}}{{end}}") == "3");
  CHECK(rendered("{{$x := .State.Status}}<{{$x}}>") == "<exited>");
  CHECK(rendered("{{if .None}}a{{else if .Running}}b{{else}}c{{end}}d") == "bd");
}

TEST_CASE("parentheses") {
  CHECK(rendered("{{(index .Mounts 1).Source}}") == "/b");
  CHECK(rendered(R"({{len (join .Env ",")}} {{(.ID | upper)}})") == "7 ABC");
  CHECK(rendered("{{if and (eq .ID \"abc\") (gt .Size 5)}}yes{{end}}") == "yes");
  CHECK(rendered("{{if or .None (lt .Size 5)}}yes{{else}}no{{end}}") == "no");
}

TEST_CASE("printf, slice, split and truncate") {
  CHECK(rendered(R"({{printf "%s-%d-%5.1f|%-5s|%q|%v|%%" .ID .Size .Ratio .ID .ID .Running}})") ==
        "abc-12-  0.5|abc  |\"abc\"|true|%");
  CHECK(rendered(R"({{slice .ID 1}} {{slice .ID 0 2}} {{slice .Env 1 2}})") == "bc ab [B=2]");
  CHECK(rendered(R"({{range split "a:b" ":"}}<{{.}}>{{end}}{{index (split .ID "b") 1}})") ==
        "<a><b>c");
  CHECK(rendered(R"({{truncate .ID 2}}{{truncate .ID 20}})") == "ababc");
}

TEST_CASE("a map that is called is asked for a name") {
  CHECK(rendered(R"({{.Labels "x.y"}}{{.Labels "nope"}})") == "1");
}

TEST_CASE("trim marks take the blanks around") { CHECK(rendered("a  {{- .Size -}}  b") == "a12b"); }

TEST_CASE("what is not well formed is refused") {
  for (const char* text : {"{{",
                           "{{.ID",
                           "{{}}",
                           "{{end}}",
                           "{{range .Env}}",
                           "{{if}}x{{end}}",
                           "{{nope .ID}}",
                           "{{\"open}}",
                           "{{.ID | .Size}}",
                           "{{if .ID}}a{{else}}b",
                           "{{else if .ID}}",
                           "{{(.ID}}",
                           "{{.ID)}}",
                           "{{$x}}",
                           "{{$x := }}",
                           "{{$a, $b, $c := .Env}}",
                           "{{.Size .ID}}",
                           "{{if .ID}}a{{else}}b{{else}}c{{end}}",
                           "{{with}}x{{end}}",
                           "{{printf \"%d\"}}",
                           "{{printf \"%d\" .ID}}",
                           "{{printf \"%y\" .ID}}",
                           "{{slice .ID 2 1}}",
                           "{{slice .ID 9}}",
                           "{{printf \"%999999999d\" 1}}",
                           "{{range .ID}}{{end}}",
                           "{{.ID |}}",
                           "{{index .Env 7}}",
                           "{{index .Env -1}}",
                           "{{..}}"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(rendered(text), UsageError);
  }
}
