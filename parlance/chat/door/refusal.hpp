// Telling a caller that it is not taken.
#pragma once

#include <string>
#include <string_view>

#include <parlance/chat/door/door.hpp>
#include <parlance/io/task.hpp>
#include <parlance/io/time.hpp>
#include <parlance/net/stream.hpp>

namespace parlance::chat {

/// What keeps a caller out.
struct obstacle {
  enum kind : unsigned char { limit, ban } what = limit;
  std::string why;  ///< in few words

  /// Of HTTP.
  unsigned status() const noexcept { return what == ban ? 403 : 503; }
};

/// As one reads it in that language. TLS has no words: it gets an alert.
std::string refusal_in(language spoken, std::string_view address, const obstacle& what);

/// Waits for `patience` at most for what the caller says first, answers in its language, and ends the
/// connection. `address`: where it calls from. Fails for nothing but cancellation.
io::task<void> refuse(net::stream caller, std::string address, obstacle what, io::duration patience);

}  // namespace parlance::chat
