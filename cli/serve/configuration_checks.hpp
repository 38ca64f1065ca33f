// What the texts of a configuration may be.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <parlance/chat/core/settings.hpp>

namespace parlance::cli {

struct text_check {
  std::string_view must;  ///< "must be " and then this
  bool (*test)(const std::string& text);
};

extern const text_check is_server_name;
extern const text_check is_network_name;
extern const text_check is_line;
extern const text_check is_text;
extern const text_check is_path;
extern const text_check is_address;        ///< to listen at
extern const text_check is_network;        ///< an IP address, or a prefix of one
extern const text_check is_proxy;          ///< the same, or "unix"
extern const text_check is_password_hash;  ///< argon2id, as libsodium writes it; or empty
extern const text_check is_origin;         ///< RFC 6454, section 6.2
extern const text_check is_media_range;    ///< RFC 9110, section 12.5.1, without parameters
extern const text_check is_contact;        ///< RFC 8292, section 2.1; or empty
extern const text_check is_mailbox;        ///< or empty
extern const text_check is_mask;
extern const text_check is_nameserver;  ///< an IP address, with a port or without; or empty
extern const text_check is_zone;        ///< of DNS
extern const text_check is_fingerprint;
extern const text_check is_permission;

inline constexpr std::size_t longest_entry_name = 32;

/// Without the spaces around each. Of nothing: none.
std::vector<std::string> split_at_commas(std::string_view text);

/// What each key allows, but all of them together do not; each starts with the key.
std::vector<std::string> contradictions(const chat::settings& in);

}  // namespace parlance::cli
