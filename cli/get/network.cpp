#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>

#include <parlance/http/base/grammar.hpp>
#include <parlance/http/url/host.hpp>
#include <parlance/io/error.hpp>

#include <CLI/CLI.hpp>
#include <cli/base/proxy_login.hpp>
#include <cli/base/read_file.hpp>
#include <cli/base/verb.hpp>
#include <cli/get/credentials.hpp>
#include <cli/get/network.hpp>

namespace parlance::cli {
namespace {

/// Parts between colons; those in an IPv6 address in brackets do not separate.
std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts(1);
  bool in_brackets = false;
  for (const char c : text) {
    if (c == '[' || c == ']') in_brackets = c == '[';
    if (c == ':' && !in_brackets)
      parts.emplace_back();
    else
      parts.back() += c;
  }
  return parts;
}

/// As a resolver takes it, and as a URL has it: A-labels, small letters, no brackets. Empty stays so.
std::string host_of(const std::string& option, const std::string& text) {
  if (text.empty()) return text;
  auto host = http::parse_host(text);
  if (!host) throw complaint(usage, fmt::format("{}: {}", option, host.error()));
  return host->starts_with('[') ? host->substr(1, host->size() - 2) : *host;
}

/// 1 to 65535; 0 for an empty one.
std::uint16_t port_of(const std::string& option, const std::string& text) {
  if (text.empty()) return 0;
  const auto port = http::parse_decimal(text);
  if (!port || *port == 0 || *port > 65535)
    throw complaint(usage, fmt::format("{}: a port is 1 to 65535, not {}", option, http::in_quotes(text)));
  return static_cast<std::uint16_t>(*port);
}

/// HOST:PORT:ADDRESS[,ADDRESS...]; a host or a port "*" is any.
http::dial_options::fixed fixed_of(const std::string& text) {
  const std::vector<std::string> parts = split(text);
  if (parts.size() != 3 || parts[0].empty() || parts[2].empty())
    throw complaint(usage, fmt::format("--resolve: wants HOST:PORT:ADDRESS, not {}", http::in_quotes(text)));
  http::dial_options::fixed known{
      .host = parts[0] == "*" ? "" : host_of("--resolve", parts[0]),
      .port = parts[1] == "*" ? std::uint16_t{0} : port_of("--resolve", parts[1])};
  for (std::string_view rest = parts[2]; const auto one = http::next_element(rest);) {
    std::string_view plain = *one;
    if (plain.starts_with('[') && plain.ends_with(']')) plain = plain.substr(1, plain.size() - 2);
    const auto address = net::endpoint::parse_ip(plain, 0);
    if (!address)
      throw complaint(usage, fmt::format("--resolve: {} is no address; an IPv6 address goes in brackets",
                                         http::in_quotes(plain)));
    known.addresses.push_back(*address);
  }
  return known;
}

http::dial_options::detour detour_of(const std::string& text) {
  constexpr const char* option = "--connect-to";
  const std::vector<std::string> parts = split(text);
  if (parts.size() != 4)
    throw complaint(usage, fmt::format("{}: wants HOST:PORT:HOST:PORT, where each may be empty, not {}",
                                       option, http::in_quotes(text)));
  return {.host = host_of(option, parts[0]),
          .port = port_of(option, parts[1]),
          .to_host = host_of(option, parts[2]),
          .to_port = port_of(option, parts[3])};
}

/// "Name: value", or a file of such lines.
void add_proxy_field(const std::string& line, http::field_list& to) {
  if (line.starts_with('@')) {
    const std::string text = read_file(line.substr(1));
    for (std::string_view rest = text; !rest.empty();) {
      const std::string_view one = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(one.size() + 1, rest.size()));
      if (const std::string_view plain = http::trim(one); !plain.empty() && !plain.starts_with('@'))
        add_proxy_field(std::string(plain), to);
    }
    return;
  }
  const std::size_t colon = std::min(line.find(':'), line.size());
  const std::string_view value = std::string_view(line).substr(std::min(colon + 1, line.size()));
  if (colon == line.size() || !to.try_append(line.substr(0, colon), http::trim(value)))
    throw complaint(usage, "--proxy-header wants 'Name: value' in one line, not " + http::in_quotes(line));
}

http::proxy_rules rules_of(const get_network& said) {
  http::proxy_rules rules = http::proxy_rules::from_environment();
  if (said.proxy) rules.http = rules.https = *said.proxy;
  // The environment's exceptions are for the environment's proxies, unless others are said.
  if (said.no_proxy) rules.except = *said.no_proxy;
  rules.http = with_login(rules.http, said.proxy_user);
  rules.https = said.proxy ? rules.http : with_login(rules.https, said.proxy_user);
  for (const std::string* proxy : {&rules.http, &rules.https})
    if (!proxy->empty()) http::parsed_proxy::parse(*proxy);
  rules.tunnels_all = said.tunnels_all;
  if (said.proxy_by_digest) rules.logins = std::make_shared<http::proxy_logins>();
  for (const std::string& line : said.proxy_fields) add_proxy_field(line, rules.fields);
  rules.before = said.before;
  if (!said.before.empty() && http::parsed_proxy::parse(said.before).at.speaks == net::proxy::protocol::http)
    throw complaint(usage, "--preproxy wants socks5://, socks5h://, socks4:// or socks4a://");
  return rules;
}

void add_addresses(CLI::App& verb, get_network& into, http::client_options& options) {
  verb.add_option("--resolve", into.resolve,
                  "Take these addresses for a host and a port, either of which may be *, and look nothing up")
      ->type_name("HOST:PORT:ADDRESS,...")
      ->allow_extra_args(false);
  verb.add_option("--connect-to", into.connect_to,
                  "Call another host or port instead of one; what is asked for, and whose certificate is\n"
                  "checked, stays. What is empty is any, or stays")
      ->type_name("HOST:PORT:HOST:PORT")
      ->allow_extra_args(false);
  CLI::Option* v4 = verb.add_flag_callback(
      "-4,--ipv4", [&options] { options.dial.family = AF_INET; }, "Call IPv4 addresses only");
  verb.add_flag_callback(
          "-6,--ipv6", [&options] { options.dial.family = AF_INET6; }, "Call IPv6 addresses only")
      ->excludes(v4);
  verb.add_option("--interface", into.from, "Call from this address, or through this interface")
      ->type_name("ADDRESS|NAME");
  verb.add_option("--unix-socket", options.unix_path,
                  "Call this Unix socket, whatever host the URL names, and no proxy")
      ->type_name("PATH");
}

void add_versions(CLI::App& verb, http::client_options& options) {
  using enum http::http_versions;
  CLI::Option* only_1 =
      verb.add_flag_callback("--http1.1", [&options] { options.versions = http_1; }, "Speak HTTP/1.1 only");
  CLI::Option* either = verb.add_flag_callback(
      "--http2", [&options] { options.versions = both; },
      "Over TLS speak HTTP/2 where the server can, as without it");
  verb.add_flag_callback(
          "--http2-prior-knowledge", [&options] { options.versions = http_2; },
          "Speak HTTP/2 only, without TLS, too: the server is known to")
      ->excludes(only_1)
      ->excludes(either);
  only_1->excludes(either);
}

}  // namespace

void add_network(CLI::App& verb, get_network& into, http::client_options& options) {
  verb.add_option(
          "--hsts", into.hsts,
          "Ask hosts that said so over https only, and keep which in this file, as curl does; it need not\n"
          "be there")
      ->type_name("FILE");
  verb.add_option("-x,--proxy", into.proxy,
                  "Go by this proxy: http://, https:// (TLS to the proxy), socks5h:// and socks4a:// (which "
                  "look names\n"
                  "up), socks5:// or socks4://, with USER:PASSWORD@ if it wants that; '': by none. Otherwise "
                  "http_proxy,\n"
                  "https_proxy and all_proxy in the environment say which")
      ->type_name("URL");
  verb.add_option("-U,--proxy-user", into.proxy_user,
                  "Who asks, for the proxy; asks for the password as -u does")
      ->type_name("USER[:PASSWORD]");
  verb.add_option(
          "--no-proxy,--noproxy", into.no_proxy,
          "Who is asked without a proxy, instead of no_proxy in the environment: hosts with all below\n"
          "them, addresses, networks (10.0.0.0/8), each with a port (HOST:80) or without; '*': all")
      ->type_name("HOST,...");
  CLI::Option* ca = verb.add_option("--proxy-cacert", options.proxy_tls.ca_file,
                                    "Authorities to trust of an https:// proxy (PEM)")
                        ->type_name("FILE");
  verb.add_flag("--proxy-insecure", options.proxy_tls.insecure_accept_any_certificate,
                "Take any certificate of an https:// proxy")
      ->excludes(ca);
  add_addresses(verb, into, options);
  add_versions(verb, options);
}

void apply_network(const get_network& said, http::client_options& options) {
  try {
    if (!said.hsts.empty()) {
      options.hsts = std::make_shared<http::hsts>();
      http::load_hsts(*options.hsts, said.hsts);
    }
    options.proxies = rules_of(said);
  } catch (const io::error& e) {
    throw complaint(usage, e.what());
  }
  if (!said.proxy_ca_folder.empty())
    options.proxy_tls.ca_pem = authorities_in("--proxy-capath", said.proxy_ca_folder);
  for (const std::string& one : said.resolve) options.dial.resolve.push_back(fixed_of(one));
  for (const std::string& one : said.connect_to) options.dial.connect_to.push_back(detour_of(one));
  std::string_view from = said.from;
  if (from.starts_with('[') && from.ends_with(']')) from = from.substr(1, from.size() - 2);
  if (net::endpoint::parse_ip(from, 0))
    options.dial.local = from.contains(':') ? fmt::format("[{}]", from) : std::string(from);
  else
    options.dial.device = said.from;
}

void keep_network(const get_network& said, const http::client_options& options) {
  if (!options.hsts) return;
  try {
    http::save_hsts(*options.hsts, said.hsts);
  } catch (const io::error& e) {
    throw complaint(failure, e.what());
  }
}

}  // namespace parlance::cli
