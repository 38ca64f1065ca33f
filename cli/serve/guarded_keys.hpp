// What guards a server, in a configuration that is read again. A file that was cut, by a full disk for
// instance, must not take it off by saying nothing of it any more: only one that says what it shall be.
//
//   const auto changed = changed_guards(now, next);
//   const auto said = changed_guards(now, read_over(with_guards_of(now)));   // without what is only unsaid
#pragma once

#include <string>
#include <vector>

#include <parlance/chat/core/settings.hpp>

namespace parlance::cli {

/// Keys that say who may come in, what is kept, for how long and who may read it, by what the server proves
/// itself, and what an operator may who is one in both; those of which the values differ.
std::vector<std::string> changed_guards(const chat::settings& before, const chat::settings& after);

/// The defaults, but for those keys, which are as they are now.
chat::settings with_guards_of(const chat::settings& now);

}  // namespace parlance::cli
