#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include <parlance/http/authentication/netrc.hpp>
#include <parlance/io/error.hpp>

namespace parlance::http {
namespace {

std::string found(std::string_view text, std::string_view host, std::string_view user = {}) {
  const auto file = netrc::parse(text);
  if (!file) return file.error();
  const auto entry = file->find(host, user);
  return entry ? entry->user + "/" + entry->password : "nobody";
}

TEST(netrc, knows_the_machine_whatever_stands_around_it) {
  constexpr std::string_view file =
      "# machine example.com login wrong password wrong\n"
      "machine other.example login you password theirs\n"
      "macdef init\n  machine example.com\n  login macro\n\n"
      "machine EXAMPLE.com\n\tlogin me account x\n\tpassword \"a \\\"b\\\" #c\"\n"
      "machine example.com login second password two\n"
      "default login anyone password all\n";
  EXPECT_EQ(found(file, "example.com"), "me/a \"b\" #c");
  EXPECT_EQ(found(file, "example.com", "second"), "second/two");
  EXPECT_EQ(found(file, "example.com", "third"), "nobody");
  EXPECT_EQ(found(file, "other.example"), "you/theirs");
  EXPECT_EQ(found(file, "unknown.example"), "anyone/all");
}

TEST(netrc, is_read_from_a_file_that_it_names_where_it_cannot) {
  const std::string path = testing::TempDir() + "netrc-" + std::to_string(::getpid());
  const auto why = [&] {
    try {
      netrc::read(path);
    } catch (const io::error& e) {
      return std::string(e.what());
    }
    return std::string();
  };
  EXPECT_EQ(why(), "read " + path + ": no such file or directory");
  std::ofstream(path) << "machine h login me password secret\n";
  EXPECT_EQ(netrc::read(path).find("h")->password, "secret");
  std::ofstream(path) << "machine h login \"me\n";
  EXPECT_TRUE(why().starts_with("read " + path + ": line ")) << why();
  std::filesystem::remove(path);
}

TEST(netrc, has_passwords_with_a_number_sign) {
  EXPECT_EQ(found("machine h login me password #secret", "h"), "me/#secret");
}

TEST(netrc, takes_no_password_of_another_entry) {
  EXPECT_EQ(found("machine a.example\nmachine b.example login b password secret\n", "a.example"), "/");
  EXPECT_EQ(found("machine a.example login a\ndefault login d password secret\n", "a.example"), "a/");
  EXPECT_EQ(found("machine \"\" login a password b", "h"), "nobody");
}

TEST(netrc, tells_the_line_of_what_is_wrong_and_none_of_its_words) {
  EXPECT_EQ(found("\n\nmachine h password \"secret\n", "h"), "line 3: a quotation mark that nothing closes");
  EXPECT_EQ(found("login me password secret", "h"), "line 1: login before any machine");
  EXPECT_EQ(found("machine", "h"), "nobody");
  EXPECT_EQ(found("", "h"), "nobody");
}

}  // namespace
}  // namespace parlance::http
