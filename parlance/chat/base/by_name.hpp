// What is found by a name, whichever case that is in: see names.hpp.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>

#include <parlance/chat/base/names.hpp>

namespace parlance::chat {

struct folded_hash {
  using is_transparent = void;
  std::size_t operator()(std::string_view name) const noexcept { return hash_name(name); }
};
struct folded_equal {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const noexcept { return same_name(a, b); }
};
template <class T> using by_name = std::unordered_map<std::string, T, folded_hash, folded_equal>;

}  // namespace parlance::chat
