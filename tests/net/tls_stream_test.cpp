// TLS over connected streams: how conversations start, break and end, and what each side is told.
#include <openssl/ssl.h>

#include <thread>

#include "net/certificates.hpp"
#include "net/support.hpp"

namespace parlance::net::test {
namespace {

class tls_streams : public on_every_backend {};
PARLANCE_ON_EVERY_BACKEND(tls_streams);

task<ends> tls_ends() { co_return co_await secured(co_await tcp_ends(), trusting(), shown_on_the_spot()); }

/// What both sides of a handshake that fails are told.
struct refusals {
  std::string client, server;
};
task<refusals> refused(ends plain, std::shared_ptr<tls_context> client, std::shared_ptr<tls_context> server) {
  refusals both;
  scope calling;
  calling.spawn([&]() -> task<void> {
    both.client = co_await words(tls_connect(std::move(plain.a), client, "localhost"));
  });
  both.server = co_await words(tls_accept(std::move(plain.b), server));
  co_await calling.join();
  co_return both;
}

class tls_handshakes_under_way : public on_every_backend {};
PARLANCE_ON_EVERY_BACKEND(tls_handshakes_under_way);

TEST_P(tls_streams, that_end_without_close_notify_are_truncated) {
  io::wait([]() -> task<void> {
    ends two = co_await tls_ends();
    const std::string peer = two.b.remote().to_string();
    co_await two.a.send("not all of it");
    co_await two.a.below()->shutdown();  // what somebody in between can do
    EXPECT_EQ(co_await two.b.recv(), "not all of it");
    for (int i = 0; i < 2; ++i) EXPECT_EQ(co_await failure(two.b.recv()), errc::truncated);
    EXPECT_EQ(
        co_await words(two.b.recv()),
        "receive from " + peer + ": ended without TLS's close_notify; what was received may not be all");
    co_await two.b.send("still heard");
    EXPECT_EQ(co_await two.a.recv(), "still heard");
  }());
}

// With TLS 1.2, which answers a wish to renegotiate by an alert (RFC 5246, section 7.2.2).
TEST_P(tls_streams, whose_recv_is_destroyed_while_the_protocol_answers_go_on_sending) {
  io::wait([]() -> task<void> {
    auto [below_a, below_b] = memory_streams(4000);
    const auto client = tls_context::client({.insecure_accept_any_certificate = true});
    SSL_CTX_set_max_proto_version(client->native(), TLS1_2_VERSION);
    SSL_CTX_clear_options(client->native(), SSL_OP_NO_RENEGOTIATION);
    ends two = co_await secured({std::move(below_a), std::move(below_b)}, client, shown_on_the_spot());
    const std::string text = pattern(1'000'000);
    std::size_t sent = 0;
    try {
      co_await io::timeout(20ms, two.b.send(text));
    } catch (const io::error& e) {
      sent = e.bytes_sent();
    }
    SSL_renegotiate(two.a.tls()->native());
    SSL_do_handshake(two.a.tls()->native());
    co_await two.a.below()->send(two.a.tls()->take_output());
    co_await io::race(two.b.recv(), sleep(20ms));  // which waits for room to answer
    scope sending;
    sending.spawn([&]() -> task<void> { co_await two.b.send(std::string_view(text).substr(sent)); });
    std::string got;
    // The answer is fatal for OpenSSL, so what it has got by then is looked at.
    try {
      while (got.size() != text.size()) got += co_await two.a.recv();
    } catch (const io::error& e) {
      EXPECT_NE(std::string_view(e.what()).find("no renegotiation"), std::string_view::npos) << e.what();
    }
    EXPECT_EQ(got, text.substr(0, got.size()));
    sending.cancel();
    try {
      co_await sending.join();
    } catch (const io::error& e) {
      ADD_FAILURE() << e.what();
    }
  }());
}

TEST_P(tls_streams, say_that_they_end_however_short_they_listen) {
  io::wait([]() -> task<void> {
    ends two = co_await tls_ends();
    co_await two.a.send("all of it");
    co_await two.a.close({.time = 0s});
    EXPECT_EQ(co_await two.b.recv(), "all of it");
    EXPECT_EQ(co_await two.b.recv(), "");
  }());
}

TEST_P(tls_streams, are_taken_off_by_who_goes_on_with_what_is_below) {
  io::wait([]() -> task<void> {
    ends two = co_await tls_ends();
    for (stream* one : {&two.a, &two.b}) *one = std::move(*one->below());
    co_await two.a.send("in the open");
    EXPECT_EQ(co_await recv_until(two.b, 11), "in the open");
  }());
}

TEST_P(tls_streams, keep_no_more_of_what_does_not_go_than_of_one_send) {
  io::wait([]() -> task<void> {
    ends two = co_await tls_ends();
    const std::string text = pattern(60'000);
    std::size_t told = 0;
    int in_a_row = 0;
    for (int i = 0; i < 2000 && in_a_row < 20; ++i) {
      try {
        co_await io::timeout(1ms, two.a.send(text));
        told += text.size();
        in_a_row = 0;
      } catch (const io::error& e) {
        told += e.bytes_sent();
        in_a_row = e.bytes_sent() == 0 ? in_a_row + 1 : 0;
      }
    }
    EXPECT_EQ(in_a_row, 20);  // the peer takes nothing, and nothing more is taken for it
    // What was told to have gone comes.
    scope ending;
    ending.spawn(two.a.shutdown());
    EXPECT_EQ((co_await recv_all(two.b)).size(), told);
    co_await ending.join();
  }());
}

TEST_P(tls_streams, whose_send_was_destroyed_can_still_be_received_from) {
  io::wait([]() -> task<void> {
    ends two = co_await tls_ends();
    const std::string much = pattern(30'000'000);
    co_await io::race(two.a.send(much), io::sleep(20ms));
    for (int i = 0; i < 3; ++i) {
      std::size_t sent = 1;
      try {
        co_await two.a.send(much);
      } catch (const io::error& e) {
        EXPECT_EQ(e.code(), std::errc::broken_pipe);
        sent = e.bytes_sent();
      }
      EXPECT_EQ(sent, 0U);
    }
    co_await two.b.send("my last words");
    EXPECT_EQ(co_await two.a.recv(), "my last words");
  }());
}

TEST_P(tls_streams, are_not_spoiled_by_a_use_on_another_loop) {
  io::wait([](const std::string& backend) -> task<void> {
    ends two = co_await tls_ends();
    {
      const io::loop another({.backend = backend});
      EXPECT_THROW(io::wait(two.a.shutdown()), std::logic_error);
      EXPECT_THROW(io::wait(two.a.send("x")), std::logic_error);
      EXPECT_THROW(io::wait(two.a.close()), std::logic_error);
    }
    co_await two.a.send("still fine");
    EXPECT_EQ(co_await two.b.recv(), "still fine");
    co_await two.a.shutdown();
    EXPECT_EQ(co_await two.b.recv(), "");
  }(GetParam()));
}

TEST_P(tls_streams, need_a_context) {
  io::wait([]() -> task<void> {
    ends two = co_await tcp_ends();
    EXPECT_EQ(co_await words(two.a.start_tls(nullptr, "localhost")),
              "TLS with localhost: there is no context for it");
    EXPECT_FALSE(two.a.is_open());
    EXPECT_EQ(co_await two.b.recv(), "");
  }());
}

TEST_P(tls_streams, are_half_closed_with_a_peer_of_tls_1_2) {
  io::wait([]() -> task<void> {
    const auto old = tls_context::client({.insecure_accept_any_certificate = true});
    SSL_CTX_set_max_proto_version(old->native(), TLS1_2_VERSION);
    ends two = co_await secured(co_await tcp_ends(), old, shown_on_the_spot());
    EXPECT_EQ(two.b.tls()->version(), "TLSv1.2");
    co_await two.a.send("question");
    co_await two.a.shutdown();
    EXPECT_EQ(co_await recv_all(two.b), "question");
    co_await two.b.send("answer");
    co_await two.b.close({.time = 10ms});
    EXPECT_EQ(co_await recv_all(two.a), "answer");
  }());
}

TEST_P(tls_streams, that_are_late_to_end_lose_nothing_and_end_when_they_are_asked_again) {
  io::wait([]() -> task<void> {
    constexpr std::size_t room = 16384, overhead = 22;  // of a record of TLS 1.3
    auto [client, server] = memory_streams(room);
    ends two = co_await secured({std::move(client), std::move(server)}, trusting(), shown_on_the_spot());
    co_await two.b.send("one, ");
    co_await two.b.send("two");
    EXPECT_EQ(co_await two.a.recv(), "one, ");
    const std::string fills(room - overhead, 'f');
    co_await two.a.send(fills);
    for (int i = 0; i < 2; ++i)
      EXPECT_EQ(co_await failure(io::timeout(20ms, two.a.shutdown())), io::errc::timed_out);
    EXPECT_EQ(co_await two.a.recv(), "two");
    std::string got;
    scope reading;
    reading.spawn([&]() -> task<void> { got = co_await recv_all(two.b); });
    EXPECT_EQ(co_await failure(two.a.send("nothing more")), std::errc::broken_pipe);
    co_await two.a.shutdown();
    co_await reading.join();
    EXPECT_TRUE(got == fills);
  }());
}

TEST_P(tls_streams, whose_end_waits_behind_a_record_that_was_cut_may_still_send) {
  io::wait([]() -> task<void> {
    auto [client, server] = memory_streams(16384);
    ends two = co_await secured({std::move(client), std::move(server)}, trusting(), shown_on_the_spot());
    const std::string bytes = pattern(40'000);
    std::size_t sent = 0;
    try {
      co_await io::timeout(20ms, two.a.send(bytes));
      ADD_FAILURE() << "it went to nobody";
    } catch (const io::error& e) {
      sent = e.bytes_sent();
    }
    EXPECT_EQ(co_await failure(io::timeout(20ms, two.a.shutdown())), io::errc::timed_out);
    std::string got;
    scope reading;
    reading.spawn([&]() -> task<void> { got = co_await recv_all(two.b); });
    co_await two.a.send("more");
    co_await two.a.shutdown();
    co_await reading.join();
    EXPECT_TRUE(got == bytes.substr(0, sent) + "more");
  }());
}

/// A connection on which one send is late, its last byte away from its end.
class late_once final : public transport {
 public:
  explicit late_once(stream below) : below_(std::move(below)) {}

  io::task<std::string_view> recv() override { co_return co_await below_.recv(); }
  io::task<void> send(std::span<const std::string_view> pieces, std::shared_ptr<const void>) override {
    if (!std::exchange(is_late, false)) co_return co_await below_.send(pieces);
    std::string all;
    for (const std::string_view piece : pieces) all += piece;
    all.pop_back();
    co_await below_.send(all);
    throw io::error(io::errc::timed_out, "send").sent(all.size());
  }
  io::task<void> shutdown() override { return below_.shutdown(); }
  io::task<void> close(close_limits limits) override { return below_.close(limits); }
  void close_at_once() noexcept override { below_.close_at_once(); }
  void abort() noexcept override { below_.abort(); }
  void set_timeout(io::side, io::duration) override {}

  bool is_late = false;

 private:
  stream below_;
};

// With TLS 1.2, where the answer, an alert, is there at once.
TEST_P(tls_streams, answer_behind_a_record_whose_last_byte_is_left) {
  io::wait([]() -> task<void> {
    auto [below_a, below_b] = memory_streams();
    const auto below = std::make_shared<late_once>(std::move(below_b));
    const auto client = tls_context::client({.insecure_accept_any_certificate = true});
    SSL_CTX_set_max_proto_version(client->native(), TLS1_2_VERSION);
    SSL_CTX_clear_options(client->native(), SSL_OP_NO_RENEGOTIATION);
    ends two = co_await secured({std::move(below_a), stream(below)}, client, shown_on_the_spot());
    below->is_late = true;
    EXPECT_EQ(co_await failure(two.b.send("to the last byte")), io::errc::timed_out);
    SSL_renegotiate(two.a.tls()->native());
    SSL_do_handshake(two.a.tls()->native());
    co_await two.a.below()->send(two.a.tls()->take_output());
    scope answering;
    answering.spawn([&]() -> task<void> { co_await failure(recv_some(two.b)); });
    EXPECT_EQ(co_await io::timeout(20s, recv_until(two.a, 16)), "to the last byte");
  }());
}

TEST_P(tls_streams, send_their_last_words_to_a_peer_whose_tickets_nobody_read) {
  io::wait([]() -> task<void> {
    ends two = co_await tls_ends();
    scope closing;
    closing.spawn([&]() -> task<void> {
      co_await two.a.send("goodbye");
      co_await two.a.close();
    });
    co_await sleep(5ms);
    EXPECT_EQ(co_await recv_all(two.b), "goodbye");
    co_await two.b.close();
    co_await closing.join();
  }());
}

TEST_P(tls_streams, refuse_a_peer_that_does_nothing_but_update_its_keys) {
  io::wait([]() -> task<void> {
    for (const int updates : {32, 33}) {
      ends two = co_await tls_ends();
      scope listening;
      listening.spawn([&]() -> task<void> { co_await failure(two.a.recv()); });
      for (int i = 0; i < updates; ++i) {
        SSL_key_update(two.a.tls()->native(), SSL_KEY_UPDATE_NOT_REQUESTED);
        SSL_do_handshake(two.a.tls()->native());
      }
      scope sending;
      sending.spawn([&]() -> task<void> { co_await failure(two.a.send("data")); });
      if (updates == 32)
        EXPECT_EQ(co_await two.b.recv(), "data");
      else
        EXPECT_EQ(co_await failure(two.b.recv()), errc::tls);
      two.b.close_at_once();
      two.a.close_at_once();
    }
  }());
}

TEST_P(tls_streams, let_others_go_on_while_many_short_records_are_read) {
  io::wait([]() -> task<void> {
    ends two = co_await tls_ends();
    constexpr int records = 2400;
    for (int i = 0; i < records; ++i) two.a.tls()->write("x");
    scope both;
    both.spawn([&]() -> task<void> { co_await two.a.send("y"); });
    co_await sleep(50ms);  // until they are there
    co_await both.join();
    int turns = 0;
    scope others;
    others.spawn([&]() -> task<void> {
      for (;; ++turns) co_await io::yield();
    });
    EXPECT_EQ((co_await recv_until(two.b, records + 1)).size(), records + 1U);
    EXPECT_GE(turns, records / 1024);
  }());
}

TEST_P(tls_streams, that_are_received_from_twice_at_once_say_so) {
  io::wait([]() -> task<void> {
    ends two = co_await tls_ends();
    scope receiving;
    receiving.spawn([&]() -> task<void> { EXPECT_EQ(co_await recv_some(two.b), "x"); });
    EXPECT_EQ(co_await failure(two.b.recv()), io::from_errno(EALREADY));
    co_await two.a.send("x");
    co_await receiving.join();
  }());
}

TEST_P(tls_streams, gather_short_pieces_into_one_record) {
  io::wait([]() -> task<void> {
    constexpr std::size_t around = 5 + 1 + 16;  // header, type, tag
    const std::string most(16 * 1024, 'm'), long_one(20'000, 'l');
    for (const auto& [pieces, records] :
         {std::pair<std::vector<std::string_view>, std::size_t>{{"one", "", "two", "three"}, 1},
          {{"head", most}, 2},
          {{most, "end"}, 2},
          {{long_one, "a", "b"}, 3},
          {{"", most.substr(1).c_str(), "x", "y"}, 2}}) {
      ends two = co_await tls_ends();
      std::string plain;
      for (const std::string_view piece : pieces) plain += piece;
      co_await two.a.send(pieces);
      co_await two.a.below()->shutdown();
      EXPECT_EQ((co_await recv_all(*two.b.below())).size(), plain.size() + records * around);
    }
    ends two = co_await tls_ends();
    scope sending;
    const std::vector<std::string_view> pieces{"a", most, "b", "c", long_one, "d", ""};
    sending.spawn([&]() -> task<void> {
      co_await two.a.send(pieces);
      co_await two.a.shutdown();
    });
    EXPECT_EQ(co_await recv_all(two.b), "a" + most + "bc" + long_one + "d");
    co_await sending.join();
  }());
}

TEST_P(tls_streams, that_are_disturbed_fail_and_both_sides_are_told) {
  io::wait([]() -> task<void> {
    ends two = co_await tls_ends();
    co_await two.a.send("x");
    EXPECT_EQ(co_await two.b.recv(), "x");
    const std::string forged(
        "\x17\x03\x03\x00\x14"
        "twenty bytes of junk",
        25);
    co_await two.a.below()->send(forged);
    EXPECT_EQ(co_await failure(two.b.recv()), errc::tls);
    const std::string said = co_await words(two.a.recv());
    EXPECT_TRUE(said.ends_with("alert bad record mac")) << said;
  }());
}

TEST_P(tls_streams, are_refused_with_the_reason_on_both_sides) {
  io::wait([]() -> task<void> {
    ends two = co_await tcp_ends();
    const std::string caller = two.b.remote().to_string();
    const refusals both = co_await refused(std::move(two), tls_context::client(), shown_on_the_spot());
    EXPECT_EQ(both.client,
              "TLS with localhost: the certificate of localhost is not trusted: self-signed certificate");
    EXPECT_EQ(both.server, "TLS with " + caller + ": tlsv1 alert unknown ca");
  }());
}

TEST_P(tls_streams, need_a_server_that_speaks_tls) {
  io::wait([]() -> task<void> {
    ends two = co_await tcp_ends();
    co_await two.b.send("220 this is a plain server\r\n");
    co_await two.b.shutdown();
    EXPECT_EQ(co_await words(tls_connect(std::move(two.a), trusting(), "localhost")),
              "TLS with localhost: the other end does not speak TLS (wrong version number)");
  }());
}

TEST_P(tls_streams, need_a_client_that_speaks_tls) {
  io::wait([]() -> task<void> {
    ends two = co_await tcp_ends();
    const std::string caller = two.b.remote().to_string();
    co_await two.a.send("GET / HTTP/1.1\r\n\r\n");
    scope accepting;
    std::string said;
    accepting.spawn(
        [&]() -> task<void> { said = co_await words(tls_accept(std::move(two.b), shown_on_the_spot())); });
    EXPECT_EQ(co_await recv_all(two.a), "");
    co_await two.a.close();
    co_await accepting.join();
    EXPECT_EQ(said, "TLS with " + caller + ": the other end does not speak TLS (http request)");
  }());
}

TEST_P(tls_streams, need_a_peer_that_stays_for_the_handshake) {
  io::wait([]() -> task<void> {
    ends two = co_await tcp_ends();
    co_await two.b.shutdown();
    EXPECT_EQ(co_await words(tls_connect(std::move(two.a), trusting(), "localhost")),
              "TLS with localhost: the other end closed the connection in the handshake");
    ends others = co_await tcp_ends();
    const std::string caller = others.b.remote().to_string();
    others.a.abort();
    EXPECT_EQ(co_await words(tls_accept(std::move(others.b), shown_on_the_spot())),
              "TLS with " + caller + ": connection reset by peer");
  }());
}

TEST_P(tls_streams, have_a_limit_for_the_handshake) {
  io::wait([]() -> task<void> {
    ends two = co_await tcp_ends(), others = co_await tcp_ends();
    EXPECT_EQ(co_await words(tls_connect(std::move(two.a), trusting(), "localhost", 20ms)),
              "TLS with localhost: timed out");
    EXPECT_EQ(co_await failure(tls_accept(std::move(others.b), shown_on_the_spot(), 20ms)),
              io::errc::timed_out);
  }());
}

TEST_P(tls_streams, start_with_bytes_that_were_peeked_at) {
  io::wait([]() -> task<void> {
    ends two = co_await tcp_ends();
    std::optional<stream> client;
    scope calling;
    calling.spawn(
        [&]() -> task<void> { client = co_await tls_connect(std::move(two.a), trusting(), "localhost"); });
    EXPECT_EQ((co_await two.b.peek()).substr(0, 1), "\x16");  // a handshake
    stream server = co_await tls_accept(std::move(two.b), shown_on_the_spot());
    co_await calling.join();
    co_await client->send("x");
    EXPECT_EQ(co_await server.recv(), "x");
  }());
}

TEST_P(tls_streams, start_in_the_middle_of_a_conversation) {
  io::wait([]() -> task<void> {
    ends two = co_await tcp_ends();
    co_await two.a.send("STARTTLS");
    EXPECT_EQ(co_await two.b.recv(), "STARTTLS");
    co_await two.b.send("go ahead");
    EXPECT_EQ(co_await two.a.recv(), "go ahead");
    ends now = co_await secured(std::move(two), trusting(), shown_on_the_spot());
    co_await now.a.send("secret");
    EXPECT_EQ(co_await now.b.recv(), "secret");
    EXPECT_EQ(now.a.tls()->version(), "TLSv1.3");
    EXPECT_EQ(now.a.tls()->peer_fingerprint(), shown_on_the_spot()->fingerprint());
  }());
}

TEST_P(tls_streams, deliver_what_came_with_the_end_of_the_handshake) {
  io::wait([]() -> task<void> {
    for (int i = 0; i < 5; ++i) {
      ends two = co_await tcp_ends();
      scope calling;
      calling.spawn([&]() -> task<void> {
        stream client = co_await tls_connect(std::move(two.a), trusting(), "localhost");
        co_await client.send("at once");
        co_await client.close();
      });
      stream server = co_await tls_accept(std::move(two.b), shown_on_the_spot());
      EXPECT_EQ(co_await recv_all(server), "at once");
      co_await server.close();
      co_await calling.join();
    }
  }());
}

TEST_P(tls_streams, are_checked_and_named_by_connect) {
  const temporary_folder folder;
  const authority ours(folder);
  const shown_files files = ours.issue("server", {.names = "IP:127.0.0.1"});
  io::wait([](std::string ca, shown_files shown) -> task<void> {
    listener here = co_await listen("127.0.0.1:0");
    const auto context =
        tls_context::server({.certificates = {{.cert_file = shown.cert, .key_file = shown.key}}});
    scope serving;
    serving.spawn([&]() -> task<void> {
      stream caller = co_await tls_accept(co_await here.accept(), context);
      co_await caller.close();
      co_await failure(tls_accept(co_await here.accept(), context));
    });
    const std::string at = here.local().to_string();
    stream checked = co_await connect(at, {.tls = true, .tls_options = {.ca_file = ca}});
    EXPECT_EQ(co_await checked.recv(), "");
    co_await checked.close();
    EXPECT_EQ(co_await words(connect(at, {.tls = true})),
              "connect " + at +
                  ": TLS with 127.0.0.1: the certificate of 127.0.0.1 is not trusted: unable to get local "
                  "issuer certificate");
    co_await serving.join();
  }(ours.file(), files));
}

// --- cancelling the handshake

TEST_P(tls_streams, can_be_cancelled_in_the_handshake_and_are_closed_then) {
  io::wait([]() -> task<void> {
    const std::size_t before = open_descriptors();
    {
      ends two = co_await tcp_ends();
      EXPECT_EQ(co_await cancelled_before(tls_connect(std::move(two.a), trusting(), "localhost")),
                io::errc::cancelled);
      EXPECT_EQ(co_await cancelled_before(tls_accept(std::move(two.b), shown_on_the_spot())),
                io::errc::cancelled);
      ends others = co_await tcp_ends();
      EXPECT_EQ(co_await cancelled_meanwhile(tls_connect(std::move(others.a), trusting(), "localhost")),
                io::errc::cancelled);
      EXPECT_NE(co_await recv_until(others.b, 1), "");
      ends last = co_await tcp_ends();
      EXPECT_EQ(co_await cancelled_meanwhile(tls_accept(std::move(last.b), shown_on_the_spot())),
                io::errc::cancelled);
      EXPECT_EQ(co_await last.a.recv(), "");
    }
    EXPECT_EQ(open_descriptors(), before);
  }());
}

TEST_P(tls_streams, can_be_cancelled_about_when_the_handshake_is_done) {
  io::wait([]() -> task<void> {
    const std::size_t before = open_descriptors();
    for (const bool client_is_cancelled : {true, false}) {
      for (int moment = 0; moment < moments; ++moment) {
        ends two = co_await tcp_ends();
        std::optional<stream> done, other;
        const auto keep = [&](stream s) { done = std::move(s); };
        task<stream> calling = tls_connect(std::move(two.a), trusting(), "localhost"),
                     accepting = tls_accept(std::move(two.b), shown_on_the_spot());
        scope beside;
        beside.spawn([&]() -> task<void> {
          try {
            other = co_await std::move(client_is_cancelled ? accepting : calling);
          } catch (const io::error&) {
          }
        });
        co_await cancelled_about(moment, std::move(client_is_cancelled ? calling : accepting), keep);
        co_await beside.join();
        if (!done || !other) continue;
        co_await done->send("x");
        EXPECT_EQ(co_await other->recv(), "x");
      }
    }
    EXPECT_EQ(open_descriptors(), before);
  }());
}

TEST_P(tls_handshakes_under_way, refuse_what_else_is_asked_of_the_stream) {
  io::wait([]() -> task<void> {
    ends two = co_await tcp_ends();
    scope shaking;
    shaking.spawn([&]() -> task<void> { co_await two.a.start_tls(trusting(), "localhost"); });
    co_await io::yield();
    const std::error_code busy = io::from_errno(EBUSY);
    EXPECT_EQ(co_await failure(send_text(two.a, "early")), busy);
    EXPECT_EQ(co_await failure(recv_some(two.a)), busy);
    EXPECT_EQ(co_await failure(peek_some(two.a)), busy);
    EXPECT_EQ(co_await failure(two.a.shutdown()), busy);
    EXPECT_EQ(co_await failure(two.a.start_tls(trusting(), "localhost")), busy);
    co_await two.b.start_tls(shown_on_the_spot());
    co_await shaking.join();
    co_await two.a.send("in time");
    EXPECT_EQ(co_await test::recv_until(two.b, 7), "in time");
  }());
}

// --- one context, many threads

TEST(tls_threads, share_one_context) {
  const auto client = trusting(), server = shown_on_the_spot();
  const auto talk = [&] {
    io::loop here({.backend = "epoll"});
    io::wait([](auto c, auto s) -> task<void> {
      for (int i = 0; i < 5; ++i) {
        ends two = co_await secured(co_await tcp_ends(), c, s);
        co_await two.a.send("x");
        EXPECT_EQ(co_await two.b.recv(), "x");
      }
    }(client, server));
  };
  std::thread other(talk);
  talk();
  other.join();
}

}  // namespace
}  // namespace parlance::net::test
