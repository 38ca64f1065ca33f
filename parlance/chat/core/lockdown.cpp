#include <nlohmann/json.hpp>
#include <string_view>

#include <parlance/chat/core/lockdown.hpp>
#include <parlance/chat/store/record_kinds.hpp>
#include <parlance/chat/store/store.hpp>

namespace parlance::chat {
namespace {

using nlohmann::json;

constexpr const record_kind& kind = record_kinds::lockdown;
constexpr std::string_view key = "now";  // the only one
constexpr std::string_view everybody = "everybody", strangers = "strangers";

}  // namespace

void lock_down(hub& of, const lockdown& how) {
  const std::string_view whom = how.for_whom == lockdown::whom::everybody ? everybody : strangers;
  of.kept().keep_now([&] { of.kept().put(kind, key, json({{"for", whom}, {"until", how.until}}).dump()); });
}

bool lift_lockdown(hub& of) {
  const bool was_locked = lockdown_of(of).has_value();
  of.kept().keep_now([&] { of.kept().erase(kind, key); });
  return was_locked;
}

std::optional<lockdown> lockdown_of(hub& of) {
  const std::optional<std::string> kept = of.kept().get(kind, key);
  if (!kept) return {};
  const json in = json::parse(*kept, nullptr, false);
  if (!in.is_object()) return {};
  const lockdown its{.for_whom = in.value("for", std::string()) == everybody ? lockdown::whom::everybody
                                                                             : lockdown::whom::strangers,
                     .until = in.value("until", std::int64_t{0})};
  if (its.until != 0 && its.until <= of.clock().seconds()) return {};
  return its;
}

std::string why_locked(hub& of, bool is_logged_in) {
  const std::optional<lockdown> its = lockdown_of(of);
  if (!its || (is_logged_in && its->for_whom == lockdown::whom::strangers)) return {};
  return its->for_whom == lockdown::whom::strangers
             ? "Only who is logged in to an account comes in just now; try again later"
             : "Nobody new comes in just now; try again later";
}

}  // namespace parlance::chat
