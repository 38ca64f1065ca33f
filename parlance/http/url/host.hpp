// The host of a URL, brought to the one form in which hosts can be compared and looked up
// (https://url.spec.whatwg.org/#host-parsing).
//
//   parse_host("EXAMPLE.com")          // example.com
//   parse_host("b\u00fccher.example")  // xn--bcher-kva.example
//   parse_host("0x7f.1")               // 127.0.0.1
//   parse_host("[1:0::0:2]")           // [1::2]
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace parlance::http {

/// A name as A-labels, an IPv4 address in its four decimal parts, or an IPv6 address in its shortest form and
/// brackets. The error says in one plain line what is wrong with it.
std::expected<std::string, std::string> parse_host(std::string_view text);

/// Of a host as `url::host_name` has it: whether it is an address, IPv4 or IPv6, and no name.
bool is_ip_address(std::string_view host);

}  // namespace parlance::http
