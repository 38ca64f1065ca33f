// Cuts what an IRC client sends into lines.
//
//   framing.feed(bytes);
//   while (auto line = framing.next()) handle(line->text);
//
// LF and CRLF end a line, and so does CR for a client whose first line ends in CR alone; empty lines are left
// out. From others, CR alone is a part of its line, and makes it no message (see message.hpp): a bot that
// relays what people wrote, and looks for LF only, would else be made to say a second command. A NUL at the
// beginning of a line, which C programs send along after the line before, is dropped. What has no line end is
// no line (RFC 2812, section 2.3).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace parlance::chat::irc {

class line_framing {
 public:
  struct line {
    enum class kind : std::uint8_t {
      text,
      too_long,  ///< longer than the limit; reported once, and the rest of it skipped
      endless    ///< so long that no IRC client can have meant it; reported once, after too_long
    };
    kind what = kind::text;
    /// Valid until the next call of `next` or `feed`: where it arrived, if it lies there as a whole.
    std::string_view text = {};
  };

  /// `limit`: bytes of a line without its end. Never keeps more than that.
  explicit line_framing(std::size_t limit) noexcept { set_limit(limit); }
  /// From the next line on.
  void set_limit(std::size_t limit) noexcept {
    limit_ = limit;
    endless_ = std::max(shortest_endless, 2 * limit);
  }

  /// What arrived. It must stay until `next` has given all there is.
  void feed(std::string_view bytes) noexcept { input_ = bytes; }
  std::optional<line> next();
  /// What `next` has not looked at.
  std::string_view unread() const noexcept { return input_; }
  /// What has come of a line that has not ended, if that is all there is to know of it.
  std::optional<std::string_view> begun() const noexcept {
    if (skipping_ || endless_due_ || cr_pending_) return {};
    return kept_;
  }

 private:
  std::optional<line> keep(std::string_view part);
  std::optional<line> finish(std::string_view last_part);
  std::optional<line> report_endless() noexcept;
  std::size_t length_of_part() noexcept;
  void lengthen(std::size_t by) noexcept;

  static constexpr std::size_t shortest_endless = std::size_t{16} * 1024;

  std::size_t limit_ = 0, endless_ = 0;
  std::size_t length_ = 0;  // of the line so far, what is skipped included
  std::string_view input_;
  std::string kept_;             // of a line that has not ended
  std::string given_;            // what the last line is a view of, if it came in parts
  std::optional<bool> cr_ends_;  // a line, too; the first one tells
  bool cr_pending_ = false;      // the first line's, behind which nothing has come
  bool skipping_ = false;
  bool endless_due_ = false;  // to be reported next
};

}  // namespace parlance::chat::irc
