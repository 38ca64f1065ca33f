// What an IRC client can ask for (IRCv3 capability negotiation), and what of it changes how events read.
#pragma once

#include <bit>
#include <cstdint>
#include <string_view>

namespace parlance::chat {

enum class capability : unsigned char {
  account_notify,
  account_registration,
  account_tag,
  away_notify,
  batch,
  cap_notify,
  channel_rename,
  chathistory,
  chghost,
  echo_message,
  event_playback,
  extended_join,
  extended_monitor,
  invite_notify,
  labeled_response,
  message_redaction,
  message_tags,
  metadata,    // draft/metadata-2
  metadata_3,  // draft/metadata-3
  multi_prefix,
  multiline,
  no_implicit_names,
  pre_away,
  read_marker,
  relaymsg,
  sasl,
  search,  // soju.im/search
  server_time,
  setname,
  standard_replies,
  sts,
  userhost_in_names,
  webpush,
  znc_playback
};

/// A set of them.
class capabilities {
 public:
  constexpr capabilities() noexcept = default;
  constexpr capabilities(std::initializer_list<capability> in) noexcept {
    for (const capability c : in) set(c);
  }
  constexpr bool has(capability c) const noexcept { return bits_ & bit(c); }
  constexpr void set(capability c, bool on = true) noexcept { bits_ = on ? bits_ | bit(c) : bits_ & ~bit(c); }
  constexpr std::uint64_t bits() const noexcept { return bits_; }
  friend constexpr bool operator==(capabilities, capabilities) = default;

 private:
  static constexpr std::uint64_t bit(capability c) noexcept {
    return std::uint64_t{1} << static_cast<unsigned>(c);
  }
  std::uint64_t bits_ = 0;
};

}  // namespace parlance::chat
