// Something that happens in the chat, and its text in each dialect: encoded once for each form in which it is
// needed, and shared by everybody who gets it in that form.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parlance::chat {

/// Bytes for callers, never changed once made.
using line = std::shared_ptr<const std::string>;

class event {
 public:
  enum class kind : unsigned char {
    said,       ///< `who` says `text` in `where`
    acted,      ///< `who` does `text` in `where`
    whispered,  ///< `who` says `text` to `whom` alone
    joined,     ///< `who` has come into `where`
    left,       ///< `who` has left `where`
    gone,       ///< `who` has left the chat; `text` may say why
    renamed     ///< `who` is called `text` now
  };

  /// A dialect: how an event reads for those who speak it.
  using encoder = std::string (*)(const event&);

  event(kind happened, std::string_view whose, std::string_view room = {}, std::string_view to = {},
        std::string_view words = {})
      : what(happened), who(whose), where(room), whom(to), text(words) {}

  const kind what;
  // They belong to whoever made the event, and live as long as it does.
  const std::string_view who;
  const std::string_view where;  // a room
  const std::string_view whom;
  const std::string_view text;

  /// Whether it tells of coming and going, not of what anybody says.
  bool about_presence() const noexcept { return what >= kind::joined; }

  /// How it reads in a dialect. Encoded when it is first asked for.
  const line& in(encoder form) const {
    const auto made =
        std::find_if(forms_.begin(), forms_.end(), [&](const auto& f) { return f.first == form; });
    if (made != forms_.end()) return made->second;
    return forms_.emplace_back(form, std::make_shared<const std::string>(form(*this))).second;
  }

 private:
  mutable std::vector<std::pair<encoder, line>> forms_;
};

}  // namespace parlance::chat
