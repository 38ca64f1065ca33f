#include <gtest/gtest.h>

#include <string>

#include <parlance/http/authentication/digest.hpp>

namespace parlance::http {
namespace {

challenge asked(std::string_view text) {
  field_list fields;
  fields.append("WWW-Authenticate", text);
  const auto all = challenges_of(fields, "WWW-Authenticate");
  return all.empty() ? challenge{} : all.front();
}

std::string response_of(const std::string& field) {
  const std::string name = " response=\"";
  const std::size_t at = field.find(name) + name.size();
  return field.substr(at, field.find('"', at) - at);
}

// --- challenges

TEST(challenges_of, tells_challenges_and_their_parameters_apart) {
  field_list fields;
  fields.append("WWW-Authenticate",
                R"(Newauth realm="a, b", type=1 , title="Login to \"apps\"", Basic realm="x")");
  fields.append("www-authenticate", "Negotiate oYIBzg==");
  fields.append("WWW-Authenticate", "Bearer");
  const auto all = challenges_of(fields, "WWW-Authenticate");
  ASSERT_EQ(all.size(), 4U);
  EXPECT_TRUE(all[0].is("NEWAUTH"));
  EXPECT_EQ(all[0].get("REALM"), "a, b");
  EXPECT_EQ(all[0].get("type"), "1");
  EXPECT_EQ(all[0].get("title"), "Login to \"apps\"");
  EXPECT_EQ(all[1].get("realm"), "x");
  EXPECT_TRUE(all[2].is("Negotiate"));
  EXPECT_TRUE(all[2].parameters.empty());
  EXPECT_TRUE(all[3].is("Bearer"));
}

TEST(challenges_of, leaves_out_what_makes_no_sense) {
  for (const char* text : {"", ",,,", "=", "a=b", "\"x\"", "@ realm=x"})
    EXPECT_TRUE(asked(text).scheme.empty()) << text;
  EXPECT_EQ(asked("Basic realm=\"never ends").get("realm"), "never ends");
}

// --- the examples of RFC 7616 3.9.1 and of RFC 2617 3.5

constexpr std::string_view rfc7616 =
    R"(Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=SHA-256, )"
    R"(nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS")";
constexpr std::string_view cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
constexpr digest::identity mufasa{.user = "Mufasa", .password = "Circle of Life"};

TEST(digest, answers_the_example_of_its_standard) {
  auto state = digest::make(asked(rfc7616));
  ASSERT_TRUE(state);
  const std::string field = state->authorization(mufasa, "GET", "/dir/index.html", cnonce);
  EXPECT_EQ(response_of(field), "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1");
  for (const char* part : {R"(username="Mufasa")", R"(uri="/dir/index.html")", "algorithm=SHA-256",
                           "qop=auth", "nc=00000001", R"(opaque="FQhe/qaU)"})
    EXPECT_TRUE(field.contains(part)) << field;
}

TEST(digest, answers_by_md5_what_names_it_or_nothing) {
  for (const char* algorithm : {", algorithm=MD5", ""}) {
    std::string text(rfc7616);
    text.replace(text.find(", algorithm=SHA-256"), 19, algorithm);
    auto state = digest::make(asked(text));
    ASSERT_TRUE(state);
    const std::string field = state->authorization(mufasa, "GET", "/dir/index.html", cnonce);
    EXPECT_EQ(response_of(field), "8ca523f5e9506fed4657c9700eebdbec");
    EXPECT_EQ(field.contains("algorithm="), *algorithm != '\0') << field;
  }
}

TEST(digest, hides_the_user_when_it_is_asked_to) {
  // The request of RFC 7616 3.9.2; the values are those of Python's hashlib, for the RFC's own are wrong (erratum
  // 4897).
  auto state = digest::make(asked(
      R"(Digest realm="api@example.org", qop="auth", algorithm=SHA-512-256, nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", )"
      R"(opaque="HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS", charset=UTF-8, userhash=true)"));
  ASSERT_TRUE(state);
  const std::string field =
      state->authorization({.user = "J\u00e4s\u00f8n Doe", .password = "Secret, or not?"}, "GET", "/doe.json",
                           "NTg6RKcb9boFIAS3KrFK9BGeh+niz/sm");
  EXPECT_TRUE(field.contains("userhash=true")) << field;
  EXPECT_FALSE(field.contains("Doe")) << field;
  EXPECT_TRUE(field.contains("username=\"793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b\""))
      << field;
  EXPECT_EQ(response_of(field), "7a4e1192babbba02e91182d2895bfdbf7adafc6e48d4e517ca301974843d840c");
}

TEST(digest, does_not_hide_the_user_when_it_is_told_not_to) {
  for (const char* said : {"false", "no", ""}) {
    auto state = digest::make(asked(std::string(rfc7616) + ", userhash=\"" + said + "\""));
    ASSERT_TRUE(state);
    const std::string field = state->authorization(mufasa, "GET", "/");
    EXPECT_TRUE(field.contains("username=\"Mufasa\"")) << field;
    EXPECT_FALSE(field.contains("userhash")) << field;
  }
}

TEST(digest, encodes_a_user_that_does_not_fit_into_quotation_marks) {
  auto state = digest::make(asked(rfc7616));
  EXPECT_TRUE(state->authorization({.user = "J\u00e4s\u00f8n", .password = ""}, "GET", "/")
                  .contains("username*=UTF-8''J%C3%A4s%C3%B8n,"));
  EXPECT_TRUE(state->authorization({.user = "a\"b\\c", .password = ""}, "GET", "/")
                  .contains(R"(username="a\"b\\c")"));
  EXPECT_TRUE(
      state->authorization({.user = " a b~", .password = ""}, "GET", "/").contains(R"(username=" a b~")"));
  EXPECT_TRUE(
      state->authorization({.user = "a\x7f", .password = ""}, "GET", "/").contains("username*=UTF-8''a%7F,"));
}

TEST(digest, counts_the_uses_of_a_nonce) {
  auto state = digest::make(asked(rfc7616));
  state->authorization(mufasa, "GET", "/");
  EXPECT_TRUE(state->authorization(mufasa, "GET", "/").contains("nc=00000002"));
  state->turn_to("next");
  const std::string field = state->authorization(mufasa, "GET", "/");
  EXPECT_TRUE(field.contains("nc=00000001")) << field;
  EXPECT_TRUE(field.contains("nonce=\"next\"")) << field;
}

TEST(digest, knows_servers_without_qop) {
  auto state =
      digest::make(asked(R"(Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093")"));
  ASSERT_TRUE(state);
  // RFC 2069 2.4, with its erratum 749.
  const std::string field =
      state->authorization({.user = "Mufasa", .password = "CircleOfLife"}, "GET", "/dir/index.html");
  EXPECT_FALSE(field.contains("nc=")) << field;
  EXPECT_EQ(response_of(field), "1949323746fe6a43ef61f9606e7febea");
}

TEST(digest, answers_nothing_that_it_does_not_understand) {
  for (const char* text :
       {R"(Basic realm="x")", R"(Digest realm="x")", R"(Digest nonce="x")",
        R"(Digest realm="x", nonce="y", algorithm=CRC-32)", R"(Digest realm="x", nonce="y", algorithm=-sess)",
        R"(Digest realm="x", nonce="y", qop="auth-int")"})
    EXPECT_FALSE(digest::make(asked(text))) << text;
}

}  // namespace
}  // namespace parlance::http
