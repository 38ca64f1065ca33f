// A download that may end and go on another time: FILE.part is what has come, and FILE.part.json says of what, so
// that nothing is joined that does not belong together.
//
//   auto to = kept_file::open("big.iso", "https://example.com/big.iso");
//   ... If-Range: to->version().validator, Range: bytes=to->size()- ...
//   co_await to->begin(head, {});        // anew; left out when the answer goes on
//   co_await to->write(piece);
//   co_await to->finish();                  // big.iso, and nothing else
//
// One that goes before `finish` leaves both behind where the server gave a validator, and nothing otherwise.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <cli/base/file.hpp>
#include <cli/get/file_version.hpp>
#include <cli/get/piece_map.hpp>
#include <cli/get/sink.hpp>

namespace parlance::cli {

class kept_file final : public sink {
 public:
  /// Takes what is there of `url`; what is of another, or of nobody knows what, is not used. A symbolic link is
  /// followed. Null: there can be no file beside this one, whose name is too long for that, or whose folder cannot be
  /// written. Throws complaint, also where another process is writing it, or it is somebody else's.
  static std::unique_ptr<kept_file> open(const std::string& path, const std::string& url,
                                         unsigned mode = 0666);
  ~kept_file() override;

  /// Of what is there, from its beginning to the first hole.
  std::uint64_t size() const noexcept { return size_; }
  const file_version& version() const noexcept { return version_; }

  io::task<void> begin(const http::response_head& head, const preface& before) override;
  io::task<void> write(std::string_view piece) override;
  void set_modified(std::time_t when) override { modified_ = when; }
  /// Where FILE cannot be replaced, as `file_sink` has it, it is overwritten.
  io::task<void> finish() override;

  /// It is of no use: it goes without leaving anything behind.
  void forget() noexcept { version_ = {}; }

  int descriptor() const noexcept override { return part_.descriptor(); }

  /// What is not there of a file whose size is known, when it was written in pieces; empty: what is there
  /// has no holes, and all behind it is missing.
  const std::vector<byte_range>& missing() const noexcept { return missing_; }
  /// Notes it for the next time. Throws complaint.
  void set_missing(std::vector<byte_range> ranges);

 private:
  kept_file(const std::filesystem::path& path, std::string url, file part);
  void read_note();
  void write_note() const;
  std::string part_path() const { return path_.native() + ".part"; }
  std::string note_path() const { return path_.native() + ".part.json"; }
  void check(int number) const;

  const std::filesystem::path path_;
  const std::string url_;
  file part_;
  std::uint64_t size_ = 0;
  file_version version_;
  std::vector<byte_range> missing_;
  std::optional<std::time_t> modified_;
};

}  // namespace parlance::cli
