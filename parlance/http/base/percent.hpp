// Percent-encoding with the sets of the URL standard (https://url.spec.whatwg.org/#percent-encoded-bytes).
//
//   percent_encode("a b?", encode_set::path)          // a%20b%3F
//   percent_decode("a%20b%3F")                        // a b?
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace parlance::http {

/// Where the text is to stand, and so which characters would be misread there. Bytes from 0x80 and control
/// characters are always encoded. `component` is what JavaScript's encodeURIComponent encodes: all but
/// unreserved and !'()*.
enum class encode_set : std::uint8_t { fragment, query, path, userinfo, component };

/// Appends `text`, encoded. Percent signs are kept as they are, save for `encode_set::component`.
void percent_encode(std::string_view text, encode_set, std::string& out);
std::string percent_encode(std::string_view text, encode_set);

/// Each %XY as the byte it stands for; a percent sign without two hexadecimal digits stays.
std::string percent_decode(std::string_view text);

}  // namespace parlance::http
