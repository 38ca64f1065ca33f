// Text of any charset comes out as UTF-8, and in pieces as it does whole; a media type never surprises.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <string>
#include <string_view>

#include <parlance/http/base/charset.hpp>
#include <parlance/http/base/charset_labels.hpp>
#include <parlance/http/base/media_type.hpp>

namespace {

using namespace parlance::http;

std::string decode(std::string_view label, std::string_view bytes, std::size_t step) {
  auto decoder = text_decoder::make(label).value();
  std::string result;
  while (!bytes.empty()) {
    const auto piece = bytes.substr(0, step);
    bytes.remove_prefix(piece.size());
    const auto text = decoder.next(piece);
    if (!is_utf8(text)) std::abort();
    result += text;
  }
  return result += decoder.finish();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data + 2), size - 2);
  const auto& charset = charsets[data[0] % std::size(charsets)];
  const auto whole = decode(charset.name, text, text.size() + 1);
  if (!is_utf8(whole) || decode(charset.name, text, data[1] % 8U + 1) != whole) std::abort();
  if (const auto type = media_type::parse(text); type && type->type().empty()) std::abort();
  return 0;
}
