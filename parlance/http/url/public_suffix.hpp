// Under which domains anybody can have a name: the Public Suffix List (https://publicsuffix.org), by libpsl.
#pragma once

#include <string>
#include <string_view>

namespace parlance::http {

/// Whether hosts below it belong to different people: "com", "co.uk", "github.io". A-labels in small letters.
/// Of a name with one label, too.
bool is_public_suffix(const std::string& domain);

/// What one person owns of a host: "example.co.uk" of "www.example.co.uk". The host itself where there is no
/// such part: a public suffix, an address.
std::string registrable_domain(const std::string& host);

}  // namespace parlance::http
