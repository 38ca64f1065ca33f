#include <arpa/inet.h>
#include <fmt/core.h>

#include <algorithm>
#include <array>

#include <parlance/chat/base/names.hpp>
#include <parlance/chat/door/dns_message.hpp>

namespace parlance::chat {
namespace {

constexpr std::size_t header_size = 12;

std::size_t number(std::string_view in, std::size_t at) {
  return static_cast<std::size_t>(static_cast<unsigned char>(in[at])) << 8U |
         static_cast<unsigned char>(in[at + 1]);
}

void append(std::string& to, std::size_t number) {
  to += static_cast<char>(number >> 8U);
  to += static_cast<char>(number);
}

/// Where what follows a name begins; nothing: it is cut. A name that goes on elsewhere ends with two bytes.
std::optional<std::size_t> after_name(std::string_view in, std::size_t at) {
  while (at < in.size()) {
    const auto length = static_cast<unsigned char>(in[at]);
    if (length == 0) return at + 1;
    if ((length & 0xc0U) != 0) return at + 2;
    at += length + 1U;
  }
  return {};
}

}  // namespace

std::string listed_name(const network& address, std::string_view zone) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  const bool is_ipv4 = address.is_ipv4();
  ::inet_pton(is_ipv4 ? AF_INET : AF_INET6, address.text().c_str(), bytes.data());
  std::string name;
  for (std::size_t i = is_ipv4 ? 4 : bytes.size(); i-- > 0;)
    name +=
        is_ipv4 ? fmt::format("{}.", bytes[i]) : fmt::format("{:x}.{:x}.", bytes[i] & 0xfU, bytes[i] >> 4U);
  return name.append(zone);
}

std::string dns_question(std::uint16_t id, std::string_view name) {
  std::string text;
  append(text, id);
  // Recursion is desired; one question.
  text += std::string_view("\1\0\0\1\0\0\0\0\0\0", 10);
  while (!name.empty()) {
    const std::string_view label = name.substr(0, name.find('.'));
    text += static_cast<char>(label.size());
    text += label;
    name.remove_prefix(std::min(label.size() + 1, name.size()));
  }
  return text.append(std::string_view("\0\0\1\0\1", 5));  // A, IN
}

std::optional<dns_answer> read_dns_answer(std::string_view bytes, std::string_view asked) {
  if (bytes.size() < asked.size() || !bytes.starts_with(asked.substr(0, 2))) return {};
  const auto flags = static_cast<unsigned>(number(bytes, 2));
  constexpr unsigned is_answer = 0x8000, operation = 0x7800, code = 0xf;
  if ((flags & (is_answer | operation)) != is_answer || number(bytes, 4) != 1) return {};
  if (!same_name(bytes.substr(header_size, asked.size() - header_size), asked.substr(header_size))) return {};
  constexpr unsigned no_such_name = 3;
  if ((flags & code) == no_such_name) return dns_answer{.how = dns_answer::result::none};
  dns_answer answer;
  if ((flags & code) != 0) return answer;
  answer.how = dns_answer::result::none;
  constexpr std::size_t most = 64, of_record = 10, a_record = 1, internet = 1, ipv4_size = 4;
  std::size_t at = asked.size();
  for (std::size_t left = std::min(number(bytes, 6), most); left != 0; --left) {
    const std::optional<std::size_t> next = after_name(bytes, at);
    if (!next || *next + of_record > bytes.size()) break;
    const std::size_t size = number(bytes, *next + 8);
    at = *next + of_record + size;
    if (at > bytes.size()) break;
    if (number(bytes, *next) != a_record || number(bytes, *next + 2) != internet || size != ipv4_size)
      continue;
    const std::string_view address = bytes.substr(*next + of_record, size);
    const auto byte = [&](std::size_t i) {
      return static_cast<unsigned>(static_cast<unsigned char>(address[i]));
    };
    if (const auto one = network::parse(fmt::format("{}.{}.{}.{}", byte(0), byte(1), byte(2), byte(3))))
      answer.addresses.push_back(*one);
  }
  if (!answer.addresses.empty()) answer.how = dns_answer::result::found;
  return answer;
}

}  // namespace parlance::chat
