#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include <parlance/http/message/forwarded.hpp>

namespace parlance::http {
namespace {

using fields_of = std::vector<std::pair<std::string, std::string>>;

field_list list_of(const fields_of& all) {
  field_list list;
  for (const auto& [name, value] : all) list.append(name, value);
  return list;
}

/// "ADDRESS PORT", with " s" behind where it is secure; "-": it does not say; "!": malformed; "?": hidden. 10.0.0.0/8 is
/// trusted.
std::string who(forwarded_by field, const fields_of& all) {
  const auto found = find_forwarded_client(
      list_of(all), field, [](const io::endpoint& from) { return from.address().starts_with("10."); });
  if (!found) return found.error().status == 403 ? "?" : "!";
  if (!*found) return "-";
  return (*found)->from.address() + " " + std::to_string((*found)->from.port()) +
         ((*found)->is_secure ? " s" : "");
}

std::string x_forwarded(const std::string& value) {
  return who(forwarded_by::x_forwarded_for, {{"X-Forwarded-For", value}});
}
std::string forwarded(const std::string& value) {
  return who(forwarded_by::forwarded, {{"Forwarded", value}});
}

TEST(x_forwarded_for, is_the_last_one_that_is_no_proxy_of_ours) {
  EXPECT_EQ(x_forwarded("192.0.2.1"), "192.0.2.1 0");
  EXPECT_EQ(x_forwarded("6.6.6.6, 192.0.2.1"), "192.0.2.1 0");
  EXPECT_EQ(x_forwarded("6.6.6.6, 192.0.2.1, 10.1.1.1,10.2.2.2"), "192.0.2.1 0");
  EXPECT_EQ(x_forwarded("10.1.1.1"), "10.1.1.1 0");
  EXPECT_EQ(
      who(forwarded_by::x_forwarded_for, {{"X-Forwarded-For", "6.6.6.6"}, {"x-forwarded-for", "192.0.2.1"}}),
      "192.0.2.1 0");
}

TEST(x_forwarded_for, may_have_a_port) {
  EXPECT_EQ(x_forwarded("192.0.2.1:4711"), "192.0.2.1 4711");
  EXPECT_EQ(x_forwarded("2001:db8::1"), "2001:db8::1 0");
  EXPECT_EQ(x_forwarded("[2001:db8::1]"), "2001:db8::1 0");
  EXPECT_EQ(x_forwarded("[2001:db8::1]:4711"), "2001:db8::1 4711");
}

TEST(x_forwarded_for, that_is_no_address_is_nobody) {
  for (const char* text :
       {"somebody", "192.0.2.1,,", "192.0.2.1, x", "192.0.2.300", "[192.0.2.1]", "[::1", "[::1]x",
        "192.0.2.1:", "192.0.2.1:65536", "192.0.2.1:-1", "fe80::1%eth0", "1.2.3"})
    EXPECT_EQ(x_forwarded(text), "!") << text;
  EXPECT_EQ(x_forwarded("x, 192.0.2.1"), "192.0.2.1 0");
  EXPECT_EQ(who(forwarded_by::x_forwarded_for, {}), "-");
}

TEST(x_forwarded_for, that_is_hidden_is_not_the_proxy) {
  EXPECT_EQ(x_forwarded("unknown"), "?");
  EXPECT_EQ(x_forwarded("192.0.2.1, UNKNOWN"), "?");
  EXPECT_EQ(x_forwarded("unknown, 10.1.1.1"), "?");
  EXPECT_EQ(x_forwarded("unknown, 192.0.2.1"), "192.0.2.1 0");
}

TEST(x_forwarded_for, cannot_be_hidden_by_a_quotation_mark) {
  EXPECT_EQ(x_forwarded("\", 192.0.2.1"), "192.0.2.1 0");
  EXPECT_EQ(forwarded("for=\", for=192.0.2.1"), "!");
  EXPECT_EQ(forwarded("for=\"\\\", for=192.0.2.1"), "!");
}

TEST(x_forwarded_for, is_secure_when_the_last_proxy_says_so) {
  const auto with = [](const std::string& proto) {
    return who(forwarded_by::x_forwarded_for,
               {{"X-Forwarded-For", "192.0.2.1"}, {"X-Forwarded-Proto", proto}});
  };
  EXPECT_EQ(with("https"), "192.0.2.1 0 s");
  EXPECT_EQ(with("HTTPS"), "192.0.2.1 0 s");
  EXPECT_EQ(with("http, https"), "192.0.2.1 0 s");
  EXPECT_EQ(with("https, http"), "192.0.2.1 0");
  EXPECT_EQ(with("http"), "192.0.2.1 0");
}

TEST(forwarded_field, is_read_as_the_rfc_has_it) {
  EXPECT_EQ(forwarded("for=192.0.2.60;proto=http;by=203.0.113.43"), "192.0.2.60 0");
  EXPECT_EQ(forwarded("For=\"[2001:db8:cafe::17]:4711\""), "2001:db8:cafe::17 4711");
  EXPECT_EQ(forwarded("for=192.0.2.43, for=\"198.51.100.17:99\";proto=https"), "198.51.100.17 99 s");
  EXPECT_EQ(forwarded("for=192.0.2.43;proto=https , for=10.9.9.9"), "192.0.2.43 0 s");
  EXPECT_EQ(forwarded("for=\"192.0.2.43:_port\""), "192.0.2.43 0");
  EXPECT_EQ(forwarded("for=_hidden, for=_SEVKISEK"), "?");
  EXPECT_EQ(forwarded("for=\"unknown\""), "?");
  EXPECT_EQ(forwarded(";for=192.0.2.43;;proto=https;"), "192.0.2.43 0 s");
  EXPECT_EQ(forwarded("for=\"192.0.2.43\"x"), "!");
  EXPECT_EQ(forwarded("by=10.0.0.1"), "!");
  EXPECT_EQ(forwarded("for"), "!");
  EXPECT_EQ(forwarded(""), "-");
}

TEST(forwarded_field, is_not_looked_at_where_the_other_is) {
  const fields_of both = {{"Forwarded", "for=6.6.6.6"}, {"X-Forwarded-For", "192.0.2.1"}};
  EXPECT_EQ(who(forwarded_by::x_forwarded_for, both), "192.0.2.1 0");
  EXPECT_EQ(who(forwarded_by::forwarded, both), "6.6.6.6 0");
}

}  // namespace
}  // namespace parlance::http
