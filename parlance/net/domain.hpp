// The names of domains beyond ASCII, as browsers take them (UTS 46, https://url.spec.whatwg.org/#concept-domain-to-ascii).
//
//   domain_to_ascii("Bücher.example")   // xn--bcher-kva.example
//   domain_to_ascii("i❤.example")       // xn--i-7iq.example
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace parlance::net {

/// In small letters and as A-labels, ready for a resolver; characters that no host has may still be in it. A
/// name that is ASCII and has no A-label is only put in small letters. All else needs ICU, which is loaded when
/// the first such name comes. The error says what is wrong with the name, as in "is not a name: ...". Thread-safe.
std::expected<std::string, std::string> domain_to_ascii(std::string_view name);

}  // namespace parlance::net
