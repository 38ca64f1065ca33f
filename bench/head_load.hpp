// What the parsers of heads are given, and how fast they are with it.
#pragma once

#include <fmt/format.h>

#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <string_view>

#include "loopback.hpp"

namespace bench {

/// As browsers send them, with what pages keep in cookies.
inline constexpr std::string_view browsers_head =
    "GET /articles/2026/11/what-a-server-reads?from=newsletter&page=2 HTTP/1.1\r\n"
    "Host: www.example.com\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0\r\n"
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n"
    "Accept-Language: en-US,en;q=0.5\r\n"
    "Accept-Encoding: gzip, deflate, br, zstd\r\n"
    "Referer: https://www.example.com/articles/2026/11/\r\n"
    "Connection: keep-alive\r\n"
    "Cookie: session=5f2b6c1e9a7d4e83b0c2f1a6d9e47c58; seen=2026-11-30; wide=1; colours=dark\r\n"
    "Upgrade-Insecure-Requests: 1\r\n"
    "Sec-Fetch-Dest: document\r\n"
    "Sec-Fetch-Mode: navigate\r\n"
    "Sec-Fetch-Site: same-origin\r\n"
    "Priority: u=0, i\r\n"
    "\r\n";
inline constexpr std::size_t fields_of_head = 13;

inline double seconds_of(int argc, char** argv, std::string_view usage) {
  if (argc <= 2) return argc == 2 ? number<double>(argv[1], 0.01, 3600, usage) : 2;
  fmt::print(stderr, "usage: {}\n", usage);
  std::exit(2);
}

/// Prints how many GB and heads a second a parser reads; ends the program when it reads them wrong.
template <class Parser> void measure(std::string_view name, double seconds, Parser parse) {
  using steady = std::chrono::steady_clock;
  constexpr std::size_t batch = 1000;
  std::size_t heads = 0;
  const steady::time_point begin = steady::now();
  std::chrono::duration<double> took{};
  for (; took.count() < seconds; took = steady::now() - begin) {
    for (std::size_t i = 0; i < batch; ++i) {
      const char* at = browsers_head.data();
      asm volatile("" : "+r"(at) : : "memory");  // it is not known before
      if (!parse(std::string_view(at, browsers_head.size()))) fail(name, EPROTO);
    }
    heads += batch;
  }
  const double rate = static_cast<double>(heads) / took.count();
  fmt::print("{:<28}{:>8.2f} GB/s  {:>12.0f} heads/s\n", name,
             rate * static_cast<double>(browsers_head.size()) / 1e9, rate);
}

}  // namespace bench
