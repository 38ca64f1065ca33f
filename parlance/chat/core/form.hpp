// A form in which clients get events: the dialect, what they asked for that changes how an event reads, and
// how lines are framed. An event is encoded once for each form that somebody needs, and shared by everybody
// who needs that form.
#pragma once

#include <cstdint>

#include <parlance/chat/base/caller.hpp>
#include <parlance/chat/core/capability.hpp>

namespace parlance::chat {

enum class dialect : unsigned char { plain, irc };

class form {
 public:
  constexpr form() noexcept = default;
  constexpr form(dialect speaks, capabilities asked, framing framed = framing::lines,
                 bool answers_only = false) noexcept
      : key_((asked.bits() & relevant.bits()) | std::uint64_t{static_cast<unsigned char>(speaks)} << 40 |
             std::uint64_t{static_cast<unsigned char>(framed)} << 48 | std::uint64_t{answers_only} << 56) {}

  constexpr dialect speaks() const noexcept { return static_cast<dialect>(key_ >> 40 & 0xff); }
  constexpr framing framed() const noexcept { return static_cast<framing>(key_ >> 48 & 0xff); }
  constexpr bool has(capability c) const noexcept { return key_ >> static_cast<unsigned>(c) & 1; }
  /// For a program that takes the next thing it reads for the answer to what it said: only what people say.
  constexpr bool answers_only() const noexcept { return key_ >> 56 & 1; }
  constexpr form unframed() const noexcept {
    form same = *this;
    same.key_ &= ~(std::uint64_t{0xff} << 48);
    return same;
  }
  friend constexpr bool operator==(form, form) = default;

 private:
  static constexpr capabilities relevant{capability::account_notify, capability::account_tag,
                                         capability::away_notify,    capability::batch,
                                         capability::channel_rename, capability::chghost,
                                         capability::extended_join,  capability::invite_notify,
                                         capability::message_tags,   capability::message_redaction,
                                         capability::metadata,       capability::multiline,
                                         capability::relaymsg,       capability::server_time,
                                         capability::setname};

  std::uint64_t key_ = 0;
};

inline constexpr form plain_form{dialect::plain, {}};

}  // namespace parlance::chat
