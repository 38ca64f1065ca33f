#include <fmt/core.h>
#include <sys/xattr.h>

#include <filesystem>
#include <utility>

#include <parlance/http/client/client_head.hpp>
#include <parlance/http/client/policy.hpp>
#include <parlance/io/error.hpp>
#include <parlance/text/sanitizer.hpp>

#include <cli/base/verb.hpp>
#include <cli/get/file_names.hpp>
#include <cli/get/output.hpp>

namespace parlance::cli {
namespace {

/// As much of a body as anybody looks at.
io::task<std::string> beginning_of(http::request_body body) {
  constexpr std::size_t most = 64 * 1024;
  const auto from = body.open();
  std::string text;
  for (std::string_view piece; !(piece = co_await from->read()).empty();) {
    text += piece;
    if (text.size() > most) co_return text.substr(0, most) + "...";
  }
  co_return text;
}

/// No regular file, and so not replaced.
bool is_special(const std::filesystem::path& path) {
  std::error_code none;
  const auto type = std::filesystem::status(path, none).type();
  return type != std::filesystem::file_type::regular && type != std::filesystem::file_type::not_found;
}

/// By -J, and not who gave the URL.
bool chooses_name(const get_job& job, const http::response_head& head) {
  return job.server_names && (name_in_disposition(head.fields) || !name_in_url(job.target));
}

/// Another name for a file that is there; devices and pipes stay what they are.
std::filesystem::path free_name(const std::filesystem::path& path) {
  constexpr int most = 100;
  std::error_code none;
  const auto there = [&](const std::filesystem::path& one) {
    return std::filesystem::symlink_status(one, none).type() != std::filesystem::file_type::not_found;
  };
  if (!there(path) || is_special(path)) return path;
  for (int i = 1; i <= most; ++i)
    if (std::filesystem::path next = fmt::format("{}.{}", path.native(), i); !there(next)) return next;
  throw complaint(failure,
                  fmt::format("write {}: it is there already, and all of its names up to .{} are, too",
                              text::sanitize(path.native()), most));
}

}  // namespace

bool note_origin(const std::string& file, const http::url& from, const http::response_head& head,
                 const http::request& asked) {
  const auto set = [&](const char* name, std::string_view value) {
    return value.empty() || ::setxattr(file.c_str(), name, value.data(), value.size(), 0) == 0;
  };
  return set("user.xdg.origin.url", shown(from)) &&
         set("user.xdg.referrer.url", asked.fields.get("Referer").value_or("")) &&
         set("user.mime_type", head.fields.get("Content-Type").value_or(""));
}

std::string file_for(const get_options& options, const get_job& job, const http::response_head& head,
                     get_shared& shared) {
  std::filesystem::path path = job.output;
  if (job.server_names) {
    if (const auto name = name_in_disposition(head.fields)) path.replace_filename(*name);
    if (options.keeps_there) path = free_name(path);
    const bool is_taken = shared.names.try_emplace(path, &job).first->second != &job;
    std::error_code none;
    if (is_taken || (chooses_name(job, head) && std::filesystem::symlink_status(path, none).type() !=
                                                    std::filesystem::file_type::not_found))
      throw complaint(failure, fmt::format("write {}: it is there already, and the server chose the name; "
                                           "replace it with -o",
                                           text::sanitize(path.native())));
  }
  if (options.keeps_there && !job.server_names) path = free_name(path);
  if (options.create_folders && path.has_parent_path()) {
    std::error_code why;
    std::filesystem::create_directories(path.parent_path(), why);
    if (why)
      throw complaint(failure, fmt::format("make the folder {}: {}",
                                           text::sanitize(path.parent_path().native()), io::reason(why)));
  }
  return path;
}

std::unique_ptr<sink> make_sink(const get_options& options, const get_job& job,
                                const http::response_head& head, get_shared& shared, std::string& file) {
  if (!job.output.empty()) {
    file = file_for(options, job, head, shared);
    const bool is_new = chooses_name(job, head) || (options.keeps_there && !is_special(file));
    return is_new ? new_file_sink(file, options.file_mode) : file_sink(file, options.file_mode);
  }
  std::unique_ptr<sink> out = stdout_sink({.decoded = options.limits.decode, .pretty = options.pretty});
  // What is to be checked goes to nobody before it is.
  const bool at_once = shared.alone && job.sha256.empty();
  return at_once ? std::move(out) : spooling_sink(std::move(out), shared.stdout_turn);
}

bool puts_head_before(const get_options& options, const get_job& job) noexcept {
  return options.head_file == "-" && job.output.empty();
}

std::string heads_of(const get_options& options, const http::response_head& head,
                     const transfer_record& record) {
  std::string all;
  if (options.shows_redirects)
    for (std::size_t i = 0; i + 1 < record.legs.size(); ++i)
      if (const auto& answer = record.legs[i].answer) all += http::serialise(*answer);
  return all + http::serialise(head);
}

io::task<preface> preface_of(const get_options& options, const get_job& job, const http::response_head& head,
                             const transfer_record& record) {
  preface parts;
  if (options.show_request_head)
    parts.push_back({.text = record.last() ? record.last()->request_head : std::string()});
  if (options.show_request_body && !options.request.body.empty()) {
    std::string text = options.once ? "(stdin, as it came)" : co_await beginning_of(options.request.body);
    parts.push_back({.is_head = false, .text = text + "\r\n\r\n"});
  }
  if (options.include || puts_head_before(options, job))
    parts.push_back({.text = heads_of(options, head, record)});
  co_return parts;
}

io::task<void> print_request(const get_options& options, const get_job& job) {
  http::request what = options.request;
  what.target = job.target;
  const auto body = what.body.open();
  const http::route way = http::way_to(options.limits, what.target);
  http::request_head head =
      http::client_head(what, options.limits.decode, http::length_to_tell(what, body.get()),
                        http::policy_fields(options.limits, what, way));
  if (way.is_forwarded) head.target = http::forwarded_target(what);
  http::response_head type;  // its type says how the body is shown
  if (const auto given = head.fields.get("Content-Type")) type.fields.append("Content-Type", *given);
  const std::unique_ptr<sink> to = stdout_sink({.pretty = options.pretty});
  co_await to->begin(type, {{.text = http::serialise(head)}});
  if (body)
    for (std::string_view piece; !(piece = co_await body->read()).empty();) co_await to->write(piece);
  co_await to->finish();
}

io::task<void> write_file(std::string path, std::string text) {
  const std::unique_ptr<sink> to = file_sink(path);
  co_await to->begin({}, {});
  co_await to->write(text);
  co_await to->finish();
}

}  // namespace parlance::cli
