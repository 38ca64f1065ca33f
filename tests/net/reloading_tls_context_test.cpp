#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <thread>

#include <parlance/net/reloading_tls_context.hpp>

#include "net/certificates.hpp"
#include "net/tls_handshake.hpp"

namespace parlance::net::test {
namespace {

class reloading_tls_contexts : public testing::Test {
 protected:
  /// As certbot does: new files, moved to where the old ones are.
  void renew() const {
    const shown_files fresh = ours.issue("fresh", {.names = "DNS:localhost"});
    std::filesystem::rename(fresh.cert, files.cert);
    std::filesystem::rename(fresh.key, files.key);
  }

  const temporary_folder folder;
  const authority ours{folder};
  const shown_files files = ours.issue("server", {.names = "DNS:localhost"});
};

TEST_F(reloading_tls_contexts, show_what_is_new_and_keep_what_goes_on) {
  reloading_tls_context certificates({.certificates = {{.cert_file = files.cert, .key_file = files.key}}});
  const auto before = certificates.current();
  EXPECT_FALSE(certificates.changed());
  renew();
  EXPECT_TRUE(certificates.changed());
  EXPECT_EQ(certificates.current(), before) << "not before it is told to";
  certificates.reload();
  EXPECT_FALSE(certificates.changed());
  EXPECT_NE(certificates.current()->fingerprint(), before->fingerprint());

  tls_session client(tls_context::client({.ca_file = ours.file()}), "localhost"), old(before, {});
  for (int flight = 0; flight < 3; ++flight) {
    (void)client.handshake();
    old.feed(client.take_output());
    (void)old.handshake();
    client.feed(old.take_output());
  }
  EXPECT_EQ(client.peer_fingerprint(), before->fingerprint());
}

TEST_F(reloading_tls_contexts, keep_the_old_when_the_new_is_wrong_and_complain_once) {
  reloading_tls_context certificates({.certificates = {{.cert_file = files.cert, .key_file = files.key}}});
  const auto before = certificates.current();
  std::ofstream(files.cert) << "half of a cert";
  EXPECT_TRUE(certificates.changed());
  EXPECT_THROW(certificates.reload(), io::error);
  EXPECT_EQ(certificates.current(), before);
  EXPECT_FALSE(certificates.changed());
  std::filesystem::remove(files.key);
  EXPECT_TRUE(certificates.changed());
  EXPECT_THROW(certificates.reload(), io::error);
  EXPECT_EQ(certificates.current(), before);
  renew();
  EXPECT_TRUE(certificates.changed());
  certificates.reload();
  EXPECT_NE(certificates.current(), before);
}

TEST_F(reloading_tls_contexts, read_nothing_again_that_is_no_regular_file) {
  reloading_tls_context certificates({.certificates = {{.cert_file = files.cert, .key_file = files.key}}});
  std::filesystem::remove(files.key);
  std::filesystem::create_directory(files.key);
  EXPECT_EQ(complaint_of([&] { certificates.reload(); }),
            "read " + files.key + " again: it is not a regular file");
}

TEST_F(reloading_tls_contexts, look_behind_symbolic_links) {
  const shown_files other = ours.issue("other", {.names = "DNS:localhost"});
  const std::string cert = folder.path("live.crt"), key = folder.path("live.key"), next = folder.path("next");
  std::filesystem::create_symlink(files.cert, cert);
  std::filesystem::create_symlink(files.key, key);
  reloading_tls_context certificates({.certificates = {{.cert_file = cert, .key_file = key}}});
  for (const auto& [target, link] : {std::pair(other.cert, cert), std::pair(other.key, key)}) {
    std::filesystem::create_symlink(target, next);
    std::filesystem::rename(next, link);
  }
  EXPECT_TRUE(certificates.changed());
  certificates.reload();
  EXPECT_EQ(certificates.current()->fingerprint(),
            tls_context::server({.certificates = {{.cert_file = other.cert, .key_file = other.key}}})
                ->fingerprint());
}

TEST_F(reloading_tls_contexts, keep_every_other_setting) {
  reloading_tls_context certificates({.certificates = {{.cert_file = files.cert, .key_file = files.key}},
                                      .alpn = {"irc"},
                                      .client_certificates = client_certificate::any});
  renew();
  certificates.reload();
  const shown_files mine = ours.issue("mine", {.self_signed = true});
  tls_session client(tls_context::client({.ca_file = ours.file(),
                                          .certificate = {.cert_file = mine.cert, .key_file = mine.key},
                                          .alpn = {"irc"}}),
                     "localhost"),
      server(certificates.current(), {});
  for (int flight = 0; flight < 3; ++flight) {
    (void)client.handshake();
    server.feed(client.take_output());
    (void)server.handshake();
    client.feed(server.take_output());
  }
  EXPECT_EQ(server.alpn(), "irc");
  EXPECT_NE(server.peer_fingerprint(), "");
}

TEST_F(reloading_tls_contexts, watch_every_certificate_and_the_authorities) {
  const shown_files second = ours.issue("second", {.names = "DNS:second.example"});
  const authority others(folder, "others", "another authority");
  const std::string members = folder.path("members.pem");
  std::filesystem::copy_file(ours.file(), members);
  reloading_tls_context certificates({
      .certificates = {{.cert_file = files.cert, .key_file = files.key},
                       {.cert_file = second.cert, .key_file = second.key}},
      .client_certificates = client_certificate::required,
      .ca_file = members,
  });
  const shown_files mine = others.issue("mine", {});
  const auto client = tls_context::client(
      {.ca_file = ours.file(), .certificate = {.cert_file = mine.cert, .key_file = mine.key}});
  EXPECT_EQ(meet(client, certificates.current()).server_code, errc::certificate);
  std::filesystem::rename(others.file(), members);
  EXPECT_TRUE(certificates.changed());
  certificates.reload();
  EXPECT_EQ(meet(client, certificates.current()).server, "");

  const shown_files fresh = ours.issue("fresh", {.names = "DNS:third.example"});
  std::filesystem::rename(fresh.cert, second.cert);
  EXPECT_TRUE(certificates.changed());
  std::filesystem::rename(fresh.key, second.key);
  certificates.reload();
  EXPECT_EQ(meet(client, certificates.current(), "third.example").client, "");
}

// Nobody is there to type a password; the server would stand still.
TEST_F(reloading_tls_contexts, never_ask_on_the_terminal) {
  reloading_tls_context certificates({.certificates = {{.cert_file = files.cert, .key_file = files.key}}});
  const auto before = certificates.current();
  const std::string locked = folder.path("locked");
  ASSERT_EQ(
      std::system(("openssl pkey -aes256 -passout pass:sesame -in " + files.key + " -out " + locked).c_str()),
      0);
  std::filesystem::rename(locked, files.key);
  EXPECT_EQ(complaint_of([&] { certificates.reload(); }),
            "read the key " + files.key + ": it is encrypted, and no password was given");
  EXPECT_EQ(certificates.current(), before);
}

TEST_F(reloading_tls_contexts, ask_for_the_password_again_at_each_reload) {
  const std::string locked = folder.path("locked");
  ASSERT_EQ(
      std::system(("openssl pkey -aes256 -passout pass:sesame -in " + files.key + " -out " + locked).c_str()),
      0);
  int asked = 0;
  reloading_tls_context certificates(
      {.certificates = {{.cert_file = files.cert, .key_file = locked, .password = [&] {
                           ++asked;
                           return std::string("sesame");
                         }}}});
  certificates.reload();
  EXPECT_EQ(asked, 2);
}

TEST_F(reloading_tls_contexts, keep_what_was_read_by_the_reload_that_began_last) {
  const std::string locked = folder.path("locked");
  const auto lock = [&] {
    return std::system(
        ("openssl pkey -aes256 -passout pass:sesame -in " + files.key + " -out " + locked).c_str());
  };
  ASSERT_EQ(lock(), 0);
  std::atomic<bool> wait = false;
  std::promise<void> asked, answer;
  reloading_tls_context certificates(
      {.certificates = {{.cert_file = files.cert, .key_file = locked, .password = [&] {
                           if (wait.exchange(false)) {
                             asked.set_value();
                             answer.get_future().wait();
                           }
                           return std::string("sesame");
                         }}}});
  wait = true;
  std::thread slow([&] { certificates.reload(); });
  asked.get_future().wait();  // it has read the old certificate
  std::filesystem::remove(locked);
  renew();
  EXPECT_EQ(lock(), 0);
  certificates.reload();
  const auto newest = certificates.current();
  answer.set_value();
  slow.join();
  EXPECT_EQ(certificates.current(), newest);
  EXPECT_FALSE(certificates.changed());
}

TEST_F(reloading_tls_contexts, that_have_no_files_never_change) {
  const reloading_tls_context made({});
  EXPECT_FALSE(made.changed());
  EXPECT_NE(made.current()->fingerprint(), "");
}

TEST_F(reloading_tls_contexts, begin_with_files_that_are_right) {
  EXPECT_THROW(reloading_tls_context({.certificates = {{.cert_file = folder.path("missing")}}}), io::error);
}

}  // namespace
}  // namespace parlance::net::test
