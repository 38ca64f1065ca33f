#include <memory>
#include <utility>

#include <parlance/http/client.hpp>
#include <parlance/http/grammar.hpp>

namespace parlance::http {
namespace {

client for_one_call(client_options options) {
  options.connections.idle = 0;
  return client(std::move(options));
}

request for_url(const char* method, const std::string& text) {
  auto target = url::parse_typed(text);
  if (!target) throw io::error(errc::url, lower(method) + " " + url_in_quotes(text), target.error());
  return {.target = *std::move(target), .method = method};
}

io::task<response> read_whole(io::task<exchange> opening) {
  exchange e = co_await std::move(opening);
  std::string body = co_await e.read_all();
  co_return response{e.head().status, e.head().reason, e.head().fields, std::move(body), e.target()};
}

io::task<response> fetch(std::shared_ptr<client_parts> by, std::string text) {
  co_return co_await read_whole(exchange::begin(std::move(by), for_url("GET", text)));
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
io::task<response> client::get(std::string url) { return fetch(parts_, std::move(url)); }

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
