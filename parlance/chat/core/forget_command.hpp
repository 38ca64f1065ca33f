// Forgetting by a command: what somebody says who wants their own words gone, in whichever dialect. They say it twice,
// the second time with a code, so that nobody does it by accident, or for them from what they left open.
//
//   for (const std::string& line : obey_forget_command(by, code)) ...
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <parlance/chat/core/client.hpp>
#include <parlance/chat/core/hub.hpp>

namespace parlance::chat {

/// Of who is there: `code` is what they were told to say, or empty. `usage`: how to say it again, before the code. What to
/// tell them. When it is done, they are told so, if they are there. Throws store_error.
std::vector<std::string> obey_forget_command(client& by, std::string_view code, std::string_view usage);

/// Of an account, or of those that had the name, for an operator, who is told when it is done: by what is called then.
/// What to tell them. `by`: the client that asks (forgetting::begin); 0: none does. Throws store_error.
std::string forget_account(hub& of, std::string_view name, std::function<void(std::string_view how)> then,
                           std::uint64_t by = 0);

}  // namespace parlance::chat
