// The secrets of sessions in a file (the format of SSLKEYLOGFILE).
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <regex>

#include "net/temporary_folder.hpp"
#include "net/tls_handshake.hpp"

namespace parlance::net::test {
namespace {

class tls_key_logs : public testing::Test {
 protected:
  const temporary_folder folder;
  const std::string file = folder.path("keys");
};

TEST_F(tls_key_logs, have_the_secrets_of_a_session_on_either_side) {
  const std::string theirs = folder.path("their keys");
  const auto client = tls_context::client({.insecure_accept_any_certificate = true, .key_log_file = file});
  const auto server = tls_context::server({.key_log_file = theirs});
  EXPECT_EQ(meet(client, server).client, "");
  const std::string lines = contents(file);
  const std::regex format("([A-Z0-9_]+ [0-9a-fA-F]{64} [0-9a-fA-F]{64,}\n)+");
  EXPECT_TRUE(std::regex_match(lines, format)) << lines;
  EXPECT_NE(lines.find("CLIENT_TRAFFIC_SECRET_0 "), std::string::npos);
  EXPECT_EQ(contents(theirs).size(), lines.size());
}

TEST_F(tls_key_logs, are_their_owners_alone_and_are_gone_on_with) {
  const auto client = tls_context::client({.insecure_accept_any_certificate = true, .key_log_file = file});
  struct stat about;
  ASSERT_EQ(::stat(file.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0600U);
  meet(client, shown_on_the_spot());
  const std::string before = contents(file);
  meet(tls_context::client({.insecure_accept_any_certificate = true, .key_log_file = file}),
       shown_on_the_spot());
  EXPECT_TRUE(contents(file).starts_with(before));
  EXPECT_GT(contents(file).size(), before.size());
}

TEST_F(tls_key_logs, that_are_there_and_others_may_read_become_their_owners_alone) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  ASSERT_EQ(::fchmod(fd, 0666), 0);
  ::close(fd);
  tls_context::client({.key_log_file = file});
  struct stat about;
  ASSERT_EQ(::stat(file.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0600U);
  // What is no file has no mode that matters.
  EXPECT_EQ(complaint_of([] { tls_context::client({.key_log_file = "/dev/null"}); }), "");
  ASSERT_EQ(::stat("/dev/null", &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0666U);
}

TEST_F(tls_key_logs, are_written_only_by_who_asks_for_them) {
  ::setenv("SSLKEYLOGFILE", file.c_str(), 1);
  meet(trusting(), tls_context::server());
  meet(tls_context::client({.insecure_accept_any_certificate = true}), shown_on_the_spot());
  EXPECT_NE(::access(file.c_str(), F_OK), 0);
  EXPECT_EQ(environment_key_log(), file);
  meet(tls_context::client({.insecure_accept_any_certificate = true, .key_log_file = environment_key_log()}),
       shown_on_the_spot());
  EXPECT_EQ(::access(file.c_str(), F_OK), 0);
  ::unsetenv("SSLKEYLOGFILE");
  EXPECT_EQ(environment_key_log(), "");
}

TEST_F(tls_key_logs, that_cannot_be_written_are_complained_of) {
  EXPECT_EQ(complaint_of([&] { tls_context::client({.key_log_file = folder.path("no/such/file")}); }),
            "open the key log " + folder.path("no/such/file") + ": no such file or directory");
}

}  // namespace
}  // namespace parlance::net::test
