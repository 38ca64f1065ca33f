#include <algorithm>
#include <chrono>
#include <utility>

#include <parlance/chat/base/pause.hpp>
#include <parlance/text/sanitizer.hpp>

namespace parlance::chat {

io::duration patience_behind(std::string_view text, pause_means what, const limits& bounds) {
  constexpr io::duration rest_of_a_word = std::chrono::seconds(1);
  switch (what) {
    case pause_means::plain:
      return text::ends_within_character(text) ? bounds.split_character : bounds.pause;
    case pause_means::maybe_more:
      return std::max(bounds.pause, rest_of_a_word);
    case pause_means::more:
      return bounds.registration_time;
  }
  std::unreachable();
}

}  // namespace parlance::chat
