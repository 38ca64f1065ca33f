#include <memory>
#include <utility>

#include <parlance/http/base/grammar.hpp>
#include <parlance/http/client/client.hpp>

namespace parlance::http {
namespace {

client for_one_call(client_options options) {
  options.connections.idle = 0;
  return client(std::move(options));
}

io::task<response> read_whole(io::task<exchange> opening) {
  exchange e = co_await std::move(opening);
  std::string body = co_await e.read_all();
  co_return response{e.head().status, e.head().reason, e.head().fields, std::move(body), e.target()};
}

/// The client may go, or be moved, while it is under way, so all that it needs is taken along.
io::task<response> send_to(std::shared_ptr<client_parts> by, std::string text, const char* method,
                           request_body body, field_list fields) {
  auto target = url::parse_typed(text);
  if (!target) throw io::error(errc::url, lower(method) + " " + url_in_quotes(text), target.error());
  request what{
      .target = *std::move(target), .method = method, .fields = std::move(fields), .body = std::move(body)};
  co_return co_await read_whole(exchange::begin(std::move(by), std::move(what)));
}

}  // namespace

client::client(client_options options) : parts_(std::make_shared<client_parts>(std::move(options))) {}

client::~client() {
  if (parts_) parts_->connections->close();
}

client& client::operator=(client&& other) noexcept {
  if (this == &other) return *this;
  if (parts_) parts_->connections->close();
  parts_ = std::move(other.parts_);
  return *this;
}

io::task<exchange> client::open(request what) { return exchange::begin(parts_, std::move(what)); }
io::task<response> client::send(request what) { return read_whole(open(std::move(what))); }

io::task<response> client::get(std::string url, field_list fields) {
  return send_to(parts_, std::move(url), "GET", {}, std::move(fields));
}
io::task<response> client::head(std::string url, field_list fields) {
  return send_to(parts_, std::move(url), "HEAD", {}, std::move(fields));
}
io::task<response> client::post(std::string url, request_body body, field_list fields) {
  return send_to(parts_, std::move(url), "POST", std::move(body), std::move(fields));
}
io::task<response> client::put(std::string url, request_body body, field_list fields) {
  return send_to(parts_, std::move(url), "PUT", std::move(body), std::move(fields));
}
io::task<response> client::patch(std::string url, request_body body, field_list fields) {
  return send_to(parts_, std::move(url), "PATCH", std::move(body), std::move(fields));
}
io::task<response> client::del(std::string url, field_list fields) {
  return send_to(parts_, std::move(url), "DELETE", {}, std::move(fields));
}

std::size_t client::connections() const noexcept { return parts_->connections->size(); }
std::size_t client::idle_connections() const noexcept { return parts_->connections->idle(); }

io::task<exchange> open(request what, client_options options) {
  client once = for_one_call(std::move(options));
  co_return co_await once.open(std::move(what));
}

io::task<response> send(request what, client_options options) {
  client once = for_one_call(std::move(options));
  co_return co_await once.send(std::move(what));
}

io::task<response> get(std::string url, client_options options) {
  client once = for_one_call(std::move(options));
  co_return co_await once.get(std::move(url));
}

}  // namespace parlance::http
