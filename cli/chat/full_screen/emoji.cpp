#include <algorithm>
#include <emoji_list.hpp>
#include <nlohmann/json.hpp>
#include <string>

#include <parlance/chat/base/words.hpp>

#include <cli/chat/full_screen/emoji.hpp>
#include <cli/chat/full_screen/list_popup.hpp>

namespace parlance::cli {
namespace {

struct emoji_table {
  std::string lines;  // "😀 grinning|smile happy"
  std::vector<emoji_name> names;
};

/// The page's list (web/build.mjs): an array of groups, of which each is lines.
emoji_table read_table() {
  emoji_table table;
  std::string_view list = emoji_list;
  const std::size_t begin = list.find('['), end = list.rfind(']');
  if (begin == list.npos || end == list.npos) return table;
  for (const auto& group : nlohmann::json::parse(list.substr(begin, end - begin + 1)))
    table.lines += group.get<std::string>() + "\n";
  for (std::string_view rest = table.lines; !rest.empty();) {
    std::string_view line = chat::take_item(rest, '\n');
    std::string_view names = chat::take_item(line, '|');
    const std::string_view emoji = chat::take_word(names);
    for (const std::string_view name : chat::items_of(names, ' ')) table.names.push_back({emoji, name});
  }
  return table;
}

const emoji_table& table() {
  static const emoji_table all = read_table();
  return all;
}

}  // namespace

std::string_view emoji_called(std::string_view name) {
  const auto found = std::ranges::find(table().names, name, &emoji_name::name);
  return found == table().names.end() ? std::string_view() : found->emoji;
}

std::vector<emoji_name> emoji_for(std::string_view typed, std::size_t most) {
  std::vector<std::pair<int, emoji_name>> found;
  for (const emoji_name& one : table().names)
    if (const int score = typed.empty() ? 0 : fits(typed, one.name); score >= 0 || typed.empty())
      found.emplace_back(-score, one);
  // Those that fit equally well stay in the order of the table.
  std::vector<std::size_t> order(found.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::sort(order, {}, [&](std::size_t i) { return std::pair(found[i].first, i); });
  std::vector<emoji_name> best;
  for (const std::size_t i : order) {
    if (best.size() == most) break;
    best.push_back(found[i].second);
  }
  return best;
}

}  // namespace parlance::cli
