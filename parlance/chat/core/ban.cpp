#include <fmt/core.h>

#include <parlance/chat/base/names.hpp>
#include <parlance/chat/core/ban.hpp>
#include <parlance/chat/core/mask.hpp>

namespace parlance::chat {
namespace {

/// What follows "X:", if the ban is such. A '~' before it, as other servers have it, is no part of it.
std::optional<std::string_view> extended(std::string_view ban, char kind) {
  if (ban.starts_with('~')) ban.remove_prefix(1);
  if (ban.size() > 2 && ban[0] == kind && ban[1] == ':') return ban.substr(2);
  return {};
}

}  // namespace

std::optional<std::string> normalise_ban(std::string_view text) {
  if (const auto account = extended(text, 'a'))
    return account->find_first_of(" ,") == std::string_view::npos && account->size() <= max_mask
               ? std::optional("a:" + std::string(*account))
               : std::nullopt;
  if (const auto inner = extended(text, 'm')) {
    const std::optional<std::string> whole = extended(*inner, 'm') ? std::nullopt : normalise_ban(*inner);
    return whole ? std::optional("m:" + *whole) : std::nullopt;
  }
  return normalise_mask(text);
}

bool matches_person(std::string_view ban, const person& who) {
  if (const auto account = extended(ban, 'a')) return !who.account.empty() && matches(*account, who.account);
  if (extended(ban, 'm')) return false;
  if (matches(ban, who.prefix())) return true;
  // Of an address that is not shown, who falls silent would tell one part after the other.
  return who.host().ends_with(who.address) &&
         matches(ban, fmt::format("{}!{}@{}", who.nick(), who.user(), who.address));
}

bool matches_as_account(std::string_view ban, const person& who) {
  return !who.account.empty() && !extended(ban, 'a') && !extended(ban, 'm') &&
         matches(ban, fmt::format("{}!{}@{}", who.account, who.user(), who.host()));
}

bool names_account(std::string_view ban, std::string_view account) {
  if (const auto muted = extended(ban, 'm')) return names_account(*muted, account);
  const auto its = extended(ban, 'a');
  return its && same_name(*its, account);
}

std::string with_account(std::string_view ban, std::string_view account, std::string_view to) {
  if (!names_account(ban, account)) return {};
  return fmt::format("{}a:{}", extended(ban, 'm') ? "m:" : "", to);
}

bool mutes_person(std::string_view ban, const person& who) {
  const auto inner = extended(ban, 'm');
  return inner && matches_person(*inner, who);
}

}  // namespace parlance::chat
