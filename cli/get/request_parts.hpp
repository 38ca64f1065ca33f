// The request that a command line describes: what options and items say, put together.
//
//   request_parts parts;
//   parts.headers = {"X-One: 1"};
//   parts.bodies = {{body_part::data, "a=1"}, {body_part::data, "b=2"}};
//   described_request made = make_request(parts);        // POST, a=1&b=2
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <parlance/http/client/request.hpp>
#include <parlance/http/url/url.hpp>

#include <cli/get/request_item.hpp>

namespace parlance::cli {

/// One of curl's options that make a body, as it was given.
struct body_part {
  enum kind : std::uint8_t {
    data,            ///< -d: itself, or a file without its ends of lines
    data_raw,        ///< --data-raw: itself
    data_binary,     ///< --data-binary: itself, or a file
    data_urlencode,  ///< --data-urlencode: [NAME=]TEXT or [NAME]@FILE
    form,            ///< -F: NAME=TEXT, NAME=@FILE or NAME=<FILE
    form_string      ///< --form-string: NAME=TEXT
  };
  kind how;
  std::string text;
};

enum class items_as : std::uint8_t { json, form, multipart };

/// What was given, in its order and unread.
struct request_parts {
  /// Empty: GET, or what fits the body.
  std::string method = {};
  std::vector<std::string> headers = {};
  std::vector<request_item> items = {};
  std::vector<body_part> bodies = {};
  /// --url-query.
  std::vector<std::string> queries = {};
  /// -T; empty: none.
  std::string upload = {};
  items_as how = items_as::json;
  /// --json was given: also what -d sends is JSON.
  bool json = false;
  /// -G: what -d gives goes into the query.
  bool data_in_query = false;
  bool head_only = false;
};

struct described_request {
  /// All but the target.
  http::request request;
  /// To go behind the query of each target; empty: nothing.
  std::string query;
  /// The JSON of items; empty: none.
  std::string json = {};
  /// So JSON is what is to come back.
  bool sends_json = false;
  /// The body is stdin or another pipe as it comes, and so can be sent once.
  bool once = false;
};

/// Reads the files that are named, but for those that are sent as they are read. Throws complaint (usage).
described_request make_request(const request_parts& parts);

/// Where -T puts a file: `target`, or the file's name in it where that ends with a slash, as with curl.
http::url upload_target(const http::url& target, const std::string& upload);

/// `target` with `query` behind the one that it has.
http::url with_query(const http::url& target, const std::string& query);

}  // namespace parlance::cli
