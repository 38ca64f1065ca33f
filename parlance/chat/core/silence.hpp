// Whom somebody does not want to hear in private: masks, kept with an account, and of others while they are here.
//
//   add_silence(store, identity_of(bob), "eve!*@*");
//   if (is_silenced(store, bob, eve)) ...            // and eve is not told
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <parlance/chat/core/person.hpp>
#include <parlance/chat/store/store.hpp>

namespace parlance::chat {

/// Masks of one.
inline constexpr std::size_t most_silenced = 32;

/// In the order in which they were added. `identity`: correspondence.hpp. Throws store_error.
std::vector<std::string> silenced_of(store& in, std::string_view identity);
/// `mask`: as normalise_ban made it. False: there are too many. Silently, where it is there. Throws store_error.
bool add_silence(store& in, std::string_view identity, std::string_view mask);
/// False: it is not there. Throws store_error.
bool remove_silence(store& in, std::string_view identity, std::string_view mask);
/// Where they name the account (a:NAME), they name it by its new name. A part of the store's turn. Throws store_error.
void rename_in_silences(store& in, std::string_view account, std::string_view to);
/// Whether `whom` does not want to hear `by`. Nobody silences who runs the server.
bool is_silenced(store& in, const person& whom, const person& by);
/// The same of one who is not there.
bool is_silenced(store& in, std::string_view identity, const person& by);

}  // namespace parlance::chat
