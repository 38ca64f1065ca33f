// A mask matches what its definition says, however it is written; and its normal form keeps its meaning.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <parlance/chat/base/scripts.hpp>
#include <parlance/chat/core/mask.hpp>

namespace {

using namespace parlance::chat;

constexpr std::size_t longest = 200;

void require(bool holds) {
  if (!holds) std::abort();
}

/// As code points, folded; a byte that is no UTF-8 is one by itself.
std::u32string characters_of(std::string_view text) {
  std::u32string all;
  while (!text.empty()) {
    const character next = first_character(text);
    all += fold_character(next.code);
    text.remove_prefix(next.size);
  }
  return all;
}

/// The definition, one row of a table after the other: which beginnings of the text the mask so far matches.
bool matches_by_table(const std::u32string& mask, const std::u32string& text) {
  std::vector<bool> row(text.size() + 1);
  row[0] = true;
  for (std::size_t i = 0; i < mask.size(); ++i) {
    std::vector<bool> next(text.size() + 1);
    const bool escaped =
        mask[i] == U'\\' && i + 1 < mask.size() && (mask[i + 1] == U'*' || mask[i + 1] == U'?');
    if (escaped) ++i;
    if (mask[i] == U'*' && !escaped) {
      bool any = false;
      for (std::size_t j = 0; j <= text.size(); ++j) next[j] = any = any || row[j];
    } else {
      for (std::size_t j = 0; j < text.size(); ++j)
        next[j + 1] = row[j] && ((mask[i] == U'?' && !escaped) || mask[i] == text[j]);
    }
    row = std::move(next);
  }
  return row[text.size()];
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::size_t cut = std::min(bytes.find('\n'), bytes.size());
  const std::string_view mask = bytes.substr(0, std::min(cut, longest));
  const std::string_view text = bytes.substr(std::min(cut + 1, bytes.size())).substr(0, longest);
  const bool matched = matches(mask, text);
  require(matched == matches_by_table(characters_of(mask), characters_of(text)));

  const auto normal = normalise_mask(mask, longest);
  if (!normal) return 0;
  require(normal->size() <= longest && normalise_mask(*normal, longest) == normal);
  const auto bang = normal->find('!');
  require(bang != std::string::npos && normal->find('@', bang) != std::string::npos);
  // One that has all three parts means what it meant.
  const auto own_bang = mask.find('!');
  const auto own_at = own_bang == std::string_view::npos ? own_bang : mask.find('@', own_bang);
  if (own_at != std::string_view::npos && own_bang > 0 && own_at > own_bang + 1 && own_at + 1 < mask.size())
    require(matches(composed(mask), text) == matches(*normal, text));
  return 0;
}
