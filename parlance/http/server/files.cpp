#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include <parlance/http/base/date.hpp>
#include <parlance/http/body/boundary.hpp>
#include <parlance/http/server/accepted_coding.hpp>
#include <parlance/http/server/files.hpp>
#include <parlance/http/server/media_types.hpp>
#include <parlance/http/server/ranges.hpp>
#include <parlance/http/server/refusal.hpp>
#include <parlance/http/server/served_folder.hpp>
#include <parlance/http/server/validators.hpp>
#include <parlance/io/error.hpp>

namespace parlance::http {
namespace {

using file_ptr = std::shared_ptr<const served_file>;

struct coding {
  std::string_view name, suffix;
};
/// The dearest first, of those that a client takes as well.
constexpr auto codings = std::to_array<coding>({{"br", ".br"}, {"zstd", ".zst"}, {"gzip", ".gz"}});

std::int64_t nanoseconds_of(const served_file& file) noexcept {
  constexpr std::int64_t per_second = 1'000'000'000;
  return file.status.st_mtim.tv_sec * per_second + file.status.st_mtim.tv_nsec;
}

[[noreturn]] void refuse_missing() { throw refusal(404, "there is no such file"); }

/// Of a folder, for one request.
class file_answer {
 public:
  file_answer(const served_folder& folder, const files_options& options, server_request& asked,
              server_response& answer) noexcept
      : folder_(folder), options_(options), asked_(asked), answer_(answer) {}

  io::task<void> run() {
    if (asked_.method() != "GET" && asked_.method() != "HEAD")
      throw refusal(405, "files are only read here", {{"Allow", "GET, HEAD"}});
    const auto path = file_path_of(asked_.rest());
    if (!path) refuse_missing();
    name_ = *path;
    const bool names_folder = name_.empty() || name_.ends_with('/');
    if (names_folder) name_ += "index.html";
    file_ = co_await open(name_);
    if (file_ && file_->is_folder() && !names_folder) co_return co_await redirect_to_folder();
    if (!file_ || !file_->is_regular()) refuse_missing();
    if (options_.precompressed) co_await choose_coding();
    co_await send();
  }

 private:
  /// Null: there is none.
  io::task<file_ptr> open(std::string path) {
    auto file = co_await folder_.open(std::move(path));
    if (file) co_return *std::move(file);
    constexpr auto missing =
        std::to_array<std::errc>({std::errc::no_such_file_or_directory, std::errc::not_a_directory,
                                  std::errc::cross_device_link, std::errc::too_many_symbolic_link_levels,
                                  std::errc::filename_too_long, std::errc::no_such_device_or_address});
    const std::error_code why = file.error();
    if (std::ranges::any_of(missing, [&](std::errc each) { return why == each; })) co_return nullptr;
    if (why == std::errc::permission_denied) throw refusal(403, "this file is not for everybody");
    throw io::error(why, "open " + name_);
  }

  io::task<void> redirect_to_folder() {
    std::string target = std::string(asked_.path()) + "/";
    if (!asked_.query().empty()) target.append("?").append(asked_.query());
    co_await answer_.status(301).redirect(target);
  }

  /// A file that is compressed already, when the client wants that one most.
  io::task<void> choose_coding() {
    answer_.fields().append("Vary", "Accept-Encoding");
    std::vector<std::pair<unsigned, const coding*>> wanted;
    for (const coding& each : codings)
      if (const unsigned weight = weight_of_coding(asked_.fields(), each.name))
        wanted.emplace_back(weight, &each);
    std::ranges::sort(wanted, [](const auto& a, const auto& b) {
      return a.first != b.first ? a.first > b.first : a.second < b.second;
    });
    for (const auto& [weight, each] : wanted) {
      file_ptr coded = co_await open(name_ + std::string(each->suffix));
      if (!coded || !coded->is_regular() || nanoseconds_of(*coded) < nanoseconds_of(*file_)) continue;
      file_ = std::move(coded);
      coding_ = each->name;
      co_return;
    }
  }

  /// That of a file that is compressed already is another, for it is another thing.
  validators validators_of_file() const {
    std::string tag = file_->entity_tag;
    if (!coding_.empty()) tag.insert(tag.size() - 1, "-" + std::string(coding_));
    return {.entity_tag = std::move(tag), .modified = file_->status.st_mtim.tv_sec};
  }

  io::task<void> send() {
    const validators now = validators_of_file();
    const precondition judged = judge(asked_.head(), now);
    if (judged == precondition::failed) throw refusal(412, "this file is not what the condition says");
    field_list& fields = answer_.fields();
    fields.append("ETag", now.entity_tag);
    // No date of an answer is later than the answer (RFC 9110 8.8.2.1).
    fields.append("Last-Modified", *now.modified <= std::time(nullptr) ? file_->modified : date_now());
    if (!options_.cache_control.empty()) fields.append("Cache-Control", options_.cache_control);
    if (judged == precondition::not_modified) co_return co_await answer_.status(304).send({}, {});
    fields.append("X-Content-Type-Options", "nosniff");
    fields.append("Accept-Ranges", "bytes");
    if (!coding_.empty()) fields.append("Content-Encoding", coding_);
    if (range_applies(asked_.head(), now)) {
      const auto ranges = parse_ranges(asked_.fields().combined("Range"), file_->size());
      if (ranges) co_return co_await send_ranges(*ranges);
      if (ranges.error() == no_ranges::unsatisfiable)
        throw refusal(416, "the file is shorter",
                      {{"Content-Range", fmt::format("bytes */{}", file_->size())}});
    }
    fields.append("Content-Type", media_type_of(name_));
    co_await send_part({0, file_->size()});
  }

  /// As the whole body.
  io::task<void> send_part(byte_range part) {
    if (file_->content) return answer_.send(part_of_content(part), {});
    return answer_.send_file(file_->fd(), part.first, part.length);
  }

  std::string_view part_of_content(const byte_range& part) const {
    return std::string_view(*file_->content).substr(part.first, part.length);
  }

  std::string content_range(const byte_range& range) const {
    return fmt::format("bytes {}-{}/{}", range.first, range.first + range.length - 1, file_->size());
  }

  io::task<void> send_ranges(const std::vector<byte_range>& ranges) {
    answer_.status(206);
    if (ranges.size() > 1) co_return co_await send_parts(ranges);
    answer_.fields().append("Content-Range", content_range(ranges.front()));
    answer_.fields().append("Content-Type", media_type_of(name_));
    co_await send_part(ranges.front());
  }

  /// multipart/byteranges (RFC 9110 14.6).
  io::task<void> send_parts(const std::vector<byte_range>& ranges) {
    const std::string boundary = random_boundary();
    std::vector<std::string> heads;
    std::uint64_t length = 0;
    for (const byte_range& each : ranges) {
      heads.push_back(fmt::format("{}--{}\r\nContent-Type: {}\r\nContent-Range: {}\r\n\r\n",
                                  heads.empty() ? "" : "\r\n", boundary, media_type_of(name_),
                                  content_range(each)));
      length += heads.back().size() + each.length;
    }
    const std::string end = fmt::format("\r\n--{}--\r\n", boundary);
    answer_.fields().append("Content-Type", "multipart/byteranges; boundary=" + boundary);
    answer_.length(length + end.size());
    for (std::size_t i = 0; i < ranges.size(); ++i) {
      co_await answer_.write(heads[i]);
      if (file_->content)
        co_await answer_.write(part_of_content(ranges[i]));
      else
        co_await answer_.write_file(file_->fd(), ranges[i].first, ranges[i].length);
    }
    co_await answer_.write(end);
    co_await answer_.finish();
  }

  const served_folder& folder_;
  const files_options& options_;
  server_request& asked_;
  server_response& answer_;
  std::string name_;  // relative to the folder
  file_ptr file_;
  std::string_view coding_;  // of the file; empty: none
};

}  // namespace

server_handler files(const std::string& folder, files_options options) {
  auto opened = std::make_shared<const served_folder>(folder, options.fresh);
  return [below = std::move(opened), options = std::move(options)](
             server_request& asked, server_response& answer) -> io::task<void> {
    file_answer one(*below, options, asked, answer);
    co_await one.run();
  };
}

}  // namespace parlance::http
