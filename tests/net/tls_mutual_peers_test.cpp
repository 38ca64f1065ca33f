// Client certificates, names and resumed sessions with OpenSSL's and Python's programs at the other end.
#include "net/certificates.hpp"
#include "net/program.hpp"

namespace parlance::net::test {
namespace {

class tls_mutual_peers : public on_every_backend {
 protected:
  std::shared_ptr<tls_context> for_members() const {
    return tls_context::server({
        .certificates = {{.cert_file = files.cert, .key_file = files.key},
                         {.cert_file = other.cert, .key_file = other.key}},
        .client_certificates = client_certificate::required,
        .ca_file = ours.file(),
    });
  }

  const temporary_folder folder;
  const authority ours{folder};
  const shown_files files =
                        ours.issue("server", {.names = "IP:127.0.0.1,DNS:localhost", .common_name = "first"}),
                    other = ours.issue("other", {.names = "DNS:other.example", .common_name = "second"}),
                    ann = ours.issue("ann", {.common_name = "Ann"});
};
PARLANCE_ON_EVERY_KERNEL_BACKEND(tls_mutual_peers);

TEST_P(tls_mutual_peers, are_let_in_with_their_certificate_and_known_when_they_resume) {
  for (const std::string version : {"-tls1_2", "-tls1_3"}) {
    io::wait([](std::shared_ptr<tls_context> members, shown_files own, std::string by,
                std::string session) -> task<void> {
      listener here = co_await listen("127.0.0.1:0");
      const std::vector<std::string> first{by, "-cert", own.cert, "-key", own.key, "-sess_out", session},
          again{by, "-sess_in", session};
      for (const bool resumes : {false, true}) {
        const caller found = co_await answer(here, members, resumes ? again : first);
        EXPECT_EQ(found.resumed, resumes);
        if (!found.shown) throw std::runtime_error("it showed nothing");
        EXPECT_EQ(found.shown->common_name, "Ann");
        EXPECT_TRUE(found.shown->verified);
      }
    }(for_members(), ann, version, folder.path("session" + version)));
  }
}

TEST_P(tls_mutual_peers, are_kept_out_without_one) {
  for (const std::string version : {"-tls1_2", "-tls1_3"}) {
    io::wait([](std::shared_ptr<tls_context> members, std::string by) -> task<void> {
      listener here = co_await listen("127.0.0.1:0");
      program client({"openssl", "s_client", "-quiet", by, "-connect", here.local().to_string()});
      const std::string said = co_await words(tls_accept(co_await here.accept(), members));
      EXPECT_TRUE(said.ends_with(": the client showed no certificate, and has to")) << said;
      EXPECT_EQ(client.wait(), 1);
    }(for_members(), version));
  }
}

TEST_P(tls_mutual_peers, are_shown_the_certificate_for_the_name_that_they_ask_for) {
  io::wait([](std::shared_ptr<tls_context> members, shown_files own, std::string ca) -> task<void> {
    listener here = co_await listen("127.0.0.1:0");
    for (const std::string name : {"other.example", "localhost"})
      co_await answer(here, members,
                      {"-servername", name, "-verify_hostname", name, "-verify_return_error", "-CAfile", ca,
                       "-cert", own.cert, "-key", own.key});
  }(for_members(), ann, ours.file()));
}

TEST_P(tls_mutual_peers, that_are_servers_are_resumed_with) {
  for (const std::string version : {"-tls1_2", "-tls1_3"}) {
    const program server({"openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", files.cert, "-key",
                          files.key, version, "-rev", "-Verify", "1", "-verify_return_error", "-CAfile",
                          ours.file()});
    const auto context = tls_context::client({
        .ca_file = ours.file(),
        .certificate = {.cert_file = ann.cert, .key_file = ann.key},
    });
    io::wait([](const program& there, std::shared_ptr<tls_context> by) -> task<void> {
      const std::string at = co_await address_of(there);
      for (const bool resumes : {false, true, true, true}) {
        stream s = co_await connect(at, {.context = by});
        co_await s.send("hello\n");
        EXPECT_EQ(co_await recv_until(s, 6), "olleh\n");
        EXPECT_EQ(s.tls()->resumed(), resumes);
        co_await s.close({.time = 50ms});
      }
    }(server, context));
  }
}

TEST_P(tls_mutual_peers, that_are_servers_of_two_names_are_asked_for_the_right_one) {
  const program server({"openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", files.cert, "-key",
                        files.key, "-rev", "-cert2", other.cert, "-key2", other.key, "-servername",
                        "other.example"});
  io::wait([](const program& there, std::string ca) -> task<void> {
    const std::string at = co_await address_of(there);
    for (const auto& [name, shown] : {std::pair("other.example", "second"), {"localhost", "first"}}) {
      stream s = co_await connect(at, {.tls = true, .tls_options = {.ca_file = ca, .server_name = name}});
      EXPECT_EQ(s.tls()->peer()->common_name, shown);
      co_await s.close({.time = 50ms});
    }
  }(server, ours.file()));
}

TEST_P(tls_mutual_peers, of_python_are_let_in_and_resume) {
  const std::string script = R"(
import socket, ssl, sys
host, port, ca, cert, key = sys.argv[1:]
context = ssl.create_default_context(cafile=ca)
context.load_cert_chain(cert, key)
session = None
for i in range(2):
    with context.wrap_socket(socket.create_connection((host, int(port))), server_hostname="other.example", session=session) as s:
        s.sendall(b"hello")
        assert s.recv(100) == b"answer"
        session = s.session
        print(s.session_reused, s.getpeercert()["subject"][0][0][1], flush=True)
        s.unwrap()
)";
  io::wait([](std::shared_ptr<tls_context> members, shown_files own, std::string ca,
              std::string code) -> task<void> {
    listener here = co_await listen("127.0.0.1:0");
    program client(
        {"python3", "-c", code, "127.0.0.1", std::to_string(here.local().port()), ca, own.cert, own.key});
    for (const bool resumes : {false, true}) {
      stream s = co_await tls_accept(co_await here.accept(), members);
      EXPECT_EQ(co_await recv_until(s, 5), "hello");
      EXPECT_EQ(s.tls()->resumed(), resumes);
      EXPECT_EQ(s.tls()->peer()->common_name, "Ann");
      co_await s.send("answer");
      EXPECT_EQ(co_await recv_all(s), "");
      co_await s.close();
    }
    io::input printed(client.output());
    std::string line;
    for (const std::string_view expected : {"False second", "True second"}) {
      EXPECT_TRUE(co_await printed.read_line(line));
      EXPECT_EQ(line, expected);
    }
    EXPECT_EQ(client.wait(), 0);
  }(for_members(), ann, ours.file(), script));
}

}  // namespace
}  // namespace parlance::net::test
