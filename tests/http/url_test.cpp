#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include <parlance/http/url/url.hpp>

namespace parlance::http {
namespace {

using table = std::vector<std::pair<std::string, std::string>>;

std::string parsed(std::string_view text) {
  auto result = url::parse(text);
  return result ? result->str() : "error: " + result.error();
}

std::string resolved(std::string_view base, std::string_view reference) {
  auto result = url::parse(base).value().resolve(reference);
  return result ? result->str() : "error: " + result.error();
}

TEST(url, has_its_parts) {
  const auto u = url::parse("https://me:secret@example.com:8443/a/b?c=d#e").value();
  EXPECT_EQ(u.scheme(), "https");
  EXPECT_EQ(u.username(), "me");
  EXPECT_EQ(u.password(), "secret");
  EXPECT_EQ(u.host(), "example.com");
  EXPECT_EQ(u.port(), 8443);
  EXPECT_EQ(u.path(), "/a/b");
  EXPECT_EQ(u.query(), "c=d");
  EXPECT_EQ(u.fragment(), "e");
  EXPECT_EQ(u.authority(), "example.com:8443");
  EXPECT_EQ(u.target(), "/a/b?c=d");
  EXPECT_EQ(u.origin(), "https://example.com:8443");
  EXPECT_EQ(u.str(), "https://me:secret@example.com:8443/a/b?c=d#e");
}

TEST(url, knows_the_ports_of_its_schemes) {
  EXPECT_EQ(url::parse("http://h").value().port(), 80);
  EXPECT_EQ(url::parse("https://h").value().port(), 443);
  EXPECT_EQ(url::parse("https://h:80").value().port(), 80);
}

TEST(url, gives_an_ipv6_host_with_brackets_and_its_address_without) {
  const auto u = url::parse("http://[::1]:8000/").value();
  EXPECT_EQ(u.host(), "[::1]");
  EXPECT_EQ(u.host_name(), "::1");
  EXPECT_EQ(u.authority(), "[::1]:8000");
}

// From the URL standard's examples and the web platform tests (urltestdata.json).
TEST(url, parses_as_the_standard_says) {
  const table cases = {
      {"http://example\t.\norg", "http://example.org/"},
      {"http://user:pass@foo:21/bar;par?b#c", "http://user:pass@foo:21/bar;par?b#c"},
      {"https://test:@test", "https://test@test/"},
      {"https://:@test", "https://test/"},
      {"https://:x@test", "https://:x@test/"},
      {"http:foo.com", "http://foo.com/"},
      {"\t   :foo.com   \n", "error: URL has no scheme: \":foo.com\""},
      {" http:/example.com/ ", "http://example.com/"},
      {"http:\\\\x:80\\y", "http://x/y"},
      {"http:////////user:@foo:80", "http://user@foo/"},
      {"HTTPS://EXAMPLE.com:0443/%7Efoo", "https://example.com/%7Efoo"},
      {"http://a:b@c:29/d", "http://a:b@c:29/d"},
      {"http::@c:29", "http://c:29/"},
      {"http://foo.com:b@d/", "http://foo.com:b@d/"},
      {"http://foo/bar@c", "http://foo/bar@c"},
      {"http://f:/c", "http://f/c"},
      {"http://f:00000000000000/c", "http://f:0/c"},
      {"http://f:00000000000000000000080/c", "http://f/c"},
      {"http://example.com/foo%", "http://example.com/foo%"},
      {"http://example.com/foo%2zbar", "http://example.com/foo%2zbar"},
      {"http://example.com/foo\t\x91%91", "http://example.com/foo%91%91"},
      {"http://example.com/foo%00%51", "http://example.com/foo%00%51"},
      {"http://example.com/(%28:%3A%29)", "http://example.com/(%28:%3A%29)"},
      {"http://example.com/foo\\\\bar", "http://example.com/foo//bar"},
      {"http://example.com/ \"#<>`{}^ \"<>`", "http://example.com/%20%22#%3C%3E%60{}^%20%22%3C%3E%60"},
      {"http://example.com/`{}^|<>", "http://example.com/%60%7B%7D%5E|%3C%3E"},
      {"http://example.com/?q=\"asdf\" '<>`{}^|", "http://example.com/?q=%22asdf%22%20%27%3C%3E`{}^|"},
      {"http://www/foo?i=\xE4\xBD\xA0#\xE4\xBD\xA0", "http://www/foo?i=%E4%BD%A0#%E4%BD%A0"},
      {"http://a@b@c/", "http://a%40b@c/"},
      {"http://u s/er:p:w|@h/",
       "error: no host before its first slash, question mark or number sign (in a password they are %2F, "
       "%3F, "
       "%23)"},
      {"http://joe:p:w|;=[]^@h/", "http://joe:p%3Aw%7C%3B%3D%5B%5D%5E@h/"},
      {"http://joe:p%2fw%3F%23%3a%@h/", "http://joe:p%2fw%3F%23%3a%@h/"},
      {"http://joe:80/w@h/", "http://joe/w@h/"},
      {"http://h?x?y#z#w", "http://h/?x?y#z#w"},
      {"http://h#", "http://h/#"},
      {"http://h/?", "http://h/?"},
      {std::string("http://h/a\0b", 12), "http://h/a%00b"},
  };
  for (auto& [text, result] : cases) EXPECT_EQ(parsed(text), result) << text;
}

TEST(url, removes_dot_segments) {
  const table cases = {
      {"/././foo", "/foo"},
      {"/./.foo", "/.foo"},
      {"/foo/.", "/foo/"},
      {"/foo/./", "/foo/"},
      {"/foo/bar/..", "/foo/"},
      {"/foo/bar/../ton", "/foo/ton"},
      {"/foo/../../../ton", "/ton"},
      {"/foo/bar/../ton/../../a", "/a"},
      {"/foo/%2e", "/foo/"},
      {"/foo/%2e%2", "/foo/%2e%2"},
      {"/foo/%2e./%2e%2e/.%2e/%2e.bar", "/%2e.bar"},
      {"////../..", "//"},
      {"/foo/bar//../..", "/foo/"},
      {"/foo/bar//..", "/foo/bar/"},
      {"/..", "/"},
      {"/...", "/..."},
      {"/a/%2E%2e", "/"},
      {"\\a\\..\\b", "/b"},
  };
  for (auto& [path, result] : cases) EXPECT_EQ(parsed("http://h" + path), "http://h" + result) << path;
}

TEST(url, is_as_long_as_it_may_be) {
  const std::string base = "http://h/";
  EXPECT_TRUE(url::parse(base + std::string(url::max_size - base.size(), 'a')));
  EXPECT_FALSE(url::parse(base + std::string(url::max_size - base.size() + 1, 'a')));
  const url here = url::parse(base).value();
  EXPECT_TRUE(here.resolve('/' + std::string(url::max_size - 1, 'a')));
  EXPECT_FALSE(here.resolve('/' + std::string(url::max_size, 'a')));
}

TEST(url, refuses_with_the_part_and_the_reason) {
  const table cases = {
      {"", "URL has no scheme: \"\""},
      {"example.com", "URL has no scheme: \"example.com\""},
      {"ftp://x/", "URL scheme \"ftp\" is neither http nor https"},
      {"z://x/", "URL scheme \"z\" is neither http nor https"},
      {"a0-z+.9://x/", "URL scheme \"a0-z+.9\" is neither http nor https"},
      {"{://x/", "URL has no scheme: \"{://x/\""},
      {"http://", "URL has no host"},
      {"http:///?", "URL has no host"},
      {"http://user@/www.example.com", "URL has no host"},
      {"http://:80/", "URL has no host"},
      {"http://f:b/c", "port \"b\" is not a number"},
      {"http://f: /c", "port \" \" is not a number"},
      {"http://f:-1/c", "port \"-1\" is not a number"},
      {"http://f:65536/c", "port \"65536\" is above 65535"},
      {"http://f:18446744073709551696/c", "port \"18446744073709551696\" is above 65535"},
      {"http://a b/", "host \"a b\" has a character that no host has"},
      {"http://[1::2", "host \"[1::2\" lacks the bracket that ends an IPv6 address"},
      {"http://[www.google.com]/", "host \"[www.google.com]\" is not an IPv6 address"},
      {"http://[::1]x/", "host \"[::1]x\" lacks the bracket that ends an IPv6 address"},
      {std::string(url::max_size + 1, 'a'), "URL is longer than 65536 bytes"},
  };
  for (auto& [text, why] : cases) EXPECT_EQ(parsed(text), "error: " + why) << text.substr(0, 40);
}

TEST(url, tells_of_no_password_when_it_refuses) {
  for (const auto* text :
       {"http://me:secret/x@h/", "http://me:secret?x@h/", "http://me:secret#x@h/",
        "http://me:99999/secret@h/", "http://me:p@se cret/x@h/", "http://me:secret@[/", "me:secret@h"}) {
    const std::string refused = parsed(text);
    EXPECT_TRUE(refused.starts_with("error: ")) << text;
    EXPECT_EQ(refused.find("cret"), std::string::npos) << refused;
  }
}

TEST(url, is_quoted_without_name_and_password) {
  const table cases = {
      {"http://me:secret@h:8/a?b#c", "\"http://h:8/a?b\""},
      {"https://h/a@b", "\"https://h/a@b\""},
      {"https://h:x/a", "\"https://h:x/a\""},
      {"http://me:secret@h:x/a", "\"http://***@h:x/a\""},
      {"http://me:p@s%/secret@[", "\"http://***@[\""},
      {"ftp://me:secret@h/", "\"ftp://***@h/\""},
      {"me:secret@h", "\"***@h\""},
      {"ht\ntp://me:secret@[", "\"***@[\""},
      {" http://me:secret@h:x", "\"***@h:x\""},
  };
  for (auto& [text, result] : cases) EXPECT_EQ(url_in_quotes(text), result);
}

// RFC 3986 5.4, where it and the URL standard agree.
TEST(url, resolves_references_as_rfc_3986_5_4_lists_them) {
  const table cases = {
      {"g", "http://a/b/c/g"},
      {"./g", "http://a/b/c/g"},
      {"g/", "http://a/b/c/g/"},
      {"/g", "http://a/g"},
      {"//g", "http://g/"},
      {"?y", "http://a/b/c/d;p?y"},
      {"g?y", "http://a/b/c/g?y"},
      {"#s", "http://a/b/c/d;p?q#s"},
      {"g#s", "http://a/b/c/g#s"},
      {"g?y#s", "http://a/b/c/g?y#s"},
      {";x", "http://a/b/c/;x"},
      {"g;x", "http://a/b/c/g;x"},
      {"g;x?y#s", "http://a/b/c/g;x?y#s"},
      {"", "http://a/b/c/d;p?q"},
      {".", "http://a/b/c/"},
      {"./", "http://a/b/c/"},
      {"..", "http://a/b/"},
      {"../", "http://a/b/"},
      {"../g", "http://a/b/g"},
      {"../..", "http://a/"},
      {"../../", "http://a/"},
      {"../../g", "http://a/g"},
      {"../../../g", "http://a/g"},
      {"../../../../g", "http://a/g"},
      {"/./g", "http://a/g"},
      {"/../g", "http://a/g"},
      {"g.", "http://a/b/c/g."},
      {".g", "http://a/b/c/.g"},
      {"g..", "http://a/b/c/g.."},
      {"..g", "http://a/b/c/..g"},
      {"./../g", "http://a/b/g"},
      {"./g/.", "http://a/b/c/g/"},
      {"g/./h", "http://a/b/c/g/h"},
      {"g/../h", "http://a/b/c/h"},
      {"g;x=1/./y", "http://a/b/c/g;x=1/y"},
      {"g;x=1/../y", "http://a/b/c/y"},
      {"g?y/./x", "http://a/b/c/g?y/./x"},
      {"g?y/../x", "http://a/b/c/g?y/../x"},
      {"g#s/./x", "http://a/b/c/g#s/./x"},
      {"g#s/../x", "http://a/b/c/g#s/../x"},
      {"http:g", "http://a/b/c/g"},
  };
  for (auto& [reference, result] : cases)
    EXPECT_EQ(resolved("http://a/b/c/d;p?q", reference), result) << reference;
}

TEST(url, resolves_what_browsers_are_given) {
  const std::string base = "http://u:p@example.org:8080/foo/bar?q#f";
  const table cases = {
      {"\\x", "http://u:p@example.org:8080/x"},
      {"/\\other/y", "http://other/y"},
      {"\\\\other\\y", "http://other/y"},
      {"///other///y", "http://other///y"},
      {"http:/x", "http://u:p@example.org:8080/x"},
      {"http:#x", "http://u:p@example.org:8080/foo/bar?q#x"},
      {"https:/x", "https://x/"},
      {"https://x", "https://x/"},
      {"  ", "http://u:p@example.org:8080/foo/bar?q"},
      {"a:b", "error: URL scheme \"a\" is neither http nor https"},
      {"./a:b", "http://u:p@example.org:8080/foo/a:b"},
      {"javascript:alert(1)", "error: URL scheme \"javascript\" is neither http nor https"},
      {"1:2", "http://u:p@example.org:8080/foo/1:2"},
      {"//", "error: URL has no host"},
  };
  for (auto& [reference, result] : cases) EXPECT_EQ(resolved(base, reference), result) << reference;
}

TEST(url, takes_what_a_person_types) {
  const table cases = {
      {"example.com", "http://example.com/"},
      {"example.com/path?q", "http://example.com/path?q"},
      {"localhost:8080/x", "http://localhost:8080/x"},
      {"http:8080", "http://http:8080/"},
      {"127.0.0.1:1", "http://127.0.0.1:1/"},
      {"[::1]:80", "http://[::1]/"},
      {"me:pw@host/", "http://me:pw@host/"},
      {"//example.com", "http://example.com/"},
      {" HTTPS://x ", "https://x/"},
      {"http:\\\\x", "http://x/"},
      {"example.com/?u=http://y", "http://example.com/?u=http://y"},
  };
  for (auto& [text, result] : cases) EXPECT_EQ(url::parse_typed(text).value().str(), result) << text;
  EXPECT_EQ(url::parse_typed("h/../a/./%2e%2E", url::dots::kept).value().target(), "/../a/./%2e%2E");
  EXPECT_EQ(url::parse_typed("h:80", url::dots::resolved, true).value().str(), "https://h:80/");
  EXPECT_EQ(url::parse_typed("http://h", url::dots::resolved, true).value().str(), "http://h/");
  EXPECT_EQ(url::parse_typed("ftp://x").error(), "URL scheme \"ftp\" is neither http nor https");
  EXPECT_EQ(url::parse_typed("").error(), "URL has no host");
}

TEST(url, compares_origins_by_scheme_host_and_port) {
  const auto u = url::parse("https://h/a").value();
  EXPECT_TRUE(u.same_origin(url::parse("https://me@H:443/b#c").value()));
  EXPECT_FALSE(u.same_origin(url::parse("http://h:443/").value()));
  EXPECT_FALSE(u.same_origin(url::parse("https://h:444/").value()));
  EXPECT_FALSE(u.same_origin(url::parse("https://www.h/").value()));
}

}  // namespace
}  // namespace parlance::http
