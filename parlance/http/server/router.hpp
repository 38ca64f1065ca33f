// Which handler answers what: by path and method.
//
//   http::router shop;
//   shop.get("/items/{id}", [](auto& asked, auto& answer) -> io::task<> {
//     co_await answer.json(items.at(std::string(asked.parameter("id"))));
//   });
//   shop.post("/items", add_item).get("/files/{path...}", http::files("/srv/shop"));
//   co_await http::serve(co_await net::listen(":8000"), shop);
//
// A pattern is segments between slashes: a text, `{name}` for any one segment that is not empty, or, at the end,
// `{name...}` for all that follows, even nothing. Texts are compared with what the path says once its escapes are
// decoded; a slash that is escaped (%2F) is a part of its segment. A text goes before `{name}`, and that before
// `{name...}`; where that pattern lacks the method, the next that fits is looked at.
//
// HEAD is answered by what answers GET, and OPTIONS with what is allowed, unless they have handlers of their own.
// A path that no pattern fits is refused with 404; a method, with 405 and what is allowed instead (Allow), or 501
// where nothing here and no standard knows it.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <parlance/http/server/server_options.hpp>
#include <parlance/io/task.hpp>

namespace parlance::http {

/// A value, and itself a handler. What it calls must be fit to be called from as many threads as serve.
class router {
 public:
  /// Throws std::invalid_argument for a method or a pattern that makes no sense, or that it has already.
  router& on(std::string_view method, std::string_view pattern, server_handler handler);

  router& get(std::string_view pattern, server_handler handler) {
    return on("GET", pattern, std::move(handler));
  }
  router& post(std::string_view pattern, server_handler handler) {
    return on("POST", pattern, std::move(handler));
  }
  router& put(std::string_view pattern, server_handler handler) {
    return on("PUT", pattern, std::move(handler));
  }
  router& patch(std::string_view pattern, server_handler handler) {
    return on("PATCH", pattern, std::move(handler));
  }
  /// DELETE.
  router& del(std::string_view pattern, server_handler handler) {
    return on("DELETE", pattern, std::move(handler));
  }

  io::task<void> operator()(server_request& asked, server_response& answer) const;

 private:
  enum class kind : unsigned char { text, one, rest };
  struct segment {
    kind what;
    std::string text;  // or the name
    friend bool operator==(const segment&, const segment&) = default;
  };
  struct route {
    std::vector<segment> pattern;
    std::vector<std::pair<std::string, server_handler>> methods;

    bool fits(std::string_view path) const;
    const server_handler* find(std::string_view method) const noexcept;
    void tell(server_request& asked) const;
  };

  static std::vector<segment> parse(std::string_view pattern);
  static bool comes_before(const route& a, const route& b) noexcept;
  bool knows(std::string_view method) const noexcept;

  std::vector<route> routes_;  // in the order in which they are looked at
};

}  // namespace parlance::http
