// What is missing of a file that several fetch at once, and who of them fetches what.
//
//   piece_map map({{0, size}}, 1 << 20);
//   while (piece_map::piece* mine = map.take()) {   // what nobody fetches, or half of what another has to do yet
//     ... bytes from mine->at on, to mine->end, which may come nearer at any time ...
//     mine->at += written;
//     map.put_back(mine);                           // what is left of it is for anybody
//   }
#pragma once

#include <cstdint>
#include <list>
#include <vector>

namespace parlance::cli {

/// Bytes of a file: from `first` up to `end`, without that.
struct byte_range {
  std::uint64_t first = 0, end = 0;
};

class piece_map {
 public:
  /// `at` is the first byte that is not written yet.
  struct piece {
    std::uint64_t at = 0, end = 0;
    bool taken = false;
    bool begun = false;  // bytes of it have come to who has taken it
  };

  /// `missing`: in order, without overlaps. No piece is cut into parts that are shorter than `shortest`.
  piece_map(const std::vector<byte_range>& missing, std::uint64_t shortest);

  /// The first that nobody fetches, or the second half of the longest that somebody does; null: there is
  /// nothing that is worth it. Stays where it is until it is put back.
  piece* take();
  /// Also one that is done.
  void put_back(piece* one);
  /// Adds what lies behind it, where nobody fetches that, up to `limit`. Whether there was such.
  bool extend(piece& one, std::uint64_t limit);

  /// Whether what lies behind it is somebody's to whom nothing of it has come yet, and may never.
  bool may_be_left(const piece& one, std::uint64_t limit) const;
  /// Whether somebody fetches one, and may put it back.
  bool is_under_way() const;
  /// What is not written yet, in order.
  std::vector<byte_range> missing() const;

 private:
  const std::uint64_t shortest_;
  std::list<piece> pieces_;  // in order; none is empty, but while it is taken
};

}  // namespace parlance::cli
