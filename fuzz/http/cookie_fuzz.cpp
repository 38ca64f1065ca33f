// Whatever servers and files say, a jar holds no more than its limits, sends one plain line, and reads what it
// writes.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <parlance/http/base/grammar.hpp>
#include <parlance/http/cookies/cookie_file.hpp>

namespace {

using namespace parlance::http;

constexpr wall_time now{std::chrono::days(20'000)};

void check(cookie_jar& jar, const url& target) {
  const std::string field = jar.field_for(target, now);
  if (has_control(field) || field.size() > cookie_limits{}.field || jar.size() > cookie_limits{}.in_all)
    std::abort();
  cookie_jar again;
  read_cookies(again, write_cookies(jar, now), now);
  if (again.size() > jar.size()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static const url from = url::parse("https://www.example.co.uk/a/b").value();
  cookie_jar jar, filed;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    if (const auto said = parse_set_cookie(rest.substr(0, end), now)) jar.take(from, *said, now);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  read_cookies(filed, text, now);
  check(jar, from);
  check(filed, from);
  return 0;
}
