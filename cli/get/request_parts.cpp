#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <utility>

#include <parlance/http/base/grammar.hpp>
#include <parlance/http/base/percent.hpp>
#include <parlance/http/body/bodies.hpp>
#include <parlance/io/descriptor.hpp>
#include <parlance/io/error.hpp>

#include <cli/base/file.hpp>
#include <cli/base/read_file.hpp>
#include <cli/base/verb.hpp>
#include <cli/get/form_parts.hpp>
#include <cli/get/nested_json.hpp>
#include <cli/get/request_parts.hpp>

namespace parlance::cli {
namespace {

constexpr const char* form_type = "application/x-www-form-urlencoded";
constexpr const char* json_type = "application/json";

[[noreturn]] void refuse(const std::string& why) { throw complaint(usage, why); }

// --- fields

void leave_out(http::request& request, std::string_view name) {
  if (!http::is_token(name)) refuse("no field has the name " + http::in_quotes(std::string(name)));
  request.fields.remove(name);
  request.omitted.emplace_back(name);
}

void set_field(http::request& request, std::string_view name, std::string_view value) {
  if (!request.fields.try_append(name, value))
    refuse(fmt::format("a field is 'Name: value' in one line, not {}",
                       http::in_quotes(fmt::format("{}: {}", name, value))));
}

/// "Name: value"; "Name:" takes out what would be sent by itself, and "Name;" is empty, as curl has it; "@FILE" has
/// one in each line that does not begin with a number sign.
void add_header(http::request& request, const std::string& line) {
  if (line.starts_with('@')) {
    const std::string text = read_file(line.substr(1));
    for (std::string_view rest = text; !rest.empty();) {
      const std::string_view one = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(one.size() + 1, rest.size()));
      const std::string plain(one.substr(0, one.ends_with('\r') ? one.size() - 1 : one.size()));
      if (!plain.empty() && !plain.starts_with('@') && !plain.starts_with('#')) add_header(request, plain);
    }
    return;
  }
  const std::size_t colon = line.find(':');
  if (colon == line.npos && line.ends_with(';'))
    return set_field(request, std::string_view(line).substr(0, line.size() - 1), {});
  if (colon == line.npos) refuse("--header wants 'Name: value', not " + http::in_quotes(line));
  const std::string_view name = std::string_view(line).substr(0, colon);
  const std::string_view value = http::trim(std::string_view(line).substr(colon + 1));
  if (value.empty()) return leave_out(request, name);
  set_field(request, name, value);
}

/// The value of an item of a field or the query in a file, which often ends with a line's end.
std::string value_of(const request_item& item) {
  if (!item.from_file) return item.value;
  std::string text = read_file(item.value);
  if (item.kind == item_kind::text) return text;
  while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
  return text;
}

// --- bodies of curl's options

std::string from_file_or_itself(const std::string& text) {
  return text.starts_with('@') ? read_file(text.substr(1)) : text;
}

/// All but unreserved characters (RFC 3986 2.3); a space is a plus, as curl writes it.
std::string form_encoded(const std::string& plain) {
  std::string encoded;
  for (const char c : plain) {
    if (c == ' ')
      encoded += '+';
    else if (std::string_view("!'()*").contains(c))
      encoded += fmt::format("%{:02X}", c);
    else
      http::percent_encode({&c, 1}, http::encode_set::component, encoded);
  }
  return encoded;
}

std::string urlencoded(const std::string& text) {
  const std::size_t at = text.find_first_of("=@");
  if (at == text.npos) return form_encoded(text);
  const std::string name = text.substr(0, at), value = text.substr(at + 1);
  return (name.empty() ? "" : name + '=') + form_encoded(text[at] == '@' ? read_file(value) : value);
}

std::string data_of(const body_part& part) {
  switch (part.how) {
    case body_part::data: {
      std::string text = from_file_or_itself(part.text);
      // As curl does; an argument has no such bytes by accident.
      if (part.text.starts_with('@'))
        std::erase_if(text, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
      return text;
    }
    case body_part::data_binary:
      return from_file_or_itself(part.text);
    case body_part::data_urlencode:
      return urlencoded(part.text);
    default:
      return part.text;
  }
}

bool is_form(const body_part& part) {
  return part.how == body_part::form || part.how == body_part::form_string;
}

http::form_part made_part(const body_part& part) {
  if (part.how == body_part::form) return form_part_of(part.text);
  const std::size_t equals = part.text.find('=');
  if (equals == part.text.npos) refuse("--form-string wants NAME=TEXT, not " + http::in_quotes(part.text));
  return {.name = part.text.substr(0, equals), .content = http::request_body(part.text.substr(equals + 1))};
}

std::string joined_data(const std::vector<body_part>& bodies) {
  std::string all;
  for (const body_part& part : bodies) {
    if (&part != &bodies.front()) all += '&';
    all += data_of(part);
  }
  return all;
}

http::request_body body_of(const request_parts& parts) {
  const std::vector<body_part>& bodies = parts.bodies;
  if (std::ranges::any_of(bodies, is_form)) {
    if (!std::ranges::all_of(bodies, is_form))
      refuse("-d and -F make different bodies; leave one of them out");
    std::vector<http::form_part> made;
    for (const body_part& part : bodies) made.push_back(made_part(part));
    return http::multipart(std::move(made));
  }
  const std::string type = parts.json ? json_type : form_type;
  // One file is sent as it is read.
  const body_part& first = bodies.front();
  const std::string path = first.text.starts_with('@') ? first.text.substr(1) : "";
  const bool one_file =
      bodies.size() == 1 && first.how == body_part::data_binary && !path.empty() && path != "-";
  if (one_file && check_readable(path)) return http::file(path, type);
  return http::request_body(joined_data(bodies), type);
}

// --- bodies of items

bool is_of_body(const request_item& item) {
  return item.kind == item_kind::text || item.kind == item_kind::json || item.kind == item_kind::file;
}

nlohmann::ordered_json json_of(const request_item& item) {
  if (item.kind == item_kind::text) return value_of(item);
  auto parsed = nlohmann::ordered_json::parse(value_of(item), nullptr, false);
  if (parsed.is_discarded())
    refuse(fmt::format("{}:= wants JSON, as in {}:=42 or {}:='[1, 2]', not {}; {}=TEXT is a text", item.name,
                       item.name, item.name, http::in_quotes(value_of(item)), item.name));
  return parsed;
}

std::string json_text(const std::vector<const request_item*>& items) {
  nlohmann::ordered_json whole = nlohmann::ordered_json::object();
  for (const request_item* item : items) {
    if (item->kind == item_kind::file)
      refuse(fmt::format("{}@{} is a file of a form; add --form, or send its text with {}=@{}", item->name,
                         item->value, item->name, item->value));
    put_json(whole, item->name, json_of(*item));
  }
  try {
    return whole.dump();
  } catch (const nlohmann::ordered_json::exception&) {
    refuse("JSON is UTF-8, and what was given is not; -d @FILE sends bytes as they are");
  }
}

/// A number or the like as itself; a text without its quotation marks.
std::string form_value(const request_item& item) {
  if (item.kind == item_kind::text) return value_of(item);
  const nlohmann::ordered_json value = json_of(item);
  return value.is_string() ? value.get<std::string>() : value.dump();
}

http::request_body form_body(const std::vector<const request_item*>& items, bool multipart) {
  const auto is_file = [](const request_item* item) { return item->kind == item_kind::file; };
  if (!multipart && std::ranges::none_of(items, is_file)) {
    std::vector<std::pair<std::string, std::string>> pairs;
    for (const request_item* item : items) pairs.emplace_back(item->name, form_value(*item));
    return http::form(pairs);
  }
  std::vector<http::form_part> made;
  for (const request_item* item : items) {
    if (is_file(item))
      made.push_back(file_part(item->name, item->value));
    else
      made.push_back({.name = item->name, .content = http::request_body(form_value(*item))});
  }
  return http::multipart(std::move(made));
}

// --- what is sent as it comes

/// A body whose length is not told, so that it goes in chunks.
class unmeasured_source final : public http::body_source {
 public:
  explicit unmeasured_source(std::unique_ptr<http::body_source> of) : of_(std::move(of)) {}
  std::optional<std::uint64_t> length() const override { return std::nullopt; }
  io::task<std::string_view> read() override { return of_->read(); }
  bool rewind() override { return of_->rewind(); }

 private:
  const std::unique_ptr<http::body_source> of_;
};

http::request_body unmeasured(const http::request_body& body) {
  return http::request_body([body] { return std::make_unique<unmeasured_source>(body.open()); },
                            body.media_type());
}

/// Of stdin, where `own` is not open.
http::request_body stream_body(file own) {
  return http::produced([own = std::make_shared<file>(std::move(own)),
                         from = std::shared_ptr<io::input>()]() mutable -> io::task<std::string_view> {
    if (!from) from = std::make_shared<io::input>(own->is_open() ? own->descriptor() : STDIN_FILENO);
    return from->read();
  });
}

/// A pipe or a device. Whether a writer is there yet is not waited for here, where no limit is heeded.
http::request_body pipe_body(const std::string& path) {
  file own(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
  if (!own.is_open()) refuse(fmt::format("read {}: {}", path, io::reason(io::from_errno(errno))));
  return stream_body(std::move(own));
}

}  // namespace

described_request make_request(const request_parts& parts) {
  described_request made;
  http::request& request = made.request;
  for (const std::string& line : parts.headers) add_header(request, line);
  std::vector<const request_item*> items;
  const auto add_query = [&](const std::string& more) {
    if (!more.empty()) made.query += (made.query.empty() ? "" : "&") + more;
  };
  const auto component = [](const std::string& text) {
    return http::percent_encode(text, http::encode_set::component);
  };
  for (const request_item& item : parts.items) {
    if (is_of_body(item)) items.push_back(&item);
    if (item.kind == item_kind::query) add_query(component(item.name) + '=' + component(value_of(item)));
    if (item.kind == item_kind::empty_header) set_field(request, item.name, {});
    if (item.kind != item_kind::header) continue;
    const std::string value = value_of(item);
    if (http::trim(value).empty())
      leave_out(request, item.name);
    else
      set_field(request, item.name, value);
  }

  for (const std::string& text : parts.queries)
    add_query(text.starts_with('+') ? http::percent_encode(text.substr(1), http::encode_set::query)
                                    : urlencoded(text));

  const bool has_data = !parts.bodies.empty() && !parts.data_in_query;
  if (has_data + !items.empty() + !parts.upload.empty() > 1)
    refuse("items (name=value), -d or -F, and -T each make a body; leave all but one out");
  if (parts.data_in_query) {
    if (std::ranges::any_of(parts.bodies, is_form))
      refuse("-F makes a body; only -d goes into the query (-G)");
    add_query(http::percent_encode(joined_data(parts.bodies), http::encode_set::query));
  } else if (has_data) {
    request.body = body_of(parts);
  } else if (!items.empty() && parts.how == items_as::json) {
    made.json = json_text(items);
    request.body = http::json(made.json);
  } else if (!items.empty()) {
    request.body = form_body(items, parts.how == items_as::multipart);
  } else if (parts.upload == "-" || parts.upload == ".") {
    request.body = stream_body({});
    made.once = true;
  } else if (!parts.upload.empty()) {
    made.once = !check_readable(parts.upload);
    request.body = made.once ? pipe_body(parts.upload) : http::file(parts.upload, "");
  }
  made.sends_json = parts.json || (!items.empty() && parts.how == items_as::json);

  // As curl's users ask for it.
  const auto framed = request.fields.get("Transfer-Encoding");
  if (framed && http::equals_ignoring_case(*framed, "chunked") && !request.body.empty())
    request.body = unmeasured(request.body);

  // A type of one's own for a form lacks what only we know, as with curl.
  constexpr std::string_view form = "multipart/", boundary = "; boundary=";
  const std::string& type = request.body.media_type();
  const auto said = request.fields.get("Content-Type");
  if (said && type.starts_with(form) && !http::lower(*said).contains("boundary="))
    request.fields.set("Content-Type", std::string(*said) + type.substr(type.find(boundary)));

  const bool sends = has_data || !items.empty();
  const char* fitting = parts.head_only ? "HEAD" : !parts.upload.empty() ? "PUT" : sends ? "POST" : "GET";
  request.method = parts.method.empty() ? fitting : parts.method;
  if (!http::is_token(request.method))
    refuse("a METHOD is letters, as in POST, not " + http::in_quotes(request.method));
  if (request.method == "HEAD" && (sends || !parts.upload.empty()))
    refuse("HEAD asks for a head, and sends no body");
  return made;
}

http::url upload_target(const http::url& target, const std::string& upload) {
  const std::string name = upload.substr(upload.rfind('/') + 1);
  if (!target.path().ends_with('/') || name.empty() || name == "-" || name == ".") return target;
  auto made = target.resolve(http::percent_encode(name, http::encode_set::component) +
                             (target.query() ? '?' + *target.query() : ""));
  return made ? *std::move(made) : target;
}

http::url with_query(const http::url& target, const std::string& query) {
  if (query.empty()) return target;
  const std::string whole =
      target.query() && !target.query()->empty() ? *target.query() + '&' + query : query;
  auto made = target.resolve('?' + whole);
  if (!made)
    refuse(
        fmt::format("the query cannot be added to {}: {}", http::url_in_quotes(target.str()), made.error()));
  return *std::move(made);
}

}  // namespace parlance::cli
