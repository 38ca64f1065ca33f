// What is said in a network as plain text, a file for each room and talk, if one wants that.
//
//   2026-11-30T08:00:00.000Z <ann> the build is green
//   2026-11-30T08:00:01.500Z * ben has come in
#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include <cli/chat/model/conversation.hpp>
#include <cli/chat/model/taken.hpp>

namespace parlance::cli {

class chat_log {
 public:
  /// Of one network; the folder is made when there is something to write.
  explicit chat_log(std::string folder) : folder_(std::move(folder)) {}

  /// Writes what is not in its file yet, which is for its owner alone (0600): nothing while something that was
  /// missed may still come, and nothing that is older than what is there. Another program may write the same file
  /// by this class. Blocks for a moment. Throws io::error that names the file.
  void write(const conversation& where);

  const std::string& folder() const noexcept { return folder_; }
  std::string file_of(const conversation& where) const;

 private:
  struct written {
    off_t size = -1;  // of the file; -1: it was not looked at
    taken to = {};
  };
  struct addition {
    std::string text;
    written then;
  };
  static addition text_for(const conversation& where, const written& there);
  static written read_end(int fd, const std::string& file);

  std::string folder_;
  std::map<std::string, written> files_;  // by the conversation's key
};

/// A name of a file that every other name differs from: letters, digits, -, _, # and & as they are, dots save at
/// its beginning, and %XX for each other byte; the beginning and a digest where that is too long.
std::string file_name_of(std::string_view name);

}  // namespace parlance::cli
