#include <gtest/gtest.h>

#include <limits>

#include <parlance/chat/core/event.hpp>

using namespace parlance::chat;

TEST(msgid, is_read_as_it_is_written) {
  for (const entry_id id : {entry_id{1}, entry_id{31}, entry_id{32}, entry_id{1'700'000'000'000'000},
                            std::numeric_limits<entry_id>::max()})
    EXPECT_EQ(parse_msgid(msgid_of(id)), id);
}

TEST(msgid, is_nothing_else) {
  for (const char* text :
       {"", "1", "000000000001", "00000000000001", "000000000000u", "u000000000001", "00000O0000001",
        "000000000000A", "g000000000000", "zzzzzzzzzzzzz", "0000000 00001"})
    EXPECT_EQ(parse_msgid(text), 0U) << text;
}
