#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>

#include <parlance/chat/base/names.hpp>
#include <parlance/chat/base/scripts.hpp>

using namespace parlance::chat;

TEST(names, are_letters_digits_and_what_irc_allows_in_a_nickname) {
  for (const auto* good : {"a", "alice", "Bob7", "_x_", "[away]", "a-b", "^", "x{y}|z`\\"})
    EXPECT_TRUE(is_name(good, 32)) << good;
  for (const auto* bad : {"", "7up", "-dash", "a b", "a:b", "a,b", "#a", "a.b", "a\n", "a\x01", "*"})
    EXPECT_FALSE(is_name(bad, 32)) << bad;
}

TEST(names, are_of_any_script) {
  for (const auto* good : {"Zoë", "José", "Иван", "李", "李_2", "Müller-[x]", "علي", "דוד", "ไทย", "हिन्दी",
                           "김철수", "たかし", "カタカナ", "Ελένη", "naïve^"})
    EXPECT_TRUE(is_name(good, 32)) << good;
  EXPECT_FALSE(is_name("Иван", 7)) << "bytes";
}

TEST(names, have_no_letters_that_are_misread) {
  for (const auto* bad : {"p\u0430ypal",     // Cyrillic among Latin
                          "\u0418\u0432an",  // the other way round
                          "Jose\u0301",      // not composed
                          "\uff41\uff42",    // wide
                          "\ufb01",          // a ligature
                          "a\u200b",
                          "a\u200d",  // nothing to be seen
                          "\u0301a",  // a mark on nothing
                          "a\u202eb",
                          "\u05d0b\u05d1",  // turns the order
                          "\u2603",
                          "\U0001f600",
                          "\u00a0",
                          "a\u3000b",
                          "\uff03a",
                          "\u2460",
                          "\u00ad",
                          "\ue000",
                          "\u16a0",              // runes
                          "\u0661\u06f2\u0661",  // digits of two kinds
                          "\xff",
                          "\xc3",
                          "a\xed\xa0\x80"})  // no UTF-8
    EXPECT_FALSE(is_name(bad, 32)) << bad;
}

TEST(names, have_a_length) {
  EXPECT_TRUE(is_name(std::string(32, 'a'), 32));
  EXPECT_FALSE(is_name(std::string(33, 'a'), 32));
}

TEST(room_names, start_with_a_number_sign) {
  for (const auto* good : {"#a", "#lobby", "#2", "#a-b_c.d+e", "##", "#\u00e9", "#c/c++"})
    EXPECT_TRUE(is_room_name(good, 32)) << good;
  for (const auto* bad : {"", "#", "lobby", "#a b", "#a,b", "#a:b", "#a*", "#a\x07", "#\xff", "#\u202e"})
    EXPECT_FALSE(is_room_name(bad, 32)) << bad;
  EXPECT_TRUE(is_room_name("#" + std::string(31, 'a'), 32));
  EXPECT_FALSE(is_room_name("#" + std::string(32, 'a'), 32));
}

TEST(names, that_differ_only_in_case_are_the_same) {
  EXPECT_TRUE(same_name("Alice", "aLICE"));
  EXPECT_EQ(hash_name("Alice"), hash_name("aLICE"));
  EXPECT_FALSE(same_name("alice", "alic"));
  EXPECT_FALSE(same_name("[a]", "{a}"));  // not so, although RFC 1459 says it: no client of today folds them
}

TEST(names, that_differ_in_case_width_or_composition_are_the_same_in_any_script) {
  const auto is_one = [](std::string_view a, std::string_view b) {
    EXPECT_TRUE(same_name(a, b)) << a << ' ' << b;
    EXPECT_EQ(hash_name(a), hash_name(b)) << a << ' ' << b;
    EXPECT_EQ(folded(a), folded(b)) << a << ' ' << b;
  };
  is_one("ИВАН", "иван");
  is_one("ZOË", "zoë");
  is_one("José", "JOSE\u0301");
  is_one("\uff21\uff22", "ab");
  is_one("\uff76", "\u30ab");
  is_one("\u212a", "k");  // the sign of the unit
  is_one("\u0130", "i");
  is_one("ΣΑΣ", "σασ");
  is_one("#Жаба", "#жАБА");
  EXPECT_FALSE(same_name("Jose", "José"));
  EXPECT_FALSE(same_name("straße", "strasse"));
  EXPECT_FALSE(same_name("иван", "ivan"));
  EXPECT_FALSE(same_name("\xff", "\xfe"));
  // It means something in commands.
  EXPECT_EQ(folded("#a\uff0cb\u3000c"), "#a\uff0cb\u3000c");
}

TEST(names, are_folded_once_and_for_all) {
  for (char32_t c = 1; c <= 0x10ffff; ++c) {
    if (c >= 0xd800 && c <= 0xdfff) continue;
    std::string text = "a";
    if (c < 0x80) {
      text += static_cast<char>(c);
    } else if (c < 0x800) {
      text += {static_cast<char>(0xc0 | c >> 6), static_cast<char>(0x80 | (c & 0x3f))};
    } else if (c < 0x10000) {
      text += {static_cast<char>(0xe0 | c >> 12), static_cast<char>(0x80 | (c >> 6 & 0x3f)),
               static_cast<char>(0x80 | (c & 0x3f))};
    } else {
      text += {static_cast<char>(0xf0 | c >> 18), static_cast<char>(0x80 | (c >> 12 & 0x3f)),
               static_cast<char>(0x80 | (c >> 6 & 0x3f)), static_cast<char>(0x80 | (c & 0x3f))};
    }
    const std::string once = folded(text);
    ASSERT_EQ(folded(once), once) << std::hex << static_cast<std::uint32_t>(c);
    // No name of a room gets what means something in commands.
    ASSERT_EQ(once.find_first_of(" ,:*?!@", 1), text.find_first_of(" ,:*?!@", 1))
        << std::hex << static_cast<std::uint32_t>(c);
  }
}

TEST(names, that_look_alike_have_one_skeleton) {
  EXPECT_EQ(skeleton_of("\u0440\u0430\u0443\u0440\u0430\u04cf"), "paypai");  // Cyrillic alone
  EXPECT_EQ(skeleton_of("\u0412\u041e\u0412"), "bob");
  EXPECT_EQ(skeleton_of("\u03bf\u03c1"), "op");
  EXPECT_EQ(skeleton_of("PayPal"), "paypal");
  // Those of ASCII alone look like themselves.
  EXPECT_NE(skeleton_of("bobl"), skeleton_of("bob1"));
  EXPECT_NE(skeleton_of("rn"), skeleton_of("m"));
  EXPECT_NE(skeleton_of("José"), skeleton_of("Jose"));
}

TEST(names, that_would_be_misread_are_reserved) {
  EXPECT_TRUE(is_reserved("Operator"));
  EXPECT_TRUE(is_reserved("server"));
  for (const auto* service : {"NickServ", "nickserv", "NS", "cs", "AuthServ", "userserv"})
    EXPECT_TRUE(is_reserved(service));
  EXPECT_TRUE(is_reserved("\u0421\u0405"));  // Cyrillic, and looks like CS
  EXPECT_FALSE(is_reserved("operators"));
  EXPECT_FALSE(is_reserved("Иван"));
}
