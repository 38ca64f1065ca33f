// Where a transfer of `parlance get` writes.
#pragma once

#include <memory>
#include <string>

#include <parlance/http/message/message.hpp>
#include <parlance/io/task.hpp>

#include <cli/get/sink.hpp>
#include <cli/get/transfer.hpp>

namespace parlance::cli {

/// The file for a body, which its server may have named; its folder is made where that is asked for. Throws
/// complaint.
std::string file_for(const get_options& options, const get_job& job, const http::response_head& head,
                     get_shared& shared);

/// Where the body goes. `file` becomes its file, where it has one.
std::unique_ptr<sink> make_sink(const get_options& options, const get_job& job,
                                const http::response_head& head, get_shared& shared, std::string& file);

/// Keeps in a file's attributes where it came from (--xattr). False: they cannot be kept.
bool note_origin(const std::string& file, const http::url& from, const http::response_head& head,
                 const http::request& asked);

/// Whether the head stands before the body on stdout by -D -.
bool puts_head_before(const get_options& options, const get_job& job) noexcept;

/// What --print, -i and -D - show before the body.
io::task<preface> preface_of(const get_options& options, const get_job& job, const http::response_head& head,
                             const transfer_record& record);

/// The head of an answer, with those of the redirects to it where they are shown.
std::string heads_of(const get_options& options, const http::response_head& head,
                     const transfer_record& record);

/// Prints the request that would be sent, with all of its body.
io::task<void> print_request(const get_options& options, const get_job& job);

/// All of a file, or nothing.
io::task<void> write_file(std::string path, std::string text);

}  // namespace parlance::cli
