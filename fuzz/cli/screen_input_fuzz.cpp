// Whatever a terminal sends means the same however it is cut into pieces, and nothing of it steers another.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <parlance/text/sanitizer.hpp>

#include <cli/screen/input.hpp>

namespace {

using namespace parlance::cli::screen;

constexpr std::size_t longest_paste = 100;

std::vector<event> decoded(std::string_view bytes, std::size_t step) {
  decoder keys('\x7f', longest_paste);
  std::vector<event> events;
  const auto take = [&] {
    while (std::optional<event> one = keys.next()) events.push_back(std::move(*one));
  };
  for (; !bytes.empty(); bytes.remove_prefix(std::min(step, bytes.size()))) {
    keys.feed(bytes.substr(0, step));
    take();
  }
  while (keys.patience()) keys.expire();
  take();
  return events;
}

void must_be_clean(std::string_view text, bool newlines) {
  parlance::text::sanitizer clean(newlines ? parlance::text::sanitizer::newlines::keep
                                           : parlance::text::sanitizer::newlines::replace);
  std::string same;
  clean.feed(text, same);
  clean.finish(same);
  if (same != text) std::abort();
}

void must_be_harmless(const event& what) {
  if (const auto* const key = std::get_if<key_press>(&what)) {
    must_be_clean(key->text, false);
    if ((key->which == key::character) == key->text.empty() || key->text.size() > 4) std::abort();
  } else if (const auto* const text = std::get_if<paste>(&what)) {
    must_be_clean(text->text, true);
    if (text->text.size() > 3 * longest_paste) std::abort();  // what is no UTF-8 becomes U+FFFD
  } else if (const auto* const click = std::get_if<mouse>(&what)) {
    if (click->at.x < 0 || click->at.y < 0 || click->at.x >= surface::largest ||
        click->at.y >= surface::largest)
      std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::vector<event> whole = decoded(bytes, bytes.size() + 1);
  for (const event& one : whole) must_be_harmless(one);
  if (decoded(bytes, data[0] % 8U + 1) != whole) std::abort();
  return 0;
}
