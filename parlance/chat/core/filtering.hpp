// What filters (filters.hpp) do with what people say.
//
//   switch (weigh(chat, from, 'p', text, "#dev")) ...
//
// Who runs the server and operators with the permission `filters` are held up by none, so that no pattern locks them out.
#pragma once

#include <string>
#include <string_view>

#include <parlance/chat/core/hub.hpp>

namespace parlance::chat {

enum class ruling : unsigned char {
  passes,
  refused,  ///< filters::why says why; or its sayer was put out, or is, when its command ends
  unheard   ///< nobody is to hear it, and its sayer is not to know
};

/// Of what somebody says who is there. `in`: a letter of filters::places. `target`: to whom it is said. Tells operators, but not
/// what was said, and puts the sayer out.
ruling weigh(hub& of, person& by, char in, std::string_view text, std::string_view target = {});
/// Of what a program at that address says in a room by a webhook, as `nick`. There is nobody to put out: what would is refused.
ruling weigh_for_hook(hub& of, std::string_view nick, std::string_view address, std::string_view text,
                      std::string_view target);
/// What is left of a reason for which one goes: nothing, where it is refused.
std::string_view weigh_reason(hub& of, client& by, char in, std::string_view why);

/// Of somebody who wants to come in under a nick that it has claimed: why it does not, for people; empty: it does.
std::string weigh_newcomer(hub& of, const client& by, std::string_view realname, bool has_account);

}  // namespace parlance::chat
