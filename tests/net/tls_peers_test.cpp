// TLS with OpenSSL's own programs at the other end.
#include "net/certificates.hpp"
#include "net/program.hpp"

namespace parlance::net::test {
namespace {

class openssl_peers : public on_every_backend {
 protected:
  /// An s_server that sends each line back reversed; its port is in what it prints.
  std::vector<std::string> server(std::vector<std::string> more = {}) const {
    std::vector<std::string> words{"openssl",  "s_server", "-accept", "127.0.0.1:0", "-cert",
                                   files.cert, "-key",     files.key, "-rev"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }

  const temporary_folder folder;
  const authority ours{folder};
  const shown_files files = ours.issue("server", {.names = "IP:127.0.0.1,DNS:localhost"});
};
PARLANCE_ON_EVERY_KERNEL_BACKEND(openssl_peers);

TEST_P(openssl_peers, are_checked_and_talked_to) {
  for (const std::string version : {"-tls1_2", "-tls1_3"}) {
    const program server_program(server({version, "-alpn", "irc,http/1.1"}));
    io::wait([](const program& there, std::string ca, std::string by) -> task<void> {
      stream s = co_await connect(co_await address_of(there),
                                  {.tls = true, .tls_options = {.ca_file = ca, .alpn = {"http/1.1"}}});
      EXPECT_EQ(s.tls()->version(), by == "-tls1_2" ? "TLSv1.2" : "TLSv1.3");
      EXPECT_EQ(s.tls()->alpn(), "http/1.1");
      co_await s.send("hello\n");
      EXPECT_EQ(co_await recv_until(s, 6), "olleh\n");
      co_await s.close({.time = 50ms});
    }(server_program, ours.file(), version));
  }
}

TEST_P(openssl_peers, that_are_not_trusted_are_not_talked_to) {
  const program server_program(server());
  io::wait([](const program& there, std::string ca) -> task<void> {
    const std::string at = co_await address_of(there);
    EXPECT_EQ(co_await failure(connect(at, {.tls = true})), errc::certificate);
    EXPECT_EQ(
        co_await words(
            connect(at, {.tls = true, .tls_options = {.ca_file = ca, .server_name = "example.com"}})),
        "connect " + at +
            ": TLS with 127.0.0.1: the certificate is not for example.com, but for localhost, 127.0.0.1");
  }(server_program, ours.file()));
}

TEST_P(openssl_peers, that_offer_no_common_protocol_tell_so) {
  const program server_program(server({"-alpn", "irc"}));
  io::wait([](const program& there, std::string ca) -> task<void> {
    const std::string at = co_await address_of(there);
    EXPECT_EQ(co_await words(connect(at, {.tls = true, .tls_options = {.ca_file = ca, .alpn = {"h2"}}})),
              "connect " + at + ": TLS with 127.0.0.1: tlsv1 alert no application protocol");
  }(server_program, ours.file()));
}

TEST_P(openssl_peers, that_ask_for_a_certificate_are_shown_it) {
  const shown_files mine = ours.issue("client", {.names = "DNS:me"});
  const program server_program(server({"-Verify", "1", "-verify_return_error", "-CAfile", ours.file()}));
  io::wait([](const program& there, std::string ca, shown_files own) -> task<void> {
    const std::string at = co_await address_of(there);
    stream s = co_await connect(
        at, {.tls = true,
             .tls_options = {.ca_file = ca, .certificate = {.cert_file = own.cert, .key_file = own.key}}});
    co_await s.send("x\n");
    EXPECT_EQ(co_await recv_until(s, 2), "x\n");
    co_await s.close({.time = 50ms});
    stream unknown = co_await connect(at, {.tls = true, .tls_options = {.ca_file = ca}});
    const std::string said = co_await words(unknown.recv());
    EXPECT_TRUE(said.ends_with("alert certificate required")) << said;
  }(server_program, ours.file(), mine));
}

TEST_P(openssl_peers, that_are_killed_leave_a_truncated_conversation) {
  program server_program(server());
  io::wait([](program& there, std::string ca) -> task<void> {
    stream s = co_await connect(co_await address_of(there), {.tls = true, .tls_options = {.ca_file = ca}});
    co_await s.send("x\n");
    EXPECT_EQ(co_await recv_until(s, 2), "x\n");
    there.kill();
    EXPECT_EQ(co_await failure(s.recv()), errc::truncated);
  }(server_program, ours.file()));
}

TEST_P(openssl_peers, call_and_are_answered) {
  io::wait([](std::string ca, shown_files shown) -> task<void> {
    listener here = co_await listen("127.0.0.1:0");
    const auto context =
        tls_context::server({.certificates = {{.cert_file = shown.cert, .key_file = shown.key}}});
    program client({"openssl", "s_client", "-quiet", "-verify_return_error", "-CAfile", ca,
                    "-verify_hostname", "localhost", "-connect", here.local().to_string()});
    stream s = co_await tls_accept(co_await here.accept(), context);
    client.say("hello");
    EXPECT_EQ(co_await recv_until(s, 5), "hello");
    co_await s.send("and the answer\n");
    io::input printed(client.output());
    std::string line;
    EXPECT_TRUE(co_await printed.read_line(line));
    EXPECT_EQ(line, "and the answer");
    co_await s.close();
    EXPECT_EQ(client.wait(), 0);
  }(ours.file(), files));
}

/// Answers one caller, and says by what fingerprint it is known.
task<std::string> fingerprint_of_caller(listener& here, std::shared_ptr<tls_context> context,
                                        std::vector<std::string> with) {
  const caller found = co_await answer(here, std::move(context), std::move(with));
  co_return found.shown ? found.shown->fingerprint : "";
}

TEST_P(openssl_peers, are_known_by_their_certificate_when_asked_for_one) {
  const shown_files mine = ours.issue("client", {.self_signed = true});
  const std::string known =
      tls_context::client({.certificate = {.cert_file = mine.cert, .key_file = mine.key}})->fingerprint();
  for (const std::string version : {"-tls1_2", "-tls1_3"}) {
    io::wait([](shown_files shown, shown_files own, std::string expected, std::string by,
                std::string session) -> task<void> {
      listener here = co_await listen("127.0.0.1:0");
      const auto context =
          tls_context::server({.certificates = {{.cert_file = shown.cert, .key_file = shown.key}},
                               .client_certificates = client_certificate::any});
      EXPECT_EQ(co_await fingerprint_of_caller(here, context, {by}), "");
      EXPECT_EQ(co_await fingerprint_of_caller(
                    here, context, {by, "-cert", own.cert, "-key", own.key, "-sess_out", session}),
                expected);
      EXPECT_EQ(co_await fingerprint_of_caller(here, context, {by, "-sess_in", session}), expected)
          << "one that resumes is still known";
    }(files, mine, known, version, folder.path("session" + version)));
  }
}

// Renegotiating has been the way into many a server (RFC 5746), and TLS 1.3 has none.
TEST_P(openssl_peers, cannot_renegotiate) {
  io::wait([](shown_files shown) -> task<void> {
    listener here = co_await listen("127.0.0.1:0");
    const auto context =
        tls_context::server({.certificates = {{.cert_file = shown.cert, .key_file = shown.key}}});
    program client({"openssl", "s_client", "-tls1_2", "-connect", here.local().to_string()});
    stream s = co_await tls_accept(co_await here.accept(), context);
    client.say("R\n");
    EXPECT_EQ(co_await failure(recv_all(s)), errc::tls);
    EXPECT_EQ(client.wait(), 1);
  }(files));
}

TEST_P(openssl_peers, that_do_not_trust_us_tell_so) {
  io::wait([](shown_files shown) -> task<void> {
    listener here = co_await listen("127.0.0.1:0");
    const auto context =
        tls_context::server({.certificates = {{.cert_file = shown.cert, .key_file = shown.key}}});
    const program client(
        {"openssl", "s_client", "-quiet", "-verify_return_error", "-connect", here.local().to_string()});
    const std::string said = co_await words(tls_accept(co_await here.accept(), context));
    EXPECT_TRUE(said.ends_with("tlsv1 alert unknown ca")) << said;
  }(files));
}

}  // namespace
}  // namespace parlance::net::test
