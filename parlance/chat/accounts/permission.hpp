// What an operator of the server may do, as the configuration names it: "kill", "rooms"; "all" is every one.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parlance::chat {

enum class permission : std::uint8_t {
  kill,      ///< put somebody out
  ban,       ///< keep somebody out; change what is shown for an address
  rehash,    ///< have the settings read again
  stop,      ///< end the server
  rooms,     ///< do in any room what its founder may
  accounts,  ///< make accounts for others, and end them
  inspect,   ///< see addresses, secret rooms, and who is invisible; search without a bound
  wallops    ///< tell something to everybody who wants to hear it
};

/// A set of them.
class permissions {
 public:
  static constexpr auto names = std::to_array<std::string_view>(
      {"kill", "ban", "rehash", "stop", "rooms", "accounts", "inspect", "wallops"});
  static constexpr std::string_view all_of_them = "all";

  constexpr permissions() = default;
  /// What is no name of one is left out: whoever reads a configuration tells.
  explicit permissions(const std::vector<std::string>& named) {
    for (const std::string& name : named) {
      if (name == all_of_them) *this = all();
      for (std::size_t i = 0; i < names.size(); ++i)
        if (names[i] == name) bits_ |= static_cast<std::uint8_t>(1U << i);
    }
  }
  static constexpr permissions all() {
    permissions every;
    every.bits_ = 0xff;
    return every;
  }

  constexpr bool has(permission what) const noexcept { return (bits_ >> std::to_underlying(what)) & 1U; }
  static constexpr std::string_view name_of(permission what) { return names[std::to_underlying(what)]; }

  friend bool operator==(permissions, permissions) = default;

 private:
  std::uint8_t bits_ = 0;
};

}  // namespace parlance::chat
