// Bytes of any coding fed in pieces come to what they come to when fed whole, in pieces of bounded size.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <parlance/http/message/content_coding.hpp>

namespace {

using namespace parlance::http;

constexpr decode_limits limits{.bytes = 1 << 20};

struct outcome {
  std::string text;
  bool failed = false;

  friend bool operator==(const outcome&, const outcome&) = default;
};

outcome decode(const field_list& fields, std::string_view coded, std::size_t step) {
  auto decoder = content_decoder::make(fields, limits).value();
  outcome result;
  while (!coded.empty()) {
    auto bytes = coded.substr(0, step);
    coded.remove_prefix(bytes.size());
    for (;;) {
      const auto piece = decoder.next(bytes);
      // How much came out before an error depends on the pieces.
      if (!piece) return {{}, true};
      if (piece->empty()) break;
      if (!decoder.identity() && piece->size() > 64 * 1024) std::abort();
      result.text += *piece;
    }
    if (!bytes.empty()) std::abort();
  }
  if (!decoder.finish()) return {{}, true};
  return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static constexpr std::string_view codings[] = {"gzip",     "deflate",       "br",         "zstd",
                                                 "gzip, br", "deflate, zstd", "zstd, gzip", ""};
  if (size < 2) return 0;
  field_list fields;
  fields.append("Content-Encoding", codings[data[0] % std::size(codings)]);
  const std::string_view coded(reinterpret_cast<const char*>(data + 2), size - 2);
  const std::size_t step = data[1] % 64U + 1;
  if (decode(fields, coded, step) != decode(fields, coded, coded.size())) std::abort();
  return 0;
}
