#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include <parlance/net/detail/tls_records.hpp>

using namespace std::string_view_literals;
using parlance::net::tls_records;

namespace {

std::string record(std::size_t size) {
  std::string text("\x17\x03\x03"sv);
  text += static_cast<char>(size >> 8U);
  text += static_cast<char>(size & 0xffU);
  return text + std::string(size, 'x');
}

}  // namespace

TEST(tls_records, end_where_their_headers_say) {
  const std::string three = record(3) + record(0) + record(300);
  EXPECT_EQ(tls_records().up_to(three, 1), 8U);
  EXPECT_EQ(tls_records().up_to(three, 2), 13U);
  EXPECT_EQ(tls_records().up_to(three, 3), three.size());
  EXPECT_EQ(tls_records().up_to(three, 9), three.size());
  EXPECT_EQ(tls_records().up_to(three, 0), 0U);
  EXPECT_EQ(tls_records().up_to({}, 3), 0U);
}

TEST(tls_records, are_followed_however_they_come) {
  const std::string all = record(3) + record(0) + record(300) + record(1);
  for (std::size_t step = 1; step < all.size(); ++step) {
    tls_records followed;
    std::size_t at = 0, ends = 0;
    while (at < all.size()) {
      std::string_view piece = std::string_view(all).substr(at, step);
      while (!piece.empty()) {
        const std::size_t taken = followed.up_to(piece, 1);
        piece.remove_prefix(taken);
        at += taken;
        ends += at == 8 || at == 13 || at == 318 || at == all.size();
      }
    }
    EXPECT_EQ(ends, 4U) << step;
  }
}
