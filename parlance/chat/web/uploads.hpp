// Files that people put up to show in what they say, over HTTP, as soju's FILEHOST has it
// (https://soju.im/filehost: soju.im/FILEHOST in RPL_ISUPPORT, POST, 201 with Location).
//
//   POST /uploads                      the file; says whose it is by Authorization: Basic, or Bearer with a token of EXTJWT
//   GET /uploads/TOKEN/cat.png         whoever knows the address; pictures, sounds and films are shown, others saved
//   DELETE /uploads/TOKEN/cat.png      whose it is
//
// Nothing of it is a page of this server: neither scripts nor styles run in what somebody has put up, nothing has another
// kind than it says, and what is not a picture, sound or film of a harmless kind is saved, not shown. There is no cookie
// that a page elsewhere could use.
#pragma once

#include <string_view>

#include <parlance/chat/base/caller.hpp>
#include <parlance/chat/core/hub.hpp>
#include <parlance/chat/web/upload_folder.hpp>
#include <parlance/http/server/server_request.hpp>
#include <parlance/http/server/server_response.hpp>
#include <parlance/io/task.hpp>

namespace parlance::chat {

bool is_upload_path(std::string_view path) noexcept;

/// `from`: who asks. `path` is one: is_upload_path. Throws http::refusal.
io::task<void> answer_upload(hub& of, upload_folder& in, caller from, http::server_request& asked,
                             http::server_response& answer);

/// Forgets what is too old, and deletes what is forgotten; until it is cancelled.
io::task<void> keep_uploads(hub& of, const upload_folder& in);

}  // namespace parlance::chat
