#include <fmt/format.h>
#include <sodium.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>

#include <parlance/chat/accounts/accounts.hpp>
#include <parlance/chat/accounts/permission.hpp>
#include <parlance/chat/base/network.hpp>
#include <parlance/io/error.hpp>
#include <parlance/net/address.hpp>
#include <parlance/text/sanitizer.hpp>

#include <cli/serve/configuration_checks.hpp>
#include <cli/serve/configuration_values.hpp>

namespace parlance::cli {
namespace {

constexpr bool is_alnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// Printable ASCII without a space.
bool is_word(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
}

/// UTF-8 in which nothing steers a terminal.
bool is_clean(std::string_view text, std::size_t most) {
  return text.size() <= most && text::sanitize(text) == text;
}

bool is_host_name(std::string_view text) {
  while (!text.empty()) {
    const std::string_view label = text.substr(0, text.find('.'));
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') return false;
    if (!std::ranges::all_of(label, [](char c) { return is_alnum(c) || c == '-'; })) return false;
    if (label.size() == text.size()) return true;
    text.remove_prefix(label.size() + 1);
  }
  return false;
}

bool listens(const std::string& text) {
  if (!is_clean(text, 1024)) return false;
  try {
    net::address::parse(text);
    return true;
  } catch (const io::error&) {
    return false;
  }
}

bool names_network(const std::string& text) {
  if (!is_word(text)) return false;
  const auto slash = text.find('/');
  const auto address = net::endpoint::parse_ip(text.substr(0, slash), 0);
  if (!address || text.find('%') != text.npos) return false;
  if (slash == text.npos) return true;
  const auto bits = parse_number(std::string_view(text).substr(slash + 1));
  return bits && *bits <= (address->family() == AF_INET ? 32 : 128);
}

/// Decoded, not only looked at.
bool is_argon2id(const std::string& text) {
  return text.size() < crypto_pwhash_STRBYTES && text.starts_with(crypto_pwhash_argon2id_STRPREFIX) &&
         ::crypto_pwhash_str_needs_rehash(text.c_str(), crypto_pwhash_OPSLIMIT_INTERACTIVE,
                                          crypto_pwhash_MEMLIMIT_INTERACTIVE) >= 0;
}

bool is_web_origin(const std::string& text) {
  std::string_view rest = text;
  if (rest.starts_with("https://"))
    rest.remove_prefix(8);
  else if (rest.starts_with("http://"))
    rest.remove_prefix(7);
  else
    return false;
  return is_word(rest) && rest.find_first_of("/?#@\"\\;,'") == rest.npos;
}

}  // namespace

const text_check is_server_name = {
    "a host name with a dot in it, of at most 63 characters",
    [](const std::string& t) { return t.size() <= 63 && t.find('.') != t.npos && is_host_name(t); }};
const text_check is_network_name = {"1 to 64 ASCII characters without spaces",
                                    [](const std::string& t) { return t.size() <= 64 && is_word(t); }};
const text_check is_line = {"one line of at most 390 bytes, without control characters",
                            [](const std::string& t) { return is_clean(t, 390); }};
const text_check is_text = {"a text of at most 65536 bytes, without control characters but newlines",
                            [](const std::string& t) {
                              std::string flat = t;
                              std::ranges::replace(flat, '\n', ' ');
                              return is_clean(flat, 65536);
                            }};
const text_check is_path = {"a path of at most 4095 bytes, without control characters",
                            [](const std::string& t) { return is_clean(t, 4095); }};
const text_check is_address = {"as \":8000\", \"host:8000\", \"[::1]:8000\" or \"unix:/path\"", listens};
const text_check is_network = {"an address or a network, as \"192.0.2.1\" or \"2001:db8::/32\"",
                               names_network};
const text_check is_proxy = {
    "an address or a network, as \"192.0.2.1\" or \"2001:db8::/32\", or \"unix\"",
    [](const std::string& t) { return t == chat::networks::unix_name || names_network(t); }};
const text_check is_password_hash = {"empty, or what parlance serve --hash-password made of a password",
                                     [](const std::string& t) { return t.empty() || is_argon2id(t); }};
const text_check is_origin = {"as \"https://chat.example.org\", without a path, or \"*\"",
                              [](const std::string& t) { return t == "*" || is_web_origin(t); }};
const text_check is_media_range = {
    "as \"image/*\", \"application/pdf\" or \"*/*\", in small letters", [](const std::string& t) {
      const auto slash = t.find('/');
      const auto is_part = [](std::string_view part) {
        return !part.empty() && std::ranges::all_of(part, [](char c) {
          return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || std::string_view("+-._").contains(c);
        });
      };
      if (t == "*/*") return true;
      if (t.size() > 128 || slash == t.npos || !is_part(t.substr(0, slash))) return false;
      const std::string_view rest = std::string_view(t).substr(slash + 1);
      return rest == "*" || is_part(rest);
    }};
const text_check is_contact = {
    "empty, or as \"mailto:admin@example.org\" or \"https://example.org/contact\"", [](const std::string& t) {
      return t.empty() ||
             (t.size() <= 255 && is_word(t) && (t.starts_with("mailto:") || t.starts_with("https://")));
    }};
const text_check is_mailbox = {"empty, or as \"chat@example.org\"",
                               [](const std::string& t) { return t.empty() || chat::is_email(t); }};
const text_check is_nameserver = {
    "empty, or an IP address, also with a port, as \"192.0.2.53\" or \"[2001:db8::53]:53\"",
    [](const std::string& t) {
      if (t.empty() || names_network(t)) return !t.contains('/');
      try {
        const net::address at = net::address::parse(t, 53);
        return net::endpoint::parse_ip(at.host, at.port).has_value();
      } catch (const io::error&) {
        return false;
      }
    }};
const text_check is_zone = {"a name of DNS, as \"dnsbl.example.org\"", [](const std::string& t) {
                              return t.size() <= 180 && t.contains('.') && is_host_name(t);
                            }};
const text_check is_mask = {"a mask without spaces, as \"192.0.2.*\"",
                            [](const std::string& t) { return t.size() <= 255 && is_word(t); }};
const text_check is_fingerprint = {
    "empty, or a SHA-256 as 64 hexadecimal digits, also with colons between each two",
    [](const std::string& t) {
      constexpr std::size_t bare = 64, with_colons = 95;
      if (t.empty()) return true;
      if (t.size() != bare && t.size() != with_colons) return false;
      for (std::size_t i = 0; i < t.size(); ++i) {
        const bool is_colons = t.size() == with_colons && i % 3 == 2;
        if (is_colons ? t[i] != ':' : std::string_view("0123456789abcdefABCDEF").find(t[i]) == t.npos)
          return false;
      }
      return true;
    }};
const std::string permission_names = [] {
  std::string all = fmt::format("one of \"{}\"", chat::permissions::all_of_them);
  for (const auto& one : chat::permissions::table) all += fmt::format(", \"{}\"", one.name);
  return all;
}();
const text_check is_permission = {permission_names, [](const std::string& t) {
                                    const auto is_its_name = [&](const auto& one) { return one.name == t; };
                                    return t == chat::permissions::all_of_them ||
                                           std::ranges::any_of(chat::permissions::table, is_its_name);
                                  }};

std::vector<std::string> split_at_commas(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const auto comma = text.find(',');
    std::string_view part = text.substr(0, comma);
    while (part.starts_with(' ')) part.remove_prefix(1);
    while (part.ends_with(' ')) part.remove_suffix(1);
    parts.emplace_back(part);
    if (comma == text.npos) break;
    text.remove_prefix(comma + 1);
  }
  return parts;
}

std::vector<std::string> contradictions(const chat::settings& in) {
  std::vector<std::string> found;
  const auto add = [&found](bool wrong, std::string text) {
    if (wrong) found.push_back(std::move(text));
  };
  add(!in.server.motd.empty() && !in.server.motd_file.empty(),
      "server.motd_file: must be empty where server.motd is not");
  add(in.tls.only && !in.tls.enabled, "tls.only: must be false where tls.enabled is");
  add(in.tls.certificate.empty() != in.tls.key.empty(),
      "tls.key: is needed with tls.certificate, and only with it");
  add(in.tls.sts.port != 0 && !in.tls.enabled, "tls.sts.port: must be 0 where tls.enabled is false");
  add(in.tls.sts.port != 0 && in.tls.certificate.empty(),
      "tls.sts.port: needs tls.certificate, which clients can trust");
  add(in.tls.sts.port == 0 && in.tls.sts.duration.count() != 0, "tls.sts.duration: needs tls.sts.port");
  add(in.limits.ping_timeout <= in.limits.idle_ping,
      "limits.ping_timeout: must be longer than limits.idle_ping");
  add(in.limits.sendq < in.limits.line, "limits.sendq: must hold limits.line");
  add(in.uploads.max_size > in.uploads.quota_per_person,
      "uploads.quota_per_person: must hold uploads.max_size");
  add(in.uploads.quota_per_person > in.uploads.quota, "uploads.quota: must hold uploads.quota_per_person");
  for (const auto& [name, entry] : in.operators)
    add(entry.password.empty() && entry.certificate.empty(),
        fmt::format("operators.{}: needs a password or a certificate", name));
  const chat::settings::email_group& mail = in.accounts.email;
  add(mail.verify && mail.command.empty(), "accounts.email.verify: needs accounts.email.command");
  add(!mail.command.empty() && mail.from.empty(),
      "accounts.email.from: is needed with accounts.email.command");
  for (const auto& [name, entry] : in.blocklists)
    add(entry.zone.empty(), fmt::format("dnsbl.lists.{}.zone: must say what is asked", name));
  for (const auto& [name, entry] : in.webirc) {
    add(entry.password.empty() && entry.certificate.empty(),
        fmt::format("webirc.{}: needs a password or a certificate", name));
    add(entry.from.empty(), fmt::format("webirc.{}.from: must say where it calls from", name));
  }
  return found;
}

}  // namespace parlance::cli
