#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <chrono>

#include <parlance/chat/core/searching.hpp>
#include <parlance/chat/irc/account_registration.hpp>
#include <parlance/chat/irc/authentication.hpp>
#include <parlance/chat/irc/capability_names.hpp>
#include <parlance/chat/irc/metadata.hpp>
#include <parlance/chat/irc/multiline.hpp>

namespace parlance::chat::irc {
namespace {

struct named {
  std::string_view name;
  capability what;
};

constexpr auto table = std::to_array<named>({
    {"account-notify", capability::account_notify},
    {"account-tag", capability::account_tag},
    {"away-notify", capability::away_notify},
    {"batch", capability::batch},
    {"draft/chathistory", capability::chathistory},
    {"draft/event-playback", capability::event_playback},
    {"draft/message-redaction", capability::message_redaction},
    {"draft/multiline", capability::multiline},
    {"draft/read-marker", capability::read_marker},
    {"draft/relaymsg", capability::relaymsg},
    {"cap-notify", capability::cap_notify},
    {"chghost", capability::chghost},
    {"draft/account-registration", capability::account_registration},
    {"draft/channel-rename", capability::channel_rename},
    {"draft/metadata-2", capability::metadata},
    {"draft/metadata-3", capability::metadata_3},
    {"draft/webpush", capability::webpush},
    {"soju.im/webpush", capability::webpush},
    {"echo-message", capability::echo_message},
    {"draft/pre-away", capability::pre_away},
    {"extended-join", capability::extended_join},
    {"extended-monitor", capability::extended_monitor},
    {"invite-notify", capability::invite_notify},
    {"labeled-response", capability::labeled_response},
    {"message-tags", capability::message_tags},
    {"multi-prefix", capability::multi_prefix},
    {"no-implicit-names", capability::no_implicit_names},
    {"draft/no-implicit-names", capability::no_implicit_names},
    {"sasl", capability::sasl},
    {"server-time", capability::server_time},
    {"setname", capability::setname},
    {"soju.im/search", capability::search},
    {"standard-replies", capability::standard_replies},
    {"sts", capability::sts},
    {"userhost-in-names", capability::userhost_in_names},
    {"znc.in/playback", capability::znc_playback},
});

bool is_offered(capability c, const irc_client& to, const settings& by) {
  switch (c) {
    case capability::account_registration:
      return by.accounts.registration;
    case capability::chathistory:
    case capability::event_playback:
    case capability::message_redaction:
    case capability::znc_playback:
      return by.history.enabled;
    case capability::webpush:
      return by.push.enabled;
    case capability::search:
      return can_search(to.chat(), by);
    case capability::sts:  // says nothing without its value
      return by.tls.sts.port != 0 && to.cap_version >= 302;
    default:
      return true;
  }
}

/// How long to keep to TLS counts only where nobody in between can change it (IRCv3 sts).
std::string value_of_sts(const irc_client& to, const settings& by) {
  const auto& sts = by.tls.sts;
  if (!to.from().is_secure) return fmt::format("port={}", sts.port);
  return fmt::format("port={},duration={}", sts.port,
                     std::chrono::duration_cast<std::chrono::seconds>(sts.duration).count());
}

std::string value_of(capability c, const irc_client& to, const settings& by) {
  switch (c) {
    case capability::account_registration:
      return account_registration_value(by);
    case capability::metadata:
    case capability::metadata_3:
      return metadata_value(by.limits);
    case capability::multiline:
      return multiline_value(by.limits);
    case capability::relaymsg:
      return "/";
    case capability::sasl:
      return sasl_mechanisms(to);
    case capability::sts:
      return value_of_sts(to, by);
    default:
      return {};
  }
}

}  // namespace

bool is_requestable(capability c) noexcept { return c != capability::sts; }

std::optional<capability> find_capability(const irc_client& for_whom, std::string_view name) {
  const auto found = std::ranges::find(table, name, &named::name);
  if (found == table.end() || !is_offered(found->what, for_whom, for_whom.chat().configured())) return {};
  return found->what;
}

std::optional<capability> find_capability(std::string_view name) {
  const auto found = std::ranges::find(table, name, &named::name);
  return found == table.end() ? std::nullopt : std::optional(found->what);
}

std::vector<std::pair<std::string_view, std::string>> offered(const irc_client& to, const settings& by) {
  std::vector<std::pair<std::string_view, std::string>> all;
  for (const named& n : table) {
    if (!is_offered(n.what, to, by)) continue;
    all.emplace_back(n.name, to.cap_version >= 302 ? value_of(n.what, to, by) : std::string());
  }
  return all;
}

}  // namespace parlance::chat::irc
