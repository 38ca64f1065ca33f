#include <utility>
#include <variant>

#include <parlance/text/sanitizer.hpp>

#include <cli/serve/operator_json.hpp>

namespace parlance::cli {
namespace {

using json = nlohmann::ordered_json;

json values_of(const operator_answer::thing& known) {
  json values = json::object();
  for (const auto& [name, value] : known)
    std::visit([&](const auto& v) { values[std::string(name)] = v; }, value);
  return values;
}

}  // namespace

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.push_back(text::sanitize(text.substr(0, end)));
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
  return lines;
}

json json_of(const operator_answer& answer) {
  json things = json::array();
  for (const operator_answer::thing& known : answer.things) things.push_back(values_of(known));
  std::vector<std::string> lines = lines_of(answer.text);
  for (std::string& l : lines)
    if (l.starts_with("-- ")) l.erase(0, 3);
  return {{"answer", std::move(lines)}, {"done", answer.done}, {"things", std::move(things)}};
}

std::string text_of(const json& what) { return what.dump(-1, ' ', false, json::error_handler_t::replace); }

}  // namespace parlance::cli
