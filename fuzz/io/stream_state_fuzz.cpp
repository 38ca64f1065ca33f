// Drives both ends of simulated connections through everything that may befall them, in the order that the
// input says, and compares them with a model: bytes come in order, none is invented, none is lost unless the
// connection was hurt, and the end comes once and for ever.
#include <fmt/core.h>
#include <fuzzer/FuzzedDataProvider.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <parlance/io/error.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/scope.hpp>
#include <parlance/io/wait.hpp>

namespace parlance::io {
namespace {

using namespace std::chrono_literals;

void require(bool what, std::string_view otherwise) {
  if (what) return;
  fmt::print(stderr, "{}\n", otherwise);
  std::abort();
}

/// One send: what it was to send, and how much of it was taken.
struct sending {
  std::string bytes;
  std::size_t sent = 0;
  const send_operation* under_way = nullptr;

  std::string_view taken() const {
    return std::string_view(bytes).substr(0, under_way ? under_way->sent : sent);
  }
};

/// What both ends of a connection have in common.
struct connection {
  bool hurt = false;  // bytes may be lost from here on
};

/// One end, and the operations on it.
class end {
 public:
  explicit end(connection& of) : shared_(of) {}

  std::unique_ptr<stream_socket> s;

  void recv() {
    if (s) receives_->spawn(receive());
  }
  void send(std::string bytes) {
    if (!s || sends_.size() >= most_sends) return;
    sends_.push_back(std::make_unique<sending>(std::move(bytes)));
    sending_->spawn(send(*sends_.back()));
  }
  void cancel_receives() { replace(receives_, true); }
  void cancel_sends() { replace(sending_, true); }
  void destroy_receives() { replace(receives_, false); }
  void destroy_sends() { replace(sending_, false); }
  void set_timeout(side which, duration limit) {
    if (s) s->set_timeout(which, limit);
  }
  void shutdown(int how) {
    if (!s) return;
    shut_read_ = shut_read_ || how != SHUT_WR;
    s->shutdown(how);
  }
  void abort() {
    if (!s) return;
    shared_.hurt = true;
    s->abort();
  }
  void close() {
    shared_.hurt = true;
    s.reset();
  }

  /// What it has received so far is the beginning of what `other` has sent.
  void check(const end& other) const {
    require(other.taken().starts_with(received_), "bytes were invented or lost");
  }

  /// Nothing waits any more and both sides are shut: reads to the end, and everything is there.
  task<void> drain(const end& other) {
    set_timeout(side::read, unlimited);
    while (!ended_ && !shared_.hurt) co_await receive();
    if (!shared_.hurt && !shut_read_) require(other.taken() == received_, "bytes were lost");
  }

 private:
  static constexpr std::size_t most_sends = 32;

  std::string taken() const {
    std::string all;
    for (const auto& each : sends_) all += each->taken();
    return all;
  }

  // Operations that are cancelled end in a later turn, so their scope is kept until then.
  void replace(std::unique_ptr<scope>& operations, bool by_cancelling) {
    if (by_cancelling) {
      operations->cancel();
      cancelled_.push_back(std::move(operations));
    }
    operations = std::make_unique<scope>();
  }

  // Notes how an operation ended, even if it is destroyed before its coroutine could see that.
  struct note {
    end& of;
    const operation& op;
    ~note() {
      if (op.error == std::errc::connection_reset) of.shared_.hurt = true;
    }
  };

  static void check_failure(const std::error_code& code) {
    require(!code || code == errc::cancelled || code == errc::timed_out ||
                code == std::errc::connection_already_in_progress || code == std::errc::connection_reset ||
                code == std::errc::connection_aborted || code == std::errc::broken_pipe,
            code.message());
  }

  task<void> receive() {
    // What was delivered to an operation that is destroyed is gone with it, and counts as received.
    struct keep {
      end& of;
      const recv_operation& op;
      ~keep() { of.received_ += op.chunk; }
    };
    recv_operation op(*s);
    const note on_leaving{*this, op};
    const keep delivered{*this, op};
    co_await op;
    check_failure(op.error);
    require(!op.error || op.chunk.empty(), "an error with bytes");
    require(!ended_ || op.chunk.empty(), "bytes after the end");
    ended_ = ended_ || (!op.error && op.chunk.empty());
  }

  task<void> send(sending& what) {
    struct count {
      sending& what;
      const send_operation& op;
      ~count() {
        what.sent = op.sent;
        what.under_way = nullptr;
      }
    };
    send_operation op(*s, what.bytes);
    what.under_way = &op;
    const note on_leaving{*this, op};
    const count taken_by_then{what, op};
    co_await op;
    check_failure(op.error);
    require(op.sent <= what.bytes.size(), "more was sent than there was");
    require(op.error || op.sent == what.bytes.size(), "success without sending all");
  }

  connection& shared_;
  std::vector<std::unique_ptr<sending>> sends_;  // in the order in which they began
  std::string received_;
  bool ended_ = false;
  bool shut_read_ = false;
  std::vector<std::unique_ptr<scope>> cancelled_;
  std::unique_ptr<scope> receives_ = std::make_unique<scope>();
  std::unique_ptr<scope> sending_ = std::make_unique<scope>();
};

sim_options options_from(FuzzedDataProvider& input) {
  sim_options options;
  options.seed = input.ConsumeIntegral<std::uint8_t>();
  options.max_delay = std::chrono::microseconds(input.ConsumeIntegral<std::uint8_t>() * 10);
  options.short_reads = input.ConsumeIntegral<std::uint8_t>() / 255.0;
  options.short_writes = input.ConsumeIntegral<std::uint8_t>() / 255.0;
  const auto resets = input.ConsumeIntegral<std::uint8_t>();
  options.resets = resets < 128 ? 0 : (resets - 128) / 1000.0;
  options.buffer = input.ConsumeIntegralInRange<std::size_t>(1, 5000);
  options.fail_nth = input.ConsumeIntegral<std::uint8_t>();
  return options;
}

std::string some_bytes(FuzzedDataProvider& input) {
  std::string bytes(input.ConsumeIntegralInRange<std::size_t>(0, 8000), '\0');
  auto state = static_cast<unsigned>(bytes.size());
  for (char& c : bytes) c = static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
  return bytes;
}

/// One step of one end.
task<void> step(FuzzedDataProvider& input, end& e) {
  const auto moment = [&] { return std::chrono::microseconds(input.ConsumeIntegral<std::uint8_t>() * 20); };
  switch (input.ConsumeIntegralInRange(0, 15)) {
    case 0:
    case 1:
    case 2:
      e.recv();
      break;
    case 3:
    case 4:
      e.send(some_bytes(input));
      break;
    case 5:
      e.cancel_receives();
      break;
    case 6:
      e.cancel_sends();
      break;
    case 7:
      e.destroy_receives();
      break;
    case 8:
      e.destroy_sends();
      break;
    case 9:
      e.set_timeout(input.ConsumeBool() ? side::read : side::write, moment());
      break;
    case 10:
      e.shutdown(input.PickValueInArray({SHUT_WR, SHUT_WR, SHUT_WR, SHUT_RD, SHUT_RDWR}));
      break;
    case 11:
      if (input.ConsumeIntegral<std::uint8_t>() < 32) e.abort();
      break;
    case 12:
      if (input.ConsumeIntegral<std::uint8_t>() < 32) e.close();
      break;
    case 13:
      co_await yield();
      break;
    default:
      co_await sleep(moment());
  }
}

task<void> open(end& a, end& b, bool by_tcp) {
  if (!by_tcp) {
    std::tie(a.s, b.s) = loop::current().kernel().open_pair();
    co_return;
  }
  const std::unique_ptr<listening_socket> listener = loop::current().kernel().open_listening(AF_INET);
  listener->bind(endpoint::ipv4({127, 0, 0, 1}, 0));
  listener->listen(1);
  a.s = loop::current().kernel().open_stream(AF_INET);
  connect_operation connect(*a.s, listener->local());
  co_await connect;
  if (connect.error) throw error(connect.error, "connect");
  accept_operation accept(*listener);
  b.s = co_await accept;
  if (accept.error) throw error(accept.error, "accept");
}

task<void> drive(FuzzedDataProvider& input) {
  connection shared;
  std::array<end, 2> ends{end(shared), end(shared)};
  co_await open(ends[0], ends[1], input.ConsumeBool());
  for (int steps = 0; steps < 300 && input.remaining_bytes() > 0; ++steps) {
    co_await step(input, ends[input.ConsumeBool()]);
    for (const bool which : {false, true}) ends[which].check(ends[!which]);
  }
  for (end& e : ends) {
    e.destroy_receives();
    e.destroy_sends();
    e.shutdown(SHUT_WR);
  }
  co_await yield();  // those that were cancelled end
  for (const bool which : {false, true}) co_await ends[which].drain(ends[!which]);
  for (const bool which : {false, true}) ends[which].check(ends[!which]);
}

}  // namespace
}  // namespace parlance::io

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace parlance::io;
  FuzzedDataProvider input(data, size);
  const sim_options options = options_from(input);
  const loop here({.backend = "sim", .sim = options});
  try {
    wait(drive(input));
  } catch (const error& e) {
    // Only what was made to fail may fail, and only while the connection opens.
    require(options.fail_nth != 0 && e.code() != errc::deadlock, e.what());
  }
  return 0;
}
