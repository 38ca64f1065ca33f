// What a configuration that is read again takes off of what kept people out. A file that was cut, by a full
// disk for instance, must not do so: only one that says it.
//
//   const auto opened = opened_keys(now, next);
//   const auto asked = opened_keys(now, read_over(as_closed_as(now)));   // without what is only unsaid
#pragma once

#include <string>
#include <vector>

#include <parlance/chat/settings.hpp>

namespace parlance::cli {

/// Keys that let somebody in, or read something, who could not before.
std::vector<std::string> opened_keys(const chat::settings& before, const chat::settings& after);

/// The defaults, but for those keys, which are as they are now.
chat::settings as_closed_as(const chat::settings& now);

}  // namespace parlance::cli
