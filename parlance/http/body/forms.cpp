#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <utility>

#include <parlance/http/body/bodies.hpp>
#include <parlance/http/body/boundary.hpp>

namespace parlance::http {
namespace {

/// The percent-encode set of the URL standard for forms.
std::string form_encoded(std::string_view text) {
  std::string encoded;
  for (const unsigned char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       c == '*' || c == '-' || c == '.' || c == '_';
    if (plain)
      encoded += static_cast<char>(c);
    else if (c == ' ')
      encoded += '+';
    else
      encoded += fmt::format("%{:02X}", c);
  }
  return encoded;
}

/// Of a field name or a file name (https://html.spec.whatwg.org/#multipart-form-data).
std::string in_quotes(std::string_view name) {
  std::string safe = "\"";
  for (const char c : name) {
    if (c == '"')
      safe += "%22";
    else if (c == '\r')
      safe += "%0D";
    else if (c == '\n')
      safe += "%0A";
    else
      safe += c;
  }
  return safe + '"';
}

/// What stands before a part; of each but the first, after the one before.
std::string delimiter(const form_part& part, const std::string& boundary, bool first) {
  std::string text = fmt::format("{}--{}\r\nContent-Disposition: form-data; name={}", first ? "" : "\r\n",
                                 boundary, in_quotes(part.name));
  if (part.file_name) text += "; filename=" + in_quotes(*part.file_name);
  text += "\r\n";
  if (!part.content.media_type().empty())
    text += fmt::format("Content-Type: {}\r\n", part.content.media_type());
  return text + "\r\n";
}

/// One source behind another.
class joined_sources final : public body_source {
 public:
  explicit joined_sources(std::vector<std::unique_ptr<body_source>> parts) : parts_(std::move(parts)) {}

  std::optional<std::uint64_t> length() const override {
    std::uint64_t whole = 0;
    for (const auto& part : parts_) {
      const auto length = part->length();
      if (!length) return std::nullopt;
      whole += *length;
    }
    return whole;
  }
  bool rewind() override {
    at_ = 0;
    return std::ranges::all_of(parts_, [](const auto& part) { return part->rewind(); });
  }
  io::task<std::string_view> read() override {
    for (; at_ < parts_.size(); ++at_) {
      const std::string_view piece = co_await parts_[at_]->read();
      if (!piece.empty()) co_return piece;
    }
    co_return std::string_view();
  }

 private:
  const std::vector<std::unique_ptr<body_source>> parts_;
  std::size_t at_ = 0;
};

}  // namespace

request_body form(const std::vector<std::pair<std::string, std::string>>& pairs) {
  std::string text;
  for (const auto& [name, value] : pairs) {
    if (!text.empty()) text += '&';
    text += form_encoded(name) + '=' + form_encoded(value);
  }
  return request_body(std::move(text), "application/x-www-form-urlencoded");
}

request_body multipart(std::vector<form_part> parts) {
  const std::string boundary = random_boundary();
  auto open = [parts = std::move(parts), boundary] {
    std::vector<std::unique_ptr<body_source>> sources;
    for (const form_part& part : parts) {
      sources.push_back(request_body(delimiter(part, boundary, sources.empty())).open());
      if (auto content = part.content.open()) sources.push_back(std::move(content));
    }
    sources.push_back(
        request_body(fmt::format("{}--{}--\r\n", sources.empty() ? "" : "\r\n", boundary)).open());
    return std::make_unique<joined_sources>(std::move(sources));
  };
  return request_body(std::move(open), "multipart/form-data; boundary=" + boundary);
}

}  // namespace parlance::http
