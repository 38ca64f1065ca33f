// Ports by their names, as /etc/services has them (services(5)): "http", "localhost:domain".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace parlance::cli {

/// The number of a port that is written as one (0 to 65535), or as a service's name of `protocol` ("tcp" or
/// "udp"). Throws complaint (usage).
std::uint16_t port_of(std::string_view text, const char* protocol);

/// "HOST:NAME" and ":NAME" with the service's number; whatever else as it is.
std::string with_port_number(const std::string& address, const char* protocol);

/// "HOST" and "PORT" as one address; brackets go around an IPv6 address. Throws complaint (usage).
std::string joined(std::string_view host, std::string_view port, const char* protocol);

/// The ports of "22", "http,8000-8080", each once, in their order. Throws complaint (usage).
std::vector<std::uint16_t> ports_of(std::string_view list, const char* protocol);

}  // namespace parlance::cli
