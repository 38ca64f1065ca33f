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

TEST(errors, of_our_own_are_those_of_the_standard_that_mean_the_same) {
  EXPECT_EQ(make_error_code(errc::cancelled), std::errc::operation_canceled);
  EXPECT_EQ(make_error_code(errc::timed_out), std::errc::timed_out);
  EXPECT_EQ(make_error_code(errc::deadlock), std::errc::resource_deadlock_would_occur);
  EXPECT_NE(make_error_code(errc::cancelled), std::errc::timed_out);
  EXPECT_STREQ(io_category().name(), "parlance.io");
  const std::error_code none(1000, io_category());
  EXPECT_EQ(none.message(), "unknown error");
  EXPECT_EQ(none.default_error_condition(), std::error_condition(1000, io_category()));
}

TEST(errors, are_told_in_a_line_each_whatever_was_thrown) {
  testing::internal::CaptureStderr();
  log_errors(std::make_exception_ptr(error(errc::timed_out, "recv")));
  log_errors(std::make_exception_ptr(1));
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "recv: timed out\nan exception that is no std::exception\n");
}

}  // namespace
}  // namespace parlance::io::test
