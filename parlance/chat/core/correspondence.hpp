// Who has talked with whom in private: what private talks are called in the history, and a list for each
// person of whom it has talked with, so that it finds what it missed.
//
//   store.append(conversation_of("@alice", "@bob"), ...);      // "@alice @bob"
//   remember_talk(store, "@alice", "@bob", "bob");             // alice's list: bob, as she knows him
//   each_talk(store, "@alice", [](std::string_view other, std::string_view nick) { ... });
//
// An identity is "@", the folded account of who is logged in, as it was made, "#" and the account's number; of others a
// number that is theirs alone: so nobody reads what another has said under the same nick, or who had an
// account of the same name. What is known of a number alone is of no use once its owner has left.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include <parlance/chat/accounts/accounts.hpp>
#include <parlance/chat/core/person.hpp>
#include <parlance/chat/store/store.hpp>

namespace parlance::chat {

std::string identity_of(const person& who);
inline bool is_account(std::string_view identity) noexcept { return identity.starts_with('@'); }

/// The name of a private talk in the history, whoever of the two comes first.
std::string conversation_of(std::string_view one, std::string_view other);

/// Of talks with those without an account, an identity's list has the newest; what was said in those that
/// fall out of it is forgotten.
inline constexpr std::size_t most_talks_with_guests = 500;
void remember_talk(store& in, std::string_view of, std::string_view with, std::string_view nick);
void forget_talk(store& in, std::string_view of, std::string_view with);
/// The same for both, of a conversation in which nothing is left; not of a room.
void forget_talk_in(store& in, std::string_view conversation);
/// For somebody without an account who has left.
void forget_talks(store& in, std::string_view of);
/// The same, and what was said there: for an account that is no more. Throws store_error.
void erase_talks(store& in, std::string_view of);
/// Each whom it has talked with: the other's identity, and its nick when they last did. May forget talks.
void each_talk(store& in, std::string_view of,
               const std::function<void(std::string_view with, std::string_view nick)>& visit);

}  // namespace parlance::chat
