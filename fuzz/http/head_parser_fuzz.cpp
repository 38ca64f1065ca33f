// Heads fed in pieces are the heads fed whole, and what was parsed serialises to something that parses to the
// same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include <parlance/http/message/head_parser.hpp>

namespace {

using namespace parlance::http;

template <typename Head> struct outcome {
  std::optional<Head> head;
  std::string error;
  std::size_t left = 0;

  friend bool operator==(const outcome&, const outcome&) = default;
};

template <typename Head> outcome<Head> parse(std::string_view text, std::size_t step) {
  head_parser<Head> parser({.bytes = 512, .fields = 8});
  while (!text.empty()) {
    auto piece = text.substr(0, step);
    text.remove_prefix(piece.size());
    const auto fed = parser.feed(piece);
    if (!fed) return {{}, fed.error().text, 0};
    if (*fed) return {parser.take(), {}, piece.size() + text.size()};
    if (!piece.empty()) std::abort();
  }
  return {{}, parser.cut_short().text, 0};
}

template <typename Head> void check(std::string_view text, std::size_t step) {
  const auto whole = parse<Head>(text, text.size());
  if (parse<Head>(text, step) != whole) std::abort();
  if (!whole.head) return;
  const auto again = parse<Head>(serialise(*whole.head), 4096);
  if (again.head ? again.head != whole.head : again.error.find("longer than") == std::string::npos)
    std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  const std::size_t step = data[0] % 16U + 1;
  check<request_head>(text, step);
  check<response_head>(text, step);
  return 0;
}
