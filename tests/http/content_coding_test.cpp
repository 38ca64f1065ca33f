#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include <parlance/http/message/content_coding.hpp>

#include "http/packed.hpp"

namespace parlance::http {
namespace {
using namespace test;

/// What brotli -q 11 makes of a mebibyte of '0'.
std::string brotli_bomb() { return {"\x5b\xff\xff\x8f\x5f\x02\x26\x1e\x0b\x04\x72\xef\x1f\x00", 14}; }

content_decoder make(std::string_view codings, decode_limits limits = {}) {
  field_list fields;
  fields.append("Content-Encoding", codings);
  return content_decoder::make(fields, limits).value();
}

std::string outcome(std::string_view codings, std::string_view coded, std::size_t step,
                    decode_limits limits) {
  auto decoder = make(codings, limits);
  std::string result;
  while (!coded.empty()) {
    auto bytes = coded.substr(0, step);
    coded.remove_prefix(bytes.size());
    for (;;) {
      const auto piece = decoder.next(bytes);
      if (!piece) return "error: " + piece.error();
      if (piece->empty()) break;
      result += *piece;
    }
    EXPECT_TRUE(bytes.empty());
  }
  const auto ended = decoder.finish();
  return ended ? result : "error: " + ended.error();
}

std::string decoded(std::string_view codings, std::string_view coded, decode_limits limits = {}) {
  auto whole = outcome(codings, coded, coded.size() + 1, limits);
  for (const std::size_t step : {1, 2, 3, 1000})
    EXPECT_EQ(outcome(codings, coded, step, limits), whole) << codings;
  return whole;
}

std::string sample() {
  std::string text;
  for (int i = 0; i < 20000; ++i) text += "line " + std::to_string(i * i) + '\n';
  return text;
}

struct coding {
  std::string name;
  std::string plain;
  std::string coded;
};

std::vector<coding> all_codings() {
  const auto text = sample();
  return {{"gzip", text, gzipped(text)},
          {"X-GZIP", text, gzipped(text)},
          {"deflate", text, deflated(text, zlib_format)},
          {"deflate", text, deflated(text, bare_format)},
          {"zstd", text, zstd_packed(text)},
          {"br", "hello, hello, hello, world", brotli_sample()},
          {"br", std::string(1 << 20, '0'), brotli_bomb()}};
}

TEST(content_decoder, decodes_each_coding) {
  for (const auto& each : all_codings()) EXPECT_EQ(decoded(each.name, each.coded), each.plain) << each.name;
}

TEST(content_decoder, refuses_a_stream_that_is_cut_short) {
  for (const auto& each : all_codings()) {
    for (const std::size_t missing : {std::size_t{1}, std::size_t{5}, each.coded.size() - 1}) {
      const auto result = decoded(each.name, each.coded.substr(0, each.coded.size() - missing));
      EXPECT_TRUE(result.ends_with(" body ends before its stream does"))
          << each.name << " without " << missing;
    }
  }
}

TEST(content_decoder, leaves_out_and_counts_what_follows_the_stream) {
  using namespace std::string_literals;
  for (const auto& each : all_codings()) {
    for (const std::string& more :
         {"\n"s, "\0\0\0"s, "garbage"s, "\x1f"s, "\x1f\n"s, "\x28\xb5\x2f"s, std::string(1 << 18, 'x')}) {
      EXPECT_TRUE(decoded(each.name, each.coded + more) == each.plain) << each.name;
      auto decoder = make(each.name);
      const std::string coded = each.coded + more;
      for (std::string_view bytes = coded; !decoder.next(bytes).value().empty();) continue;
      EXPECT_EQ(decoder.left_out(), more.size()) << each.name;
    }
  }
}

TEST(content_decoder, refuses_a_broken_stream_after_the_first) {
  EXPECT_EQ(decoded("gzip", gzipped("one") + gzipped("two").substr(0, 5)),
            "error: gzip body ends before its stream does");
  EXPECT_TRUE(
      decoded("gzip", gzipped("one") + "\x1f\x8bgarbage").starts_with("error: body is not valid gzip: "));
  EXPECT_TRUE(decoded("zstd", zstd_packed("one") + zstd_packed("two").substr(0, 6)).starts_with("error: "));
}

TEST(content_decoder, refuses_what_is_not_of_the_coding) {
  for (const auto* name : {"gzip", "deflate", "zstd"}) {
    EXPECT_TRUE(decoded(name, "<html>hello</html>").starts_with("error: ")) << name;
  }
  EXPECT_EQ(decoded("br", "\xff\xff\xff\xff\xff\xff\xff\xff").substr(0, 28), "error: body is not valid br:");
}

TEST(content_decoder, notices_a_wrong_checksum) {
  auto coded = gzipped(sample());
  coded[coded.size() - 6] ^= 1;
  EXPECT_EQ(decoded("gzip", coded), "error: body is not valid gzip: incorrect data check");
}

TEST(content_decoder, takes_several_members_or_frames) {
  EXPECT_EQ(decoded("gzip", gzipped("one") + gzipped("") + gzipped("two")), "onetwo");
  EXPECT_EQ(decoded("zstd", zstd_packed("one") + zstd_packed("") + zstd_packed("two")), "onetwo");
}

TEST(content_decoder, takes_a_body_of_no_bytes) {
  for (const auto* name : {"gzip", "deflate", "br", "zstd", "identity", ""})
    EXPECT_EQ(decoded(name, ""), "") << name;
}

TEST(content_decoder, undoes_codings_in_the_reverse_of_their_order) {
  const auto text = sample();
  EXPECT_EQ(decoded("gzip, zstd", zstd_packed(gzipped(text))), text);
  EXPECT_EQ(decoded("deflate, identity, gzip , zstd", zstd_packed(gzipped(deflated(text, zlib_format)))),
            text);
  EXPECT_TRUE(decoded("zstd, gzip", zstd_packed(gzipped(text))).starts_with("error: "));
}

TEST(content_decoder, notices_the_end_of_an_inner_stream_that_is_cut_short) {
  const auto inner = gzipped(sample());
  EXPECT_EQ(decoded("gzip, zstd", zstd_packed(inner.substr(0, inner.size() - 1))),
            "error: gzip body ends before its stream does");
}

TEST(content_decoder, passes_on_the_very_bytes_without_a_coding) {
  const std::string text = "hello";
  auto decoder = content_decoder::make({}).value();
  EXPECT_TRUE(decoder.identity());
  std::string_view bytes = text;
  EXPECT_EQ(decoder.next(bytes).value().data(), text.data());
  EXPECT_TRUE(bytes.empty());
  EXPECT_TRUE(decoder.next(bytes).value().empty());
  EXPECT_TRUE(make("identity").identity());
  EXPECT_TRUE(make("None").identity());
}

TEST(content_decoder, refuses_codings_that_are_not_known_or_too_many) {
  field_list fields;
  fields.append("Content-Encoding", "gzip, compress");
  EXPECT_EQ(content_decoder::make(fields).error(), "content coding is not known: \"compress\"");
  fields.set("Content-Encoding", "gzip, gzip, gzip");
  fields.append("Content-Encoding", "gzip, gzip");
  EXPECT_TRUE(content_decoder::make(fields).has_value());
  fields.append("Content-Encoding", "gzip");
  EXPECT_EQ(content_decoder::make(fields).error(),
            "more than 5 content codings: \"gzip, gzip, gzip, gzip, gzip, gzip\"");
}

TEST(content_decoder, gives_a_bomb_in_bounded_pieces) {
  auto decoder = make("gzip");
  const auto bomb = gzipped(std::string(16 << 20, '0'));
  std::string_view bytes = bomb;
  std::size_t total = 0;
  for (;;) {
    const auto piece = decoder.next(bytes).value();
    if (piece.empty()) break;
    EXPECT_LE(piece.size(), std::size_t{64 * 1024});
    total += piece.size();
  }
  EXPECT_EQ(total, std::size_t{16 << 20});
  EXPECT_TRUE(decoder.finish().has_value());
}

// Each coding more makes a thousand times as much of as many bytes, and nobody else would have a turn meanwhile.
TEST(content_decoder, ends_with_what_one_coding_blows_up_to_and_another_makes_nothing_of) {
  constexpr std::string_view head("\x1f\x8b\x08\0\0\0\0\0\0\x03", 10), nothing("\0\0\0\xff\xff", 5);
  std::string empty_blocks(head);
  for (int i = 0; i < 1'000'000; ++i) empty_blocks += nothing;
  const std::string text = gzipped("text") + std::string(5'000'000, '\0');
  for (const std::string& inner : {empty_blocks, text}) {
    for (const auto& [codings, body] : {std::pair<const char*, std::string>{"gzip, gzip", gzipped(inner)},
                                        {"gzip, gzip, gzip", gzipped(gzipped(inner))}}) {
      auto decoder = make(codings);
      std::string_view bytes = body;
      std::string error;
      for (bool more = true; more;) {
        const auto piece = decoder.next(bytes);
        more = piece && !piece->empty();
        if (!piece) error = piece.error();
      }
      EXPECT_TRUE(error.starts_with("nothing comes of what the body is decoded to")) << codings << error;
    }
  }
  // What is padded a little, or says a little, is fine.
  EXPECT_EQ(decoded("gzip, gzip", gzipped(gzipped("text") + std::string(900'000, '\0'))), "text");
  EXPECT_EQ(decoded("gzip, gzip", gzipped(gzipped(std::string(8 << 20, 'x')))).size(), std::size_t{8 << 20});
}

TEST(content_decoder, stops_at_the_limit_of_bytes) {
  const std::string text(100000, 'x');
  EXPECT_EQ(decoded("gzip", gzipped(text), {.bytes = 100000}), text);
  EXPECT_EQ(decoded("gzip", gzipped(text), {.bytes = 99999}),
            "error: decoded body is longer than 99999 bytes (decode_limits::bytes)");
  EXPECT_EQ(decoded("", text, {.bytes = 99999}),
            "error: decoded body is longer than 99999 bytes (decode_limits::bytes)");
}

TEST(content_decoder, stops_at_the_limit_of_ratio_once_enough_came_out) {
  const auto bomb = gzipped(std::string(4 << 20, '0'));
  const auto result = outcome("gzip", bomb, bomb.size(), {.ratio = 100, .ratio_from = 1 << 20});
  EXPECT_TRUE(result.ends_with("decodes to more than 100 times that (decode_limits::ratio)")) << result;
  EXPECT_EQ(outcome("gzip", bomb, bomb.size(), {.ratio = 100, .ratio_from = 4 << 20}).size(),
            std::size_t{4 << 20});
}

}  // namespace
}  // namespace parlance::http
