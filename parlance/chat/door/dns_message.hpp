// What lists of addresses are asked by DNS (RFC 1035; RFC 5782), and what they answer.
//
//   const std::string name = listed_name(address, "dnsbl.example.org");          // "7.2.0.192.dnsbl.example.org"
//   const std::string asked = dns_question(id, name);
//   if (const auto answer = read_dns_answer(bytes, asked)) ...                    // of this question
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <parlance/chat/base/network.hpp>

namespace parlance::chat {

/// Under which name a list has an address: its bytes, or half-bytes, of IPv6, the last first.
std::string listed_name(const network& address, std::string_view zone);

/// A question for the addresses (A) of a name whose parts have 1 to 63 bytes.
std::string dns_question(std::uint16_t id, std::string_view name);

struct dns_answer {
  enum class result : unsigned char { found, none, failed } how = result::failed;
  std::vector<network> addresses = {};
};

/// Nothing: it is no answer to that question, and anybody may have sent it. What is cut in it counts as far as it is there.
std::optional<dns_answer> read_dns_answer(std::string_view bytes, std::string_view asked);

}  // namespace parlance::chat
