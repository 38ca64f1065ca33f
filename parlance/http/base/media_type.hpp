// What a body is: the Content-Type field, parsed as browsers do
// (https://mimesniff.spec.whatwg.org/#parsing-a-mime-type).
//
//   auto type = http::media_type::parse("text/HTML; charset=\"utf-8\"; q=1");
//   type->essence();                       // text/html
//   type->parameter("charset");            // utf-8
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parlance::http {

class media_type {
 public:
  /// Nothing for what is not one. A malformed parameter is passed over; of two of the same name the first
  /// counts.
  static std::optional<media_type> parse(std::string_view text);

  /// All in small letters.
  const std::string& type() const noexcept { return type_; }
  const std::string& subtype() const noexcept { return subtype_; }
  std::string essence() const { return type_ + '/' + subtype_; }

  /// `name` in small letters; the value as it came, without quotation marks.
  std::optional<std::string_view> parameter(std::string_view name) const noexcept;

  bool is_json() const noexcept;
  /// Fit to be shown to a person: text/*, JSON, XML, JavaScript, forms.
  bool is_text() const noexcept;

 private:
  std::string type_;
  std::string subtype_;
  std::vector<std::pair<std::string, std::string>> parameters_;
};

}  // namespace parlance::http
