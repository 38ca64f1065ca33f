#include <algorithm>
#include <nlohmann/json.hpp>

#include <parlance/chat/base/names.hpp>
#include <parlance/chat/core/ban.hpp>
#include <parlance/chat/core/correspondence.hpp>
#include <parlance/chat/core/silence.hpp>
#include <parlance/chat/store/record_kinds.hpp>

namespace parlance::chat {
namespace {

using nlohmann::json;

constexpr const record_kind& kind = record_kinds::silence;

void keep(store& in, std::string_view identity, const std::vector<std::string>& masks) {
  in.keep_now([&] {
    if (masks.empty())
      in.erase(kind, identity);
    else
      in.put(kind, identity, json(masks).dump(-1, ' ', false, json::error_handler_t::replace));
  });
}

}  // namespace

std::vector<std::string> silenced_of(store& in, std::string_view identity) {
  const std::optional<std::string> kept = in.get(kind, identity);
  std::vector<std::string> masks;
  const json all = kept ? json::parse(*kept, nullptr, false) : json();
  if (all.is_array())
    for (const json& one : all)
      if (one.is_string()) masks.push_back(one.get<std::string>());
  return masks;
}

bool add_silence(store& in, std::string_view identity, std::string_view mask) {
  std::vector<std::string> masks = silenced_of(in, identity);
  if (std::ranges::any_of(masks, [&](const std::string& m) { return same_name(m, mask); })) return true;
  if (masks.size() >= most_silenced) return false;
  masks.emplace_back(mask);
  keep(in, identity, masks);
  return true;
}

bool remove_silence(store& in, std::string_view identity, std::string_view mask) {
  std::vector<std::string> masks = silenced_of(in, identity);
  if (std::erase_if(masks, [&](const std::string& m) { return same_name(m, mask); }) == 0) return false;
  keep(in, identity, masks);
  return true;
}

bool is_silenced(store& in, const person& whom, const person& by) {
  if (&whom == &by || by.is_console) return false;
  return std::ranges::any_of(silenced_of(in, identity_of(whom)),
                             [&](const std::string& mask) { return matches_person(mask, by); });
}

}  // namespace parlance::chat
