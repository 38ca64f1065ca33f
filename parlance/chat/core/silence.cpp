#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include <parlance/chat/base/names.hpp>
#include <parlance/chat/core/ban.hpp>
#include <parlance/chat/core/correspondence.hpp>
#include <parlance/chat/core/silence.hpp>
#include <parlance/chat/store/record_kinds.hpp>

namespace parlance::chat {
namespace {

using nlohmann::json;

constexpr const record_kind& kind = record_kinds::silence;

void put(store& in, std::string_view identity, const std::vector<std::string>& masks) {
  in.put(kind, identity, json(masks).dump(-1, ' ', false, json::error_handler_t::replace));
}

void keep(store& in, std::string_view identity, const std::vector<std::string>& masks) {
  in.keep_now([&] {
    if (masks.empty())
      in.erase(kind, identity);
    else
      put(in, identity, masks);
  });
}

std::vector<std::string> masks_in(std::string_view text) {
  std::vector<std::string> masks;
  const json all = json::parse(text, nullptr, false);
  if (all.is_array())
    for (const json& one : all)
      if (one.is_string()) masks.push_back(one.get<std::string>());
  return masks;
}

}  // namespace

std::vector<std::string> silenced_of(store& in, std::string_view identity) {
  const std::optional<std::string> kept = in.get(kind, identity);
  return kept ? masks_in(*kept) : std::vector<std::string>();
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

void rename_in_silences(store& in, std::string_view account, std::string_view to) {
  std::vector<std::pair<std::string, std::vector<std::string>>> changed;
  in.each(kind, {}, [&](std::string_view identity, std::string_view text) {
    std::vector<std::string> masks = masks_in(text);
    bool names_it = false;
    for (std::string& mask : masks)
      if (std::string now = with_account(mask, account, to); !now.empty())
        mask = std::move(now), names_it = true;
    if (names_it) changed.emplace_back(identity, std::move(masks));
  });
  for (const auto& [identity, masks] : changed) put(in, identity, masks);
}

bool is_silenced(store& in, const person& whom, const person& by) {
  return &whom != &by && is_silenced(in, identity_of(whom), by);
}

bool is_silenced(store& in, std::string_view identity, const person& by) {
  return !by.is_console && std::ranges::any_of(silenced_of(in, identity), [&](const std::string& mask) {
    return matches_person(mask, by);
  });
}

}  // namespace parlance::chat
