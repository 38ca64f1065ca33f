// Who asks beside another is refused, and takes nothing from him: not the place of one who has something and
// does not know yet, nor what that is, whoever of the two goes first.
#include <functional>

#include "io/support.hpp"

namespace parlance::io {
namespace {
using namespace test;

/// What one waits for at a socket.
class source {
 public:
  virtual ~source() = default;
  /// Waits for the next; `where`: the wait.
  virtual task<std::string> ask(const operation*& where) = 0;
  /// Nobody else goes on before it is under way.
  virtual task<void> bring(int number) = 0;
  virtual std::string brought(int number) const { return "number " + std::to_string(number); }
  virtual void close() = 0;
};

std::string told(const socket_operation& op, std::string brought) {
  return op.error ? reason(op.error) : std::move(brought);
}

void put_now(const socket& to, std::string_view bytes) {
  EXPECT_EQ(::send(to.native_handle(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(bytes.size()));
}

class bytes final : public source {
 public:
  bytes() { std::tie(ends_.a, ends_.b) = loop::current().kernel().open_pair(); }
  task<std::string> ask(const operation*& where) override {
    recv_operation op(*ends_.b);
    where = &op;
    co_await op;
    co_return told(op, std::string(op.chunk));
  }
  task<void> bring(int number) override {
    const std::string text = brought(number);
    if (ends_.a->native_handle() < 0) co_return co_await send_all(*ends_.a, text);
    put_now(*ends_.a, text);
  }
  void close() override { ends_.b.reset(); }

 private:
  ends ends_;
};

class datagrams final : public source {
 public:
  datagrams() {
    a_->bind(loopback());
    b_->bind(loopback());
    a_->connect(b_->local());
  }
  task<std::string> ask(const operation*& where) override {
    char room[100];
    recv_from_operation op(*b_, room);
    where = &op;
    co_await op;
    co_return told(op, std::string(room, op.size));
  }
  task<void> bring(int number) override {
    const std::string text = brought(number);
    if (a_->native_handle() >= 0) co_return put_now(*a_, text);
    co_await send_to_operation(*a_, text, b_->local());
  }
  void close() override { b_.reset(); }

 private:
  datagram_ptr a_ = open_datagram(), b_ = open_datagram();
};

class callers final : public source {
 public:
  task<std::string> ask(const operation*& where) override {
    accept_operation op(*at_);
    where = &op;
    const socket_ptr caller = co_await op;
    co_return told(op, caller ? caller->remote().to_string() : std::string());
  }
  task<void> bring(int) override {
    callers_.push_back(open_socket());
    stream_socket& one = *callers_.back();
    const endpoint to = at_->local();
    if (one.native_handle() < 0) co_return co_await connect_to(one, to);
    ::connect(one.native_handle(), to.data(), to.size());
  }
  std::string brought(int number) const override {
    return callers_[static_cast<std::size_t>(number) - 1]->local().to_string();
  }
  void close() override { at_.reset(); }

 private:
  listening_ptr at_ = listening();
  std::vector<socket_ptr> callers_;
};

/// Two ask, and the second is refused in a turn in which nothing more is over at once: he is told with the
/// next.
class two_who_ask {
 public:
  /// `has_it`: the first has got it then, and does not know yet. Else it comes when the second was refused.
  task<void> ask(bool has_it, bool again = false) {
    const operation* waiting = nullptr;
    first.emplace(all_.run(from_.ask(waiting)));
    for (int i = 0; i < 3; ++i) co_await yield();
    if (has_it) bringing_.spawn(from_.bring(1));
    while (has_it && waiting->waiting()) co_await yield();
    EXPECT_FALSE(first->is_done());
    while (loop::current().may_go_on()) {
    }
    second.emplace(all_.run(again ? ask_until_admitted() : from_.ask(of_second_)));
    EXPECT_FALSE(second->is_done());
    if (!has_it) bringing_.spawn(from_.bring(1));
  }
  task<std::string> ask_alone() { return timeout(30s, from_.ask(of_second_)); }

  static inline const std::string refused = reason(from_errno(EALREADY));

 private:
  task<std::string> ask_until_admitted() {
    for (;;)
      if (std::string answer = co_await from_.ask(of_second_); answer != refused) co_return answer;
  }

  source& from_;
  scope all_, bringing_;
  const operation* of_second_ = nullptr;

 public:
  explicit two_who_ask(source& from) : from_(from) {}
  std::optional<child<std::string>> first, second;
};

/// `gone`: which of the two are destroyed before they are told, in that order.
task<void> lose_nothing(source& from, bool has_it, std::string_view gone) {
  two_who_ask both(from);
  co_await both.ask(has_it);
  for (const char who : gone) (who == '1' ? both.first : both.second).reset();
  if (both.second) EXPECT_EQ(co_await *both.second, both.refused);
  const std::string got = both.first ? co_await timeout(30s, *both.first) : co_await both.ask_alone();
  EXPECT_EQ(got, from.brought(1));
  co_await from.bring(2);
  EXPECT_EQ(co_await both.ask_alone(), from.brought(2));
}

task<void> go_in_order(source& from, bool has_it) {
  two_who_ask both(from);
  co_await both.ask(has_it, true);
  EXPECT_EQ(co_await timeout(30s, *both.first), from.brought(1));
  co_await from.bring(2);
  EXPECT_EQ(co_await timeout(30s, *both.second), from.brought(2));
}

task<void> close_before_they_are_told(source& from) {
  two_who_ask both(from);
  co_await both.ask(true);
  from.close();
  co_await *both.first;
  EXPECT_EQ(co_await *both.second, both.refused);
}

class refused : public on_every_backend {
 protected:
  template <class Source> static void lose_nothing_at_a() {
    for (const bool has_it : {false, true}) {
      for (const char* gone : {"", "1", "2", "12", "21"}) {
        SCOPED_TRACE(testing::Message() << "has it: " << has_it << ", gone: " << gone);
        Source from;
        wait(lose_nothing(from, has_it, gone));
      }
      Source from;
      wait(go_in_order(from, has_it));
    }
    Source from;
    wait(close_before_they_are_told(from));
  }
};
PARLANCE_ON_EVERY_BACKEND(refused);

TEST_P(refused, beside_a_recv_no_bytes_are_lost) { lose_nothing_at_a<bytes>(); }
TEST_P(refused, beside_a_recv_from_no_datagram_is_lost) { lose_nothing_at_a<datagrams>(); }
TEST_P(refused, beside_an_accept_no_caller_is_lost) { lose_nothing_at_a<callers>(); }

}  // namespace
}  // namespace parlance::io
