// Whatever comes in, what goes out is UTF-8 that steers no terminal, and in pieces what it is whole.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <parlance/text/sanitizer.hpp>

namespace {

using namespace parlance::text;

std::string in_pieces(std::string_view bytes, std::size_t step, sanitizer::newlines which) {
  std::string text;
  sanitizer clean(which);
  for (; !bytes.empty(); bytes.remove_prefix(std::min(step, bytes.size()))) {
    clean.feed(bytes.substr(0, step), text);
  }
  clean.finish(text);
  return text;
}

/// Checked by other means than those by which it was made.
void must_be_harmless(std::string_view text, bool newlines) {
  for (const char c : text)
    if ((static_cast<unsigned char>(c) < 0x20 && !(newlines && c == '\n')) || c == 0x7f) std::abort();
  for (const std::string_view bad :
       {"\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xaa", "\xe2\x80\xab", "\xe2\x80\xac", "\xe2\x80\xad",
        "\xe2\x80\xae", "\xe2\x81\xa6", "\xe2\x81\xa7", "\xe2\x81\xa8", "\xe2\x81\xa9", "\xef\xbb\xbf",
        "\xed\xa0", "\xc0", "\xc1", "\xf5", "\xff"})
    if (text.find(bad) != std::string_view::npos) std::abort();
  for (std::size_t at = 0; (at = text.find('\xc2', at)) != std::string_view::npos; ++at)
    if (static_cast<unsigned char>(text[at + 1]) < 0xa0) std::abort();  // C1
  // Text that is fit is left as it is.
  sanitizer again(newlines ? sanitizer::newlines::keep : sanitizer::newlines::replace);
  std::string same;
  again.feed(text, same);
  if (same != text || again.replaced() != 0 || again.within_character()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  std::string text;
  sanitizer clean;
  clean.feed(bytes, text);
  if (clean.within_character() != ends_within_character(bytes)) std::abort();
  for (const auto which : {sanitizer::newlines::replace, sanitizer::newlines::keep}) {
    const std::string whole = in_pieces(bytes, bytes.size() + 1, which);
    must_be_harmless(whole, which == sanitizer::newlines::keep);
    if (in_pieces(bytes, data[0] % 8U + 1, which) != whole) std::abort();
  }
  return 0;
}
