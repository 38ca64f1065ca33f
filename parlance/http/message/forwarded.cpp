#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <parlance/http/base/grammar.hpp>
#include <parlance/http/message/forwarded.hpp>

namespace parlance::http {
namespace {

/// One proxy's word for whom it asks.
struct step {
  std::string by_name;  // as it is written: an address, with a port perhaps, or another word
  bool is_secure = false;
};

/// "192.0.2.43", "192.0.2.43:47011", "2001:db8::17", "[2001:db8::17]", "[2001:db8::17]:4711" (RFC 7239,
/// section 6; an IPv6 address without brackets only X-Forwarded-For has).
std::optional<io::endpoint> parse_node(std::string_view text) {
  std::string_view address = text, port_text;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == text.npos) return {};
    address = text.substr(1, end - 1);
    port_text = text.substr(end + 1);
    if (!port_text.empty() && port_text.front() != ':') return {};
    if (address.find(':') == address.npos) return {};
  } else if (std::ranges::count(text, ':') == 1) {
    address = text.substr(0, text.find(':'));
    port_text = text.substr(address.size());
  }
  std::uint64_t port = 0;
  if (!port_text.empty() && !port_text.starts_with(":_")) {  // it may be hidden
    const std::optional<std::uint64_t> given = parse_decimal(port_text.substr(1));
    if (!given || *given > 65535) return {};
    port = *given;
  }
  if (address.find('%') != address.npos) return {};
  return io::endpoint::parse_ip(address, static_cast<std::uint16_t>(port));
}

/// It does not say who asks (RFC 7239, sections 6.2 and 6.3).
bool is_hidden(std::string_view node) {
  return equals_ignoring_case(node, "unknown") || node.starts_with('_');
}

std::optional<step> parse_element(std::string_view element) {
  step one;
  while (const std::optional<std::string_view> pair = next_element(element, ';')) {
    const std::string_view name = trim(pair->substr(0, pair->find('=')));
    if (name.size() == pair->size()) return {};
    std::string_view given = trim(pair->substr(pair->find('=') + 1));
    const bool is_quoted = given.starts_with('"');
    const std::string value = is_quoted ? take_quoted(given) : std::string(given);
    if (is_quoted && !given.empty()) return {};
    if (equals_ignoring_case(name, "for")) one.by_name = value;
    if (equals_ignoring_case(name, "proto")) one.is_secure = equals_ignoring_case(value, "https");
  }
  return one;
}

/// Nothing: it is malformed. What follows a quoted string that does not end is another's.
std::optional<std::vector<step>> steps_of_forwarded(const field_list& fields) {
  std::vector<step> all;
  const std::string value = fields.combined("Forwarded");
  if (ends_within_quotes(value)) return {};
  for (std::string_view rest = value; const auto element = next_element(rest);) {
    std::optional<step> one = parse_element(*element);
    if (!one) return {};
    all.push_back(*std::move(one));
  }
  return all;
}

std::vector<step> steps_of_x_forwarded_for(const field_list& fields) {
  std::vector<step> all;
  const std::string protos = fields.combined("X-Forwarded-Proto");
  const bool is_secure =
      equals_ignoring_case(trim(std::string_view(protos).substr(protos.rfind(',') + 1)), "https");
  const std::string value = fields.combined("X-Forwarded-For");
  // There are no quotes here, whatever somebody writes before what the proxy adds.
  for (std::string_view rest = value; !rest.empty();) {
    const std::string_view element = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(element.size() + 1, rest.size()));
    all.push_back({std::string(trim(element)), is_secure});
  }
  return all;
}

}  // namespace

std::expected<std::optional<forwarded_client>, protocol_error> find_forwarded_client(
    const field_list& fields, forwarded_by field, const std::function<bool(const io::endpoint&)>& trusts) {
  const auto all =
      field == forwarded_by::forwarded ? steps_of_forwarded(fields) : steps_of_x_forwarded_for(fields);
  const protocol_error malformed{400, "the proxy does not say properly for whom it asks"};
  if (!all) return std::unexpected(malformed);
  std::optional<forwarded_client> found;
  for (auto one = all->rbegin(); one != all->rend(); ++one) {
    if (is_hidden(one->by_name))
      return std::unexpected(protocol_error{403, "the proxy hides for whom it asks; have it tell"});
    const std::optional<io::endpoint> from = parse_node(one->by_name);
    if (!from) return std::unexpected(malformed);
    found = {*from, one->is_secure};
    if (!trusts(*from)) break;
  }
  return found;
}

}  // namespace parlance::http
