#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include <parlance/chat/core/metadata.hpp>
#include <parlance/chat/store/record_kinds.hpp>
#include <parlance/chat/store/store.hpp>

namespace parlance::chat {
namespace {

using nlohmann::json;

constexpr std::size_t longest_key = 64;

}  // namespace

void load_metadata(store& from, metadata& into, std::string_view key, std::size_t most) {
  if (into.kept_as == key) return;
  const auto text = from.get(record_kinds::metadata, key);  // which may fail, and then nothing is known of it
  into.kept_as = key;
  if (!text) return;
  const json kept = json::parse(*text, nullptr, false);
  if (!kept.is_object()) return;
  auto before = std::exchange(into.values, {});
  for (const auto& [name, value] : kept.items())
    if (value.is_string()) into.values.emplace(name, value.get<std::string>());
  for (auto& [name, value] : before)
    if (into.values.size() < most || into.values.contains(name))
      into.values.insert_or_assign(name, std::move(value));
}

void keep_metadata(store& in, const metadata& what) {
  if (what.kept_as.empty()) return;
  if (what.values.empty())
    in.erase(record_kinds::metadata, what.kept_as);
  else
    in.put(record_kinds::metadata, what.kept_as,
           json(what.values).dump(-1, ' ', false, json::error_handler_t::replace));
}

void move_metadata(store& in, metadata& what, std::string_view key) {
  if (!what.kept_as.empty()) in.erase(record_kinds::metadata, what.kept_as);
  what.kept_as = key;
  keep_metadata(in, what);
}

bool is_metadata_key(std::string_view text) noexcept {
  return !text.empty() && text.size() <= longest_key && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           std::string_view("_./-").find(c) != std::string_view::npos;
  });
}

}  // namespace parlance::chat
