// Fields that a client sends by itself, to all servers or to one alone.
//
//   http::client client({.usual = {.of = {{http::origin::of(target), key}}}});      // key: a field_list
#pragma once

#include <map>

#include <parlance/http/message/message.hpp>
#include <parlance/http/url/origin.hpp>

namespace parlance::http {

/// Each is sent where a request has no field of its name and does not leave it out (request::omitted), also before what
/// is said of it in general: User-Agent, Accept, Authorization. Host, Connection and what tells of the body are ours.
struct usual_fields {
  field_list all = {};
  /// Of one origin: before those for all, and to nobody else, whatever is redirected where.
  std::map<origin, field_list> of = {};
};

}  // namespace parlance::http
