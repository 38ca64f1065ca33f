#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <vector>

#include <cli/base/help_formatter.hpp>

namespace parlance::cli {
namespace {

constexpr std::string_view bounds = " in [";  // how CLI11 tells what a number may be

/// "not with --a, --b"; nothing where they are many, for those say it, too.
std::string list(std::string_view how, const std::set<CLI::Option*>& others) {
  constexpr std::size_t most = 4;
  if (others.empty() || others.size() > most) return {};
  std::vector<std::string> names;
  names.reserve(others.size());
  for (const CLI::Option* one : others) names.push_back(one->get_name());
  std::ranges::sort(names);
  return fmt::format("{} {}", how, fmt::join(names, ", "));
}

}  // namespace

std::string help_formatter::make_option_opts(const CLI::Option* option) const {
  std::string text = CLI::Formatter::make_option_opts(option);
  text.erase(std::min({text.find(" Needs: "), text.find(" Excludes: "), text.size()}));
  if (const std::size_t at = text.find(bounds); at != std::string::npos) {
    const std::size_t type = text.rfind(':', at);
    text.erase(type, text.find(']', at) + 1 - type);
  }
  if (text.ends_with(",... ...")) text.resize(text.size() - std::string_view(" ...").size());
  return text;
}

std::string help_formatter::make_option_desc(const CLI::Option* option) const {
  constexpr std::size_t widest = 92;
  std::string text = CLI::Formatter::make_option_desc(option);
  std::vector<std::string> notes;
  for (const std::string& one :
       {list("not with", option->get_excludes()), list("needs", option->get_needs())})
    if (!one.empty()) notes.push_back(one);
  const std::string type = option->get_type_name();
  if (const std::size_t at = type.find(bounds); at != std::string::npos) {
    std::string range = type.substr(at + bounds.size(), type.find(']', at) - at - bounds.size());
    if (const std::size_t dash = range.find(" - "); dash != std::string::npos) range.replace(dash, 3, " to ");
    notes.push_back(range);
  }
  if (notes.empty()) return text;
  const std::string note = fmt::format("({})", fmt::join(notes, "; "));
  const std::size_t last = text.size() - (text.rfind('\n') + 1);
  return text + (last + note.size() < widest ? ' ' : '\n') + note;
}

}  // namespace parlance::cli
