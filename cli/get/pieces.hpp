// One file over several connections: each fetches a part by a range (RFC 9110 14), and is written where it belongs.
// Who is done takes half of what another has still to do, so no slow connection is waited for.
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <parlance/http/client/client.hpp>
#include <parlance/io/event.hpp>
#include <parlance/io/scope.hpp>
#include <parlance/io/task.hpp>
#include <parlance/io/time.hpp>

#include <cli/base/file.hpp>
#include <cli/get/file_version.hpp>
#include <cli/get/piece_map.hpp>
#include <cli/get/transfer.hpp>

namespace parlance::cli {

/// A part shorter than that is not worth a request of its own.
inline constexpr std::uint64_t shortest_piece = 1 << 20;

struct pieces_job {
  http::client& client;
  const get_options& options;
  const get_job& job;
  transfer_record& record;
  /// What is fetched; has a validator and a size.
  file_version version;
  std::vector<byte_range> missing;
  /// No connection tries again later than that.
  io::time_point retry_until;
  /// Of the file, for writing.
  int descriptor;
  /// Makes a request for all of it.
  std::function<http::request()> request;
  /// The first answer is not read any more.
  std::function<void(const http::exchange&)> first_ended;
  /// So much is written in all.
  std::function<void(std::uint64_t)> written;
  /// What is missing still; is called from time to time. Nothing that it leaves out is missing on the disk.
  std::function<void(const std::vector<byte_range>&)> note;
};

class pieces_fetch {
 public:
  explicit pieces_fetch(pieces_job what);
  pieces_fetch(const pieces_fetch&) = delete;
  pieces_fetch& operator=(const pieces_fetch&) = delete;
  /// Tells what is missing for the last time.
  ~pieces_fetch();

  /// Fetches all that is missing. `first` is an answer whose body begins where the first of that does, and goes
  /// to the end of the file. False: the server does not go on with this file, and it must be fetched anew, over
  /// one connection. Throws what went wrong with the last connection that was left, or complaint.
  io::task<bool> run(http::exchange first);

  /// Bytes of the file that are written, by those before, too.
  std::uint64_t written() const noexcept { return written_; }
  /// Bytes of bodies that came.
  std::uint64_t received() const noexcept { return received_; }

 private:
  struct setback;
  io::task<void> work(std::optional<http::exchange> first);
  io::task<setback> fetch(piece_map::piece& mine, std::optional<http::exchange> first);
  io::task<setback> ask(piece_map::piece& mine);
  io::task<setback> copy(http::exchange& from, piece_map::piece& mine, std::uint64_t limit);
  io::task<bool> extend(piece_map::piece& mine, std::uint64_t limit);
  io::task<void> put(piece_map::piece& mine, std::string& bytes);
  io::task<void> keep_rate() const;

  const pieces_job what_;
  const std::shared_ptr<file> to_;  // shared with writes that are under way
  piece_map map_;
  std::uint64_t written_, received_ = 0;
  io::event moved_;             // a piece was put back, or begun
  bool other_file_ = false;     // it has changed
  std::exception_ptr failure_;  // of the last that failed
  io::time_point began_, noted_;
  io::scope workers_;
};

}  // namespace parlance::cli
