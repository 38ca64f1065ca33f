// A peer of client_get: libcurl. One at a time by its easy interface, or many by multi, each with a handle that is used
// again.
//   peer_get_curl [--http2] easy|multi URL AT_ONCE SECONDS
#include <curl/curl.h>

#include <deque>
#include <string>
#include <string_view>

#include "get_load.hpp"

namespace {

constexpr std::string_view usage = "peer_get_curl [--http2] easy|multi URL AT_ONCE SECONDS";

[[noreturn]] void fail(const char* why) {
  fmt::print(stderr, "peer_get_curl: {}\n", why);
  std::exit(1);
}

std::size_t take(char* bytes, std::size_t, std::size_t size, void* into) {
  static_cast<std::string*>(into)->append(bytes, size);
  return size;
}

struct one {
  explicit one(const char* url, bool by_http2) {
    if (!easy) fail("no handle");
    ::curl_easy_setopt(easy, CURLOPT_URL, url);
    ::curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
                       static_cast<long>(by_http2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1));
    ::curl_easy_setopt(easy, CURLOPT_PIPEWAIT, by_http2 ? 1L : 0L);
    ::curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    ::curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    ::curl_easy_setopt(easy, CURLOPT_FAILONERROR, 1L);
    ::curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    ::curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take);
    ::curl_easy_setopt(easy, CURLOPT_WRITEDATA, &body);
    ::curl_easy_setopt(easy, CURLOPT_PRIVATE, this);
  }
  one(const one&) = delete;
  one& operator=(const one&) = delete;
  ~one() { ::curl_easy_cleanup(easy); }

  void begin() {
    body.clear();
    asked = bench::steady::now();
  }
  void end(CURLcode code, bench::get_count& count) const {
    if (code != CURLE_OK) fail(::curl_easy_strerror(code));
    count.add(asked);
  }

  CURL* easy = ::curl_easy_init();
  std::string body;
  bench::steady::time_point asked;
};

void ask_one_by_one(one& by, bench::get_count& count) {
  while (!count.is_over()) {
    by.begin();
    by.end(::curl_easy_perform(by.easy), count);
  }
}

void ask_many(std::deque<one>& all, bench::get_count& count) {
  CURLM* const multi = ::curl_multi_init();
  ::curl_multi_setopt(multi, CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_MULTIPLEX));
  ::curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, static_cast<long>(all.size()));
  const auto begin = [&](one& each) {
    each.begin();
    if (::curl_multi_add_handle(multi, each.easy) != CURLM_OK) fail("curl_multi_add_handle");
  };
  for (one& each : all) begin(each);
  for (int running = 1; running != 0;) {
    if (::curl_multi_perform(multi, &running) != CURLM_OK) fail("curl_multi_perform");
    int left = 0;
    while (const CURLMsg* said = ::curl_multi_info_read(multi, &left)) {
      one* each = nullptr;
      ::curl_easy_getinfo(said->easy_handle, CURLINFO_PRIVATE, &each);
      each->end(said->data.result, count);
      ::curl_multi_remove_handle(multi, each->easy);
      if (count.is_over()) continue;
      begin(*each);
      running = 1;
    }
    if (running != 0 && ::curl_multi_poll(multi, nullptr, 0, 1000, nullptr) != CURLM_OK)
      fail("curl_multi_poll");
  }
  ::curl_multi_cleanup(multi);
}

}  // namespace

int main(int argc, char** argv) {
  int at = 1;
  const bool by_http2 = argc > at && std::string_view(argv[at]) == "--http2";
  if (by_http2) ++at;
  const std::string_view how = argc > at ? argv[at] : "";
  const bench::get_load load = bench::get_load::parse(argc, argv, at + 1, usage);
  ::curl_global_init(CURL_GLOBAL_DEFAULT);
  std::deque<one> all;
  for (std::size_t i = 0; i < load.at_once; ++i) all.emplace_back(load.url, by_http2);
  bench::get_count count(load);
  if (how == "easy")
    ask_one_by_one(all.front(), count);
  else
    ask_many(all, count);
  count.print();
}
