// Fan-out over IRC: RECV clients sit in #bench, and PUBS more publish lines of SIZE bytes there, each with at
// most WINDOW messages that the first receiver has not seen. Prints one line of KEY=VALUE:
//
//   $ load_irc 6667 1000 10 100 16 3 $(pidof ngircd)
//   receivers=1000 publishers=10 size=100 window=16 seconds=3.020 deliveries=2038130 rate=674790
//   p50_us=199418 p99_us=537263 lost=0 disorder=0 setup_seconds=8.6 user_us=0.599 system_us=0.250
//
// rate is deliveries per second, to receivers only. p50_us and p99_us are microseconds from publishing to
// delivery, over all receivers. lost is what had not come ten seconds after the last message was published,
// and disorder how often a receiver got anything but a publisher's next message: with either, the exit status
// is 1. --tls and --websocket: all clients speak so. With the server's PID, user_us and system_us are the CPU time it used per delivery.
#include <array>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "histogram.hpp"
#include "irc_crowd.hpp"
#include "loopback.hpp"
#include "process.hpp"

namespace {

using bench::irc_client;
using bench::steady;
using std::chrono::milliseconds;
using seconds = std::chrono::duration<double>;

constexpr std::string_view usage = "load_irc [--tls|--websocket] PORT RECV PUBS SIZE WINDOW SECS [PID]";
constexpr std::string_view room = "#bench";
constexpr std::string_view heard = " PRIVMSG #bench :";

struct options {
  bench::way how = bench::way::tcp;
  std::uint16_t port = 0;
  std::size_t receivers = 0;
  std::size_t publishers = 0;
  std::size_t size = 0;
  std::uint64_t window = 0;
  seconds duration{};
  int pid = 0;
};

options parse(int argc, char** argv) {
  options o;
  const std::string_view first = argc > 1 ? argv[1] : "";
  if (first == "--tls") o.how = bench::way::tls, --argc, ++argv;
  if (first == "--websocket") o.how = bench::way::websocket, --argc, ++argv;
  if (argc < 7 || argc > 8) {
    fmt::print(stderr, "usage: {}\n", usage);
    std::exit(2);
  }
  o.port = bench::number<std::uint16_t>(argv[1], 1, 65'535, usage);
  o.receivers = bench::number<std::size_t>(argv[2], 1, 100'000, usage);
  o.publishers = bench::number<std::size_t>(argv[3], 1, 10'000, usage);
  // With the source before it, it is still a line of 512 bytes.
  o.size = bench::number<std::size_t>(argv[4], 1, 400, usage);
  o.window = bench::number<std::uint64_t>(argv[5], 1, 100'000, usage);
  o.duration = seconds(bench::number<double>(argv[6], 0.01, 3600, usage));
  if (argc == 8) o.pid = bench::number<int>(argv[7], 1, 1 << 30, usage);
  return o;
}

/// What a published message says: whose it is, which of theirs, and when it left.
struct message {
  std::size_t publisher = 0;
  std::uint64_t sequence = 0;
  std::int64_t microseconds = 0;  ///< since the load began

  std::string line(std::size_t size) const {
    std::string text = fmt::format("PRIVMSG {} :{} {} {} ", room, publisher, sequence, microseconds);
    if (text.size() < size) text.append(size - text.size(), 'x');
    return text + "\r\n";
  }

  static std::optional<message> parse(std::string_view line) {
    const std::size_t at = line.find(heard);
    if (at == line.npos) return std::nullopt;
    message m;
    const char* next = line.data() + at + heard.size();
    const char* const end = line.data() + line.size();
    const auto take = [&](auto& value) {
      const auto [rest, error] = std::from_chars(next, end, value);
      next = rest;
      return error == std::errc{} && next != end && *next++ == ' ';
    };
    if (take(m.publisher) && take(m.sequence) && take(m.microseconds)) return m;
    return std::nullopt;
  }
};

/// The first clients of the crowd publish, the others receive.
class fan_out {
 public:
  explicit fan_out(const options& o)
      : options_(o), crowd_(o.port, o.how), published_(o.publishers), seen_(o.publishers) {
    while (crowd_.size() < o.publishers + o.receivers) crowd_.add(std::string(room));
    crowd_.wait_until_joined();
    last_.assign(o.receivers, std::vector<std::uint64_t>(o.publishers));
  }

  /// Publishes for `duration` and returns how long it was.
  seconds run(seconds duration) {
    publishing_ = true;
    for (std::size_t p = 0; p < options_.publishers; ++p) publish(p);
    while (steady::now() - begin_ < duration) turn(milliseconds(50));
    publishing_ = false;
    return steady::now() - begin_;
  }

  /// Nothing more is said: waits for what is on its way.
  void drain(seconds limit) {
    const steady::time_point begin = steady::now();
    while (lost() > 0 && steady::now() - begin < limit) turn(milliseconds(50));
  }

  /// Lets the server do what it put off while everybody came.
  void rest(seconds length) {
    const steady::time_point begin = steady::now();
    while (steady::now() - begin < length) turn(milliseconds(10));
    begin_ = steady::now();
  }

  std::uint64_t deliveries() const { return delays_.count(); }
  const bench::histogram& delays() const { return delays_; }
  std::uint64_t disorder() const { return disorder_; }

  std::int64_t lost() const {
    std::uint64_t published = 0;
    for (const std::uint64_t count : published_) published += count;
    return static_cast<std::int64_t>(published * options_.receivers) -
           static_cast<std::int64_t>(deliveries());
  }

 private:
  void turn(milliseconds limit) {
    crowd_.turn(limit, [this](irc_client& client, std::string_view line, steady::time_point now) {
      if (client.id < options_.publishers) return;
      if (const auto m = message::parse(line); m && m->publisher < options_.publishers)
        deliver(client, *m, now);
    });
  }

  void deliver(const irc_client& client, const message& m, steady::time_point now) {
    const std::size_t receiver = client.id - options_.publishers;
    std::uint64_t& last = last_[receiver][m.publisher];
    if (m.sequence != last + 1) ++disorder_;
    last = m.sequence;
    delays_.add(now - begin_ - std::chrono::microseconds(m.microseconds));
    if (receiver != 0) return;
    seen_[m.publisher] = m.sequence;
    if (publishing_) publish(m.publisher);
  }

  /// Fills the publisher's window, with one send.
  void publish(std::size_t publisher) {
    std::string lines;
    while (published_[publisher] < seen_[publisher] + options_.window) {
      const auto age = std::chrono::duration_cast<std::chrono::microseconds>(steady::now() - begin_);
      lines += message{publisher, ++published_[publisher], age.count()}.line(options_.size);
    }
    crowd_.send(crowd_[publisher], lines);
  }

  const options& options_;
  bench::irc_crowd crowd_;
  std::vector<std::uint64_t> published_;          // by publisher
  std::vector<std::uint64_t> seen_;               // by publisher: what came to the first receiver
  std::vector<std::vector<std::uint64_t>> last_;  // by receiver and publisher
  bench::histogram delays_;
  std::uint64_t disorder_ = 0;
  steady::time_point begin_ = steady::now();
  bool publishing_ = false;
};

}  // namespace

int main(int argc, char** argv) {
  const options o = parse(argc, argv);
  bench::raise_open_file_limit();
  const steady::time_point start = steady::now();
  fan_out load(o);
  load.rest(seconds(1));
  const seconds setup = steady::now() - start;

  const bench::cpu_time before = o.pid ? bench::cpu_time_of(o.pid) : bench::cpu_time{};
  const seconds elapsed = load.run(o.duration);
  const auto deliveries = static_cast<double>(load.deliveries());
  const bench::cpu_time after = o.pid ? bench::cpu_time_of(o.pid) : bench::cpu_time{};
  load.drain(seconds(10));
  if (deliveries == 0) bench::fail("no message was delivered", ETIMEDOUT);

  fmt::print(
      "receivers={} publishers={} size={} window={} seconds={:.3f} deliveries={:.0f} rate={:.0f} p50_us={} "
      "p99_us={} lost={} disorder={} setup_seconds={:.1f}",
      o.receivers, o.publishers, o.size, o.window, elapsed.count(), deliveries, deliveries / elapsed.count(),
      load.delays().percentile(50), load.delays().percentile(99), load.lost(), load.disorder(),
      setup.count());
  if (o.pid)
    fmt::print(" user_us={:.3f} system_us={:.3f}", (after.user - before.user) / deliveries,
               (after.system - before.system) / deliveries);
  fmt::print("\n");
  return load.lost() != 0 || load.disorder() != 0;
}
