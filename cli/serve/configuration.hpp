// The configuration of `parlance serve`: a TOML file, what the command line changes of it, and how it is
// shown.
//
//   chat::settings settings = default_settings();
//   std::vector<std::string> wrong = load_file("parlance.toml", settings);
//   if (auto why = apply_change("limits.sendq=1MiB", settings); !why.empty()) wrong.push_back(why);
//
// Nothing in it is guessed: what is unknown, of the wrong type or out of range is told, all of it at once.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <parlance/chat/core/settings.hpp>

namespace parlance::cli {

/// Those of chat::settings, with the name of this host, and the folder where this user's programs keep data:
/// $STATE_DIRECTORY (systemd.exec(5)), or parlance in $XDG_DATA_HOME or ~/.local/share.
chat::settings default_settings();

/// A name for a server on a host that calls itself `host`, which may be no name at all.
std::string server_name_for(std::string_view host);

/// Sets what the file says. Gives what is wrong, one line each, in the order of the file: "parlance.toml:12:
/// limits.sendq: must be ..., is ...". Throws `complaint` when it cannot be read.
std::vector<std::string> load_file(const std::string& path, chat::settings& into);
/// The same for TOML that is there already; `name` is what it is called.
std::vector<std::string> load_text(std::string_view toml, const std::string& name, chat::settings& into);

/// "KEY=VALUE", where VALUE is TOML, or stands without its quotes: "server.name=chat.example.org",
/// "limits.sendq=1MiB", "server.listen=:8000,:6667". Gives what is wrong, or nothing.
std::string apply_change(std::string_view assignment, chat::settings& into);

/// TOML that load_text reads as `of`: every key with its comment, and its default where it has another value.
std::string print_settings(const chat::settings& of);
/// The same of those keys alone that have another value than their default, and of `also`.
std::string print_changed_settings(const chat::settings& of, std::span<const std::string_view> also);

}  // namespace parlance::cli
