// Every kind of document that the chat keeps: what its key is made of, and by that whose it is and what ends it.
//
//   store.put(record_kinds::joined, "#dev @alice#17", ...);
//
// Nothing is kept of another kind than these (a test looks at what is put). Who drops an account, and the sweeper of
// what nobody owns, walk the table (core/records.hpp); so a new kind needs an entry here and no code there.
//
// A key is one part, or two with a space between; what comes behind a second space tells one from another.
#pragma once

#include <array>
#include <string_view>

namespace parlance::chat {

/// A part of a key. A document is over when what one of its parts names is no more.
enum class key_part : unsigned char {
  any,             ///< names nothing that ends
  account,         ///< the folded name of an account
  certificate,     ///< one that an account has
  look,            ///< what an account's name looks like
  identity,        ///< of an account, with its number, or of somebody without one, who is there
  correspondent,   ///< an account's identity; or the number of somebody without one, who may be gone
  room,            ///< the key of a room that is there, or has history
  room_or_person,  ///< the same; or who else one may talk with, which ends nothing
  registered,      ///< an identity, or the key of a registered room
  crowd            ///< the number of a crowd that a room has
};

struct record_kind {
  std::string_view name;
  key_part first = key_part::any, second = key_part::any;

  constexpr operator std::string_view() const noexcept { return name; }
};

namespace record_kinds {

// These are what others belong to, and end as the accounts, rooms and bans do that they are.
inline constexpr record_kind account{"account"}, room{"room"}, ban{"ban"};
/// Of the server: for as long as the folder.
inline constexpr record_kind secret{"secret"};
/// The store's own, of the server as well: when the clock was set back (store/timeline.hpp).
inline constexpr record_kind clock{"clock"};
/// Its account is its value.
inline constexpr record_kind certificate{"certificate", key_part::certificate};
/// What the name of an account looks like that is not of ASCII alone (base/scripts.hpp). The same.
inline constexpr record_kind look{"look", key_part::look};
/// What an account is called by now that was made under another name (account_registry::rename).
inline constexpr record_kind renamed{"renamed", key_part::identity};
/// Who stays without a client (core/presence.hpp).
inline constexpr record_kind presence{"presence", key_part::account};
/// Who is in a closed room (core/crowd.hpp).
inline constexpr record_kind crowd{"crowd", key_part::crowd};
/// Where an account first came into a room (core/playback.hpp).
inline constexpr record_kind joined{"joined", key_part::room, key_part::identity};
inline constexpr record_kind metadata{"metadata", key_part::registered};
inline constexpr record_kind read_marker{"read_marker", key_part::identity, key_part::room_or_person};
/// Whom somebody has talked with (core/correspondence.hpp).
inline constexpr record_kind talk{"talk", key_part::identity, key_part::correspondent};
/// A link by which one comes into a room (core/invite_links.hpp).
inline constexpr record_kind invite_link{"invite_link", key_part::room};
/// A browser that is logged in to an account without its password (accounts/devices.hpp).
inline constexpr record_kind device{"device", key_part::account};
/// Whom somebody does not want to hear in private (core/silence.hpp).
inline constexpr record_kind silence{"silence", key_part::identity};
/// What is pinned in a room (core/pins.hpp).
inline constexpr record_kind pins{"pins", key_part::room};
/// Where somebody is told of what they miss (core/push_subscriptions.hpp).
inline constexpr record_kind push{"push", key_part::identity};
/// A file that somebody has put up (core/uploads.hpp).
inline constexpr record_kind upload{"upload", key_part::correspondent};
/// By which programs do what an operator does (accounts/api_tokens.hpp); by the names that operators give them.
inline constexpr record_kind api_token{"api_token"};
/// What was done to the chat, and by whom (core/audit.hpp): the last of it.
inline constexpr record_kind audit{"audit"};
/// Whom the server keeps out for now (core/lockdown.hpp): one document, or none.
inline constexpr record_kind lockdown{"lockdown"};
/// A pattern that is not to be said (core/filters.hpp).
inline constexpr record_kind filter{"filter"};
/// A room that operators have ended with its name (core/room_control.hpp).
inline constexpr record_kind purged{"purged"};
/// Whose words are being forgotten, and how far that has come (core/forgetting.hpp): until it is done.
inline constexpr record_kind forget{"forget"};
/// The store's own, which it sweeps itself (store/ended.hpp).
inline constexpr record_kind ended{"ended"};

inline constexpr std::array all = {account,     room,     ban,   secret, clock,     certificate, look,
                                   renamed,     presence, crowd, joined, metadata,  read_marker, talk,
                                   invite_link, device,   push,  upload, api_token, audit,       silence,
                                   lockdown,    filter,   pins,  forget, purged,    ended};

}  // namespace record_kinds
}  // namespace parlance::chat
