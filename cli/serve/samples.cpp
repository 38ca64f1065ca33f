#include <unistd.h>

#include <fstream>

#include <parlance/io/loop.hpp>
#include <parlance/io/wait.hpp>

#include <cli/serve/samples.hpp>

namespace parlance::cli {

std::uint64_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::uint64_t all = 0, resident = 0;
  file >> all >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

samples::samples(chat::server& of) : server_(of), before_(count()) {}

samples::counts samples::count() const {
  const chat::metrics& m = server_.chat().count;
  counts now{.at = io::loop::current().now(),
             .messages = m.messages_in.value(),
             .deliveries = m.deliveries.value(),
             .lag_nanoseconds = m.loop_lag.nanoseconds()};
  for (std::size_t i = 0; i <= chat::histogram::bounds.size(); ++i) now.lags += m.loop_lag.bucket(i);
  return now;
}

sample samples::now() {
  const counts is = count();
  const double seconds = std::chrono::duration<double>(is.at - before_.at).count();
  const auto rate = [seconds](std::uint64_t then, std::uint64_t later) {
    return seconds > 0 ? static_cast<double>(later - then) / seconds : 0;
  };
  const std::uint64_t lags = is.lags - before_.lags;
  chat::hub& chat = server_.chat();
  return {.time = chat.clock().seconds(),
          .people = chat.people().all().size(),
          .connections = server_.callers().size(),
          .rooms = chat.rooms().all().size(),
          .messages_per_second = rate(before_.messages, is.messages),
          .deliveries_per_second = rate(before_.deliveries, is.deliveries),
          .loop_lag = lags == 0 ? 0
                                : static_cast<double>(is.lag_nanoseconds - before_.lag_nanoseconds) / 1e9 /
                                      static_cast<double>(lags),
          .resident_bytes = resident_bytes()};
}

io::task<void> samples::keep() {
  for (;;) {
    co_await io::sleep(every);
    all_.push_back(now());
    if (all_.size() > most) all_.pop_front();
    before_ = count();
  }
}

}  // namespace parlance::cli
