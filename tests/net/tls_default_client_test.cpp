// The client's context that a process reads once.
#include <openssl/ssl.h>

#include "net/certificates.hpp"
#include "net/tls_handshake.hpp"

namespace parlance::net::test {
namespace {

class tls_default_clients : public on_every_backend {};
PARLANCE_ON_EVERY_BACKEND(tls_default_clients);

TEST(tls_default_client, is_one_and_checks_everything) {
  EXPECT_EQ(tls_context::default_client(), tls_context::default_client());
  EXPECT_EQ(meet(tls_context::default_client(), shown_on_the_spot()).client_code, errc::certificate);
}

// OpenSSL takes the system's from there.
TEST(tls_clients_that_name_no_authority, trust_those_of_the_system) {
  const temporary_folder folder;
  const authority ours(folder, "authority", "the system's authority"), others(folder, "other", "another");
  const shown_files files = ours.issue("server", {.names = "DNS:localhost"});
  const auto server =
      tls_context::server({.certificates = {{.cert_file = files.cert, .key_file = files.key}}});
  const tls_check check = [](const peer_certificate&) { return std::expected<void, std::string>(); };
  ::setenv("SSL_CERT_FILE", ours.file().c_str(), 1);
  EXPECT_EQ(meet(tls_context::client(), server).client, "");
  EXPECT_EQ(meet(tls_context::client({.check = check}), server).client, "");
  EXPECT_EQ(meet(tls_context::client({.ca_file = others.file()}), server).client_code, errc::certificate);
  ::unsetenv("SSL_CERT_FILE");
  EXPECT_EQ(meet(tls_context::client(), server).client_code, errc::certificate);
}

TEST(tls_default_client, is_for_those_who_set_nothing) {
  EXPECT_TRUE(is_default({}));
  const tls_check check = [](const peer_certificate&) { return std::expected<void, std::string>(); };
  for (const tls_client_options& other : {tls_client_options{.ca_file = "x"},
                                          {.ca_pem = "x"},
                                          {.certificate = {.cert_file = "x"}},
                                          {.alpn = {"x"}},
                                          {.server_name = "x"},
                                          {.pins = {"x"}},
                                          {.check = check},
                                          {.insecure_accept_any_certificate = true},
                                          {.resume_sessions = false},
                                          {.key_log_file = "x"}})
    EXPECT_FALSE(is_default(other));
}

// As nothing else tells, it is marked, with an authority of the test's own.
TEST_P(tls_default_clients, connect_whoever_sets_nothing) {
  // Once, like the context.
  static const temporary_folder folder;
  static const authority ours(folder, "authority", "the default client's authority");
  const shown_files files = ours.issue("server", {.names = "IP:127.0.0.1"});
  SSL_CTX_load_verify_file(tls_context::default_client()->native(), ours.file().c_str());
  io::wait([](shown_files shown) -> task<void> {
    listener here = co_await listen("127.0.0.1:0");
    const auto context =
        tls_context::server({.certificates = {{.cert_file = shown.cert, .key_file = shown.key}}});
    scope serving;
    serving.spawn([&]() -> task<void> {
      for (int i = 0; i < 2; ++i) {
        stream caller = co_await tls_accept(co_await here.accept(), context);
        co_await caller.send("x");
        co_await caller.close();
      }
      co_await failure(tls_accept(co_await here.accept(), context));
    });
    const std::string at = here.local().to_string();
    for (const bool resumes : {false, true}) {
      stream s = co_await connect(at, {.tls = true});
      EXPECT_EQ(co_await recv_all(s), "x");
      EXPECT_EQ(s.tls()->resumed(), resumes);
      co_await s.close();
    }
    EXPECT_EQ(co_await failure(connect(at, {.tls = true, .tls_options = {.alpn = {"irc"}}})),
              errc::certificate);
    co_await serving.join();
  }(files));
}

}  // namespace
}  // namespace parlance::net::test
