// Text in any character encoding, streamed to UTF-8.
//
//   auto text = http::text_decoder::make("latin1");   // of a Content-Type; "" if it has no charset
//   if (!text) throw ...(text.error());               // charset "klingon" is not known for (...)
//   print(text->next(piece)); print(text->finish());
//
// Labels mean what they mean to browsers (https://encoding.spec.whatwg.org): latin1 and ascii are
// windows-1252. A byte order mark outranks the label and is dropped. What is malformed comes out as U+FFFD,
// never as an error, and what comes out is valid UTF-8 always. Control characters pass: making text safe for
// a terminal is its printer's work.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>

namespace parlance::http {

/// The standard's name for a label, as "windows-1252" for "Latin1"; empty if it is not known. White space
/// around it and case are ignored.
std::string_view charset_name(std::string_view label) noexcept;

/// Whether all of it is UTF-8: no surrogates, nothing overlong, nothing above U+10FFFF.
bool is_utf8(std::string_view) noexcept;

class text_decoder {
 public:
  /// An empty label is UTF-8, the default of JSON and of today's web.
  static std::expected<text_decoder, std::string> make(std::string_view label);

  /// Takes all of `bytes` and gives what they come to. Valid until the next call; text that is UTF-8 already
  /// is not copied, so then it is also only valid as long as `bytes` is.
  std::string_view next(std::string_view bytes);
  /// After the last piece: what an incomplete character at the very end comes to. Valid until the next call.
  std::string_view finish();

  /// The standard's name of the encoding in use; a byte order mark may change it while the first three bytes
  /// come in.
  std::string_view charset() const noexcept { return charset_; }

 private:
  struct iconv_closer {
    void operator()(void* handle) const noexcept;
  };

  explicit text_decoder(std::string_view charset);

  bool sniff(std::string_view& bytes);
  void use(std::string_view charset);
  std::string_view decode(std::string_view bytes);
  std::string_view decode_utf8(std::string_view bytes);
  void decode_with_iconv(std::string_view bytes);
  void flush_iconv();

  std::string_view charset_;
  bool sniffed_ = false;
  /// Null for UTF-8, which is decoded here: iconv does not say how many bytes a malformed sequence has.
  std::unique_ptr<void, iconv_closer> iconv_;
  /// The start of a character whose rest has not come.
  std::string pending_;
  std::string joined_;
  std::string out_;
};

}  // namespace parlance::http
