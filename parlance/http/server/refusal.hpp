// Thrown by a handler, or by what it calls, to answer a request with an error.
//
//   if (!known) throw http::refusal(404, "there is no such item");
//   throw http::refusal(401, "log in first", {{"WWW-Authenticate", "Basic realm=\"shop\""}});
#pragma once

#include <initializer_list>
#include <stdexcept>
#include <string>
#include <utility>

#include <parlance/http/message/message.hpp>

namespace parlance::http {

/// The client reads `why`, one plain line. Once a part of another answer has gone, that is cut short instead,
/// so that the client sees that it is not whole. No failure of the server: nobody is told of it.
class refusal : public std::runtime_error {
 public:
  refusal(unsigned status, const std::string& why, field_list fields = {})
      : std::runtime_error(why), status_(status), fields_(std::move(fields)) {}
  refusal(unsigned status, const std::string& why, std::initializer_list<field> fields)
      : std::runtime_error(why), status_(status) {
    for (const field& each : fields) fields_.append(each.name, each.value);
  }
  unsigned status() const noexcept { return status_; }
  const field_list& fields() const noexcept { return fields_; }

 private:
  unsigned status_;
  field_list fields_;
};

}  // namespace parlance::http
