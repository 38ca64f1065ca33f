// What a server says of who asks and how: an answer to it is one that can be sent, whatever it was.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <parlance/http/authentication/digest.hpp>
#include <parlance/http/authentication/netrc.hpp>
#include <parlance/http/base/grammar.hpp>
#include <parlance/http/client/hsts.hpp>
#include <parlance/http/message/challenge.hpp>

namespace {

using namespace parlance::http;

void answer(const challenge& one) {
  auto state = digest::make(one);
  if (!state) return;
  for (int i = 0; i < 2; ++i) {
    const std::string field =
        state->authorization({.user = "m\"e", .password = "secret"}, "GET", "/?a\"b", "cnonce");
    if (!is_field_value(field) || field.find("secret") != field.npos) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  constexpr wall_time now{std::chrono::days(20'000)};
  field_list fields;
  if (text.find("secret") == text.npos && fields.try_append("WWW-Authenticate", text)) {
    for (const challenge& one : challenges_of(fields, "WWW-Authenticate")) answer(one);
    parameters_of(text);
    parse_hsts(text, now);
  }
  hsts strict(10);
  read_hsts(strict, text, now);
  hsts again(10);
  read_hsts(again, write_hsts(strict, now), now);
  if (strict.all().size() > 10 || again.all().size() > strict.all().size()) std::abort();
  if (const auto file = netrc::parse(text)) file->find("example.com", "me");
  return 0;
}
