// What a server reads in the fields and the target of a request: dates, entity tags, ranges, codings, hosts. Whatever
// they are, what comes of them is within its bounds, and dates are read as they are written.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <parlance/http/base/date.hpp>
#include <parlance/http/server/accepted_coding.hpp>
#include <parlance/http/server/ranges.hpp>
#include <parlance/http/server/served_folder.hpp>
#include <parlance/http/server/target.hpp>
#include <parlance/http/server/validators.hpp>
#include <parlance/http/websocket/websocket_deflate.hpp>

namespace {

using namespace parlance::http;

void expect(bool holds) {
  if (!holds) std::abort();
}

void check_ranges(std::string_view text, std::uint64_t size) {
  const auto ranges = parse_ranges(text, size);
  if (!ranges) return;
  std::uint64_t sum = 0;
  expect(!ranges->empty() && ranges->size() <= most_ranges);
  for (const byte_range& each : *ranges) {
    expect(each.length != 0 && each.first < size && each.length <= size - each.first);
    sum += each.length;
  }
  expect(sum <= size);
}

void check_path(std::string_view text) {
  const auto path = file_path_of(text);
  if (!path) return;
  expect(!path->starts_with('/') && !path->contains('\0') && !path->contains("//"));
  expect(!("/" + *path + "/").contains("/../") && !("/" + *path + "/").contains("/./"));
}

void check_target(std::string_view text) {
  const request_head head{.target = std::string(text)};
  const auto target = take_apart(head);
  if (!target) return;
  expect(target->path == "*" || target->path.starts_with('/'));
  expect(!target->path.contains('?') && !target->path.contains('#'));
  expect(target->host.empty() || is_host_and_port(target->host));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  check_ranges(text, data[0]);
  check_ranges(text, std::uint64_t{data[0]} << 50U);
  check_path(text);
  if (text.starts_with('/') || text.contains("://")) check_target(text);
  if (const auto date = parse_date(text)) expect(parse_date(format_date(*date)) == date);
  static_cast<void>(agree_on_deflate(text));
  request_head head{.method = data[0] % 2U == 0 ? "GET" : "PUT"};
  for (const char* name :
       {"If-Match", "If-None-Match", "If-Modified-Since", "If-Range", "Range", "Accept-Encoding"})
    if (!head.fields.try_append(name, text)) return 0;
  const validators now{.entity_tag = "\"a\"", .modified = 784111777};
  const precondition judged = judge(head, now);
  expect(judged != precondition::not_modified || head.method == "GET");
  static_cast<void>(range_applies(head, now));
  expect(weight_of_coding(head.fields, "gzip") <= 1000);
  return 0;
}
