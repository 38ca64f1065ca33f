#include <fmt/core.h>

#include <algorithm>
#include <vector>

#include <parlance/http/base/grammar.hpp>
#include <parlance/text/sanitizer.hpp>

#include <cli/trace/payload.hpp>

namespace parlance::cli {
namespace {

constexpr std::size_t record_head = 5, most_shown = 32;

unsigned byte(std::string_view text, std::size_t at) { return static_cast<unsigned char>(text[at]); }

/// Types 20 to 24 of TLS 1.0 and later, with a length that a record may have (RFC 8446, section 5.1).
bool is_record(std::string_view bytes) {
  return bytes.size() >= record_head && byte(bytes, 0) >= 20 && byte(bytes, 0) <= 24 && byte(bytes, 1) == 3 &&
         byte(bytes, 2) <= 4 && (byte(bytes, 3) << 8 | byte(bytes, 4)) <= 16640;
}

std::string handshake_type(unsigned type) {
  switch (type) {
    case 0:
      return "HelloRequest";
    case 1:
      return "ClientHello";
    case 2:
      return "ServerHello";
    case 4:
      return "NewSessionTicket";
    case 11:
      return "Certificate";
    case 12:
      return "ServerKeyExchange";
    case 13:
      return "CertificateRequest";
    case 14:
      return "ServerHelloDone";
    case 15:
      return "CertificateVerify";
    case 16:
      return "ClientKeyExchange";
    default:
      return "handshake, encrypted";  // Finished of TLS 1.2
  }
}

std::string record_name(std::string_view bytes) {
  switch (byte(bytes, 0)) {
    case 20:
      return "ChangeCipherSpec";
    case 21:
      return "Alert";
    case 22:
      return bytes.size() > record_head ? handshake_type(byte(bytes, record_head)) : "handshake";
    case 23:
      return "encrypted";
    default:
      return "Heartbeat";
  }
}

/// Begins with a token, so something is left of it whatever else is unfit to be shown.
bool is_http_head(std::string_view bytes) {
  const std::string_view line = bytes.substr(0, bytes.find("\r\n"));
  if (!http::is_token(line.substr(0, 1))) return false;
  return line.starts_with("HTTP/1.") || line.ends_with(" HTTP/1.1") || line.ends_with(" HTTP/1.0");
}

bool is_text(std::string_view bytes) {
  return std::ranges::all_of(
      bytes, [](unsigned char c) { return (c >= ' ' && c < 0x7f) || (c >= '\t' && c <= '\r'); });
}

}  // namespace

std::string payload_namer::name(std::string_view bytes, std::size_t size) {
  if (size == 0) return "";
  if (!begun_) tls_ = is_record(bytes);
  begun_ = true;
  if (tls_) return records(bytes, size);
  if (is_http_head(bytes))
    return text::sanitize(bytes.substr(0, std::min<std::size_t>(bytes.find("\r\n"), 120)));
  const std::string_view some = bytes.substr(0, most_shown);
  if (!is_text(some)) return fmt::format("{} bytes", size);
  std::string shown;
  for (const char c : some) {
    if (c == '\n')
      shown += "\\n";
    else if (c == '\r')
      shown += "\\r";
    else
      shown += c < ' ' ? ' ' : c;
  }
  return fmt::format("\"{}\"{}", shown, size > some.size() ? "..." : "");
}

std::string payload_namer::records(std::string_view bytes, std::size_t size) {
  struct counted {
    std::string name;
    unsigned times;
  };
  std::vector<counted> found;
  const std::size_t of_last = std::min(rest_of_record_, size);
  rest_of_record_ -= of_last;
  std::size_t at = of_last;
  while (at < size) {
    if (at >= bytes.size() || !is_record(bytes.substr(at))) {
      // Not seen, or split inside its head: nothing more is known of where records begin.
      tls_ = at < bytes.size() || size > bytes.size() ? tls_ : false;
      break;
    }
    const std::size_t whole = record_head + (byte(bytes, at + 3) << 8 | byte(bytes, at + 4));
    const std::string one = record_name(bytes.substr(at));
    if (!found.empty() && found.back().name == one)
      ++found.back().times;
    else
      found.push_back({one, 1});
    const std::size_t here = std::min(whole, size - at);
    rest_of_record_ = whole - here;
    at += here;
  }
  std::string text;
  for (const counted& one : found)
    text += (text.empty() ? "TLS " : ", ") + one.name + (one.times > 1 ? fmt::format(" x{}", one.times) : "");
  return text.empty() ? "TLS, continued" : text;
}

}  // namespace parlance::cli
