// Keeps values by key: SET KEY VALUE, GET KEY and DEL KEY, a line each: key_value_server ADDRESS
// On SIGTERM it takes no more callers, answers what has been asked, and is gone after five seconds at most.
#include <csignal>
#include <iostream>
#include <map>
#include <parlance/io/combinators.hpp>
#include <parlance/io/signals.hpp>
#include <parlance/net.hpp>
using namespace parlance;
using namespace std::chrono_literals;

using values = std::map<std::string, std::string, std::less<>>;

std::string obey(std::string_view line, values& kept) {
  const auto word = [&line] {
    const auto first = line.substr(0, line.find(' '));
    line.remove_prefix(std::min(line.size(), first.size() + 1));
    return first;
  };
  const auto verb = word(), key = word();
  const auto found = kept.find(key);
  if (verb == "SET") return kept.insert_or_assign(std::string(key), line), "OK\n";
  if (verb == "GET") return found == kept.end() ? "NONE\n" : "VALUE " + found->second + "\n";
  if (verb == "DEL") return found == kept.end() ? "NONE\n" : (kept.erase(found), "OK\n");
  return "ERROR SET, GET or DEL?\n";
}

using line = std::optional<std::string_view>;

/// Empty: there is none. Once it is to stop, only what is here already, or comes without a pause.
io::task<line> next_line(net::reader& lines, io::event& stopping) {
  if (!stopping.is_set()) {
    const auto first = co_await io::race(lines.line(), stopping);
    if (first.index() == 0) co_return std::get<0>(first);
  }
  const auto last = co_await io::race(lines.line(), io::sleep(100ms));
  co_return last.index() == 0 ? std::get<0>(last) : line();
}

io::task<> answer(net::stream caller, values& kept, io::event& stopping) {
  net::reader lines(caller);
  while (const auto next = co_await next_line(lines, stopping)) co_await caller.send(obey(*next, kept));
  co_await caller.close();
}

io::task<> serve(std::string at) {
  values kept;
  io::event stopping;
  io::signals stop({SIGTERM});
  auto listener = co_await net::listen(at);
  io::scope callers{io::log_errors};
  for (;;) {
    auto next = co_await io::race(listener.accept(), stop.next());
    if (next.index() == 1) break;
    callers.spawn(answer(std::get<0>(std::move(next)), kept, stopping));
  }
  listener.close();
  stopping.set();
  co_await io::race(callers.join(), io::sleep(5s));
}

int main(int argc, char** argv) try {
  if (argc != 2) return std::cerr << "usage: key_value_server ADDRESS\n", 2;
  io::wait(serve(argv[1]));
} catch (const io::error& e) {
  return std::cerr << e.what() << '\n', 1;
}
