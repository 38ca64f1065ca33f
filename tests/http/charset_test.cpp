#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include <parlance/http/base/charset.hpp>
#include <parlance/http/base/charset_labels.hpp>

namespace parlance::http {
namespace {

std::string outcome(std::string_view label, std::string_view bytes, std::size_t step) {
  auto decoder = text_decoder::make(label).value();
  std::string result;
  while (!bytes.empty()) {
    const auto piece = bytes.substr(0, step);
    bytes.remove_prefix(piece.size());
    result += decoder.next(piece);
  }
  return result += decoder.finish();
}

std::string decoded(std::string_view label, std::string_view bytes) {
  auto whole = outcome(label, bytes, bytes.size() + 1);
  for (const std::size_t step : {1, 2, 3, 5}) EXPECT_EQ(outcome(label, bytes, step), whole) << label;
  return whole;
}

TEST(charset_name, knows_labels_by_the_names_of_the_encoding_standard) {
  EXPECT_EQ(charset_name("utf8"), "UTF-8");
  EXPECT_EQ(charset_name(" Latin1\n"), "windows-1252");
  EXPECT_EQ(charset_name("ISO-8859-1"), "windows-1252");
  EXPECT_EQ(charset_name("us-ascii"), "windows-1252");
  EXPECT_EQ(charset_name("iso-8859-9"), "windows-1254");
  EXPECT_EQ(charset_name("gb2312"), "GBK");
  EXPECT_EQ(charset_name("SJIS"), "Shift_JIS");
  EXPECT_EQ(charset_name("utf-16"), "UTF-16LE");
  for (const auto* label : {"", " ", "utf-7", "iso-2022-cn", "klingon", "utf-8 utf8", "latin"})
    EXPECT_EQ(charset_name(label), "") << label;
}

TEST(text_decoder, has_a_converter_for_every_label) {
  for (const auto& each : charsets) {
    EXPECT_EQ(text_decoder::make(each.name).value().charset(), each.name);
    if (!each.name.starts_with("UTF-16"))
      EXPECT_EQ(decoded(each.name, "plain text"), "plain text") << each.name;
  }
}

TEST(text_decoder, decodes_the_encodings_that_matter) {
  EXPECT_EQ(decoded("latin1", "caf\xe9 \x80 \x93x\x94"), "caf\u00e9 \u20ac \u201cx\u201d");
  EXPECT_EQ(decoded("iso-8859-15", "\xa4"), "\u20ac");
  EXPECT_EQ(decoded("shift_jis", "\x93\xfa\x96\x7b \xb1"), "\u65e5\u672c \uff71");
  EXPECT_EQ(decoded("euc-jp", "\xc6\xfc\xcb\xdc"), "\u65e5\u672c");
  EXPECT_EQ(decoded("iso-2022-jp", "\x1b$BF|K\\\x1b(B!"), "\u65e5\u672c!");
  EXPECT_EQ(decoded("gbk", "\xc4\xe3\xba\xc3"), "\u4f60\u597d");
  EXPECT_EQ(decoded("big5", "\xa7\x41\xa6\x6e"), "\u4f60\u597d");
  EXPECT_EQ(decoded("euc-kr", "\xbe\xc8\xb3\xe7"), "\uc548\ub155");
  EXPECT_EQ(decoded("koi8-r", "\xf0\xd2\xc9"), "\u041f\u0440\u0438");
  EXPECT_EQ(decoded("windows-1251", "\xcf\xf0\xe8"), "\u041f\u0440\u0438");
  EXPECT_EQ(decoded("utf-16le", std::string("A\0\x3d\xd8\x00\xde", 6)), "A\U0001f600");
  EXPECT_EQ(decoded("utf-16be", std::string("\0A\xd8\x3d\xde\x00", 6)), "A\U0001f600");
}

TEST(text_decoder, lets_a_byte_order_mark_outrank_the_label) {
  EXPECT_EQ(decoded("latin1", "\xef\xbb\xbf\xc3\xa9"), "\u00e9");
  EXPECT_EQ(decoded("utf-8", std::string("\xff\xfe"
                                         "A\0",
                                         4)),
            "A");
  EXPECT_EQ(decoded("utf-8", std::string("\xfe\xff\0A", 4)), "A");
  EXPECT_EQ(decoded("utf-16be", std::string("\xff\xfe"
                                            "A\0",
                                            4)),
            "A");
  EXPECT_EQ(decoded("", "\xef\xbb\xbf\xef\xbb\xbfx"), "\ufeffx") << "only the first is dropped";
  auto decoder = text_decoder::make("latin1").value();
  decoder.next("\xef\xbb\xbf");
  EXPECT_EQ(decoder.charset(), "UTF-8");
}

TEST(text_decoder, loses_no_byte_that_only_might_have_begun_a_mark) {
  EXPECT_EQ(decoded("latin1", "\xef\xbb"), "\u00ef\u00bb");
  EXPECT_EQ(decoded("latin1", "\xff"), "\u00ff");
  EXPECT_EQ(decoded("latin1", "\xef\xbbx"), "\u00ef\u00bbx");
  EXPECT_EQ(decoded("", "\xef"), "\ufffd");
  EXPECT_EQ(decoded("", ""), "");
}

// The Unicode standard, section 3.9, tables 3-8 to 3-11.
TEST(text_decoder, replaces_each_maximal_part_of_malformed_utf_8) {
  const std::string x = "\ufffd";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"\xc0\xaf\xe0\x80\xbf\xf0\x81\x82\x41", x + x + x + x + x + x + x + x + "A"},
      {"\xed\xa0\x80\xed\xbf\xbf\xed\xaf\x41", x + x + x + x + x + x + x + x + "A"},
      {"\xf4\x91\x92\x93\xff\x41\x80\xbf\x42", x + x + x + x + x + "A" + x + x + "B"},
      {"\xe1\x80\xe2\xf0\x91\x92\xf1\xbf\x41", x + x + x + x + "A"},
      {"a\xf0\x9f\x98", "a" + x},
      {"\xf0\x9f\x98\x80", "\U0001f600"},
      {"\xf4\x8f\xbf\xbf", "\U0010ffff"},
      {"\xe0\xa0\x80 \xe0\xbf\xbf", "\u0800 \u0fff"},
      {"\xdf\xbf\xef\xbf\xbd\xf0\x90\x80\x80", "\u07ff\ufffd\U00010000"},
      {"\xc2", x},
  };
  for (const auto& [bytes, text] : cases) EXPECT_EQ(decoded("utf-8", bytes), text);
}

TEST(text_decoder, replaces_what_is_malformed_in_other_encodings) {
  EXPECT_EQ(decoded("windows-1252", "a\x81z"), "a\ufffdz");
  EXPECT_EQ(decoded("shift_jis", "a\x81"), "a\ufffd");
  EXPECT_EQ(decoded("euc-kr", "\xff!"), "\ufffd!");
  EXPECT_EQ(decoded("utf-16le", std::string("\x00\xd8"
                                            "A\0",
                                            4)),
            "\ufffdA");
  EXPECT_EQ(decoded("utf-16le", std::string("\x00\xdc"
                                            "A\0B",
                                            5)),
            "\ufffdA\ufffd");
}

TEST(text_decoder, does_not_copy_text_that_is_utf_8_already) {
  const std::string text = "hello, w\u00f6rld";
  auto decoder = text_decoder::make("utf-8").value();
  EXPECT_EQ(decoder.next(text).data(), text.data());
}

TEST(text_decoder, refuses_a_charset_that_is_not_known) {
  EXPECT_EQ(text_decoder::make("klingon").error(), "charset \"klingon\" is not known");
}

TEST(is_utf8, is_strict) {
  EXPECT_TRUE(is_utf8(""));
  EXPECT_TRUE(is_utf8("12345678\u00e9\U0001f60012345678"));
  for (const auto* text :
       {"\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "12345678\x80", "\xe2\x82", "\xff"})
    EXPECT_FALSE(is_utf8(text));
}

}  // namespace
}  // namespace parlance::http
