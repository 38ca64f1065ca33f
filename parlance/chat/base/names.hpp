// What people and rooms may be called. Names that differ only in case, in the width of their letters or in how these are
// composed are one name (RFC 8265, UsernameCaseMapped): whatever looks for a name folds it here.
//
// A name: a letter of any script or one of _[]{}|^`\ first, then those, digits and '-'; of ASCII alone it is a nickname
// in every IRC client, too. Other letters are only such as scripts.hpp takes, because many look like one another and one
// person could pass for another. A room: '#', then any text that is fit to show, without spaces and without
// , : * ? ! @, which mean something in commands.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace parlance::chat {

/// `limit`: bytes.
bool is_name(std::string_view text, std::size_t limit) noexcept;
bool is_room_name(std::string_view text, std::size_t limit);

/// Somebody of another network, for whom others speak here: as "bob/matrix", with at least one '/', so that
/// nobody here can be called so; otherwise fit to show, and without what means something in commands.
bool is_relayed_name(std::string_view text, std::size_t limit);

/// 'A' to 'Z' as small letters.
constexpr char fold(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
/// The whole name folded: what names that are one have in common. Folded again it is the same.
std::string folded(std::string_view name);
bool same_name(std::string_view a, std::string_view b) noexcept;
std::size_t hash_name(std::string_view name) noexcept;

/// Names that nobody can take, because they would be misread.
bool is_reserved(std::string_view name) noexcept;

/// Where everybody is at first.
inline constexpr std::string_view lobby = "#lobby";
/// What the one at the server's own console is called.
inline constexpr std::string_view operator_name = "operator";

}  // namespace parlance::chat
