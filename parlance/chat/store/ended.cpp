#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <limits>

#include <parlance/chat/store/ended.hpp>
#include <parlance/chat/store/engine.hpp>
#include <parlance/chat/store/record_kinds.hpp>

namespace parlance::chat {
namespace {

template <typename Number> Number parse(std::string_view digits) {
  Number n = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), n);
  return n;
}

ended_part part_of(std::string_view key, std::string_view value) {
  const std::size_t space = std::min(key.find(' '), key.size() - 1);
  return {parse<std::int64_t>(key), parse<entry_id>(key.substr(space + 1)), parse<entry_id>(value)};
}

}  // namespace

// Of a width that sorts as numbers do.
std::string ended_part::key() const { return fmt::format("{} {:020}", row, after); }

std::vector<ended_part> ended_parts(store_statements& sql, std::int64_t row) {
  std::vector<ended_part> all;
  const std::string prefix = fmt::format("{} ", row), end = behind(prefix);
  sqlite::rows found =
      sql.from.start(record_kinds::ended, prefix, end, std::numeric_limits<std::int64_t>::max());
  while (found.next()) all.push_back(part_of(found.text(0), found.text(1)));
  return all;
}

std::optional<ended_part> first_ended_part(store_statements& sql) {
  const std::string end = behind("");
  sqlite::rows found = sql.from.start(record_kinds::ended, std::string_view("0"), end, std::int64_t{1});
  if (!found.next()) return {};
  return part_of(found.text(0), found.text(1));
}

std::vector<std::pair<entry_id, entry_id>> around(const std::vector<ended_part>& parts, entry_id after,
                                                  entry_id before) {
  std::vector<std::pair<entry_id, entry_id>> left;
  for (const ended_part& p : parts) {
    const entry_id end = std::min(before, p.after + 1);
    if (end > after + 1) left.emplace_back(after, end);
    after = std::max(after, p.up_to);
  }
  if (before > after) left.emplace_back(after, before);
  return left;
}

}  // namespace parlance::chat
