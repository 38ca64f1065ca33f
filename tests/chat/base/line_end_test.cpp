#include <gtest/gtest.h>

#include <string>

#include <parlance/chat/base/line_end.hpp>

using namespace parlance::chat;

TEST(a_line, ends_at_the_first_cr_or_lf_however_long_it_is) {
  for (const std::size_t size : {0, 1, 255, 256, 257, 511, 512, 513, 5000}) {
    const std::string line(size, 'x');
    for (const std::string rest : {"\n", "\r", "\r\n", "\n\r", "\rnext\n", "\nnext\r"})
      EXPECT_EQ(length_of_line(line + rest), size) << rest;
    EXPECT_EQ(length_of_line(line), size);
  }
}
