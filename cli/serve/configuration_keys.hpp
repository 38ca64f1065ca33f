// The keys of the configuration: what each is called, what it may be, and which member of chat::settings it
// sets. From this one table follow reading, checking and printing.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <parlance/chat/core/settings.hpp>

namespace parlance::cli {

/// As it stands on the command line, without quotes: each key knows how to read it.
struct bare_text {
  std::string text;
};
/// Of a type that no key takes, as it is written.
struct unfit_value {
  std::string text;
};
using raw_value =
    std::variant<bool, std::int64_t, std::string, std::vector<std::string>, bare_text, unfit_value>;

/// A key of the table `T`: of the settings as a whole, or of each entry of a table of such.
template <class T> struct key_of {
  std::string_view name;  ///< "limits.sendq"
  std::string comment;
  /// Gives what it must be when `value` is not, and else nothing.
  std::function<std::string(T& in, const raw_value& value)> set;
  /// As TOML.
  std::function<std::string(const T& in)> get;
};
using key = key_of<chat::settings>;

/// A table whose entries have names of their own: [operators.alice].
template <class Entry> struct entry_table {
  std::string_view name;     ///< "operators"
  std::string_view example;  ///< what an entry may be called
  std::string_view comment;
  std::map<std::string, Entry, std::less<>> chat::settings::* entries;
  std::vector<key_of<Entry>> keys;
};
const entry_table<chat::settings::operator_entry>& operator_table();
const entry_table<chat::settings::gateway_entry>& gateway_table();
const entry_table<chat::settings::blocklist_entry>& blocklist_table();
/// Calls `visit` with each of them.
template <class Visit> void each_entry_table(Visit&& visit) {
  visit(operator_table());
  visit(gateway_table());
  visit(blocklist_table());
}

/// In the order in which they are printed: those of a group stand together.
std::span<const key> keys();

/// Null: there is none.
const key* find_key(std::string_view name);
/// Of one that the program itself names. Throws std::logic_error when there is none.
const key& known_key(std::string_view name);

/// Sets one, "operators.NAME.password" and its like among them. Gives what is wrong, starting with the key:
/// "limits.sendq: must be ..., is ..."; nothing when all is well.
std::string set_key(chat::settings& in, std::string_view name, const raw_value& value);

/// Whether `name` is a table that holds keys: "limits", "tls.sts", "operators", "operators.alice".
bool is_group(std::string_view name);

}  // namespace parlance::cli
