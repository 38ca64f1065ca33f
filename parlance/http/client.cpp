#include <memory>
#include <utility>

#include <parlance/http/client.hpp>
#include <parlance/http/connector.hpp>

namespace parlance::http {

io::task<exchange> open(request what, client_options options) {
  auto dialler = std::make_shared<connector>(options.tls, options.tls_context);
  return exchange::begin(std::move(dialler), std::move(options), std::move(what));
}

io::task<response> send(request what, client_options options) {
  exchange e = co_await open(std::move(what), std::move(options));
  std::string body = co_await e.read_all();
  co_return response{e.head().status, e.head().reason, e.head().fields, std::move(body), e.target()};
}

io::task<response> get(std::string text, client_options options) {
  auto target = url::parse_typed(text);
  if (!target) throw io::error(errc::url, "get " + url_in_quotes(text), target.error());
  request what{.target = *std::move(target)};
  co_return co_await send(std::move(what), std::move(options));
}

}  // namespace parlance::http
