// What is thrown says, in one line, what was tried and why it failed.
#include <parlance/io/error.hpp>

#include "io/support.hpp"

namespace parlance::io::test {
namespace {

TEST(errors, are_one_plain_line) {
  const error refused(from_errno(ECONNREFUSED), "connect localhost:8000");
  EXPECT_STREQ(refused.what(), "connect localhost:8000: connection refused");
  EXPECT_STREQ(error(errc::timed_out, "recv").what(), "recv: timed out");
  EXPECT_STREQ(error(from_errno(EINVAL), "use it", "in other words").what(), "use it: in other words");
}

TEST(errors, are_system_errors) {
  try {
    throw error(from_errno(ECONNREFUSED), "connect localhost:8000").sent(7);
  } catch (const std::system_error& e) {
    EXPECT_EQ(e.code(), std::errc::connection_refused);
    EXPECT_STREQ(e.what(), "connect localhost:8000: connection refused");
    EXPECT_EQ(dynamic_cast<const error&>(e).bytes_sent(), 7U);
  }
  try {
    throw error(errc::cancelled, "recv");
  } catch (const std::runtime_error& e) {
    EXPECT_STREQ(e.what(), "recv: cancelled");
  }
  static_assert(std::is_nothrow_copy_constructible_v<error>);
}

}  // namespace
}  // namespace parlance::io::test
