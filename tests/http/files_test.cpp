// Files: what is found and what is not, ranges, conditions and codings as they go over the wire.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <parlance/http/server/validators.hpp>

#include "http/server_support.hpp"
#include "net/temporary_folder.hpp"

namespace parlance::http::test {
namespace {

using net::test::temporary_folder;

void put(const std::string& path, std::string_view text) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

void set_time(const std::string& path, time_t seconds) {
  const timespec times[2] = {{seconds, 0}, {seconds, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
}

class served_files : public io::test::on_every_backend {
 protected:
  served_files() {
    put(folder.path("root/a.txt"), "0123456789");
    put(folder.path("root/sub/index.html"), "<p>sub");
    put(folder.path("root/sub/with space.css"), "p{}");
    put(folder.path("root/.secret"), "hidden");
    put(folder.path("root/.well-known/x"), "known");
    put(folder.path("outside.txt"), "outside");
    set_time(folder.path("root/a.txt"), 784111777);
    std::filesystem::create_symlink("../outside.txt", folder.path("root/out"));
    std::filesystem::create_symlink(folder.path("outside.txt"), folder.path("root/absolute"));
    std::filesystem::create_symlink("a.txt", folder.path("root/in"));
    EXPECT_EQ(::mkfifo(folder.path("root/fifo").c_str(), 0600), 0);
  }

  task<std::unique_ptr<serving>> start(files_options options = {}) {
    router r;
    r.get("/f/{path...}", files(folder.path("root"), options));
    return serving::start(r);
  }

  temporary_folder folder;
};
PARLANCE_ON_EVERY_BACKEND(served_files);

task<std::string> ask(const serving& server, std::string path, std::string fields = {},
                      std::string method = "GET") {
  return answer_to(server,
                   method + " " + path + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n" + fields + "\r\n");
}
task<std::string> status_at(const serving& server, std::string path, std::string fields = {},
                            std::string method = "GET") {
  co_return status_of(co_await ask(server, path, fields, method)).substr(0, 3);
}
std::string value_of(const std::string& answer, const std::string& name) {
  const auto at = answer.find("\r\n" + name + ": ");
  if (at == answer.npos) return {};
  const auto begin = at + name.size() + 4;
  return answer.substr(begin, answer.find("\r\n", begin) - begin);
}
std::string body_of(const std::string& answer) { return answer.substr(answer.find("\r\n\r\n") + 4); }

TEST_P(served_files, are_sent_whole_with_what_is_known_of_them) {
  io::wait([this]() -> task<void> {
    const auto server = co_await start({.cache_control = "max-age=60"});
    EXPECT_EQ(co_await ask(*server, "/f/a.txt"),
              "HTTP/1.1 200 OK\r\nVary: Accept-Encoding\r\nETag: \"ae1b981bc490a00-a\"\r\n"
              "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\nCache-Control: max-age=60\r\n"
              "X-Content-Type-Options: nosniff\r\nAccept-Ranges: bytes\r\nContent-Type: text/plain; "
              "charset=utf-8\r\n"
              "Content-Length: 10\r\nConnection: close\r\n\r\n0123456789");
    EXPECT_EQ(body_of(co_await ask(*server, "/f/sub/")), "<p>sub");
    EXPECT_EQ(body_of(co_await ask(*server, "/f/sub/with%20space.css")), "p{}");
    EXPECT_EQ(body_of(co_await ask(*server, "/f/in")), "0123456789");
    EXPECT_EQ(body_of(co_await ask(*server, "/f/.well-known/x")), "known");
    const std::string head = co_await ask(*server, "/f/a.txt", {}, "HEAD");
    EXPECT_EQ(value_of(head, "Content-Length"), "10");
    EXPECT_EQ(body_of(head), "");
  }());
}

TEST_P(served_files, of_a_folder_are_below_its_slash) {
  io::wait([this]() -> task<void> {
    const auto server = co_await start();
    const std::string answer = co_await ask(*server, "/f/sub?a=b");
    EXPECT_EQ(status_of(answer), "301 Moved Permanently");
    EXPECT_EQ(value_of(answer, "Location"), "/f/sub/?a=b");
    EXPECT_EQ(co_await status_at(*server, "/f/"), "404");
  }());
}

TEST_P(served_files, are_never_outside_of_the_folder) {
  io::wait([this]() -> task<void> {
    const auto server = co_await start();
    for (const char* path : {"/f/../outside.txt",
                             "/f/..",
                             "/f/../",
                             "/f/sub/../../outside.txt",
                             "/f/..%2foutside.txt",
                             "/f/%2e%2e/outside.txt",
                             "/f/%2e%2e%2foutside.txt",
                             "/f/..%5coutside.txt",
                             "/f//etc/passwd",
                             "/f/%2fetc/passwd",
                             "/f//",
                             "/f/./a.txt",
                             "/f/a.txt%00",
                             "/f/a.txt%00.html",
                             "/f/a.txt/",
                             "/f/a.txt/x",
                             "/f/out",
                             "/f/absolute",
                             "/f/.secret",
                             "/f/%2esecret",
                             "/f/fifo",
                             "/f/none",
                             "/f/sub//index.html",
                             "/f/A.TXT"})
      EXPECT_EQ(co_await status_at(*server, path), "404") << path;
    EXPECT_EQ(co_await status_at(*server, "/f/" + std::string(3000, 'x')), "404");
    EXPECT_EQ(co_await status_at(*server, "/f/a.txt", {}, "POST"), "405");
    EXPECT_TRUE(server->failures.empty());
  }());
}

TEST_P(served_files, that_nobody_may_read_are_refused) {
  put(folder.path("root/private"), "x");
  std::filesystem::permissions(folder.path("root/private"), std::filesystem::perms::none);
  io::wait([this]() -> task<void> {
    const auto server = co_await start();
    // Root may read everything, so it is somebody else for as long.
    constexpr uid_t nobody = 65534;
    const uid_t own = ::geteuid();
    if (own == 0) EXPECT_EQ(::seteuid(nobody), 0);
    EXPECT_EQ(co_await status_at(*server, "/f/private"), "403");
    EXPECT_EQ(co_await status_at(*server, "/f/a.txt"), "200");
    if (own == 0) EXPECT_EQ(::seteuid(own), 0);
  }());
}

TEST_P(served_files, are_sent_in_parts) {
  io::wait([this]() -> task<void> {
    const auto server = co_await start();
    const auto range = [&](std::string of, std::string more = {}) {
      return ask(*server, "/f/a.txt", "Range: " + of + "\r\n" + more);
    };
    std::string answer = co_await range("bytes=2-4");
    EXPECT_EQ(status_of(answer), "206 Partial Content");
    EXPECT_EQ(value_of(answer, "Content-Range"), "bytes 2-4/10");
    EXPECT_EQ(value_of(answer, "Content-Length"), "3");
    EXPECT_EQ(body_of(answer), "234");
    EXPECT_EQ(body_of(co_await range("bytes=-3")), "789");
    EXPECT_EQ(body_of(co_await range("bytes=8-")), "89");
    EXPECT_EQ(body_of(co_await range("bytes=8-99")), "89");
    answer = co_await range("bytes=10-");
    EXPECT_EQ(status_of(answer), "416 Range Not Satisfiable");
    EXPECT_EQ(value_of(answer, "Content-Range"), "bytes */10");
    for (const char* ignored : {"bytes=4-2", "bytes=x", "lines=1-2", "bytes=", "bytes=0-9,0-0", "bytes=-"})
      EXPECT_EQ(status_of(co_await range(ignored)), "200 OK") << ignored;
    const std::string tag = "\"ae1b981bc490a00-a\"";
    EXPECT_EQ(status_of(co_await range("bytes=0-0", "If-Range: " + tag + "\r\n")), "206 Partial Content");
    EXPECT_EQ(status_of(co_await range("bytes=0-0", "If-Range: W/" + tag + "\r\n")), "200 OK");
    EXPECT_EQ(status_of(co_await range("bytes=0-0", "If-Range: \"other\"\r\n")), "200 OK");
    EXPECT_EQ(status_of(co_await range("bytes=0-0", "If-Range: Sun, 06 Nov 1994 08:49:37 GMT\r\n")),
              "206 Partial Content");
    EXPECT_EQ(status_of(co_await range("bytes=0-0", "If-Range: Sun, 06 Nov 1994 08:49:38 GMT\r\n")),
              "200 OK");
    EXPECT_EQ(co_await status_at(*server, "/f/a.txt", "Range: bytes=0-0\r\n", "HEAD"), "200");
  }());
}

TEST_P(served_files, are_sent_in_several_parts_at_once) {
  io::wait([this]() -> task<void> {
    const auto server = co_await start();
    const std::string answer = co_await ask(*server, "/f/a.txt", "Range: bytes=0-1,5-6, -1, 20-\r\n");
    EXPECT_EQ(status_of(answer), "206 Partial Content");
    const std::string type = value_of(answer, "Content-Type");
    EXPECT_TRUE(type.starts_with("multipart/byteranges; boundary=")) << type;
    const std::string boundary = "--" + type.substr(type.find('=') + 1);
    const auto part = [&](std::string range, std::string bytes) {
      return boundary + "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Range: bytes " + range +
             "/10\r\n\r\n" + bytes + "\r\n";
    };
    EXPECT_EQ(body_of(answer),
              part("0-1", "01") + part("5-6", "56") + part("9-9", "9") + boundary + "--\r\n");
    EXPECT_EQ(value_of(answer, "Content-Length"), std::to_string(body_of(answer).size()));
    std::string many = "Range: bytes=0-0";
    for (int i = 0; i < 16; ++i) many += ",0-0";
    EXPECT_EQ(co_await status_at(*server, "/f/a.txt", many + "\r\n"), "200");
  }());
}

TEST_P(served_files, are_not_sent_to_those_who_have_them) {
  io::wait([this]() -> task<void> {
    const auto server = co_await start();
    const std::string tag = "\"ae1b981bc490a00-a\"", date = "Sun, 06 Nov 1994 08:49:37 GMT",
                      before = "Sun, 06 Nov 1994 08:49:36 GMT";
    const auto ask_if = [&](std::string fields) { return status_at(*server, "/f/a.txt", fields); };
    EXPECT_EQ(co_await ask(*server, "/f/a.txt", "If-None-Match: " + tag + "\r\n"),
              "HTTP/1.1 304 Not Modified\r\nVary: Accept-Encoding\r\nETag: " + tag +
                  "\r\nLast-Modified: " + date + "\r\nConnection: close\r\n\r\n");
    EXPECT_EQ(co_await ask_if("If-None-Match: \"a,b\", W/" + tag + "\r\n"), "304");
    EXPECT_EQ(co_await ask_if("If-None-Match: *\r\n"), "304");
    EXPECT_EQ(co_await ask_if("If-None-Match: \"x\"\r\nIf-Modified-Since: " + date + "\r\n"), "200");
    EXPECT_EQ(co_await ask_if("If-Modified-Since: " + date + "\r\n"), "304");
    EXPECT_EQ(co_await ask_if("If-Modified-Since: " + before + "\r\n"), "200");
    EXPECT_EQ(co_await ask_if("If-Modified-Since: yesterday\r\n"), "200");
    EXPECT_EQ(co_await ask_if("If-Match: " + tag + "\r\nIf-Unmodified-Since: " + before + "\r\n"), "200");
    EXPECT_EQ(co_await ask_if("If-Match: W/" + tag + "\r\n"), "412");
    EXPECT_EQ(co_await ask_if("If-Match: *\r\nIf-None-Match: " + tag + "\r\n"), "304");
    EXPECT_EQ(co_await ask_if("If-Unmodified-Since: " + before + "\r\n"), "412");
    EXPECT_EQ(co_await ask_if("If-Unmodified-Since: " + date + "\r\n"), "200");
  }());
}

TEST_P(served_files, are_sent_compressed_where_they_are_so_already) {
  put(folder.path("root/a.txt.gz"), "gzipped");
  put(folder.path("root/a.txt.br"), "brotli");
  put(folder.path("root/old.txt"), "new");
  put(folder.path("root/old.txt.gz"), "old");
  set_time(folder.path("root/old.txt.gz"), 784111777);
  io::wait([this]() -> task<void> {
    const auto server = co_await start();
    const auto accept = [&](std::string what, std::string path = "/f/a.txt") {
      return ask(*server, path, "Accept-Encoding: " + what + "\r\n");
    };
    const std::string answer = co_await accept("gzip, deflate, br, zstd");
    EXPECT_EQ(body_of(answer), "brotli");
    EXPECT_EQ(value_of(answer, "Content-Encoding"), "br");
    EXPECT_EQ(value_of(answer, "Content-Type"), "text/plain; charset=utf-8");
    EXPECT_EQ(value_of(answer, "Vary"), "Accept-Encoding");
    EXPECT_TRUE(value_of(answer, "ETag").ends_with("-br\""));
    EXPECT_EQ(body_of(co_await accept("gzip, br;q=0.5")), "gzipped");
    EXPECT_EQ(body_of(co_await accept("*;q=0.1, br;q=0")), "gzipped");
    EXPECT_EQ(body_of(co_await accept("gzip;q=0.000, br;q=0.0")), "0123456789");
    EXPECT_EQ(body_of(co_await accept("gzip;q=2, br;q=x")), "0123456789");
    EXPECT_EQ(body_of(co_await accept("gzip;q=0.001")), "gzipped");
    EXPECT_EQ(body_of(co_await accept("gzip;q=1.000")), "gzipped");
    EXPECT_EQ(body_of(co_await accept("gzip;q=0.0001")), "0123456789") << "four decimals are none";
    EXPECT_EQ(body_of(co_await accept("identity")), "0123456789");
    EXPECT_EQ(body_of(co_await accept("gzip", "/f/old.txt")), "new");
    const auto plain = co_await start({.precompressed = false});
    EXPECT_EQ(body_of(co_await ask(*plain, "/f/a.txt", "Accept-Encoding: br\r\n")), "0123456789");
  }());
}

TEST_P(served_files, are_looked_at_again_once_they_may_have_changed) {
  io::wait([this]() -> task<void> {
    const auto always = co_await start({.fresh = 0s}), seldom = co_await start({.fresh = 1h});
    for (const auto* each : {&always, &seldom}) {
      EXPECT_EQ(body_of(co_await ask(**each, "/f/a.txt")), "0123456789");
      EXPECT_EQ(co_await status_at(**each, "/f/later.txt"), "404");
    }
    put(folder.path("root/a.txt"), "changed");
    put(folder.path("root/later.txt"), "later");
    EXPECT_EQ(body_of(co_await ask(*always, "/f/a.txt")), "changed");
    EXPECT_EQ(body_of(co_await ask(*always, "/f/later.txt")), "later");
    EXPECT_EQ(body_of(co_await ask(*seldom, "/f/a.txt")), "0123456789");
    EXPECT_EQ(body_of(co_await ask(*seldom, "/f/a.txt", "Range: bytes=1-2\r\n")), "12");
    EXPECT_EQ(co_await status_at(*seldom, "/f/later.txt"), "404");
    // Many others make it begin anew.
    for (int i = 0; i < 1030; ++i) co_await status_at(*seldom, "/f/none" + std::to_string(i));
    EXPECT_EQ(body_of(co_await ask(*seldom, "/f/a.txt")), "changed");
  }());
}

TEST_P(served_files, that_are_large_arrive_whole) {
  std::string large(3'000'000, 'x');
  for (std::size_t i = 0; i < large.size(); i += 1000) large[i] = static_cast<char>('a' + i / 1000 % 26);
  put(folder.path("root/large.bin"), large);
  io::wait([&]() -> task<void> {
    const auto server = co_await start();
    http::client client;
    const response got = co_await client.get(server->at("/f/large.bin"));
    EXPECT_TRUE(got.body == large);
    const std::string parts =
        co_await ask(*server, "/f/large.bin", "Range: bytes=1000-99999,2000000-2999999\r\n");
    EXPECT_NE(parts.find(large.substr(2'000'000)), parts.npos);
  }());
}

TEST(files, need_a_folder) {
  const io::loop here;
  EXPECT_THROW(files("/nowhere/at/all"), io::error);
  EXPECT_THROW(files("/etc/passwd"), io::error);
}

TEST(conditions, of_changes_fail_where_reading_would_be_spared) {
  request_head put{.method = "PUT"};
  put.fields.append("If-None-Match", "*");
  EXPECT_EQ(judge(put, {.entity_tag = "\"a\""}), precondition::failed);
  EXPECT_EQ(judge(put, {}, false), precondition::holds);
  request_head update{.method = "PUT"};
  update.fields.append("If-Match", "\"a\"");
  EXPECT_EQ(judge(update, {.entity_tag = "\"a\""}), precondition::holds);
  EXPECT_EQ(judge(update, {.entity_tag = "\"b\""}), precondition::failed);
  EXPECT_EQ(judge(update, {}, false), precondition::failed);
}

}  // namespace
}  // namespace parlance::http::test
