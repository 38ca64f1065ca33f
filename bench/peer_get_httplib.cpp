// A peer of client_get: cpp-httplib, whose client waits for one answer at a time; many are as many threads.
//   peer_get_httplib URL AT_ONCE SECONDS
#include <httplib.h>

#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "get_load.hpp"

namespace {

constexpr std::string_view usage = "peer_get_httplib URL AT_ONCE SECONDS";

void ask(const std::string& origin, const std::string& path, bench::get_count& count, std::mutex& alone) {
  httplib::Client by(origin);
  by.set_keep_alive(true);
  by.set_tcp_nodelay(true);
  while (!count.is_over()) {
    const bench::steady::time_point asked = bench::steady::now();
    const httplib::Result got = by.Get(path);
    if (!got || got->status != 200) bench::fail("no answer of 200", EPROTO);
    const std::lock_guard one(alone);
    count.add(asked);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const bench::get_load load = bench::get_load::parse(argc, argv, 1, usage);
  const std::string url = load.url;
  const std::size_t slash = url.find('/', url.find("://") + 3);
  bench::get_count count(load);
  std::mutex alone;
  std::vector<std::jthread> all;
  for (std::size_t i = 0; i < load.at_once; ++i)
    all.emplace_back([&] { ask(url.substr(0, slash), url.substr(slash), count, alone); });
  all.clear();
  count.print();
}
