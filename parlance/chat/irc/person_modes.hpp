// The modes of people, each one entry; what it means is asked where that matters, as by `modes.has('i')`.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace parlance::chat::irc {

struct person_mode {
  char letter;
  std::string_view about;  // for people
  bool can_be_set = true;  // by oneself; all can be taken away
  bool is_for_operators = false;
};

/// By letter.
inline constexpr auto person_modes = std::to_array<person_mode>({
    {'B', "you are a bot"},
    {'R', "only people who are logged in can write to you"},
    {'T', "nobody can ask your client for anything (CTCP)"},
    {'i', "invisible to strangers who do not name you"},
    {'o', "you are an operator, which you can only give up", false},
    {'s', "you are told what operators do, and of accounts and rooms; for operators who may inspect", true,
     true},
    {'w', "you are told what operators tell all"},
});
static_assert(std::ranges::is_sorted(person_modes, {}, &person_mode::letter));

}  // namespace parlance::chat::irc
