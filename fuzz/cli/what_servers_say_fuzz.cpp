// What `parlance get` makes of the answers of servers: names of files, ranges, dates, JSON; and of words that
// people paste. The first byte says where the input breaks off; lines up to an empty one are fields, the rest is a
// body.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <parlance/http/base/date.hpp>
#include <parlance/http/message/message.hpp>

#include <cli/base/shell_words.hpp>
#include <cli/base/verb.hpp>
#include <cli/get/file_names.hpp>
#include <cli/get/file_version.hpp>
#include <cli/get/json_printer.hpp>

namespace {

using namespace parlance;

void check(bool holds) {
  if (!holds) std::abort();
}

void check_name(const std::string& name) {
  check(!name.empty() && name.size() <= 255 && name[0] != '.');
  check(std::ranges::none_of(name,
                             [](unsigned char c) { return c < ' ' || c == 0x7f || c == '/' || c == '\\'; }));
}

std::string without_spaces(std::string_view text) {
  std::string left(text);
  std::erase_if(left, [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; });
  return left;
}

void try_fields(const http::field_list& fields) {
  if (const auto name = cli::name_in_disposition(fields)) check_name(*name);
  for (const unsigned status : {200U, 206U, 416U}) {
    const http::response_head head{.status = status, .fields = fields};
    const cli::file_version version = cli::version_of(head, 10);
    check(version.validator.empty() || status == 200);
    check(!cli::goes_on(head, {.validator = "\"1\"", .size = 10}, 5) || status == 206);
    check(!cli::ends_at(head, 5) || status == 416);
  }
  for (const http::field f : fields)
    if (const auto date = http::parse_date(f.value))
      check(http::parse_date(http::format_date(*date)) == date);
}

/// Only white space comes and goes, however the text is cut.
void try_json(std::string_view text, std::size_t cut) {
  cli::json_printer printer({.indents = true});
  std::string out;
  printer.feed(text.substr(0, cut), out);
  printer.feed(text.substr(cut), out);
  printer.finish(out);
  check(without_spaces(out) == without_spaces(text));
}

void try_words(const std::string& text) {
  const std::string whole = text.substr(0, text.find('\0'));
  check(cli::shell_words(cli::shell_quoted(whole)) == std::vector{whole});
  try {
    cli::shell_words(text);
  } catch (const cli::complaint&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t cut = std::min<std::size_t>(data[0], text.size());
  if (const auto name = cli::safe_file_name(text)) check_name(*name);
  try_words(std::string(text));
  http::field_list fields;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty()) break;
    if (const std::size_t colon = line.find(':'); colon != line.npos)
      fields.try_append(line.substr(0, colon), line.substr(colon + 1));
  }
  try_fields(fields);
  try_json(text, std::min(cut, text.size()));
  return 0;
}
