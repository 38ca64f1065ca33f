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

/// What each means stands in permissions::table.
enum class permission : std::uint8_t { kill, ban, rehash, stop, rooms, accounts, inspect, wallops, filters };

/// A set of them.
class permissions {
 public:
  struct entry {
    permission what;
    std::string_view name, about;
  };
  static constexpr auto table = std::to_array<entry>({
      {permission::kill, "kill", "put somebody out"},
      {permission::ban, "ban", "keep people out, and stay in spite of that; change the host that others see"},
      {permission::rehash, "rehash", "have the settings read again"},
      {permission::stop, "stop", "end the server"},
      {permission::rooms, "rooms",
       "do with any registered room what its founder may, and take back messages"},
      {permission::accounts, "accounts", "make accounts for others, and end them"},
      {permission::inspect, "inspect",
       "see addresses, secret rooms and who is invisible; search without a bound"},
      {permission::wallops, "wallops", "tell something to everybody who has the mode w"},
      {permission::filters, "filters", "say what is not to be said here, and say it in spite of that"},
  });
  static constexpr std::string_view all_of_them = "all";

  constexpr permissions() = default;
  /// What is no name of one is left out: whoever reads a configuration tells.
  explicit permissions(const std::vector<std::string>& named) {
    for (const std::string& name : named) {
      if (name == all_of_them) *this = all();
      for (const entry& one : table)
        if (one.name == name) bits_ |= static_cast<std::uint16_t>(1U << std::to_underlying(one.what));
    }
  }
  static constexpr permissions all() {
    permissions every;
    every.bits_ = (1U << table.size()) - 1;
    return every;
  }

  constexpr bool has(permission what) const noexcept { return (bits_ >> std::to_underlying(what)) & 1U; }
  static constexpr std::string_view name_of(permission what) {
    return std::ranges::find(table, what, &entry::what)->name;
  }

  friend bool operator==(permissions, permissions) = default;

 private:
  std::uint16_t bits_ = 0;
};

}  // namespace parlance::chat
