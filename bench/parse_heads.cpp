// How many bytes of heads of requests a second Parlance's parser reads, beside a floor that looks at each byte once
// and keeps nothing (it counts the ends of lines). No I/O. What they read is a browser's request, of 626 bytes, again and
// again; each head is made, with its fields, and thrown away.
//   parse_heads [SECONDS]
#include <algorithm>
#include <string_view>

#include <parlance/http/message/head_parser.hpp>

#include "head_load.hpp"

namespace {

using namespace parlance;

bool parse(std::string_view text) {
  http::request_parser parser;
  const auto fed = parser.feed(text);
  return fed && *fed && parser.take().fields.size() == bench::fields_of_head;
}

bool count_lines(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count(text, '\n')) == bench::fields_of_head + 2;
}

}  // namespace

int main(int argc, char** argv) {
  const double seconds = bench::seconds_of(argc, argv, "parse_heads [SECONDS]");
  bench::measure("floor: counts lines", seconds, count_lines);
  bench::measure("Parlance", seconds, parse);
}
