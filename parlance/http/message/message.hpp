// The heads of a request and of a response as values, and their form on the wire (RFC 9110 6, RFC 9112).
//
//   request_head head{.method = "GET", .target = "/index.html"};
//   head.fields.append("Host", "example.com");
//   co_await stream.send(serialise(head));          // GET /index.html HTTP/1.1\r\nHost: example.com\r\n\r\n
//
// Nothing can be smuggled in: a name, value, method, target or reason that would break the line it stands on
// (CR, LF, NUL, other control characters) is refused with std::invalid_argument, whose text says which and
// why.
#pragma once

#include <cstddef>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parlance::http {

enum class version { http_1_0, http_1_1, http_2 };

/// "HTTP/1.1", "HTTP/2".
std::string_view name_of(version) noexcept;

/// A view of one field; valid until its list changes.
struct field {
  std::string_view name;
  std::string_view value;

  friend bool operator==(const field&, const field&) = default;
};

/// Fields in the order they came, looked up without regard to case (RFC 9110 5).
///
/// They are kept as they go over the wire, in one string, so a head costs two allocations however many fields
/// it has. Views that it hands out are valid until it changes.
class field_list {
 public:
  class iterator;

  /// Adds a line, also when there is one of this name. White space around the value is dropped.
  /// Throws std::invalid_argument for a name that is no token or a value with control characters.
  void append(std::string_view name, std::string_view value);
  /// The same, but says false instead of throwing, and then adds nothing.
  bool try_append(std::string_view name, std::string_view value);
  /// Adds to the value of the last line, behind a space: a line that continues it (RFC 9112 5.2). False, and
  /// nothing is added, for a value with control characters, and where there is no line.
  bool try_continue(std::string_view value);
  /// Makes this the only line of its name.
  void set(std::string_view name, std::string_view value);
  /// Says how many lines were removed.
  std::size_t remove(std::string_view name);

  /// The value of the first line of this name.
  std::optional<std::string_view> get(std::string_view name) const noexcept;
  /// All values of this name, joined by ", " (RFC 9110 5.3; not for Set-Cookie). Empty if there are none.
  std::string combined(std::string_view name) const;
  std::size_t count(std::string_view name) const noexcept;
  bool contains(std::string_view name) const noexcept { return get(name).has_value(); }
  /// Whether this is an element of the comma-separated list that the lines of this name hold, as in
  /// `has_token("Connection", "close")`. Case is ignored.
  bool has_token(std::string_view name, std::string_view token) const noexcept;

  std::size_t size() const noexcept { return lines_.size(); }
  bool empty() const noexcept { return lines_.empty(); }
  field operator[](std::size_t index) const noexcept;
  iterator begin() const noexcept;
  iterator end() const noexcept;

  /// `Name: value\r\n` for each, without the empty line that ends a head.
  std::string_view wire() const noexcept { return text_; }

  friend bool operator==(const field_list& a, const field_list& b) noexcept { return a.text_ == b.text_; }

 private:
  struct line {
    std::size_t begin;
    std::size_t name_size;
    std::size_t value_size;
  };

  std::string text_;
  std::vector<line> lines_;
};

class field_list::iterator {
 public:
  using value_type = field;
  using difference_type = std::ptrdiff_t;

  iterator() = default;
  iterator(const field_list* list, std::size_t index) noexcept : list_(list), index_(index) {}
  field operator*() const noexcept { return (*list_)[index_]; }
  iterator& operator++() noexcept { return ++index_, *this; }
  iterator operator++(int) noexcept { return {list_, index_++}; }
  friend bool operator==(const iterator&, const iterator&) = default;

 private:
  const field_list* list_ = nullptr;
  std::size_t index_ = 0;
};

inline field_list::iterator field_list::begin() const noexcept { return {this, 0}; }
inline field_list::iterator field_list::end() const noexcept { return {this, size()}; }

struct request_head {
  std::string method = "GET";
  /// As it stands on the request line (RFC 9112 3.2): "/path?query", "http://host/path", "host:443" or "*".
  std::string target = "/";
  http::version version = version::http_1_1;
  field_list fields = {};

  friend bool operator==(const request_head&, const request_head&) = default;
};

struct response_head {
  unsigned status = 200;
  std::string reason = {};
  http::version version = version::http_1_1;
  field_list fields = {};

  friend bool operator==(const response_head&, const response_head&) = default;
};

/// The head on the wire, with the empty line that ends it. Throws std::invalid_argument as said above.
std::string serialise(const request_head&);
std::string serialise(const response_head&);

/// The usual words for a status: "Not Found" for 404. Empty for one that RFC 9110 does not know.
std::string_view reason_phrase(unsigned status) noexcept;

}  // namespace parlance::http
