// A peer of parse_heads: http_parser, which Node.js had before llhttp. It calls back for what it finds, and keeps
// nothing; here each field is kept in a list of strings, as who serves needs them, or counted alone.
//   peer_parse_heads [SECONDS]
#include <http_parser.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "head_load.hpp"

namespace {

struct head {
  std::string target;
  std::vector<std::pair<std::string, std::string>> fields;
  std::size_t count = 0;
};

head& head_of(http_parser* parser) { return *static_cast<head*>(parser->data); }

http_parser_settings settings_that(bool keep) {
  http_parser_settings made{};
  if (!keep) {
    made.on_header_field = [](http_parser* p, const char*, std::size_t) { return ++head_of(p).count, 0; };
    return made;
  }
  made.on_url = [](http_parser* p, const char* at, std::size_t size) {
    head_of(p).target.append(at, size);
    return 0;
  };
  made.on_header_field = [](http_parser* p, const char* at, std::size_t size) {
    ++head_of(p).count;
    head_of(p).fields.emplace_back(std::string(at, size), std::string());
    return 0;
  };
  made.on_header_value = [](http_parser* p, const char* at, std::size_t size) {
    head_of(p).fields.back().second.append(at, size);
    return 0;
  };
  return made;
}

bool parse(std::string_view text, bool keep) {
  static const http_parser_settings keeping = settings_that(true), counting = settings_that(false);
  head into;
  http_parser parser;
  ::http_parser_init(&parser, HTTP_REQUEST);
  parser.data = &into;
  return ::http_parser_execute(&parser, keep ? &keeping : &counting, text.data(), text.size()) ==
             text.size() &&
         into.count == bench::fields_of_head;
}

}  // namespace

int main(int argc, char** argv) {
  const double seconds = bench::seconds_of(argc, argv, "peer_parse_heads [SECONDS]");
  bench::measure("http_parser, fields kept", seconds,
                 [](std::string_view text) { return parse(text, true); });
  bench::measure("http_parser, only counted", seconds,
                 [](std::string_view text) { return parse(text, false); });
}
