// Where the files lie that people have put up: a folder in that of the store. What is not whole has a name of its own,
// and is removed at the next start.
//
//   folder/uploads/TOKEN.png          one that is there: upload::file
//   folder/uploads/TOKEN.part         one that is coming
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <parlance/chat/core/uploads.hpp>
#include <parlance/chat/store/store.hpp>
#include <parlance/http/server/server_options.hpp>
#include <parlance/io/task.hpp>

namespace parlance::chat {

/// Its name.
inline constexpr std::string_view uploads_folder = "uploads";

/// A file that comes in pieces. Gone with it, unless it was kept. Its calls block: for workers.
class partial_upload {
 public:
  /// Makes the folder, too, where it is not there: for its user alone. Throws std::system_error.
  partial_upload(std::filesystem::path folder, std::string token);
  ~partial_upload();
  partial_upload(const partial_upload&) = delete;
  partial_upload& operator=(const partial_upload&) = delete;

  /// Throws std::system_error, of a full disk as well.
  void write(std::string_view bytes);
  /// It is whole, and called so from now on. `keeps`: what it is to survive then.
  void keep_as(const std::string& name, durability keeps);
  /// Once more it is gone with it: what tells of it could not be kept.
  void forget() noexcept { kept_ = false; }

 private:
  const std::filesystem::path folder_;
  std::filesystem::path path_;
  int fd_ = -1;
  bool kept_ = false;
};

class upload_folder {
 public:
  /// `store`: its folder; empty: there are no files.
  explicit upload_folder(const std::filesystem::path& store);

  /// At the start. Removes what is not whole, and what nobody knows, of names that it gives itself; and of `known`
  /// what is not there. Throws std::system_error, and store_error.
  void tidy(uploads& known) const;

  /// Throws std::system_error.
  io::task<std::shared_ptr<partial_upload>> begin(std::string token) const;
  /// Answers with one that is there, or a part of it, or that it is as it was. Throws http::refusal.
  io::task<void> send(const upload& what, http::server_request& asked, http::server_response& answer);
  /// In the background.
  void remove(const std::vector<std::string>& names) const;

 private:
  std::filesystem::path path_;
  http::server_handler files_;  // once there is the folder
};

}  // namespace parlance::chat
