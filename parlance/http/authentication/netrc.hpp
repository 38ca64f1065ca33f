// Logins from a file in the format of .netrc, as curl and ftp(1) read it.
//
//   machine example.com login me password secret
//   default login anonymous password "with \"quotation marks\""
//
// Words are separated by white space; one in quotation marks may have some in it, and \", \\, \n, \r and \t
// stand for themselves and what they say. A line that begins with # is a comment, "macdef" is passed over up
// to the next empty line, and "account" with its word.
#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parlance::http {

class netrc {
 public:
  static constexpr std::size_t max_size = 1 << 20;

  /// The error is one plain line with the number of the line, and without any of its words: one of them may be
  /// the password.
  static std::expected<netrc, std::string> parse(std::string_view text);
  /// Reads a file, which blocks for a moment. Throws io::error that names it.
  static netrc read(const std::string& path);

  struct entry {
    std::string machine = {};
    /// For all hosts that have none of their own.
    bool is_default = false;
    std::string user = {}, password = {};
  };
  /// The first for this host, or the default one; `user`: only of that user, unless it is empty. An entry
  /// without a user or without a password counts as it stands, and nothing is taken from another.
  std::optional<entry> find(std::string_view host, std::string_view user = {}) const;

 private:
  std::vector<entry> entries_;
};

}  // namespace parlance::http
