// A URL that parses is ASCII and parses to itself; so does whatever it resolves.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <parlance/http/url/url.hpp>

namespace {

using parlance::http::url;

void check(const url& u) {
  const std::string text = u.str();
  const bool ascii = std::ranges::all_of(text, [](unsigned char c) { return c > 0x20 && c < 0x7f; });
  if (!ascii || u.host().empty() || !u.path().starts_with('/')) std::abort();
  if (text.size() <= url::max_size && url::parse(text) != u) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static const url base = url::parse("http://u:p@example.com:81/a/b;c?d#e").value();
  for (const auto& result : {url::parse(text), url::parse_typed(text), base.resolve(text)}) {
    if (result) check(*result);
  }
  return 0;
}
