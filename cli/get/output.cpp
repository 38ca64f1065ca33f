#include <fmt/core.h>

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

/// By -J, and not who gave the URL.
bool chooses_name(const get_job& job, const http::response_head& head) {
  return job.server_names && (name_in_disposition(head.fields) || !name_in_url(job.target));
}

}  // namespace

std::string file_for(const get_options& options, const get_job& job, const http::response_head& head,
                     get_shared& shared) {
  std::filesystem::path path = job.output;
  if (job.server_names) {
    if (const auto name = name_in_disposition(head.fields)) path.replace_filename(*name);
    const bool is_taken = shared.names.try_emplace(path, &job).first->second != &job;
    std::error_code none;
    if (is_taken || (chooses_name(job, head) && std::filesystem::symlink_status(path, none).type() !=
                                                    std::filesystem::file_type::not_found))
      throw complaint(failure, fmt::format("write {}: it is there already, and the server chose the name; "
                                           "replace it with -o",
                                           text::sanitize(path.native())));
  }
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
    return chooses_name(job, head) ? new_file_sink(file) : file_sink(file);
  }
  std::unique_ptr<sink> out = stdout_sink({.decoded = options.limits.decode, .pretty = options.pretty});
  // What is to be checked goes to nobody before it is.
  const bool at_once = shared.alone && job.sha256.empty();
  return at_once ? std::move(out) : spooling_sink(std::move(out), shared.stdout_turn);
}

bool puts_head_before(const get_options& options, const get_job& job) noexcept {
  return options.head_file == "-" && job.output.empty();
}

io::task<preface> preface_of(const get_options& options, const get_job& job, const http::response_head& head,
                             std::string request_head) {
  preface parts;
  if (options.show_request_head) parts.push_back({.text = std::move(request_head)});
  if (options.show_request_body && !options.request.body.empty()) {
    std::string text = options.once ? "(stdin, as it came)" : co_await beginning_of(options.request.body);
    parts.push_back({.is_head = false, .text = text + "\r\n\r\n"});
  }
  if (options.include || puts_head_before(options, job)) parts.push_back({.text = http::serialise(head)});
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
  if (way.is_forwarded) head.target = what.target.origin() + head.target;
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
